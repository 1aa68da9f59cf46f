//! The orders of one symbol that wait for a price, in price-time order.
//!
//! Market orders whose delay has passed come first, then limit orders from the most generous price on, and at the
//! same price the older order. What does not cross is never looked at: a tick costs what it fills.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::order::{Order, OrderKind, Side};
use crate::units::{OrderId, Price};

/// Resting orders of one symbol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    market_buys: BTreeSet<OrderId>,
    market_sells: BTreeSet<OrderId>,
    limit_buys: BTreeSet<(Reverse<Price>, OrderId)>,
    limit_sells: BTreeSet<(Price, OrderId)>,
}

impl Book {
    /// Adds an order; false if it was there already.
    pub(super) fn insert(&mut self, order: &Order) -> bool {
        match (order.side, order.kind) {
            (Side::Buy, OrderKind::Market) => self.market_buys.insert(order.id),
            (Side::Sell, OrderKind::Market) => self.market_sells.insert(order.id),
            (Side::Buy, OrderKind::Limit { price }) => {
                self.limit_buys.insert((Reverse(price), order.id))
            }
            (Side::Sell, OrderKind::Limit { price }) => self.limit_sells.insert((price, order.id)),
        }
    }

    /// Takes an order out; false if it was not there.
    pub(super) fn remove(&mut self, order: &Order) -> bool {
        match (order.side, order.kind) {
            (Side::Buy, OrderKind::Market) => self.market_buys.remove(&order.id),
            (Side::Sell, OrderKind::Market) => self.market_sells.remove(&order.id),
            (Side::Buy, OrderKind::Limit { price }) => {
                self.limit_buys.remove(&(Reverse(price), order.id))
            }
            (Side::Sell, OrderKind::Limit { price }) => self.limit_sells.remove(&(price, order.id)),
        }
    }

    /// The first order of `side` that trades at `price`.
    pub(super) fn first(&self, side: Side, price: Price) -> Option<OrderId> {
        match side {
            Side::Buy => self.market_buys.first().copied().or_else(|| {
                let &(Reverse(limit), id) = self.limit_buys.first()?;
                (limit >= price).then_some(id)
            }),
            Side::Sell => self.market_sells.first().copied().or_else(|| {
                let &(limit, id) = self.limit_sells.first()?;
                (limit <= price).then_some(id)
            }),
        }
    }

    /// Whether any order of `side` trades at `price`.
    pub(super) fn crosses(&self, side: Side, price: Price) -> bool {
        self.first(side, price).is_some()
    }

    /// Number of orders.
    pub(super) fn len(&self) -> usize {
        self.market_buys
            .len()
            .saturating_add(self.market_sells.len())
            .saturating_add(self.limit_buys.len())
            .saturating_add(self.limit_sells.len())
    }

    /// Whether the order is in its place.
    pub(super) fn contains(&self, order: &Order) -> bool {
        match (order.side, order.kind) {
            (Side::Buy, OrderKind::Market) => self.market_buys.contains(&order.id),
            (Side::Sell, OrderKind::Market) => self.market_sells.contains(&order.id),
            (Side::Buy, OrderKind::Limit { price }) => {
                self.limit_buys.contains(&(Reverse(price), order.id))
            }
            (Side::Sell, OrderKind::Limit { price }) => {
                self.limit_sells.contains(&(price, order.id))
            }
        }
    }
}
