//! Closing an order: give back its hold and record why.

use super::order::{CloseReason, Hold, Lifecycle, Order, Stage, Traded};
use super::{Event, Exchange, Fact, Freed, Rejection};
use crate::units::{OrderId, Price};

impl Exchange {
    /// Takes an open order back.
    pub(super) fn cancel(&mut self, id: OrderId) -> Result<(Box<Order>, Freed), Rejection> {
        if !self.orders.contains_key(&id) {
            // Whether a closed order of this id is remembered is for the keeper of closed orders to say.
            let given = id.sequence() >= 1 && id.sequence() < self.next_order;
            return Err(if given {
                Rejection::OrderNotOpen(id)
            } else {
                Rejection::UnknownOrder(id)
            });
        }
        self.close(id, CloseReason::Canceled)
            .ok_or(Rejection::UnknownOrder(id))
    }

    /// Closes an open order for any reason but a last fill, and the other of its pair; tells what both gave back.
    pub(super) fn close(
        &mut self,
        id: OrderId,
        reason: CloseReason,
    ) -> Option<(Box<Order>, Freed)> {
        let (order, freed) = self.close_one(id, reason)?;
        let more = self.close_other(&order, reason);
        Some((order, freed.plus(more)))
    }

    /// Closes one order.
    pub(super) fn close_one(
        &mut self,
        id: OrderId,
        reason: CloseReason,
    ) -> Option<(Box<Order>, Freed)> {
        let mut order = self.orders.remove(&id)?;
        self.forget_update(&order);
        order.updated_at = self.moment.now;
        order.updated_elapsed = self.moment.elapsed;
        order.history_count = order.history_count.saturating_add(1);
        let symbol = order.symbol;
        let closed = self.finish(order, reason, None, Traded::default());
        self.note_hunger(symbol);
        Some(closed)
    }

    /// The end of every order, which has been taken out of the open ones already.
    pub(super) fn finish(
        &mut self,
        mut order: Box<Order>,
        reason: CloseReason,
        price: Option<Price>,
        traded: Traded,
    ) -> (Box<Order>, Freed) {
        self.leave_place(&order);
        let freed = self.give_back(&order);
        order.lifecycle = Lifecycle::Closed {
            at: self.moment.now,
            reason,
        };
        self.journal.word(Fact::Closed as u64);
        self.journal.word(order.id.sequence());
        self.journal.word(self.moment.now.as_millis());
        self.journal.word(order.status() as u64);
        self.events
            .push(Event::History(Box::new(order.entry(price, traded))));
        self.events.push(Event::OrderClosed(order.clone()));
        (order, freed)
    }

    /// Takes an open order out of wherever it waits.
    fn leave_place(&mut self, order: &Order) {
        if let Some(market) = self.markets.get_mut(&order.symbol) {
            market.open.remove(&order.id);
        }
        match order.stage() {
            Some(Stage::Delayed(due)) => {
                self.due.remove(&(due, order.id));
            }
            Some(Stage::Armed) => self.disarm(order),
            Some(Stage::Resting) => {
                if let Some(market) = self.markets.get_mut(&order.symbol) {
                    market.book.remove(order);
                }
            }
            None => {}
        }
        if let Some(deadline) = order.deadline {
            self.good_till.remove(&(deadline, order.id));
        }
        if let Some(client) = order.terms.client_id {
            self.by_client.remove(&client);
        }
    }

    /// Releases all that an order still has set aside.
    fn give_back(&mut self, order: &Order) -> Freed {
        let Hold {
            base,
            notional,
            fee,
        } = order.hold();
        let quote = notional.plus(fee).unwrap_or(notional);
        let mut freed = Freed::default();
        if !base.is_zero() {
            freed.base = self.ledger.release(order.symbol.base(), base);
            self.events.push(Event::AccountChanged(order.symbol.base()));
        }
        if !quote.is_zero() {
            freed.quote = self.ledger.release(order.symbol.quote(), quote);
            self.events
                .push(Event::AccountChanged(order.symbol.quote()));
        }
        freed
    }
}

impl Freed {
    /// What two orders of one symbol gave back.
    fn plus(self, other: Freed) -> Freed {
        Freed {
            base: self.base.plus_rounded(other.base),
            quote: self.quote.plus_rounded(other.quote),
        }
    }
}
