//! Seeded chance: every draw is a function of the seed and of what it is for.
//!
//! There is no generator state, so neither a restart nor an unrelated command changes a draw.

use super::digest::{Digest, mix};
use super::rules::Rules;
use crate::units::{OrderId, Rate, Span, Symbol};

/// What a draw is for; keeps the draws of different purposes apart.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    MarketDelay = 1,
    Liquidity = 2,
}

/// Uniform numbers summed up for one normal one (Irwin-Hall: 12 uniforms have a variance of exactly 1).
const NORMAL_TERMS: u64 = 12;
const MILLION: i64 = 1_000_000;

/// The delay of a market order: uniform between the two settings.
pub(super) fn market_delay(rules: &Rules, order: OrderId) -> Span {
    let (min, max) = (
        rules.market_delay_min.as_millis(),
        rules.market_delay_max.as_millis(),
    );
    let choices = max.saturating_sub(min).saturating_add(1);
    let draw = key(rules.seed, Purpose::MarketDelay, order.sequence(), 0);
    // Multiply and shift maps 64 random bits to 0..choices.
    let offset = (u128::from(draw).wrapping_mul(u128::from(choices))) >> 64;
    Span::from_millis(min.saturating_add(u64::try_from(offset).unwrap_or(0)))
}

/// The share of a displayed quantity that is on offer at a tick: `min(1, max(0, N(1, sigma)))` in millionths.
pub(super) fn liquidity(rules: &Rules, symbol: Symbol, tick: u64, is_buy: bool) -> Rate {
    if rules.fill_sigma_ppm == 0 {
        return Rate::from_millionths(1_000_000);
    }
    let mut name = Digest::default();
    name.symbol(symbol);
    let stream = tick.wrapping_mul(2).wrapping_add(u64::from(is_buy));
    let start = key(rules.seed, Purpose::Liquidity, name.bits(), stream);
    let sum = (0..NORMAL_TERMS)
        .map(|term| i64::try_from(mix(start.wrapping_add(term)) >> 32).unwrap_or(0))
        .fold(0i64, i64::saturating_add);
    // The mean of the sum is 6 × 2^32; what is left is a normal deviate in units of 2^-32.
    let deviate = sum.saturating_sub(6 << 32);
    let spread = (i128::from(deviate).wrapping_mul(i128::from(rules.fill_sigma_ppm))) >> 32;
    let share = MILLION
        .saturating_add(i64::try_from(spread).unwrap_or(0))
        .clamp(0, MILLION);
    Rate::from_millionths(u32::try_from(share).unwrap_or(0))
}

fn key(seed: u64, purpose: Purpose, what: u64, which: u64) -> u64 {
    let mut digest = Digest::from_bits(seed);
    digest.word(purpose as u64);
    digest.word(what);
    digest.word(which);
    digest.bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(sigma: u32, min: u64, max: u64) -> Rules {
        Rules {
            fill_sigma_ppm: sigma,
            market_delay_min: Span::from_millis(min),
            market_delay_max: Span::from_millis(max),
            ..Rules::default()
        }
    }

    #[test]
    fn delays_cover_their_range_evenly() {
        let rules = rules(0, 100, 109);
        let mut seen = [0u32; 10];
        for order in 0..10_000 {
            let delay = market_delay(&rules, OrderId::new(order)).as_millis();
            seen[usize::try_from(delay - 100).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|&count| (850..1150).contains(&count)),
            "{seen:?}"
        );
        assert_eq!(
            market_delay(&self::rules(0, 5, 5), OrderId::new(1)),
            Span::from_millis(5)
        );
    }

    #[test]
    fn liquidity_is_a_clamped_normal() {
        let rules = rules(100_000, 0, 0);
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let shares: Vec<String> = (0..10_000)
            .map(|tick| liquidity(&rules, symbol, tick, true).to_string())
            .collect();
        // Half of the mass lies above 1 and is cut to it; 2.3 % lies below 1 - 2 sigma.
        let full = shares.iter().filter(|share| *share == "1").count();
        let low = shares.iter().filter(|share| share.as_str() < "0.8").count();
        assert!((4800..5200).contains(&full), "{full}");
        assert!((170..290).contains(&low), "{low}");
        assert_eq!(
            liquidity(&self::rules(0, 0, 0), symbol, 7, true).to_string(),
            "1"
        );
        assert_ne!(
            liquidity(&rules, symbol, 3, true),
            liquidity(&rules, symbol, 3, false)
        );
    }
}
