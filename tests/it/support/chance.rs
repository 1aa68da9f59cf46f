//! Seeded chance for tests: the same seed draws the same numbers on every machine.

/// A stream of numbers (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A stream that depends on the seed and on what it is for.
    pub(crate) fn new(seed: u64, purpose: u64) -> Chance {
        let mut chance = Chance(seed ^ purpose.wrapping_mul(0xd134_2543_de82_ef95));
        chance.next();
        chance
    }

    /// The seed of this run: `MOCKX_SEED`, else `default`.
    pub(crate) fn seed(default: u64) -> u64 {
        std::env::var("MOCKX_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }
}
