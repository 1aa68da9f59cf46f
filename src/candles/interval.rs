//! Lengths of candles, and where each begins: whole multiples in UTC, weeks on Monday, months on their first day.

use std::fmt;

use super::Level;
use crate::units::{Span, Timestamp};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Monday, 5 January 1970.
const FIRST_MONDAY: u64 = 4 * DAY;

/// The length of a candle, by Binance's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// So many milliseconds, counted from 1970.
    Fixed(&'static str, u64),
    /// From Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
}

/// All intervals, the shortest first.
pub const INTERVALS: [Interval; 15] = [
    Interval::MINUTE,
    Interval::Fixed("3m", 3 * MINUTE),
    Interval::Fixed("5m", 5 * MINUTE),
    Interval::Fixed("15m", 15 * MINUTE),
    Interval::Fixed("30m", 30 * MINUTE),
    Interval::HOUR,
    Interval::Fixed("2h", 2 * HOUR),
    Interval::Fixed("4h", 4 * HOUR),
    Interval::Fixed("6h", 6 * HOUR),
    Interval::Fixed("8h", 8 * HOUR),
    Interval::Fixed("12h", 12 * HOUR),
    Interval::Fixed("1d", DAY),
    Interval::Fixed("3d", 3 * DAY),
    Interval::Week,
    Interval::Month,
];

impl Interval {
    /// A minute, the shortest.
    pub const MINUTE: Interval = Interval::Fixed("1m", MINUTE);
    /// An hour.
    pub const HOUR: Interval = Interval::Fixed("1h", HOUR);

    /// The interval of this name; `1M` is a month and `1m` a minute.
    pub fn parse(name: &str) -> Option<Interval> {
        INTERVALS.into_iter().find(|known| known.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Interval::Fixed(name, _) => name,
            Interval::Week => "1w",
            Interval::Month => "1M",
        }
    }

    /// The coarsest level that it is made of.
    pub fn level(self) -> Level {
        match self {
            Interval::Fixed(_, span) if span < HOUR => Level::Minute,
            Interval::Fixed(_, span) if span < DAY => Level::Hour,
            Interval::Fixed(..) | Interval::Week | Interval::Month => Level::Day,
        }
    }

    /// When the candle begins that a point in time falls into.
    pub fn start(self, at: Timestamp) -> Timestamp {
        let millis = at.as_millis();
        Timestamp::from_millis(match self {
            Interval::Fixed(_, span) => millis.saturating_sub(millis % span),
            Interval::Week => {
                let since = millis.saturating_sub(FIRST_MONDAY);
                // What is before the first Monday counts to a week that is cut off.
                if millis < FIRST_MONDAY {
                    0
                } else {
                    millis.saturating_sub(since % (7 * DAY))
                }
            }
            Interval::Month => {
                let (_, _, day) = date(millis / DAY);
                (millis / DAY)
                    .saturating_sub(day.saturating_sub(1))
                    .saturating_mul(DAY)
            }
        })
    }

    /// When the candle after the one that begins at `start` begins.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let span = match self {
            Interval::Fixed(_, span) => span,
            Interval::Week if start.as_millis() < FIRST_MONDAY => FIRST_MONDAY,
            Interval::Week => 7 * DAY,
            // No month is longer than 31 days or shorter than 28: 31 days after its start is in the next one.
            Interval::Month => return self.start(start.plus(Span::from_millis(31 * DAY))),
        };
        start.plus(Span::from_millis(span))
    }

    /// When the candle before the one that begins at `start` begins; none before 1970.
    pub fn before(self, start: Timestamp) -> Option<Timestamp> {
        let last = start.as_millis().checked_sub(1)?;
        Some(self.start(Timestamp::from_millis(last)))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Year, month and day of a day since 1970, by the rules of the Gregorian calendar.
fn date(day: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    // 400 years have 146,097 days; what is left is counted through.
    let (mut year, mut rest) = (1970 + 400 * (day / 146_097), day % 146_097);
    loop {
        let days = if leap(year) { 366 } else { 365 };
        if rest < days {
            break;
        }
        rest -= days;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for days in months {
        if rest < days {
            break;
        }
        rest -= days;
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(interval: &str, millis: u64) -> u64 {
        let interval = Interval::parse(interval).unwrap();
        interval.start(Timestamp::from_millis(millis)).as_millis()
    }

    #[test]
    fn candles_begin_where_the_calendar_says() {
        // Thursday, 29 February 2024, 13:37:42 UTC.
        let at = 1_709_213_862_000;
        for (interval, begin) in [
            ("1m", 1_709_213_820_000),
            ("5m", 1_709_213_700_000),
            ("1h", 1_709_211_600_000),
            ("12h", 1_709_208_000_000),
            ("1d", 1_709_164_800_000),
            ("1w", 1_708_905_600_000),
            ("1M", 1_706_745_600_000),
        ] {
            assert_eq!(start(interval, at), begin, "{interval}");
        }
    }

    #[test]
    fn candles_follow_on_one_another_without_gap() {
        for interval in INTERVALS {
            let mut at = interval.start(Timestamp::from_millis(951_782_400_000));
            for _ in 0..500 {
                let next = interval.after(at);
                assert_eq!(interval.start(next), next, "{interval}");
                assert_eq!(interval.before(next), Some(at), "{interval}");
                let last = Timestamp::from_millis(next.as_millis() - 1);
                assert_eq!(interval.start(last), at, "{interval}");
                at = next;
            }
        }
    }

    #[test]
    fn a_minute_is_no_month_and_other_names_are_unknown() {
        assert_ne!(Interval::parse("1m"), Interval::parse("1M"));
        for name in ["", "1s", "7m", "1H", "m", "1D"] {
            assert_eq!(Interval::parse(name), None, "{name}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (day, expected) in [
            (0, (1970, 1, 1)),
            (11_016, (2000, 2, 29)),
            (19_782, (2024, 2, 29)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(day), expected, "{day}");
        }
    }
}
