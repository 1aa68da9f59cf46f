//! Closed orders, histories, trades and candles, as whoever keeps them lets them be read.
//!
//! The exchange keeps open orders only. Calls may wait for a disk: make them on a thread that may wait.

use std::fmt;
use std::ops::ControlFlow;

use crate::candles::{Candle, Level};
use crate::exchange::{HistoryEntry, Order, Trade};
use crate::units::{ClientId, OrderId, Symbol, Timestamp};

/// The archive cannot be read now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot be read now: {0}")]
pub struct Unreadable(pub String);

/// Where to begin and end a walk over closed orders, which goes from the latest update to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Walk {
    /// Only orders that come after this one in the walk: updated before it, or at the same time and created before it.
    pub after: Option<(Timestamp, OrderId)>,
    /// Only orders updated at or after this.
    pub since: Option<Timestamp>,
}

/// A closed order with its history but for the creation.
pub type Stored = (Order, Vec<HistoryEntry>);

/// Which trades to show, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TradeWalk {
    /// Only those of this symbol.
    pub symbol: Option<Symbol>,
    /// Only those with this id or a later one.
    pub from: Option<u64>,
    /// Only those with an earlier id.
    pub before: Option<u64>,
    /// Whether the oldest comes first, and not the newest.
    pub oldest_first: bool,
}

/// What closed orders are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Their market.
    Market(Symbol),
    /// The id that their client gave them; several may have had it, one after the other.
    Client(ClientId),
    /// That of their pair, which finds its first order.
    Pair(ClientId),
}

/// Which closed orders of a name to show, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderWalk {
    /// The name.
    pub name: Name,
    /// Only those with this id or a later one.
    pub from: Option<OrderId>,
    /// Only those that were placed then or later.
    pub since: Option<Timestamp>,
    /// Only those that were placed then or earlier.
    pub until: Option<Timestamp>,
    /// Whether the oldest comes first, and not the newest.
    pub oldest_first: bool,
}

impl OrderWalk {
    /// All of a name, the newest first.
    pub fn of(name: Name) -> OrderWalk {
        OrderWalk {
            name,
            from: None,
            since: None,
            until: None,
            oldest_first: false,
        }
    }
}

/// Which candles to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandleWalk {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which length.
    pub level: Level,
    /// Those that begin at or after this.
    pub from: Timestamp,
    /// Those that begin at or before this.
    pub to: Timestamp,
    /// At least so many where there are as many, and no chunk beyond.
    pub most: usize,
    /// Whether those are the oldest, and not the newest.
    pub oldest_first: bool,
}

/// Reads closed orders, trades and candles.
pub trait Archive: fmt::Debug + Send + Sync {
    /// A closed order.
    fn order(&self, id: OrderId) -> Result<Option<Order>, Unreadable>;

    /// The history of any order, open or closed, but for the creation (see [`Order::creation`]).
    fn history(&self, id: OrderId) -> Result<Vec<HistoryEntry>, Unreadable>;

    /// Shows closed orders, latest update first, at equal times the latest created first, until told to stop.
    fn walk(
        &self,
        walk: Walk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable>;

    /// Shows closed orders of a name by id until told to stop; later orders have larger ids and were not placed earlier.
    fn named(
        &self,
        walk: OrderWalk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable>;

    /// Closed orders by id, from this one on and at most so many, each with its history but for the creation.
    fn closed_from(&self, from: OrderId, most: usize) -> Result<Vec<Stored>, Unreadable>;

    /// The ids of all closed orders, in their order.
    fn closed_ids(&self) -> Result<Vec<OrderId>, Unreadable>;

    /// Shows trades by id until told to stop; later trades have larger ids and no earlier times.
    fn trades(
        &self,
        walk: TradeWalk,
        visit: &mut dyn FnMut(Trade) -> ControlFlow<()>,
    ) -> Result<(), Unreadable>;

    /// The trades of an order, open or closed, oldest first; none once the order is forgotten.
    fn trades_of(&self, id: OrderId) -> Result<Vec<Trade>, Unreadable>;

    /// Sends everything that is stored, as a backup, in pieces, until told to stop.
    fn backup(&self, send: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>) -> Result<(), Unreadable>;

    /// The candles of full chunks that are wanted, oldest first.
    fn candles(&self, walk: CandleWalk) -> Result<Vec<Candle>, Unreadable>;

    /// How many closed orders there are.
    fn count(&self) -> Result<u64, Unreadable>;
}
