//! What a venue demands of the orders of a market: steps, bounds and bands.
//!
//! Plain data and a pure check. A bound that a market does not have is not checked; a value at a bound is allowed. Names
//! and meanings are those of Binance's filters:
//! <https://developers.binance.com/docs/binance-spot-api-docs/filters>

use std::fmt;

use super::order::{Order, OrderKind, Side};
use super::trigger::{Direction, Level};
use super::{Exchange, NewOrder, Rejection};
use crate::units::{Exact, OrderId, Price, Quantity, Rounding, Symbol};

/// Decimals of what is compared with a bound; see the table in `units`.
const DECIMALS: u32 = 16;

/// From where to where a figure may go, and in which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// The least.
    pub min: Option<Exact>,
    /// The most.
    pub max: Option<Exact>,
    /// It must be a multiple of this.
    pub step: Option<Exact>,
}

/// What an order may be worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notional {
    /// The least.
    pub min: Option<Exact>,
    /// The most.
    pub max: Option<Exact>,
    /// Whether the least counts for orders without a limit price, at the market's price.
    pub min_for_market: bool,
    /// Whether the most does.
    pub max_for_market: bool,
    /// The market's price is the average of so many minutes; 0: the last one.
    pub minutes: u16,
}

/// How far a limit price may be from the market's price, as shares of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Band {
    /// The least.
    pub down: Option<Exact>,
    /// The most.
    pub up: Option<Exact>,
}

/// Bounds of a trailing delta, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deltas {
    /// The least.
    pub min: Option<u16>,
    /// The most.
    pub max: Option<u16>,
}

/// The rules of one market.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarketRules {
    /// Of limit and trigger prices.
    pub price: Range,
    /// Of quantities.
    pub lot: Range,
    /// Of quantities of orders without a limit price, beside those of all orders.
    pub market_lot: Range,
    /// Of price times quantity.
    pub notional: Notional,
    /// Of limit prices of buys.
    pub bids: Band,
    /// Of limit prices of sales.
    pub asks: Band,
    /// Whether the band is one for both sides.
    pub one_band: bool,
    /// The price that the bands are round is the average of so many minutes; 0: the last one.
    pub band_minutes: u16,
    /// Of orders that trail a price from which they rise to their trigger.
    pub trailing_above: Deltas,
    /// Of those that fall to it.
    pub trailing_below: Deltas,
    /// Orders that may be open at once.
    pub max_orders: Option<u32>,
    /// Orders that may wait for a price at once.
    pub max_waiting: Option<u32>,
    /// Pairs that may be open at once.
    pub max_pairs: Option<u32>,
    /// How much of the base asset there may be, what open buys may bring included.
    pub max_position: Option<Exact>,
}

/// The rule that an order breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filter {
    /// Of prices.
    Price,
    /// Of quantities.
    LotSize,
    /// Of quantities without a limit price.
    MarketLotSize,
    /// Of price times quantity.
    Notional,
    /// The band of its side.
    PercentPriceBySide,
    /// The band of both sides.
    PercentPrice,
    /// Of trailing deltas.
    TrailingDelta,
    /// Open orders.
    MaxOrders,
    /// Orders that wait for a price.
    MaxAlgoOrders,
    /// Open pairs.
    MaxOrderLists,
    /// The base asset.
    MaxPosition,
}

impl Filter {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Filter::Price => "PRICE_FILTER",
            Filter::LotSize => "LOT_SIZE",
            Filter::MarketLotSize => "MARKET_LOT_SIZE",
            Filter::Notional => "NOTIONAL",
            Filter::PercentPriceBySide => "PERCENT_PRICE_BY_SIDE",
            Filter::PercentPrice => "PERCENT_PRICE",
            Filter::TrailingDelta => "TRAILING_DELTA",
            Filter::MaxOrders => "MAX_NUM_ORDERS",
            Filter::MaxAlgoOrders => "MAX_NUM_ALGO_ORDERS",
            Filter::MaxOrderLists => "MAX_NUM_ORDER_LISTS",
            Filter::MaxPosition => "MAX_POSITION",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The prices of a market that its rules hold orders against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// What the bands are round.
    pub band: Price,
    /// What an order without a limit price is worth.
    pub notional: Price,
}

impl Reference {
    /// The same price for both.
    pub fn one(price: Price) -> Reference {
        Reference {
            band: price,
            notional: price,
        }
    }
}

/// What is open in a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crowd {
    /// Orders.
    pub orders: usize,
    /// Of these, orders that wait for a price.
    pub waiting: usize,
    /// Pairs.
    pub pairs: usize,
}

impl Range {
    fn allows(&self, value: Exact) -> bool {
        let in_step = |step: Exact| {
            let whole = value.divided_down(step, 0);
            let multiple = whole.and_then(|whole| whole.times(step, DECIMALS, Rounding::Down).ok());
            step.is_zero() || multiple == Some(value)
        };
        self.min.is_none_or(|min| value >= min)
            && self.max.is_none_or(|max| value <= max)
            && self.step.is_none_or(in_step)
    }
}

impl Band {
    fn allows(&self, price: Price, market: Price) -> bool {
        let at = |share: Exact| market.exact().times(share, DECIMALS, Rounding::HalfUp).ok();
        let price = price.exact();
        self.down.and_then(at).is_none_or(|least| price >= least)
            && self.up.and_then(at).is_none_or(|most| price <= most)
    }
}

impl Deltas {
    fn allows(self, bips: u16) -> bool {
        self.min.is_none_or(|min| bips >= min) && self.max.is_none_or(|max| bips <= max)
    }
}

fn fails(fits: bool, filter: Filter) -> Result<(), Filter> {
    if fits { Ok(()) } else { Err(filter) }
}

impl MarketRules {
    /// Which rule an order breaks by itself, at these prices of the market.
    pub fn check(&self, new: &NewOrder, market: Reference) -> Result<(), Filter> {
        let limit = new.kind.limit();
        let trigger = new.terms.trigger.map(|trigger| trigger.level);
        let waits_for = match trigger {
            Some(Level::At(price)) => Some(price),
            Some(Level::Trail { from, .. }) => from,
            None => None,
        };
        for price in [limit, waits_for].into_iter().flatten() {
            fails(self.price.allows(price.exact()), Filter::Price)?;
        }
        if let Some(limit) = limit {
            let (band, filter) = match (self.one_band, new.side) {
                (true, _) => (self.bids, Filter::PercentPrice),
                (false, Side::Buy) => (self.bids, Filter::PercentPriceBySide),
                (false, Side::Sell) => (self.asks, Filter::PercentPriceBySide),
            };
            fails(band.allows(limit, market.band), filter)?;
        }
        let quantity = new.quantity.exact();
        fails(self.lot.allows(quantity), Filter::LotSize)?;
        let is_market = new.kind == OrderKind::Market;
        fails(
            !is_market || self.market_lot.allows(quantity),
            Filter::MarketLotSize,
        )?;
        let price = limit.unwrap_or(market.notional).exact();
        if let Ok(worth) = price.times(quantity, DECIMALS, Rounding::Down) {
            let low = self.notional.min.is_some_and(|min| worth < min)
                && (!is_market || self.notional.min_for_market);
            let high = self.notional.max.is_some_and(|max| worth > max)
                && (!is_market || self.notional.max_for_market);
            fails(!low && !high, Filter::Notional)?;
        }
        if let (Some(Level::Trail { bips, .. }), Some(trigger)) = (trigger, new.terms.trigger) {
            let bounds = match trigger.direction(new.side) {
                Direction::Rising => self.trailing_above,
                Direction::Falling => self.trailing_below,
            };
            fails(bounds.allows(bips), Filter::TrailingDelta)?;
        }
        Ok(())
    }

    /// Of how many minutes prices are wanted.
    pub(super) fn look_back(&self) -> u16 {
        self.band_minutes.max(self.notional.minutes)
    }

    /// The quantity of a market order rounded down to whole lots.
    pub(super) fn in_lots(&self, quantity: Quantity) -> Quantity {
        let steps = [self.lot.step, self.market_lot.step];
        // Of two steps one is a multiple of the other.
        let step = steps.into_iter().flatten().max();
        let Some(step) = step.filter(|step| step.is_positive()) else {
            return quantity;
        };
        let lots = quantity.exact().divided_down(step, 0);
        let whole = lots.and_then(|lots| lots.times(step, DECIMALS, Rounding::Down).ok());
        whole.map_or(quantity, Quantity::from_stored)
    }

    /// Which rule is broken where so much is open.
    pub fn check_crowd(&self, crowd: Crowd) -> Result<(), Filter> {
        let within = |max: Option<u32>, count: usize| {
            max.is_none_or(|max| u32::try_from(count).is_ok_and(|count| count <= max))
        };
        fails(within(self.max_orders, crowd.orders), Filter::MaxOrders)?;
        fails(
            within(self.max_waiting, crowd.waiting),
            Filter::MaxAlgoOrders,
        )?;
        fails(within(self.max_pairs, crowd.pairs), Filter::MaxOrderLists)
    }
}

impl Exchange {
    /// The rules that hold for a market, where there are any.
    pub fn market_rules(&self, symbol: Symbol) -> Option<&MarketRules> {
        let told = self.markets.get(&symbol)?.rules.as_deref();
        self.rules.of_market(symbol, told)
    }

    /// Takes over the rules of markets; unknown ones become listed.
    pub(super) fn set_rules(&mut self, rules: Vec<(Symbol, MarketRules)>) -> Result<(), Rejection> {
        let symbols: Vec<Symbol> = rules.iter().map(|&(symbol, _)| symbol).collect();
        self.list(&symbols)?;
        for (symbol, rules) in rules {
            if let Some(market) = self.markets.get_mut(&symbol)
                && market.rules.as_deref() != Some(&rules)
            {
                market.rules = Some(Box::new(rules));
                self.events.push(super::Event::RulesChanged(symbol));
            }
        }
        Ok(())
    }

    /// Whether an order keeps the rules of its market, where it asks for that and its quantity can be worked out.
    pub(super) fn check_rules(&self, new: NewOrder) -> Result<(), Rejection> {
        let market = self.markets.get(&new.symbol);
        let ticker = market.and_then(|market| market.ticker.as_ref());
        match ticker.map(|ticker| self.sized(new, ticker)) {
            Some(Ok(new)) => self.keep_rules(&[new]),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Whether orders that come together keep the rules of their market, where they ask for that and it has any.
    pub(super) fn keep_rules(&self, new: &[NewOrder]) -> Result<(), Rejection> {
        let Some(first) = new.iter().find(|new| new.strict.rules) else {
            return Ok(());
        };
        let market = self.markets.get(&first.symbol);
        let known = market.and_then(|market| {
            let rules = self.market_rules(first.symbol)?;
            let last = market.ticker?.last;
            Some((rules, market.reference(rules, last, self.moment.elapsed)))
        });
        let Some((rules, reference)) = known else {
            return Ok(());
        };
        for order in new {
            rules.check(order, reference).map_err(Rejection::Filter)?;
        }
        let waits = |new: &&NewOrder| new.terms.trigger.is_some();
        let waiting = new.iter().filter(waits).count();
        let present = self.crowd(first.symbol);
        let crowd = Crowd {
            orders: present.orders.saturating_add(new.len()),
            // Who adds nothing to a crowd is not held up by it.
            waiting: match waiting {
                0 => 0,
                more => present.waiting.saturating_add(more),
            },
            pairs: if new.len() > 1 && rules.max_pairs.is_some() {
                self.pairs_of(first.symbol).saturating_add(1)
            } else {
                0
            },
        };
        rules.check_crowd(crowd).map_err(Rejection::Filter)?;
        match rules.max_position {
            Some(most) if first.side == Side::Buy => self.check_position(first, most),
            Some(_) | None => Ok(()),
        }
    }

    /// Orders of a symbol; pairs are counted where that matters.
    fn crowd(&self, symbol: Symbol) -> Crowd {
        let market = self.markets.get(&symbol);
        market.map_or_else(Crowd::default, |market| Crowd {
            orders: market.open.len(),
            waiting: market.triggers.len(),
            pairs: 0,
        })
    }

    fn pairs_of(&self, symbol: Symbol) -> usize {
        let open = self.open_orders_of(symbol, OrderId::new(0));
        let first = |order: &&Order| order.pair.as_ref().is_some_and(|pair| pair.id == order.id);
        open.filter(first)
            .filter(|order| self.is_paired(order))
            .count()
    }

    fn check_position(&self, new: &NewOrder, most: Exact) -> Result<(), Rejection> {
        let present = self.ledger.account(new.symbol.base()).total().exact();
        let open = self.open_orders_of(new.symbol, OrderId::new(0));
        let buys = open.filter(|order| order.side == Side::Buy);
        let sum = buys.fold(present, |sum, order| {
            sum.plus_rounded(order.remaining().exact())
        });
        let then = sum.plus_rounded(new.quantity.exact());
        fails(then <= most, Filter::MaxPosition).map_err(Rejection::Filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Command, NewPair, Rules, Strict, Terms, Ticker, Trigger, TriggerKind};
    use crate::units::{Amount, Asset, Moment, Timestamp};

    fn exchange(rules: MarketRules) -> Exchange {
        let mut exchange = Exchange::new(Rules::default());
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let ticker = Ticker {
            symbol,
            last: Price::parse("100").unwrap(),
            bid: None,
            ask: None,
            bid_quantity: None,
            ask_quantity: None,
            at: Timestamp::default(),
        };
        let deposit = |name| {
            let asset = Asset::parse(name).unwrap();
            Command::Deposit(asset, Amount::parse_positive("1000").unwrap())
        };
        for command in [
            Command::ApplyTickers(vec![ticker]),
            Command::SetRules(vec![(symbol, rules)]),
            deposit("BTC"),
            deposit("USDT"),
        ] {
            exchange.handle(Moment::default(), command).unwrap();
        }
        exchange
    }

    /// A buy for 1, or a sale of 1, for 90 or 110, so that it rests.
    fn order(side: Side, level: Option<Level>) -> NewOrder {
        let (stop, price) = match side {
            Side::Buy => (TriggerKind::StopLoss, "90"),
            Side::Sell => (TriggerKind::StopLoss, "110"),
        };
        NewOrder {
            symbol: Symbol::parse("BTC/USDT").unwrap(),
            side,
            kind: OrderKind::Limit {
                price: Price::parse(price).unwrap(),
            },
            quantity: Quantity::parse_positive("1").unwrap(),
            terms: Terms {
                trigger: level.map(|level| Trigger { kind: stop, level }),
                post_only: level.is_none(),
                ..Terms::default()
            },
            strict: Strict {
                rules: true,
                funds: true,
            },
        }
    }

    fn at(text: &str) -> Level {
        Level::At(Price::parse(text).unwrap())
    }

    fn place(exchange: &mut Exchange, order: NewOrder) -> Result<(), Rejection> {
        let placed = exchange.handle(Moment::default(), Command::Place(order));
        placed.map(|_| ())
    }

    fn broken(filter: Filter) -> Result<(), Rejection> {
        Err(Rejection::Filter(filter))
    }

    #[test]
    fn a_crowd_is_bounded() {
        let mut exchange = exchange(MarketRules {
            max_orders: Some(3),
            max_waiting: Some(1),
            ..MarketRules::default()
        });
        let stop = order(Side::Sell, Some(at("95")));
        assert_eq!(place(&mut exchange, order(Side::Sell, None)), Ok(()));
        assert_eq!(place(&mut exchange, stop), Ok(()));
        let before = exchange.clone();
        assert_eq!(place(&mut exchange, stop), broken(Filter::MaxAlgoOrders));
        assert_eq!(exchange, before);
        // Who does not ask for rules is not held to them.
        let lax = NewOrder {
            strict: Strict::default(),
            ..stop
        };
        assert_eq!(place(&mut exchange.clone(), lax), Ok(()));
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        let one_more = place(&mut exchange, order(Side::Buy, None));
        assert_eq!(one_more, broken(Filter::MaxOrders));
    }

    #[test]
    fn a_pair_counts_as_two_orders() {
        let pair = NewPair {
            orders: [order(Side::Sell, None), order(Side::Sell, Some(at("95")))],
            client_id: None,
        };
        for (max_orders, max_pairs, answer) in [
            (2, 1, Ok(())),
            (1, 1, broken(Filter::MaxOrders)),
            (2, 0, broken(Filter::MaxOrderLists)),
        ] {
            let exchange = exchange(MarketRules {
                max_orders: Some(max_orders),
                max_pairs: Some(max_pairs),
                ..MarketRules::default()
            });
            assert_eq!(exchange.check_pair(&pair), answer);
        }
    }

    #[test]
    fn a_position_is_bounded_with_what_open_buys_may_bring() {
        let mut exchange = exchange(MarketRules {
            max_position: Some(Exact::whole(1002)),
            ..MarketRules::default()
        });
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        let third = place(&mut exchange, order(Side::Buy, None));
        assert_eq!(third, broken(Filter::MaxPosition));
        assert_eq!(place(&mut exchange, order(Side::Sell, None)), Ok(()));
    }

    #[test]
    fn trailing_deltas_have_bounds_on_either_side() {
        let deltas = |min, max| Deltas {
            min: Some(min),
            max: Some(max),
        };
        let rules = MarketRules {
            trailing_above: deltas(10, 2000),
            trailing_below: deltas(20, 1000),
            ..MarketRules::default()
        };
        for (side, bips, fits) in [
            (Side::Buy, 9, false),
            (Side::Buy, 10, true),
            (Side::Buy, 2000, true),
            (Side::Buy, 2001, false),
            (Side::Sell, 19, false),
            (Side::Sell, 20, true),
            (Side::Sell, 1000, true),
            (Side::Sell, 1001, false),
        ] {
            let trail = Level::Trail { bips, from: None };
            let answer = rules.check(
                &order(side, Some(trail)),
                Reference::one(Price::parse("100").unwrap()),
            );
            assert_eq!(answer.is_ok(), fits, "{side:?} {bips}");
        }
    }
}
