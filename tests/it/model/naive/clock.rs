//! What happens by itself.

use mockx::exchange::OrderStatus;
use mockx::units::{Moment, Symbol};

use super::Naive;

impl Naive {
    /// Does what is due up to `turn`, one thing after the other, each at its own time.
    pub(super) fn advance(&mut self, turn: Moment) {
        let now = turn.now.as_millis().max(self.now);
        let elapsed = turn.elapsed.as_millis().max(self.elapsed);
        while let Some((at, what, id)) = self.next_due().filter(|(at, _, _)| *at <= elapsed) {
            self.elapsed = self.elapsed.max(at);
            self.now = self.now.max(now.saturating_sub(elapsed - at));
            let index = self.orders.iter().position(|order| order.id == id);
            match (what, index) {
                (0, Some(index)) => {
                    self.orders[index].due = None;
                    self.meet(id);
                }
                (1, Some(index)) => {
                    self.close(index, [OrderStatus::Expired, OrderStatus::PartiallyExpired]);
                }
                (2, Some(index)) => {
                    self.close(index, [OrderStatus::Expired, OrderStatus::PartiallyExpired]);
                }
                (3, _) => {
                    self.looped = at;
                    let symbols: Vec<Symbol> = self.pairs.iter().map(|pair| pair.symbol).collect();
                    for symbol in symbols {
                        self.tick(symbol);
                    }
                }
                (_, _) => {
                    self.swept = at;
                    let age = self.rules.prune_after.unwrap().as_millis();
                    self.pruned.push(at.saturating_sub(age));
                }
            }
        }
        (self.now, self.elapsed) = (now, elapsed);
    }

    /// The first thing due: when, its rank among those of the same moment, and its order.
    pub(super) fn next_due(&self) -> Option<(u64, u8, u64)> {
        let open = || self.orders.iter().filter(|order| order.is_open());
        let delays = open().filter_map(|order| Some((order.due?, 0, order.id)));
        let expire_after = self.rules.expire_after;
        let expiries = open()
            .filter(|order| !order.unlimited)
            .filter_map(|order| Some((order.touched + expire_after?.as_millis(), 1, order.id)));
        let dated = open().filter_map(|order| Some((order.good_till?, 2, order.id)));
        let after = |last: u64, every: u64| (last / every + 1) * every;
        let tick_loop = self
            .rules
            .tick_loop
            .map(|every| (after(self.looped, every.as_millis()), 3, 0));
        let every = self.rules.prune_every.as_millis();
        let prune = self
            .rules
            .prune_after
            .map(|_| (after(self.swept, every), 4, 0));
        delays
            .chain(expiries)
            .chain(dated)
            .chain(tick_loop)
            .chain(prune)
            .min()
    }
}
