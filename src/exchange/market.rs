//! A market: the present prices of a symbol, what they offer, and the orders that wait for them.

use std::collections::BTreeSet;

use super::average::Average;
use super::book::Book;
use super::chance;
use super::market_rules::{MarketRules, Reference};
use super::order::Side;
use super::rules::Rules;
use super::trigger::Triggers;
use crate::units::{Elapsed, OrderId, Price, Quantity, Rate, Span, Symbol, Timestamp};

/// Decimals of the quantity on offer at a tick; venues trade no finer lots.
const OFFER_DECIMALS: u32 = 8;

/// Prices of one symbol at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticker {
    /// The market.
    pub symbol: Symbol,
    /// Price of the last trade, or the feed's best substitute.
    pub last: Price,
    /// Best bid.
    pub bid: Option<Price>,
    /// Best ask.
    pub ask: Option<Price>,
    /// Base units at the best bid; unlimited where unknown.
    pub bid_quantity: Option<Quantity>,
    /// Base units at the best ask; unlimited where unknown.
    pub ask_quantity: Option<Quantity>,
    /// When the source says these prices were true.
    pub at: Timestamp,
}

impl Ticker {
    /// One that tells the last price alone.
    pub fn of_last(symbol: Symbol, last: Price, at: Timestamp) -> Ticker {
        Ticker {
            symbol,
            last,
            bid: None,
            ask: None,
            bid_quantity: None,
            ask_quantity: None,
            at,
        }
    }

    /// What a buyer pays.
    pub fn ask_or_last(&self) -> Price {
        self.ask.unwrap_or(self.last)
    }

    /// What a seller gets.
    pub fn bid_or_last(&self) -> Price {
        self.bid.unwrap_or(self.last)
    }

    /// The price that an order of this side trades at.
    pub fn price_for(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.ask_or_last(),
            Side::Sell => self.bid_or_last(),
        }
    }

    fn quantity_for(&self, side: Side) -> Option<Quantity> {
        match side {
            Side::Buy => self.ask_quantity,
            Side::Sell => self.bid_quantity,
        }
    }
}

/// What is left of one side's quantity at the present tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Nobody has asked yet in this tick.
    #[default]
    Undrawn,
    /// The feed names no quantity.
    Unlimited,
    /// Base units.
    Left(Quantity),
}

/// Everything about one symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// The present prices; none until the first ticker.
    pub ticker: Option<Ticker>,
    /// When they arrived; unknown after a restart.
    pub received: Option<Elapsed>,
    /// Who delivered them; unknown after a restart.
    pub source: Option<&'static str>,
    /// Whether the market takes orders. One that its venue has delisted or halted takes none; those that are open stay,
    /// can be cancelled, and fill nothing. A restart forgets it: it is for the venue's list to say anew.
    pub trading: bool,
    /// Ticks so far.
    pub ticks: u64,
    /// Left for buyers in this tick.
    pub ask_depth: Depth,
    /// Left for sellers in this tick.
    pub bid_depth: Depth,
    /// What it demands of orders, where that is known.
    pub rules: Option<Box<MarketRules>>,
    /// Its prices of the last minutes, as far back as its rules look.
    pub average: Average,
    /// Its open orders.
    pub(super) open: BTreeSet<OrderId>,
    /// Orders that wait.
    pub(super) book: Book,
    /// Orders that wait for a price before that.
    pub(super) triggers: Triggers,
    /// Whether the tick loop has something to do here; see [`Market::is_hungry`].
    pub(super) hungry: bool,
}

impl Market {
    pub(super) fn new() -> Market {
        Market {
            ticker: None,
            received: None,
            source: None,
            trading: true,
            rules: None,
            average: Average::default(),
            ticks: 0,
            ask_depth: Depth::Undrawn,
            bid_depth: Depth::Undrawn,
            open: BTreeSet::new(),
            book: Book::default(),
            triggers: Triggers::default(),
            hungry: false,
        }
    }

    /// Number of its open orders.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// The ids of its open orders, from this one on; cheaper than the orders.
    pub fn open_ids_from(&self, id: OrderId) -> impl Iterator<Item = OrderId> {
        self.open.range(id..).copied()
    }

    /// The prices that its rules hold orders against: an average where they want one and there is one, else the last.
    pub(super) fn reference(&self, rules: &MarketRules, last: Price, now: Elapsed) -> Reference {
        let over = |minutes| self.average.over(now, minutes).unwrap_or(last);
        Reference {
            band: over(rules.band_minutes),
            notional: over(rules.notional.minutes),
        }
    }

    /// Time since the present prices arrived.
    pub fn age(&self, now: Elapsed) -> Option<Span> {
        self.received.map(|at| now.since(at))
    }

    /// Whether the present prices can fill anything: the market is traded, and they are not too old.
    pub(super) fn can_fill(&self, now: Elapsed, rules: &Rules) -> bool {
        self.trading && !self.is_stale(now, rules)
    }

    /// Whether the present prices are too old to fill anything.
    pub(super) fn is_stale(&self, now: Elapsed, rules: &Rules) -> bool {
        let too_old = |max| self.age(now).is_none_or(|age| age > max);
        rules.max_age.is_some_and(too_old)
    }

    /// Begins a new tick: what it offers is drawn when an order first needs it.
    pub(super) fn begin_tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        self.ask_depth = Depth::Undrawn;
        self.bid_depth = Depth::Undrawn;
    }

    /// Whether an order in the book could trade at the present prices.
    pub(super) fn crosses(&self) -> bool {
        self.ticker.as_ref().is_some_and(|ticker| {
            self.book.crosses(Side::Buy, ticker.ask_or_last())
                || self.book.crosses(Side::Sell, ticker.bid_or_last())
        })
    }

    /// Whether the present prices counted once more could change anything: an order crosses them, or somebody has taken
    /// from what they offer, which is there again at the next tick.
    pub(super) fn is_hungry(&self) -> bool {
        let drawn = |depth| matches!(depth, Depth::Left(_));
        drawn(self.ask_depth) || drawn(self.bid_depth) || self.crosses()
    }

    /// What is left for orders of `side` in this tick; `None` for as much as they want.
    pub(super) fn depth(&mut self, side: Side, rules: &Rules) -> Option<Quantity> {
        let present = match side {
            Side::Buy => self.ask_depth,
            Side::Sell => self.bid_depth,
        };
        match present {
            Depth::Unlimited => None,
            Depth::Left(quantity) => Some(quantity),
            Depth::Undrawn => self.draw_depth(side, rules),
        }
    }

    fn draw_depth(&mut self, side: Side, rules: &Rules) -> Option<Quantity> {
        let ticker = self.ticker.as_ref()?;
        let depth = ticker.quantity_for(side).map(|displayed| {
            let share: Rate =
                chance::liquidity(rules, ticker.symbol, self.ticks, side == Side::Buy);
            // A displayed quantity has at most 28 digits and the share is at most 1.
            displayed.share(share, OFFER_DECIMALS).unwrap_or(displayed)
        });
        self.set_depth(side, depth.map_or(Depth::Unlimited, Depth::Left));
        depth
    }

    /// Takes `quantity` out of what is left for orders of `side`.
    pub(super) fn take(&mut self, side: Side, quantity: Quantity) {
        let present = match side {
            Side::Buy => self.ask_depth,
            Side::Sell => self.bid_depth,
        };
        if let Depth::Left(left) = present {
            // No more than is left is ever taken. Where the rest has too many digits, those beyond an offer's are used up.
            let rest = left
                .minus(quantity)
                .or_else(|_| left.minus(quantity.rounded_up(OFFER_DECIMALS)))
                .unwrap_or(Quantity::ZERO);
            self.set_depth(side, Depth::Left(rest));
        }
    }

    fn set_depth(&mut self, side: Side, depth: Depth) {
        match side {
            Side::Buy => self.ask_depth = depth,
            Side::Sell => self.bid_depth = depth,
        }
    }
}
