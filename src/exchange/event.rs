//! What happened: the rows that changed, for the store and for whoever follows.
//!
//! An event names what changed; its new image is read from the exchange. A closed order leaves the exchange, so its
//! event carries it. What was closed or forgotten later in the same turn has no image any more: a later event says so.

use super::order::{HistoryEntry, Order, Side};
use super::trade::Trade;
use crate::units::{Asset, Elapsed, OrderId, Price, Symbol, Timestamp};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An order is open: a new one, or one that was filled in part.
    OrderOpen(OrderId),
    /// An order is closed, and gone from the exchange.
    OrderClosed(Box<Order>),
    /// An order's history got an entry; creations have none, see [`Order::creation`].
    History(Box<HistoryEntry>),
    /// A fill: a trade of its own, kept for longer than its order.
    Trade(Box<Trade>),
    /// An asset's account changed.
    AccountChanged(Asset),
    /// The running totals of trades changed.
    TradesCounted(Side, Symbol),
    /// A market's tick took part in a fill, so that its depth and tick number count.
    MarketTouched(Symbol),
    /// What a market demands of orders changed.
    RulesChanged(Symbol),
    /// Closed orders that were last updated before this are to be forgotten.
    Prune {
        /// On the clock that deadlines count in.
        updated_before: Elapsed,
    },
    /// Trades that were made before this are to be forgotten.
    PruneTrades {
        /// On the clock that deadlines count in.
        made_before: Elapsed,
    },
    /// Balances, orders, trades, counters and flows are gone.
    Reset,
}

/// What a market has seen, for whoever draws it: every price and every fill, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A new price.
    Price(Symbol, Timestamp, Price),
    /// A fill.
    Fill(Box<Trade>),
}

/// The order of this id that these events closed.
pub fn closed_among(events: &[Event], id: OrderId) -> Option<&Order> {
    // An order is closed once, and those who look do so soon after.
    events.iter().rev().find_map(|event| {
        if let Event::OrderClosed(closed) = event
            && closed.id == id
        {
            Some(closed.as_ref())
        } else {
            None
        }
    })
}

impl Seen {
    /// The market.
    pub fn symbol(&self) -> Symbol {
        match self {
            Seen::Price(symbol, ..) => *symbol,
            Seen::Fill(trade) => trade.symbol,
        }
    }
}
