//! A 64-bit fingerprint of a sequence of values: the same on every machine, for ever.
//!
//! Each word is folded in with the finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom
//! Number Generators", 2014). It tells states apart; it does not keep out somebody who forges them.

use std::fmt;

use crate::units::{Asset, Exact, Symbol};

/// A running fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(u64);

/// Scrambles a word: every bit of the input reaches every bit of the output.
pub(super) fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Digest {
    /// A fingerprint as it was kept.
    pub fn from_bits(bits: u64) -> Digest {
        Digest(bits)
    }

    /// Its 64 bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Folds in a word.
    pub fn word(&mut self, word: u64) {
        self.0 = mix(self.0.rotate_left(23) ^ word);
    }

    /// Folds in a number by its value, not by its trailing zeros.
    pub fn number(&mut self, value: Exact) {
        let (mantissa, scale) = value.to_parts();
        let [low, high] = halves(mantissa.unsigned_abs());
        self.word(low);
        self.word(high ^ (u64::from(scale) << 40) ^ (u64::from(mantissa < 0) << 63));
    }

    /// Folds in the name of an asset.
    pub fn asset(&mut self, asset: Asset) {
        self.text(asset.as_bytes());
    }

    /// Folds in a text, eight bytes a word.
    pub fn text(&mut self, text: &[u8]) {
        for chunk in text.chunks(8) {
            self.word(
                chunk
                    .iter()
                    .fold(0, |word, &byte| (word << 8) | u64::from(byte)),
            );
        }
    }

    /// Folds in a symbol.
    pub fn symbol(&mut self, symbol: Symbol) {
        self.asset(symbol.base());
        self.asset(symbol.quote());
    }
}

fn halves(value: u128) -> [u64; 2] {
    let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or(0);
    [low, u64::try_from(value >> 64).unwrap_or(0)]
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_a_promise() {
        let mut digest = Digest::default();
        digest.word(1);
        digest.number(Exact::parse("-12.50").unwrap());
        digest.symbol(Symbol::parse("BTC/USDT").unwrap());
        assert_eq!(digest.to_string(), "ce67054b3c66d803");
    }

    #[test]
    fn equal_numbers_count_as_equal() {
        let fold = |text| {
            let mut digest = Digest::default();
            digest.number(Exact::parse(text).unwrap());
            digest
        };
        assert_eq!(fold("1.50"), fold("1.5"));
        assert_ne!(fold("1.5"), fold("-1.5"));
        assert_ne!(fold("15"), fold("1.5"));
    }
}
