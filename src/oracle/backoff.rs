//! How long to wait before the next call.
//!
//! Pure: chance comes in as a random word. A wait doubles with each failure in a row up to a cap, and its second half is
//! left to chance, so that many clients of a venue that comes back do not all call at once.

use std::time::Duration;

/// The wait after so many failures in a row: between half of `base × 2^(failures - 1)`, at most `cap`, and all of it.
pub(super) fn after_failures(
    failures: u32,
    base: Duration,
    cap: Duration,
    random: u64,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let full = base.saturating_mul(1 << doublings).min(cap);
    full / 2 + share(full / 2, random)
}

/// A regular interval, up to a tenth shorter or longer.
pub(super) fn around(interval: Duration, random: u64) -> Duration {
    let tenth = interval / 10;
    tenth * 9 + share(tenth * 2, random)
}

/// A wait that the venue named, up to a tenth longer and never shorter.
pub(super) fn at_least(wait: Duration, random: u64) -> Duration {
    wait.saturating_add(share(wait / 10, random))
}

/// A random part of `whole`, to the microsecond.
fn share(whole: Duration, random: u64) -> Duration {
    // Multiply and shift maps 64 random bits to 0..whole.
    let micros = (whole.as_micros() * u128::from(random >> 32)) >> 32;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_secs(2);
    const CAP: Duration = Duration::from_secs(300);

    #[test]
    fn waits_double_up_to_the_cap() {
        let longest: Vec<u64> = (1..=10)
            .map(|failures| after_failures(failures, BASE, CAP, u64::MAX).as_millis())
            .map(|millis| u64::try_from(millis).unwrap() / 1000 + 1)
            .collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(after_failures(3, BASE, CAP, 0), Duration::from_secs(4));
        assert_eq!(after_failures(u32::MAX, BASE, CAP, 0), CAP / 2);
        assert_eq!(after_failures(0, BASE, CAP, 0), BASE / 2);
    }

    #[test]
    fn chance_moves_a_wait_within_its_bounds() {
        for random in [0, 1 << 40, 1 << 62, u64::MAX] {
            let wait = around(BASE, random);
            assert!(wait >= BASE * 9 / 10 && wait <= BASE * 11 / 10, "{wait:?}");
            let named = at_least(BASE, random);
            assert!(named >= BASE && named <= BASE * 11 / 10, "{named:?}");
        }
        assert_eq!(at_least(Duration::MAX, 0), Duration::MAX);
    }
}
