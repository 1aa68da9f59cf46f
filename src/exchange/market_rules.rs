//! What a venue demands of the orders of a market: steps, bounds and bands.
//!
//! Plain data and a pure check. A bound that a market does not have is not checked; a value at a bound is allowed. Names
//! and meanings are those of Binance's filters:
//! <https://developers.binance.com/docs/binance-spot-api-docs/filters>

use std::fmt;

use super::NewOrder;
use super::order::{OrderKind, Side};
use super::trigger::{Direction, Level};
use crate::units::{Exact, Price, Quantity, Rounding};

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

pub(super) fn fails(fits: bool, filter: Filter) -> Result<(), Filter> {
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
