//! Exact numbers as JSON numbers: all digits, no exponent, no float on the way.

use crate::units::{Exact, Timestamp};

/// Digits of the largest 64-bit number that is a power of ten.
const CHUNK_DIGITS: usize = 19;
/// 10^19: splits any mantissa of 96 bits in two parts of 64 bits.
const CHUNK: u128 = 10_000_000_000_000_000_000;
/// Room for two chunks.
const DIGITS_MAX: usize = 2 * CHUNK_DIGITS + 1;

/// Appends a number: `-12.5`, `0.000015`, `100`.
pub(crate) fn push_exact(out: &mut Vec<u8>, value: Exact) {
    if value.is_zero() {
        out.push(b'0');
        return;
    }
    let (mantissa, scale) = value.to_parts();
    if mantissa < 0 {
        out.push(b'-');
    }
    let mut room = [b'0'; DIGITS_MAX];
    let digits = digits_of(mantissa.unsigned_abs(), &mut room);
    let scale = usize::from(scale);
    if scale == 0 {
        out.extend_from_slice(digits);
    } else if let Some(whole) = digits.len().checked_sub(scale).filter(|&whole| whole > 0) {
        let (whole, fraction) = digits.split_at(whole);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + scale - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// Appends a whole number.
pub(crate) fn push_whole(out: &mut Vec<u8>, value: u64) {
    let mut room = [b'0'; DIGITS_MAX];
    out.extend_from_slice(digits_of(u128::from(value), &mut room));
}

/// Appends a time as seconds since the epoch, always with three decimals so that it reads as a fraction.
pub(crate) fn push_seconds(out: &mut Vec<u8>, at: Timestamp) {
    push_thousandths(out, at.as_millis());
}

/// Appends `thousandths / 1000` with three decimals.
pub(crate) fn push_thousandths(out: &mut Vec<u8>, thousandths: u64) {
    push_whole(out, thousandths / 1000);
    out.push(b'.');
    let fraction = thousandths % 1000;
    for place in [100, 10, 1] {
        out.push(digit(fraction / place % 10));
    }
}

/// The decimal digits of a number, at the end of `room`.
fn digits_of(value: u128, room: &mut [u8; DIGITS_MAX]) -> &[u8] {
    let (high, low) = (value / CHUNK, value % CHUNK);
    let mut start = put(low, room, DIGITS_MAX);
    if high > 0 {
        // The room is full of zeros, so a short lower part is padded already.
        start = put(high, room, DIGITS_MAX - CHUNK_DIGITS);
    }
    room.get(start..).unwrap_or_default()
}

/// Writes digits that end before `end`, at least one, and tells where they begin.
fn put(value: u128, room: &mut [u8; DIGITS_MAX], end: usize) -> usize {
    // Both parts of a split mantissa fit.
    let mut rest = u64::try_from(value).unwrap_or(u64::MAX);
    let mut start = end;
    for place in room.iter_mut().take(end).rev() {
        *place = digit(rest % 10);
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    start
}

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(text: &str) -> String {
        let mut out = Vec::new();
        push_exact(&mut out, Exact::parse(text).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_they_print() {
        for text in [
            "0",
            "1",
            "-1",
            "0.1",
            "-0.1",
            "100",
            "0.30000000000000004",
            "1.5436839893732674e-05",
            "117423.450000000000000001",
            "9999999999999999999",
            "10000000000000000000",
            "10000000000000000001",
            "20000000000000000000.000001",
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "1e28",
            "12.3400",
        ] {
            assert_eq!(
                pushed(text),
                Exact::parse(text).unwrap().to_string(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_sum_keeps_no_trailing_zeros() {
        let sum = Exact::parse("0.15")
            .unwrap()
            .plus(Exact::parse("0.05").unwrap());
        let mut out = Vec::new();
        push_exact(&mut out, sum.unwrap());
        assert_eq!(out, b"0.2");
    }

    #[test]
    fn times_have_three_decimals() {
        let mut out = Vec::new();
        push_seconds(&mut out, Timestamp::from_millis(1_723_075_200_045));
        out.push(b' ');
        push_seconds(&mut out, Timestamp::from_millis(0));
        assert_eq!(out, b"1723075200.045 0.000");
    }

    #[test]
    fn whole_numbers_reach_their_end() {
        let mut out = Vec::new();
        push_whole(&mut out, u64::MAX);
        assert_eq!(out, u64::MAX.to_string().into_bytes());
    }
}
