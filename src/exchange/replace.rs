//! Taking back more than one thing at once: an order for another one, and all orders of a symbol.

use super::order::{CloseReason, Order, OrderStatus};
use super::{Exchange, Freed, NewOrder, Outcome, Rejection};
use crate::units::{OrderId, Symbol};

/// The most orders that one command takes back.
pub const CANCELED_AT_ONCE_MAX: usize = 10_000;

/// In which state an order must be to be taken back for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnlyIf {
    /// In any.
    #[default]
    Open,
    /// Nothing of it is filled.
    New,
    /// Something of it is filled.
    PartiallyFilled,
}

impl OnlyIf {
    /// Whether an order of this status may be taken back.
    pub fn allows(self, status: OrderStatus) -> bool {
        match self {
            OnlyIf::Open => true,
            OnlyIf::New => status == OrderStatus::New,
            OnlyIf::PartiallyFilled => status == OrderStatus::PartiallyFilled,
        }
    }
}

/// An order in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacement {
    /// The order to be taken back.
    pub cancel: OrderId,
    /// In which state.
    pub only_if: OnlyIf,
    /// The order to be placed; the money of the other one is free for it.
    pub new: NewOrder,
    /// Whether it is placed although the other could not be taken back.
    pub in_any_case: bool,
}

/// What became of both steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The order that was taken back, and what that freed.
    pub canceled: Result<(Order, Freed), Rejection>,
    /// The order that was placed, as it is now; nothing where that was not tried. One that was taken back stays so,
    /// although the other could not be placed.
    pub placed: Option<Result<Order, Rejection>>,
}

impl Exchange {
    /// Takes an order back and places another, with nothing in between. Where the other breaks a rule of its market, the
    /// first is not touched.
    pub(super) fn replace(&mut self, replacement: Replacement) -> Result<Outcome, Rejection> {
        self.check_rules(replacement.new)?;
        let canceled = self.cancel_for(replacement);
        let tries = canceled.is_ok() || replacement.in_any_case;
        let placed = tries.then(|| self.place(replacement.new));
        let placed = placed.map(|placed| placed.map(|order| *order));
        Ok(Outcome::Replaced(Box::new(Replaced { canceled, placed })))
    }

    fn cancel_for(&mut self, replacement: Replacement) -> Result<(Order, Freed), Rejection> {
        let order = self.order(replacement.cancel);
        if order.is_some_and(|order| !replacement.only_if.allows(order.status())) {
            return Err(Rejection::Restricted);
        }
        let (order, freed) = self.cancel(replacement.cancel)?;
        Ok((*order, freed))
    }

    /// Takes back the open orders of a symbol, or of all.
    pub(super) fn cancel_all(&mut self, symbol: Option<Symbol>) -> Outcome {
        let most = CANCELED_AT_ONCE_MAX.saturating_add(1);
        let mut ids: Vec<OrderId> = match symbol {
            Some(symbol) => {
                let market = self.markets.get(&symbol);
                let open = market.into_iter().flat_map(|market| &market.open);
                open.copied().take(most).collect()
            }
            None => self.orders.keys().copied().take(most).collect(),
        };
        let more = ids.len() > CANCELED_AT_ONCE_MAX;
        ids.truncate(CANCELED_AT_ONCE_MAX);
        let mut orders = Vec::with_capacity(ids.len());
        for id in ids {
            // The second order of a pair goes with the first.
            if let Some((order, _)) = self.close(id, CloseReason::Canceled) {
                let other = order.pair.as_ref().map(|pair| pair.other);
                let other = other.filter(|other| *other > id);
                let other = other.and_then(|other| self.closed_just_now(other));
                let other = other.map(|other| *other);
                orders.push(*order);
                orders.extend(
                    other.filter(|order| order.close_reason() == Some(CloseReason::Canceled)),
                );
            }
        }
        orders.sort_unstable_by_key(|order| order.id);
        Outcome::AllCanceled { orders, more }
    }
}
