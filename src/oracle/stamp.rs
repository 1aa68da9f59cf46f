//! Times as programs write them: seconds or milliseconds since 1970, with or without a fraction.

use crate::units::{Exact, Rounding, Timestamp};

/// Below it a number counts seconds, from it on milliseconds: as seconds it is the year 5138, as milliseconds 1973.
const SECONDS_MAX: i64 = 100_000_000_000;
/// The year 5138 in milliseconds; whatever is beyond is no time.
const MILLIS_MAX: i64 = SECONDS_MAX * 1000;

/// The time that a number says; none when it is not positive or no time at all.
pub(super) fn stamp(number: Exact) -> Option<Timestamp> {
    if !number.is_positive() || number >= Exact::whole(MILLIS_MAX) {
        return None;
    }
    let millis = if number < Exact::whole(SECONDS_MAX) {
        number.rounded(3, Rounding::Down).to_whole(1000)
    } else {
        number.rounded(0, Rounding::Down).to_whole(1)
    };
    millis
        .filter(|&millis| millis > 0)
        .map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        for (text, millis) in [
            ("1700000000", Some(1_700_000_000_000)),
            ("1700000000.1239999", Some(1_700_000_000_123)),
            ("1.7e9", Some(1_700_000_000_000)),
            ("1700000000123", Some(1_700_000_000_123)),
            ("1700000000123.9", Some(1_700_000_000_123)),
            ("99999999999", Some(99_999_999_999_000)),
            ("100000000000", Some(100_000_000_000)),
            ("1", Some(1000)),
            ("0.0001", None),
            ("0", None),
            ("-5", None),
            ("1700000000123456", None),
            ("1e27", None),
        ] {
            let read = stamp(Exact::parse(text).unwrap()).map(Timestamp::as_millis);
            assert_eq!(read, millis, "{text}");
        }
    }
}
