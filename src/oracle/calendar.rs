//! Dates as seconds since 1970, for the times that servers write out.

/// Seconds since 1970 of `[year, month, day, hour, minute, second]` in UTC; `None` if there is no such date.
pub(super) fn seconds([year, month, day, hour, minute, second]: [u64; 6]) -> Option<u64> {
    let plausible = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !plausible {
        return None;
    }
    // Years that begin in March end with their leap day; a month of such a year begins after (153 m + 2) / 5 days.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    // 1970-01-01 is day 719,468 of that count.
    Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Milliseconds since 1970 of `2024-03-13T11:10:41.270099Z`; the fraction and the `Z` may be missing.
pub(super) fn iso_millis(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' '])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut fields = [0; 6];
    let mut parts = date.splitn(3, '-').chain(time.splitn(3, ':'));
    for field in &mut fields {
        *field = digits(parts.next()?)?;
    }
    let millis = format!("{fraction:0<3}");
    let millis = digits(millis.get(..3)?)?;
    Some(seconds(fields)? * 1000 + millis)
}

/// Digits alone: `parse` would take a sign too.
fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, millis) in [
            ("2024-03-13T11:10:41.270099Z", Some(1_710_328_241_270)),
            ("2017-10-03T04:00:31.887000Z", Some(1_507_003_231_887)),
            ("2026-11-22T06:00:00.1Z", Some(1_795_327_200_100)),
            ("1970-01-01 00:00:00", Some(0)),
            ("2024-13-13T11:10:41Z", None),
            ("2024-03-13", None),
            ("2024-03-13T11:10Z", None),
            ("2024-03-13T11:10:41.ab9Z", None),
            ("2024-03-13T11:10:41.\u{e9}\u{e9}Z", None),
            ("-2024-03-13T11:10:41Z", None),
            ("", None),
        ] {
            assert_eq!(iso_millis(text), millis, "{text}");
        }
    }
}
