//! Figures as Binance writes them: money as text with at least eight decimals, times in milliseconds or microseconds.

use crate::shapes::json::Value;
use crate::shapes::number::push_exact;
use crate::units::{Amount, Exact, Price, Quantity, Rate, Timestamp};

/// Decimals that are always written.
const DECIMALS: usize = 8;
const PERCENT_DECIMALS: usize = 3;

/// A number in quotes. Digits beyond the eighth are written where there are any: no digit is lost, none is made up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub(super) Exact);

impl Text {
    /// Zero.
    pub(super) const ZERO: Text = Text(Exact::ZERO);
}

macro_rules! text_of {
    ($($unit:ty),+) => {
        $(impl From<$unit> for Text {
            fn from(value: $unit) -> Text {
                Text(value.exact())
            }
        })+
    };
}

text_of!(Price, Quantity, Amount, Rate);

impl<T: Into<Text>> From<Option<T>> for Text {
    fn from(value: Option<T>) -> Text {
        value.map_or(Text::ZERO, Into::into)
    }
}

impl Value for Text {
    fn push(self, out: &mut Vec<u8>) {
        push_padded(out, self.0, DECIMALS);
    }
}

/// A number of per cent in quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Percent(pub(super) Exact);

impl Value for Percent {
    fn push(self, out: &mut Vec<u8>) {
        push_padded(out, self.0, PERCENT_DECIMALS);
    }
}

fn push_padded(out: &mut Vec<u8>, value: Exact, least: usize) {
    out.push(b'"');
    let start = out.len();
    push_exact(out, value);
    let written = out.get(start..).unwrap_or_default();
    let point = written.iter().position(|&b| b == b'.');
    let decimals = point.map_or(0, |point| written.len() - point - 1);
    if point.is_none() {
        out.push(b'.');
    }
    out.resize(out.len() + least.saturating_sub(decimals), b'0');
    out.push(b'"');
}

/// What times are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TimeUnit {
    #[default]
    Milliseconds,
    Microseconds,
}

impl TimeUnit {
    /// What the header `X-MBX-TIME-UNIT` asks for.
    pub(super) fn parse(text: &str) -> Option<TimeUnit> {
        if text.eq_ignore_ascii_case("MILLISECOND") {
            Some(TimeUnit::Milliseconds)
        } else if text.eq_ignore_ascii_case("MICROSECOND") {
            Some(TimeUnit::Microseconds)
        } else {
            None
        }
    }

    /// A time as it is written.
    pub(super) fn of(self, at: Timestamp) -> u64 {
        match self {
            TimeUnit::Milliseconds => at.as_millis(),
            TimeUnit::Microseconds => at.as_millis().saturating_mul(1000),
        }
    }

    /// The last instant before a time, as it is written.
    pub(super) fn just_before(self, at: Timestamp) -> u64 {
        self.of(at).saturating_sub(1)
    }

    /// A time in microseconds as it is written.
    pub(super) fn of_micros(self, micros: u64) -> u64 {
        match self {
            TimeUnit::Milliseconds => micros / 1000,
            TimeUnit::Microseconds => micros,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_eight_decimals_or_all_they_have() {
        for (number, text) in [
            ("0", "\"0.00000000\""),
            ("1", "\"1.00000000\""),
            ("-12.5", "\"-12.50000000\""),
            ("0.1234567891", "\"0.1234567891\""),
            ("64780.12345678", "\"64780.12345678\""),
        ] {
            let mut out = b"x".to_vec();
            Text(Exact::parse(number).unwrap()).push(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{text}"));
        }
    }
}
