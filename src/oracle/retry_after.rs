//! `Retry-After`: how long a server wants to be left alone (RFC 9110, 10.2.3).
//!
//! It is a number of seconds or a date. A date is compared with the server's own `Date`, not with the clock of this
//! machine, which may be years off.

use std::time::Duration;

use ureq::http::HeaderMap;

use super::calendar;

/// No wait is longer: what asks for more is a mistake, and the longest bans that are known last three days.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(3 * 24 * 3600);

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn from_headers(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    parse(text("retry-after")?, text("date"))
}

fn parse(after: &str, date: Option<&str>) -> Option<Duration> {
    let after = after.trim();
    let seconds = if after.bytes().all(|b| b.is_ascii_digit()) && !after.is_empty() {
        // Too many digits are too many seconds.
        after.parse().unwrap_or(u64::MAX)
    } else {
        http_date(after)?.saturating_sub(http_date(date?)?)
    };
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is sent today.
fn http_date(text: &str) -> Option<u64> {
    let mut parts = text.trim().split_once(", ")?.1.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let month_name = parts.next()?;
    let month = MONTHS.iter().position(|&name| name == month_name)?;
    let year: u64 = parts.next()?.parse().ok()?;
    let mut time = parts.next()?.splitn(3, ':').map(str::parse::<u64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    if parts.next() != Some("GMT") {
        return None;
    }
    calendar::seconds([
        year,
        u64::try_from(month).ok()? + 1,
        day,
        hour,
        minute,
        second,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Now 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(http_date(text), seconds, "{text}");
        }
    }

    #[test]
    fn seconds_and_dates_are_waits() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |after, date| parse(after, date).map(|wait| wait.as_secs());
        assert_eq!(seconds("120", None), Some(120));
        assert_eq!(seconds(" 0 ", None), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT", None), None);
        assert_eq!(seconds("99999999999999999999999", None), Some(259_200));
        assert_eq!((seconds("", None), seconds("-5", None)), (None, None));
    }
}
