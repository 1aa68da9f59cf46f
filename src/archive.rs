//! Closed orders and histories, as whoever keeps them lets them be read.
//!
//! The exchange keeps open orders only. Calls may wait for a disk: make them on a thread that may wait.

use std::fmt;
use std::ops::ControlFlow;

use crate::exchange::{HistoryEntry, Order};
use crate::units::{OrderId, Timestamp};

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

/// Reads closed orders.
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

    /// Closed orders by id, from this one on and at most so many, each with its history but for the creation.
    fn closed_from(&self, from: OrderId, most: usize) -> Result<Vec<Stored>, Unreadable>;

    /// How many closed orders there are.
    fn count(&self) -> Result<u64, Unreadable>;
}
