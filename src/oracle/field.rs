//! Reading fields of a venue's JSON without a float.
//!
//! Venues send the same field as a number, a string, `null`, an empty string, or not at all, and change their minds. A
//! field is taken as the text that was sent; one that is missing or cannot be read is unknown, and takes nothing else
//! down with it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::calendar;
use super::quote::Quote;
use super::venue::{Instrument, VenueError, VenueRequest};
use crate::units::{Exact, Rounding, Timestamp};

/// A volume is for comparison only.
const VOLUME_DECIMALS: u32 = 8;

/// A field as it was sent.
pub(super) type Field<'a> = Option<&'a RawValue>;

/// An object: its members as they were sent.
pub(super) struct Entry<'a>(Vec<(Key<'a>, &'a RawValue)>);

#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entry<'a>, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Entry(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'a> Entry<'a> {
    /// The body as an object.
    pub(super) fn of_body(body: &'a [u8]) -> Result<Entry<'a>, VenueError> {
        serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))
    }

    /// A value as an object, if it is one.
    pub(super) fn of(raw: &'a RawValue) -> Option<Entry<'a>> {
        serde_json::from_str(raw.get()).ok()
    }

    /// A member as it was sent; the first, if there are several of the name.
    pub(super) fn get(&self, name: &str) -> Field<'a> {
        let mut members = self.0.iter();
        members.find_map(|(key, raw)| (key.0 == name).then_some(*raw))
    }

    /// Every member.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, raw)| (key.0.as_ref(), *raw))
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Entry<'a>> {
        Entry::of(self.get(name)?)
    }

    /// The values of a member that is a list, or the one value that stands in its place; `None` if it is missing.
    pub(super) fn values(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        self.get(name).and_then(one_or_many)
    }

    /// A member that is a text or a number.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name))
    }

    /// A member that is a number, sent as such or as text.
    pub(super) fn number(&self, name: &str) -> Option<Exact> {
        number(self.get(name))
    }

    /// A member that is a time in milliseconds.
    pub(super) fn millis(&self, name: &str) -> Option<Timestamp> {
        millis(self.get(name))
    }

    /// A member that is true or false.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        flag(self.get(name))
    }

    /// Whether a member is one of these texts. What is not told is no reason to believe otherwise.
    pub(super) fn may_be(&self, name: &str, good: &[&str]) -> bool {
        let told = self.text(name).filter(|text| !text.is_empty());
        told.is_none_or(|text| good.contains(&text.as_ref()))
    }

    /// Whether it has any of these members.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// An error where `code` says another thing than `good`: the text of `words`, and the code.
    pub(super) fn check(&self, code: &str, good: &str, words: &[&str]) -> Result<(), VenueError> {
        match self.text(code) {
            Some(code) if code != good && !code.is_empty() => {
                let words = words
                    .iter()
                    .find_map(|name| self.text(name).filter(|words| !words.is_empty()));
                Err(VenueError::Refused(match words {
                    Some(words) => format!("{words} ({code})"),
                    None => format!("error {code}"),
                }))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The values of a body that is a list.
pub(super) fn entries(body: &[u8]) -> Result<Vec<&RawValue>, VenueError> {
    serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))
}

/// The values of a list; an object counts as a list of one.
pub(super) fn one_or_many(raw: &RawValue) -> Option<Vec<&RawValue>> {
    match raw.get().as_bytes().first()? {
        b'[' => serde_json::from_str(raw.get()).ok(),
        b'{' => Some(vec![raw]),
        _ => None,
    }
}

/// The answer lacks what it should hold.
pub(super) fn lacks(name: &str) -> VenueError {
    VenueError::Shape(format!("there is no {name} in it"))
}

/// Quotes of the objects whose member `name` names a market of the request.
///
/// An answer about one market need not name it.
pub(super) fn quotes<'a>(
    request: &VenueRequest,
    values: &[&'a RawValue],
    name: &str,
    fill: impl Fn(&Entry<'a>, Quote) -> Quote,
) -> Vec<Quote> {
    let only = request.only().filter(|_| values.len() == 1);
    let read = |raw: &&'a RawValue| {
        let entry = Entry::of(raw)?;
        let symbol = match entry.text(name).filter(|name| !name.is_empty()) {
            Some(name) => *request.names.get(name.as_ref())?,
            None => only?,
        };
        Some(fill(&entry, Quote::of(symbol)))
    };
    values.iter().filter_map(read).collect()
}

/// One of several bodies; empty if it is missing.
pub(super) fn body(bodies: &[Vec<u8>], index: usize) -> &[u8] {
    bodies.get(index).map_or(&[], Vec::as_slice)
}

/// What the objects among these values give.
pub(super) fn each<'a, T>(
    values: &[&'a RawValue],
    read: impl Fn(&Entry<'a>) -> Option<T>,
) -> Vec<T> {
    let entries = values.iter().filter_map(|raw| Entry::of(raw));
    entries.filter_map(|entry| read(&entry)).collect()
}

/// Puts volumes from tickers, whose member `name` names the market, into a list.
pub(super) fn put_volumes<'a>(
    instruments: &mut [Instrument],
    tickers: &[&'a RawValue],
    name: &str,
    volume: impl Fn(&Entry<'a>) -> Option<Exact>,
) {
    let read = |entry: &Entry<'a>| Some((entry.text(name)?.into_owned(), volume(entry)?));
    let volumes: BTreeMap<String, Exact> = each(tickers, read).into_iter().collect();
    for instrument in instruments {
        instrument.quote_volume = volumes.get(&instrument.id).copied();
    }
}

/// The product of two numbers, for comparison.
pub(super) fn product(one: Option<Exact>, other: Option<Exact>) -> Option<Exact> {
    one?.times(other?, VOLUME_DECIMALS, Rounding::Down).ok()
}

/// True or false in any dress.
pub(super) fn flag(field: Field<'_>) -> Option<bool> {
    match field?.get().trim_matches('"') {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
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

/// A time in seconds since 1970, or in milliseconds if it would be thousands of years off; zero is none.
pub(super) fn seconds(field: Field<'_>) -> Option<Timestamp> {
    let text = text(field)?;
    let whole: u64 = text.trim().split('.').next()?.parse().ok()?;
    let millis = if whole < 100_000_000_000 {
        whole.saturating_mul(1000)
    } else {
        whole
    };
    (millis > 0).then(|| Timestamp::from_millis(millis))
}

/// A time such as `2024-03-13T11:10:41.270099Z`.
pub(super) fn iso(field: Field<'_>) -> Option<Timestamp> {
    calendar::iso_millis(text(field)?.trim()).map(Timestamp::from_millis)
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
