//! Orders that wait for a price.

use mockx::exchange::{Level, Side, TriggerKind};
use mockx::units::Symbol;

use super::{Naive, Placed, Refusal, number};
use crate::model::number::{Cut, Number};

impl Placed {
    /// Whether it waits for the price to fall.
    fn falls(&self) -> bool {
        let kind = self.terms.trigger.unwrap().kind;
        (kind == TriggerKind::StopLoss) == (self.side == Side::Sell)
    }

    fn passed(&self, level: Number, last: Number) -> bool {
        if self.falls() {
            last <= level
        } else {
            last >= level
        }
    }

    /// So many hundredths of a percent away from a price.
    fn away(&self, from: Number, bips: u16) -> Number {
        let bips = i64::from(bips);
        let share = if self.falls() {
            10_000 - bips
        } else {
            10_000 + bips
        };
        let share = Number::read(&format!("{share}e-4"));
        let digits = [28, 16, 8];
        digits
            .into_iter()
            .find_map(|decimals| from.times(share, decimals, Cut::Half))
            .unwrap()
    }

    pub(super) fn check_distance(&self) -> Result<(), Refusal> {
        match self.terms.trigger.map(|trigger| trigger.level) {
            Some(Level::Trail { bips, .. }) if !(1..=5000).contains(&bips) => Err(Refusal::Terms),
            _ => Ok(()),
        }
    }

    pub(super) fn check_trigger(&self, last: Number) -> Result<(), Refusal> {
        match self.terms.trigger.unwrap().level {
            Level::At(level) if self.passed(number(level), last) => Err(Refusal::WouldTrigger),
            Level::At(_) | Level::Trail { .. } => Ok(()),
        }
    }

    pub(super) fn expected_trigger(&self, last: Number) -> Number {
        match self.terms.trigger.unwrap().level {
            Level::At(level) => number(level),
            Level::Trail { bips, from } => self.away(from.map_or(last, number), bips),
        }
    }

    pub(super) fn begin_trail(&mut self, last: Number) {
        if let Some(Level::Trail { from, .. }) = self.terms.trigger.map(|trigger| trigger.level) {
            let from = from.map_or(last, number);
            self.below = last < from;
            self.extreme = (last == from).then_some(last);
        }
    }

    /// Follows a price; tells the price at which it triggers now.
    fn follow(&mut self, last: Number) -> Option<Number> {
        let (bips, from) = match self.terms.trigger.unwrap().level {
            Level::At(level) => return Some(number(level)),
            Level::Trail { bips, from } => (bips, from.map_or(last, number)),
        };
        self.extreme = match self.extreme {
            Some(extreme) if self.falls() => Some(extreme.max(last)),
            Some(extreme) => Some(extreme.min(last)),
            None if (self.below && last >= from) || (!self.below && last <= from) => Some(last),
            None => None,
        };
        self.extreme.map(|extreme| self.away(extreme, bips))
    }
}

impl Naive {
    /// Lets join the book who waits for this price; tells whom.
    pub(super) fn trigger(&mut self, symbol: Symbol, last: Number) -> Vec<u64> {
        let mut triggered = Vec::new();
        let ticker = self.ticker(symbol).unwrap();
        for index in 0..self.orders.len() {
            let order = &mut self.orders[index];
            if order.symbol != symbol || !order.is_open() || !order.armed {
                continue;
            }
            let level = order.follow(last);
            if level.is_some_and(|level| order.passed(level, last)) {
                order.armed = false;
                order.fresh = order.trades_at(Naive::offered(ticker, order.side));
                let id = order.id;
                triggered.push(id);
                self.go_on_alone(id);
            }
        }
        triggered
    }
}
