//! What was: equity over time, and prices of the last day, thinned with age.
//!
//! The daemon looks at the exchange now and then and keeps what it saw; the store writes it along with the prices, for a
//! sample is not worth a commit of its own; pages draw it. It is bounded: samples fall into slots of a tier, a tier has so
//! many slots, and a new slot pushes the oldest out.
//!
//! | tier | a slot is | slots | reaches back |
//! | --- | --- | --- | --- |
//! | 0 | 30 s | 120 | an hour |
//! | 1 | 5 min | 288 | a day |
//! | 2 | 30 min | 336 | a week |
//! | 3 | 2 h | 360 | thirty days |
//! | 4 | 1 day | 3,650 | ten years |
//!
//! A slot keeps the last sample that fell into it. Nothing here computes a rule of the exchange.

mod curve;
mod prices;

pub use curve::{Curve, Key, Sample, TIERS, Tier};
pub use prices::{DAY_SLOTS, PRICE_SLOT, PRICED_SYMBOLS_MAX, Prices, SlotPrices};

use crate::exchange::Exchange;
use crate::units::Timestamp;

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    /// Equity and what was paid in.
    pub curve: Curve,
    /// Prices by half hours.
    pub prices: Prices,
    /// When the next sample is due.
    next: Timestamp,
}

/// What changed since it was last written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Slots with their new samples.
    pub samples: Vec<(Key, Sample)>,
    /// Half hours with all their prices.
    pub prices: Vec<SlotPrices>,
    /// The oldest slot that each tier still has.
    pub oldest: Vec<Key>,
    /// The oldest half hour that is kept.
    pub oldest_prices: u64,
}

impl Samples {
    /// What was kept before.
    pub fn restored(curve: Curve, prices: Prices) -> Samples {
        Samples {
            curve,
            prices,
            next: Timestamp::default(),
        }
    }

    /// Looks at the exchange, if a look is due.
    pub fn observe(&mut self, exchange: &Exchange) {
        let now = exchange.moment().now;
        if now < self.next || now == Timestamp::default() {
            return;
        }
        let [finest, ..] = TIERS;
        self.next = finest.start(finest.slot(now)).plus(finest.span);
        let capital = exchange.capital();
        // An account that never had anything has no curve.
        if exchange.accounts().next().is_some() {
            self.curve.add(Sample {
                at: now,
                equity: capital.equity,
                invested: capital.deposits.plus_rounded(capital.withdrawals.negated()),
            });
        }
        self.prices.observe(exchange, now);
    }

    /// What is to be written.
    pub fn take_changes(&mut self) -> Changes {
        Changes {
            samples: self.curve.take_changed(),
            prices: self.prices.take_changed(),
            oldest: self.curve.oldest(),
            oldest_prices: self.prices.oldest(),
        }
    }

    /// Money and orders are forgotten; prices stay.
    pub fn reset(&mut self) {
        self.curve = Curve::default();
    }
}
