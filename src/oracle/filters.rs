//! What venues demand of the orders of a market.
//!
//! Binance, and who copies its answers, tells it in the `filters` of `exchangeInfo`:
//! <https://developers.binance.com/docs/binance-spot-api-docs/filters>. A filter that is not known here is left out. The others
//! tell the most important of it in members beside the names of a market; a bound of 0 is none.

use super::field::Entry;
use crate::exchange::{Band, Deltas, MarketRules, Notional, Range};
use crate::units::Exact;

/// The members in which a list tells of its markets; empty where it does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// The step of prices, or how many decimals they have.
    pub(super) tick: &'static str,
    pub(super) tick_decimals: &'static str,
    /// The step of quantities, or how many decimals they have.
    pub(super) step: &'static str,
    pub(super) step_decimals: &'static str,
    /// The least and the most quantity, and the most of an order without a limit price.
    pub(super) min: &'static str,
    pub(super) max: &'static str,
    pub(super) market_max: &'static str,
    /// What an order is worth at least and at most.
    pub(super) min_worth: &'static str,
    pub(super) max_worth: &'static str,
}

impl Names {
    /// None of it.
    pub(super) const NONE: Names = Names {
        tick: "",
        tick_decimals: "",
        step: "",
        step_decimals: "",
        min: "",
        max: "",
        market_max: "",
        min_worth: "",
        max_worth: "",
    };
}

/// The rules of a market of the list, which may tell them in several objects; none where it tells of none.
pub(super) fn named(market: &[&Entry<'_>], names: &Names) -> Option<Box<MarketRules>> {
    let number = |name: &str| market.iter().find_map(|entry| bound(entry, name));
    let decimals = |name: &str| market.iter().find_map(|entry| smallest(entry, name));
    let step = |step: &str, places: &str| number(step).or_else(|| decimals(places));
    let rules = MarketRules {
        price: Range {
            step: step(names.tick, names.tick_decimals),
            ..Range::default()
        },
        lot: Range {
            min: number(names.min),
            max: number(names.max),
            step: step(names.step, names.step_decimals),
        },
        market_lot: Range {
            max: number(names.market_max),
            ..Range::default()
        },
        notional: Notional {
            min: number(names.min_worth),
            max: number(names.max_worth),
            ..Notional::default()
        },
        ..MarketRules::default()
    };
    if rules == MarketRules::default() {
        return None;
    }
    let notional = Notional {
        min_for_market: true,
        max_for_market: true,
        ..rules.notional
    };
    Some(Box::new(MarketRules { notional, ..rules }))
}

/// The rules of a market whose filters count before what stands beside them.
pub(super) fn beside(market: &Entry<'_>, names: &Names) -> Option<Box<MarketRules>> {
    let plain = named(&[market], names);
    let mut known = plain.is_some();
    let mut rules = plain.unwrap_or_default();
    for value in market.values("filters").unwrap_or_default() {
        if let Some(filter) = Entry::of(value)
            && let Some(kind) = filter.text("filterType")
        {
            known |= read(&mut rules, &kind, &filter);
        }
    }
    known.then_some(rules)
}

/// The smallest number of so many decimals.
fn smallest(entry: &Entry<'_>, name: &str) -> Option<Exact> {
    let decimals = u8::try_from(count(entry, name)?).ok()?;
    Exact::from_parts(1, decimals).ok()
}

/// Filters that Binance has and that are nothing to orders here.
const PASSED_OVER: [&str; 6] = [
    "ICEBERG_PARTS",
    "MAX_NUM_ICEBERG_ORDERS",
    "MAX_NUM_ORDER_AMENDS",
    "MAX_ASSET",
    "T_PLUS_SELL",
    "EXCHANGE_MAX_NUM_ORDERS",
];

/// Whether there is such a filter.
pub(super) fn is_known(kind: &str) -> bool {
    let nothing = Entry::of_body(b"{}");
    let read = nothing.is_ok_and(|nothing| read(&mut MarketRules::default(), kind, &nothing));
    read || PASSED_OVER.contains(&kind)
}

/// Takes over one filter, if it is known.
fn read(rules: &mut MarketRules, kind: &str, filter: &Entry<'_>) -> bool {
    let share = |name: &str| bound(filter, name);
    match kind {
        "PRICE_FILTER" => rules.price = range(filter, ["minPrice", "maxPrice", "tickSize"]),
        "LOT_SIZE" => rules.lot = range(filter, ["minQty", "maxQty", "stepSize"]),
        "MARKET_LOT_SIZE" => rules.market_lot = range(filter, ["minQty", "maxQty", "stepSize"]),
        "NOTIONAL" => {
            rules.notional = Notional {
                min: share("minNotional"),
                max: share("maxNotional"),
                min_for_market: filter.flag("applyMinToMarket") == Some(true),
                max_for_market: filter.flag("applyMaxToMarket") == Some(true),
                minutes: minutes(filter),
            }
        }
        "MIN_NOTIONAL" => {
            rules.notional.min = share("minNotional");
            rules.notional.min_for_market = filter.flag("applyToMarket") == Some(true);
            rules.notional.minutes = minutes(filter);
        }
        "PERCENT_PRICE_BY_SIDE" => {
            rules.bids = band(filter, ["bidMultiplierDown", "bidMultiplierUp"]);
            rules.asks = band(filter, ["askMultiplierDown", "askMultiplierUp"]);
            rules.band_minutes = minutes(filter);
        }
        "PERCENT_PRICE" => {
            rules.bids = band(filter, ["multiplierDown", "multiplierUp"]);
            (rules.asks, rules.one_band) = (rules.bids, true);
            rules.band_minutes = minutes(filter);
        }
        "TRAILING_DELTA" => {
            let deltas = |names: [&str; 2]| {
                let [min, max] = names.map(|name| count(filter, name));
                let bips = |count: Option<u32>| count.and_then(|count| u16::try_from(count).ok());
                Deltas {
                    min: bips(min),
                    max: bips(max),
                }
            };
            rules.trailing_above = deltas(["minTrailingAboveDelta", "maxTrailingAboveDelta"]);
            rules.trailing_below = deltas(["minTrailingBelowDelta", "maxTrailingBelowDelta"]);
        }
        "MAX_NUM_ORDERS" => rules.max_orders = count(filter, "maxNumOrders"),
        "MAX_NUM_ALGO_ORDERS" => rules.max_waiting = count(filter, "maxNumAlgoOrders"),
        "MAX_NUM_ORDER_LISTS" => rules.max_pairs = count(filter, "maxNumOrderLists"),
        "MAX_POSITION" => rules.max_position = share("maxPosition"),
        _ => return false,
    }
    true
}

fn bound(filter: &Entry<'_>, name: &str) -> Option<Exact> {
    filter.number(name).filter(|value| value.is_positive())
}

fn range(filter: &Entry<'_>, names: [&str; 3]) -> Range {
    let [min, max, step] = names.map(|name| bound(filter, name));
    Range { min, max, step }
}

fn band(filter: &Entry<'_>, names: [&str; 2]) -> Band {
    let [down, up] = names.map(|name| bound(filter, name));
    Band { down, up }
}

/// Of how many minutes the market's price is the average; what is not told is the last price.
fn minutes(filter: &Entry<'_>) -> u16 {
    let minutes = count(filter, "avgPriceMins");
    minutes.map_or(0, |minutes| u16::try_from(minutes).unwrap_or(u16::MAX))
}

fn count(filter: &Entry<'_>, name: &str) -> Option<u32> {
    let whole = filter.number(name)?.to_whole(1)?;
    u32::try_from(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Filter, NewOrder, OrderKind, Reference, Side, Strict, Terms};
    use crate::units::{Price, Quantity, Symbol};

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn recorded() -> MarketRules {
        let body = r#"{"symbol":"BTCUSDT","filters":[
            {"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},
            {"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},
            {"filterType":"ICEBERG_PARTS","limit":10},
            {"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"129.84957276","stepSize":"0.00000000"},
            {"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"maxTrailingAboveDelta":2000,
             "minTrailingBelowDelta":10,"maxTrailingBelowDelta":2000},
            {"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2",
             "askMultiplierUp":"5","askMultiplierDown":"0.2","avgPriceMins":5},
            {"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,
             "maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5},
            {"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},
            {"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5}]}"#;
        *beside(&Entry::of_body(body.as_bytes()).unwrap(), &Names::NONE).unwrap()
    }

    #[test]
    fn what_is_recorded_of_binance_is_read() {
        let rules = recorded();
        assert_eq!(rules.price.step, Some(exact("0.01")));
        assert_eq!(rules.lot.max, Some(exact("9000")));
        assert_eq!((rules.market_lot.min, rules.market_lot.step), (None, None));
        assert_eq!(rules.trailing_above.max, Some(2000));
        assert_eq!((rules.max_orders, rules.max_waiting), (Some(200), Some(5)));
        assert_eq!(rules.max_position, None);
        assert_eq!((rules.band_minutes, rules.notional.minutes), (5, 5));
        let none = Entry::of_body(br#"{"filters":[]}"#).map(|entry| beside(&entry, &Names::NONE));
        assert_eq!(none, Ok(None));
    }

    #[test]
    fn every_bound_has_two_sides() {
        use Filter as F;
        let rules = recorded();
        // At a market price of 100: side, limit, quantity.
        for (side, limit, quantity, broken) in [
            ("buy", "100.01", "1", None),
            ("buy", "100.015", "1", Some(F::Price)),
            ("buy", "500", "1", None),
            ("buy", "500.01", "1", Some(F::PercentPriceBySide)),
            ("buy", "20", "1", None),
            ("buy", "19.99", "1", Some(F::PercentPriceBySide)),
            ("sell", "500", "1", None),
            ("sell", "500.01", "1", Some(F::PercentPriceBySide)),
            ("sell", "20", "1", None),
            ("sell", "19.99", "1", Some(F::PercentPriceBySide)),
            ("buy", "1000000.01", "1", Some(F::Price)),
            ("buy", "100", "0.00000999", Some(F::LotSize)),
            ("buy", "100", "1.00001", None),
            ("buy", "100", "1.000015", Some(F::LotSize)),
            ("buy", "100", "9000", None),
            ("buy", "100", "9000.00001", Some(F::LotSize)),
            ("buy", "", "129.84957", None),
            ("buy", "", "129.84958", Some(F::MarketLotSize)),
            ("buy", "100", "0.05", None),
            ("buy", "100", "0.04999", Some(F::Notional)),
            ("sell", "", "0.05", None),
            ("sell", "", "0.04999", Some(F::Notional)),
        ] {
            let new = NewOrder {
                symbol: Symbol::parse("BTC/USDT").unwrap(),
                side: if side == "buy" { Side::Buy } else { Side::Sell },
                kind: match Price::parse(limit) {
                    Ok(price) => OrderKind::Limit { price },
                    Err(_) => OrderKind::Market,
                },
                quantity: Quantity::parse_positive(quantity).unwrap(),
                terms: Terms::default(),
                strict: Strict::default(),
            };
            let answer = rules.check(&new, Reference::one(Price::parse("100").unwrap()));
            assert_eq!(answer.err(), broken, "{side} {quantity} at {limit:?}");
        }
    }
}
