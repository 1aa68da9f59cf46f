//! Times and spans for people: in the zone of the settings, turned to the viewer's own by the script.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;

use crate::units::{Span, Timestamp};

/// The zone that times are written in.
#[derive(Debug, Clone)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// A zone by its name in the zone database, such as `Europe/Berlin`; UTC where that does not have it.
    pub(super) fn named(name: &str) -> Zone {
        Zone(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// A point in time with its date.
    pub(super) fn full(&self, at: Timestamp) -> When {
        self.when(at, "%Y-%m-%d %H:%M:%S", "full")
    }

    /// A point in time by its clock alone.
    pub(super) fn clock(&self, at: Timestamp) -> When {
        self.when(at, "%H:%M:%S", "clock")
    }

    /// A point in time without its year, for a long table that says `data-shape="short"` for all.
    pub(super) fn short(&self, at: Timestamp) -> Short {
        Short(format!(
            "<time datetime={}>{}</time>",
            iso(at),
            self.text(at, "%m-%d %H:%M:%S")
        ))
    }

    /// What a field of a form says, such as `2026-01-31T18:00`, as a point in time of this zone.
    pub(super) fn read(&self, text: &str) -> Option<Timestamp> {
        let time: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = time.to_zoned(self.0.clone()).ok()?;
        let millis = u64::try_from(zoned.timestamp().as_millisecond()).ok()?;
        Some(Timestamp::from_millis(millis))
    }

    /// How long ago a point in time is; the script goes on counting.
    pub(super) fn ago(at: Timestamp, now: Timestamp) -> When {
        When {
            iso: iso(at),
            shape: "ago",
            text: short_text(now.since(at)) + " ago",
        }
    }

    /// The text of a point in time in a chart: the clock, the day and the clock, or the day, by what the chart spans.
    pub(super) fn tick(&self, at: Timestamp, spanned: Span) -> String {
        let days = spanned.as_millis() / 86_400_000;
        self.text(
            at,
            match days {
                0..2 => "%H:%M",
                2..10 => "%a %H:%M",
                10..100 => "%d %b",
                _ => "%b %Y",
            },
        )
    }

    /// The clock of a point in time in a chart of less than an hour.
    pub(super) fn clock_text(&self, at: Timestamp) -> String {
        self.text(at, "%H:%M:%S")
    }

    /// The name of the zone, for whoever has no script.
    pub(super) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    fn when(&self, at: Timestamp, format: &str, shape: &'static str) -> When {
        When {
            iso: iso(at),
            shape,
            text: self.text(at, format),
        }
    }

    fn text(&self, at: Timestamp, format: &str) -> String {
        instant(at)
            .to_zoned(self.0.clone())
            .strftime(format)
            .to_string()
    }
}

/// A point in time: `<time>` with its exact value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    iso: String,
    shape: &'static str,
    text: String,
}

impl When {
    /// The text alone.
    #[cfg(test)]
    fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<time datetime=\"{0}\" title=\"{0}\" data-shape=\"{1}\">{2}</time>",
            self.iso, self.shape, self.text
        )
    }
}

/// Digits and words of this file.
impl HtmlSafe for When {}

/// A point in time as a row of a long table shows it.
#[derive(Debug)]
pub(super) struct Short(String);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last midnight in UTC at or before a point in time.
pub(super) fn midnight(at: Timestamp) -> Timestamp {
    const DAY_MS: u64 = 86_400_000;
    Timestamp::from_millis(at.as_millis() / DAY_MS * DAY_MS)
}

/// A span in its largest unit: `3 d`, `12 min`, `4 s`.
fn short_text(span: Span) -> String {
    let seconds = span.as_millis() / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A span in its two largest units: `3 d 4 h`, `12 min`, `4.2 s`.
pub(super) fn span_text(span: Span) -> String {
    let millis = span.as_millis();
    let seconds = millis / 1000;
    let two = |large: u64, name: &str, small: u64, other: &str| match small {
        0 => format!("{large} {name}"),
        small => format!("{large} {name} {small} {other}"),
    };
    match seconds {
        0..10 => format!("{seconds}.{} s", millis % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// How long something took: to the millisecond below ten seconds, which is where that means something.
pub(super) fn latency_text(span: Span) -> String {
    let millis = span.as_millis();
    match (millis / 1000, millis % 1000) {
        (0, millis) => format!("{millis} ms"),
        (seconds @ 1..10, millis) => format!("{seconds},{millis:03} ms"),
        _ => span_text(span),
    }
}

/// A point in time in UTC, to the millisecond.
pub(super) fn iso(at: Timestamp) -> String {
    instant(at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Times that no calendar has are shown as its last.
fn instant(at: Timestamp) -> jiff::Timestamp {
    i64::try_from(at.as_millis())
        .ok()
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_say_their_zone_and_their_value() {
        let at = Timestamp::from_millis(1_723_075_200_045);
        let zone = Zone::named("Nowhere/Atall");
        assert_eq!(zone.name(), "UTC");
        assert_eq!(
            zone.full(at).to_string(),
            "<time datetime=\"2024-08-08T00:00:00.045Z\" title=\"2024-08-08T00:00:00.045Z\" data-shape=\"full\">2024-08-08 00:00:00</time>"
        );
        let later = at.plus(Span::from_secs(65));
        assert_eq!(Zone::ago(at, later).text(), "1 min ago");
        assert_eq!(midnight(later).as_millis(), 1_723_075_200_000);
        let strange = Timestamp::from_millis(u64::MAX);
        assert!(zone.full(strange).text().starts_with("9999"));
    }

    #[test]
    fn spans_have_two_units_at_most() {
        for (millis, text) in [
            (0, "0.0 s"),
            (4_250, "4.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_725_000, "1 h 2 min"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(span_text(Span::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_latency_is_told_to_the_millisecond() {
        for (millis, text) in [
            (0, "0 ms"),
            (412, "412 ms"),
            (4_050, "4,050 ms"),
            (9_999, "9,999 ms"),
            (10_000, "10 s"),
        ] {
            assert_eq!(latency_text(Span::from_millis(millis)), text);
        }
    }
}
