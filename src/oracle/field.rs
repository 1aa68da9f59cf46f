//! Reading fields of a venue's JSON without a float.
//!
//! Venues send the same field as a number, a string, `null`, an empty string, or not at all, and change their minds. A
//! field is taken as the text that was sent; one that is missing or cannot be read is unknown, and takes nothing else
//! down with it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::venue::VenueError;
use crate::units::{Exact, Timestamp};

/// A field as it was sent.
pub(super) type Field<'a> = Option<&'a RawValue>;

/// The entries of a body that is a list.
pub(super) fn entries(body: &[u8]) -> Result<Vec<&RawValue>, VenueError> {
    serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))
}

/// The text of a string or a number.
pub(super) fn text(field: Field<'_>) -> Option<Cow<'_, str>> {
    let raw = field?.get();
    match raw.as_bytes().first()? {
        b'"' => {
            let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
            if inner.contains('\\') {
                serde_json::from_str(raw).ok().map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inner))
            }
        }
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// A number, sent as such or as text.
pub(super) fn number(field: Field<'_>) -> Option<Exact> {
    Exact::parse(text(field)?.trim()).ok()
}

/// A time in milliseconds since 1970; zero is none.
pub(super) fn millis(field: Field<'_>) -> Option<Timestamp> {
    let millis: u64 = text(field)?.trim().parse().ok()?;
    (millis > 0).then(|| Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_come_in_any_dress() {
        for (json, value) in [
            ("1.50", Some("1.5")),
            ("\"1.50\"", Some("1.5")),
            ("\" 7 \"", Some("7")),
            ("1e-7", Some("0.0000001")),
            ("\"\\u0031\"", Some("1")),
            ("-3", Some("-3")),
            ("null", None),
            ("\"\"", None),
            ("\"N/A\"", None),
            ("true", None),
            ("[1]", None),
            ("{}", None),
            ("123456789012345678901234567890", None),
        ] {
            let read = number(Some(&field(json))).map(|value| value.to_string());
            assert_eq!(read.as_deref(), value, "{json}");
        }
        assert_eq!(number(None), None);
    }

    #[test]
    fn a_number_keeps_every_digit() {
        let read = number(Some(&field("0.1000000000000000055511151")));
        assert_eq!(read.unwrap().to_string(), "0.1000000000000000055511151");
    }

    #[test]
    fn times_are_whole_and_not_zero() {
        let read = |json| millis(Some(&field(json)));
        assert_eq!(
            read("1566445106532"),
            Some(Timestamp::from_millis(1_566_445_106_532))
        );
        assert_eq!(read("\"5\""), Some(Timestamp::from_millis(5)));
        assert_eq!(
            (read("0"), read("1.5"), read("-1"), read("null")),
            (None, None, None, None)
        );
    }
}
