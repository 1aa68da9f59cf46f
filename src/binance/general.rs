//! What is said of the exchange itself: the time, its markets and their rules.

use super::fault::Fault;
use super::filters::put_filters;
use super::limits::{ORDERS_1D, ORDERS_10S, WEIGHT_A_MINUTE};
use super::route::Call;
use super::symbols::{self, name_of};
use crate::exchange::{Exchange, Market, MarketRules};
use crate::shapes::json::{Items, Members, document, object};
use crate::units::Symbol;

/// Decimals of money, as clients are told.
const PRECISION: u64 = 8;
/// The kinds of order that work, which clients look into before they send one.
const ORDER_TYPES: [&str; 7] = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
];

/// `GET /api/v3/time`: the clock that time stamps of requests are held against.
pub(super) fn time(call: &Call<'_>) -> Vec<u8> {
    let now = call.unit.of_micros((call.facade.clock)());
    document(|members| members.put("serverTime", now))
}

/// Which markets are asked for.
#[derive(Debug)]
struct Wanted {
    names: Option<Vec<String>>,
    /// Whether those that are traded, and those that are not.
    trading: bool,
    halted: bool,
}

impl Wanted {
    fn read(call: &Call<'_>) -> Result<Wanted, Fault> {
        let params = &call.params;
        let names = names(call)?;
        if let Some(list) = params.get("permissions") {
            let spot = list.split(',').any(|word| {
                word.trim_matches(|c: char| !c.is_ascii_alphabetic())
                    .eq_ignore_ascii_case("SPOT")
            });
            if !spot {
                return Ok(Wanted {
                    names,
                    trading: false,
                    halted: false,
                });
            }
        }
        let status = params.get("symbolStatus");
        let (trading, halted) = match status {
            None => (true, true),
            Some("TRADING") => (true, false),
            Some("HALT") => (false, true),
            Some("BREAK" | "END_OF_DAY") => (false, false),
            Some(_) => return Err(Fault::not_valid("symbolStatus")),
        };
        Ok(Wanted {
            names,
            trading,
            halted,
        })
    }

    fn has(&self, market: &Market) -> bool {
        if market.trading && market.ticker.is_some() {
            self.trading
        } else {
            self.halted
        }
    }
}

/// The names of `symbol` or `symbols`; none: all.
pub(super) fn names(call: &Call<'_>) -> Result<Option<Vec<String>>, Fault> {
    match (call.params.get("symbol"), call.params.get("symbols")) {
        (Some(_), Some(_)) => Err(Fault::new(
            -1128,
            "Combination of optional parameters invalid.",
        )),
        (Some(name), None) => Ok(Some(vec![symbols::checked(name)?.to_owned()])),
        (None, Some(list)) => symbols::list(list).map(Some),
        (None, None) => Ok(None),
    }
}

/// The markets of these names, or all that can be named; in the order in which they were asked for.
pub(super) fn markets(exchange: &Exchange, names: Option<&[String]>) -> Result<Vec<Symbol>, Fault> {
    match names {
        Some(names) => names
            .iter()
            .map(|name| symbols::find(exchange, name))
            .collect(),
        None => Ok(exchange
            .markets()
            .map(|(symbol, _)| symbol)
            .filter(|&symbol| symbols::find(exchange, &name_of(symbol)) == Ok(symbol))
            .collect()),
    }
}

/// `GET /api/v3/exchangeInfo`.
pub(super) async fn exchange_info(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let wanted = Wanted::read(call)?;
    let now = call.unit.of_micros((call.facade.clock)());
    let look = move |exchange: &Exchange| {
        let found = markets(exchange, wanted.names.as_deref())?;
        Ok(document(|members| {
            members.put("timezone", "UTC");
            members.put("serverTime", now);
            members.array("rateLimits", rate_limits);
            members.array("exchangeFilters", |_| {});
            members.array("symbols", |items| {
                for symbol in found {
                    if let Some(market) = exchange.market(symbol)
                        && wanted.has(market)
                    {
                        let rules = exchange.market_rules(symbol);
                        object(items.next(), |members| {
                            describe(members, symbol, market, rules);
                        });
                    }
                }
            });
        }))
    };
    call.facade.context.mailbox.look(look).await?
}

/// The limits of weights and orders.
fn rate_limits(items: &mut Items<'_>) {
    for (kind, interval, number, limit) in [
        ("REQUEST_WEIGHT", "MINUTE", 1u64, WEIGHT_A_MINUTE),
        ("ORDERS", "SECOND", 10, ORDERS_10S),
        ("ORDERS", "DAY", 1, ORDERS_1D),
    ] {
        object(items.next(), |members| {
            members.put("rateLimitType", kind);
            members.put("interval", interval);
            members.put("intervalNum", number);
            members.put("limit", limit);
        });
    }
}

fn describe(
    members: &mut Members<'_>,
    symbol: Symbol,
    market: &Market,
    rules: Option<&MarketRules>,
) {
    let active = market.trading && market.ticker.is_some();
    members.put("symbol", &name_of(symbol));
    members.put("status", if active { "TRADING" } else { "HALT" });
    members.put("baseAsset", symbol.base());
    members.put("baseAssetPrecision", PRECISION);
    members.put("quoteAsset", symbol.quote());
    for name in [
        "quotePrecision",
        "quoteAssetPrecision",
        "baseCommissionPrecision",
        "quoteCommissionPrecision",
    ] {
        members.put(name, PRECISION);
    }
    members.array("orderTypes", |items| {
        for kind in ORDER_TYPES {
            items.put(kind);
        }
    });
    members.put("icebergAllowed", false);
    members.put("ocoAllowed", true);
    members.put("otoAllowed", false);
    members.put("opoAllowed", false);
    members.put("quoteOrderQtyMarketAllowed", true);
    members.put("allowTrailingStop", true);
    members.put("cancelReplaceAllowed", true);
    members.put("amendAllowed", false);
    members.put("pegInstructionsAllowed", false);
    members.put("isSpotTradingAllowed", true);
    members.put("isMarginTradingAllowed", false);
    members.array("filters", |items| put_filters(items, rules));
    members.array("permissions", |_| {});
    members.array("permissionSets", |sets| {
        crate::shapes::json::array(sets.next(), |set| set.put("SPOT"));
    });
    members.put("defaultSelfTradePreventionMode", "NONE");
    members.array("allowedSelfTradePreventionModes", |items| items.put("NONE"));
}
