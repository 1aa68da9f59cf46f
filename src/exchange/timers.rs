//! What happens by itself: delays that end, orders that expire, the tick loop, pruning.
//!
//! All deadlines are derived from the state, so they survive a restart. They count in time that the exchange has seen
//! pass; a wall clock that jumps moves none of them.

use super::Exchange;
use super::event::Event;
use super::order::{CloseReason, Lifecycle, Order, Stage};
use crate::units::{Elapsed, Moment, OrderId, Span, Symbol};

/// What is due; at the same moment in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A market order's delay ends.
    Market(OrderId),
    /// An order waited too long.
    Expiry(OrderId),
    /// An order was good till now.
    GoodTill(OrderId),
    /// Orders that still cross meet the present prices again.
    TickLoop,
    /// Old closed orders and old trades go.
    Prune,
}

/// Up to when everything periodic is done.
#[derive(Debug, Clone, Copy)]
struct Done {
    tick_loop: Elapsed,
    prune: Elapsed,
}

impl Done {
    /// After a turn at `moment`: all that was due until then, that moment included.
    fn until(moment: Elapsed) -> Done {
        Done {
            tick_loop: moment,
            prune: moment,
        }
    }
}

impl Exchange {
    /// Notes when an open order last changed.
    pub(super) fn note_update(&mut self, order: &Order) {
        let key = (order.updated_elapsed, order.id);
        self.by_update.insert(key);
        if order.may_expire() {
            self.expiring.insert(key);
        }
    }

    /// Before it changes again, or is closed.
    pub(super) fn forget_update(&mut self, order: &Order) {
        let key = (order.updated_elapsed, order.id);
        self.by_update.remove(&key);
        self.expiring.remove(&key);
    }

    /// When the next turn is due by itself.
    pub fn deadline(&self) -> Option<Elapsed> {
        let done = Done::until(self.moment.elapsed);
        self.next_due(done).map(|(at, _)| at)
    }

    /// Does everything that is due up to `turn`, each thing at its own moment.
    pub(super) fn advance(&mut self, turn: Moment) {
        let turn = Moment {
            now: turn.now.max(self.moment.now),
            elapsed: turn.elapsed.max(self.moment.elapsed),
        };
        let mut done = Done::until(self.moment.elapsed);
        while let Some((at, due)) = self.next_due(done)
            && at <= turn.elapsed
        {
            // The wall clock at that moment, as far back from the turn as the deadline is.
            let late = turn.elapsed.since(at);
            self.moment = Moment {
                now: turn.now.minus(late).max(self.moment.now),
                elapsed: at.max(self.moment.elapsed),
            };
            match due {
                Due::TickLoop => done.tick_loop = at,
                Due::Prune => done.prune = at,
                Due::Market(_) | Due::Expiry(_) | Due::GoodTill(_) => {}
            }
            self.run(due);
        }
        self.moment = turn;
    }

    fn next_due(&self, done: Done) -> Option<(Elapsed, Due)> {
        let market = self.due.first().map(|&(at, id)| (at, Due::Market(id)));
        let expiry = self.rules.expire_after.and_then(|span| {
            let &(updated, id) = self.expiring.first()?;
            Some((updated.plus(span), Due::Expiry(id)))
        });
        let good_till = self.good_till.first();
        let good_till = good_till.map(|&(at, id)| (at, Due::GoodTill(id)));
        let tick_loop = self
            .rules
            .tick_loop
            .filter(|_| !self.hungry.is_empty())
            .map(|every| (self.next_multiple(every, done.tick_loop), Due::TickLoop));
        let prunes = self.rules.prune_after.or(self.rules.prune_trades_after);
        let prune = prunes.map(|_| {
            (
                self.next_multiple(self.rules.prune_every, done.prune),
                Due::Prune,
            )
        });
        let all = [market, expiry, good_till, tick_loop, prune];
        all.iter().flatten().min().copied()
    }

    /// The first multiple of `every` that is after `done` and not in the past.
    ///
    /// The present moment counts while it is not done: something else that was due at the same moment went before.
    fn next_multiple(&self, every: Span, done: Elapsed) -> Elapsed {
        let (now, every) = (self.moment.elapsed.as_millis(), every.as_millis().max(1));
        // A multiple in the past at which there was nothing to do is not made up for.
        let after = done.as_millis().max(now.saturating_sub(1));
        let passed = after.checked_div(every).unwrap_or(0);
        Elapsed::from_millis(passed.saturating_add(1).saturating_mul(every))
    }

    fn run(&mut self, due: Due) {
        match due {
            Due::Market(id) => self.end_delay(id),
            Due::Expiry(id) | Due::GoodTill(id) => {
                self.close(id, CloseReason::Expired);
            }
            Due::TickLoop => {
                let hungry: Vec<Symbol> = self.hungry.iter().copied().collect();
                for symbol in hungry {
                    if let Some(market) = self.markets.get_mut(&symbol) {
                        market.begin_tick();
                    }
                    self.meet_market(symbol);
                }
            }
            Due::Prune => {
                let now = self.moment.elapsed.as_millis();
                let ago = |age: Span| Elapsed::from_millis(now.saturating_sub(age.as_millis()));
                if let Some(updated_before) = self.rules.prune_after.map(ago) {
                    self.events.push(Event::Prune { updated_before });
                }
                if let Some(made_before) = self.rules.prune_trades_after.map(ago) {
                    self.events.push(Event::PruneTrades { made_before });
                }
            }
        }
    }

    /// The order joins its book and takes from what the present tick still offers. It does so alone: the end of a delay is
    /// no tick, so limit orders that came after the last one go on waiting for the next.
    fn end_delay(&mut self, id: OrderId) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        if let Lifecycle::Open { stage, .. } = &mut order.lifecycle
            && let Stage::Delayed(at) = *stage
        {
            *stage = Stage::Resting;
            self.due.remove(&(at, id));
        }
        let (symbol, side) = (order.symbol, order.side);
        self.events.push(Event::OrderOpen(id));
        if let Some(market) = self.markets.get_mut(&symbol) {
            market.book.insert(order);
        }
        self.meet_alone(id, symbol, side);
    }

    /// Notes whether another tick at its present prices makes a difference to the symbol.
    pub(super) fn note_hunger(&mut self, symbol: Symbol) {
        let Some(market) = self.markets.get_mut(&symbol) else {
            return;
        };
        let hungry = market.is_hungry();
        if hungry == market.hungry {
            return;
        }
        market.hungry = hungry;
        if hungry {
            self.hungry.insert(symbol);
        } else {
            self.hungry.remove(&symbol);
        }
    }

    /// The same for every symbol.
    pub(super) fn note_all_hunger(&mut self) {
        let symbols: Vec<Symbol> = self.markets.keys().copied().collect();
        for symbol in symbols {
            self.note_hunger(symbol);
        }
    }
}
