//! Equity over time in tiers: fine for the last hour, coarse for ten years.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::{Amount, Span, Timestamp};

/// Slots of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Length of a slot.
    pub span: Span,
    /// How many are kept.
    pub slots: u64,
}

/// All tiers, the finest first.
pub const TIERS: [Tier; 5] = [
    tier(30, 120),
    tier(300, 288),
    tier(1800, 336),
    tier(7200, 360),
    tier(86_400, 3650),
];

const fn tier(secs: u64, slots: u64) -> Tier {
    Tier {
        span: Span::from_secs(secs),
        slots,
    }
}

impl Tier {
    /// The number of the slot that a point in time falls into.
    pub fn slot(self, at: Timestamp) -> u64 {
        at.as_millis() / self.span.as_millis().max(1)
    }

    /// When a slot begins.
    pub fn start(self, slot: u64) -> Timestamp {
        Timestamp::from_millis(slot.saturating_mul(self.span.as_millis()))
    }
}

/// A tier by its number, and a slot of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Which tier.
    pub tier: u8,
    /// Which slot.
    pub slot: u64,
}

/// What there was at one time, in the cash asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// Value of all balances.
    pub equity: Amount,
    /// Deposits less withdrawals, each at its moment.
    pub invested: Amount,
}

impl Sample {
    /// Profit or loss.
    pub fn profit(&self) -> Amount {
        self.equity.plus_rounded(self.invested.negated())
    }
}

/// The samples of all tiers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curve {
    samples: BTreeMap<Key, Sample>,
    changed: BTreeSet<Key>,
}

impl Curve {
    /// Puts a sample that was stored in its place.
    pub fn insert(&mut self, key: Key, sample: Sample) {
        self.samples.insert(key, sample);
    }

    /// Adds the latest sample to every tier.
    pub(super) fn add(&mut self, sample: Sample) {
        for (number, tier) in (0..).zip(TIERS) {
            let slot = tier.slot(sample.at);
            let key = Key { tier: number, slot };
            self.samples.insert(key, sample);
            self.changed.insert(key);
            let oldest = slot.saturating_sub(tier.slots.saturating_sub(1));
            self.drop_before(number, oldest);
        }
    }

    fn drop_before(&mut self, tier: u8, oldest: u64) {
        let first = Key { tier, slot: 0 };
        let end = Key { tier, slot: oldest };
        while let Some((&key, _)) = self.samples.range(first..end).next() {
            self.samples.remove(&key);
            self.changed.remove(&key);
        }
    }

    /// The samples of a tier from a point in time on, oldest first.
    pub fn of_tier(&self, tier: u8, since: Timestamp) -> impl Iterator<Item = &Sample> {
        let first = Key { tier, slot: 0 };
        let last = Key {
            tier,
            slot: u64::MAX,
        };
        self.samples
            .range(first..=last)
            .map(|(_, sample)| sample)
            .filter(move |sample| sample.at >= since)
    }

    /// Number of samples in all tiers.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    pub(super) fn take_changed(&mut self) -> Vec<(Key, Sample)> {
        let changed = std::mem::take(&mut self.changed);
        let present = |key: Key| Some((key, *self.samples.get(&key)?));
        changed.into_iter().filter_map(present).collect()
    }

    /// The oldest slot of each tier.
    pub(super) fn oldest(&self) -> Vec<Key> {
        let oldest = |tier: u8| {
            let first = Key { tier, slot: 0 };
            self.samples.range(first..).next().map(|(&key, _)| key)
        };
        let count = u8::try_from(TIERS.len()).unwrap_or(0);
        (0..count)
            .filter_map(|tier| oldest(tier).filter(|key| key.tier == tier))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Exact;

    fn sample(secs: u64) -> Sample {
        Sample {
            at: Timestamp::from_millis(secs * 1000),
            equity: Amount::from_stored(Exact::whole(i64::try_from(secs).unwrap())),
            invested: Amount::ZERO,
        }
    }

    #[test]
    fn it_never_grows_beyond_its_tiers() {
        let mut curve = Curve::default();
        let bound: u64 = TIERS.iter().map(|tier| tier.slots).sum();
        // Eleven years, a sample every three hours; then an hour of them every half minute.
        for step in 0..32_000 {
            curve.add(sample(1_000_000_000 + step * 10_800));
        }
        let end = 1_000_000_000 + 32_000 * 10_800;
        for step in 0..240 {
            curve.add(sample(end + step * 30));
        }
        assert!(
            curve.len() <= usize::try_from(bound).unwrap(),
            "{}",
            curve.len()
        );
        assert_eq!(curve.of_tier(0, Timestamp::default()).count(), 120);
        assert_eq!(curve.of_tier(4, Timestamp::default()).count(), 3650);
        let latest = sample(end + 239 * 30);
        for tier in 0..5 {
            assert_eq!(
                curve.of_tier(tier, Timestamp::default()).last(),
                Some(&latest)
            );
        }
        let since = Timestamp::from_millis((end + 200 * 30) * 1000);
        assert_eq!(curve.of_tier(0, since).count(), 40);
    }

    #[test]
    fn changes_are_told_once() {
        let mut curve = Curve::default();
        curve.add(sample(60));
        curve.add(sample(61));
        let changed = curve.take_changed();
        assert_eq!(changed.len(), TIERS.len());
        assert!(changed.iter().all(|(_, kept)| *kept == sample(61)));
        assert!(curve.take_changed().is_empty());
        assert_eq!(curve.oldest().len(), TIERS.len());
    }
}
