//! Prices by half hours of UTC, for the last day: the first price of each slot.
//!
//! One row a slot holds the prices of all symbols, so that half an hour costs one write however many there are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::exchange::Exchange;
use crate::units::{Price, Span, Symbol, Timestamp};

/// Length of a slot.
pub const PRICE_SLOT: Span = Span::from_secs(1800);
/// Slots of a day.
pub const DAY_SLOTS: u64 = 48;
/// Symbols that are followed, the first by name; bounds the memory.
pub const PRICED_SYMBOLS_MAX: usize = 1000;

/// The first prices of a slot, by symbol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlotPrices {
    /// Number of the slot since 1970.
    pub slot: u64,
    /// The price that each symbol had first.
    pub prices: Vec<(Symbol, Price)>,
}

/// The slots of the last day and the present one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prices {
    /// Slots with their first price, oldest first.
    symbols: BTreeMap<Symbol, VecDeque<(u64, Price)>>,
    /// The slot that prices came to since it was last written.
    changed: BTreeSet<u64>,
    oldest: u64,
}

impl Prices {
    /// Puts a slot that was stored in its place; the oldest comes first.
    pub fn insert(&mut self, slot: SlotPrices) {
        for (symbol, price) in slot.prices {
            let kept = self.symbols.entry(symbol).or_default();
            kept.push_back((slot.slot, price));
        }
    }

    /// Takes the prices of symbols that have none in the present slot yet.
    pub(super) fn observe(&mut self, exchange: &Exchange, now: Timestamp) {
        let slot = slot_of(now);
        self.oldest = slot.saturating_sub(DAY_SLOTS);
        for (symbol, market) in exchange.markets().take(PRICED_SYMBOLS_MAX) {
            // A price from before a restart says nothing of this slot.
            let (Some(ticker), Some(_)) = (market.ticker, market.received) else {
                continue;
            };
            let kept = self.symbols.entry(symbol).or_default();
            if kept.back().is_none_or(|(latest, _)| *latest < slot) {
                kept.push_back((slot, ticker.last));
                self.changed.insert(slot);
            }
            while kept.front().is_some_and(|(first, _)| *first < self.oldest) {
                kept.pop_front();
            }
        }
        self.changed = self.changed.split_off(&self.oldest);
    }

    /// The prices of a symbol with the times of their slots, oldest first.
    pub fn of(&self, symbol: Symbol) -> impl Iterator<Item = (Timestamp, Price)> {
        let kept = self.symbols.get(&symbol).into_iter().flatten();
        kept.map(|&(slot, price)| (start_of(slot), price))
    }

    /// The first price at or after the slot of a point in time, with the time of its own slot.
    pub fn since(&self, symbol: Symbol, at: Timestamp) -> Option<(Timestamp, Price)> {
        self.of(symbol)
            .find(|(start, _)| start.plus(PRICE_SLOT) > at)
    }

    pub(super) fn take_changed(&mut self) -> Vec<SlotPrices> {
        let changed = std::mem::take(&mut self.changed);
        let of_slot = |slot: u64| SlotPrices {
            slot,
            prices: self
                .symbols
                .iter()
                .filter_map(|(&symbol, kept)| {
                    let (_, price) = kept.iter().rev().find(|(at, _)| *at == slot)?;
                    Some((symbol, *price))
                })
                .collect(),
        };
        changed.into_iter().map(of_slot).collect()
    }

    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }
}

fn slot_of(at: Timestamp) -> u64 {
    at.as_millis() / PRICE_SLOT.as_millis()
}

fn start_of(slot: u64) -> Timestamp {
    Timestamp::from_millis(slot.saturating_mul(PRICE_SLOT.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Command, Rules, Ticker};
    use crate::units::Moment;

    fn tick(exchange: &mut Exchange, minutes: u64, last: &str) -> Timestamp {
        let now = Timestamp::from_millis(1_723_075_200_000 + minutes * 60_000);
        let ticker = Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse(last).unwrap(),
            now,
        );
        let moment = Moment {
            now,
            ..exchange.moment()
        };
        let apply = Command::ApplyTickers(vec![ticker]);
        exchange.handle(moment, apply).unwrap();
        now
    }

    #[test]
    fn a_slot_keeps_its_first_price_and_a_day_is_kept() {
        let mut exchange = Exchange::new(Rules::default());
        let mut prices = Prices::default();
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        for minute in 0..3000 {
            let now = tick(&mut exchange, minute, &(minute + 1).to_string());
            prices.observe(&exchange, now);
        }
        let kept: Vec<(Timestamp, Price)> = prices.of(symbol).collect();
        assert_eq!(kept.len(), 49);
        // 3000 minutes are 100 slots; the first of a slot is its minute 0.
        assert_eq!(kept[48].1.to_string(), "2971");
        let now = exchange.moment().now;
        let day_ago = now.minus(Span::from_secs(86_400));
        assert_eq!(prices.since(symbol, day_ago).unwrap().1.to_string(), "1531");
        assert_eq!(prices.take_changed().len(), 49);
        assert!(prices.take_changed().is_empty());
        assert_eq!(prices.oldest(), slot_of(kept[0].0));
    }
}
