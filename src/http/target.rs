//! Where a request goes: its path and its query, decoded.

use std::borrow::Cow;

use super::fields::invalid;
use super::problem::Problem;

/// Percent-decoded text; `None` where an escape is broken or the bytes are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let (&[high, low], after) = after.split_first_chunk()?;
            bytes.push(nibble(high)? << 4 | nibble(low)?);
            rest = after;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// The parameters behind the question mark. A parameter without a value counts as absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// The query of a request.
    pub(crate) fn new(query: Option<&'a str>) -> Query<'a> {
        Query(query.unwrap_or(""))
    }

    /// The last value of a parameter.
    pub(crate) fn get(self, name: &str) -> Result<Option<Cow<'a, str>>, Problem> {
        let mut last = None;
        for value in self.values(name) {
            last = Some(value?);
        }
        Ok(last)
    }

    /// Every value of a parameter that may be given more than once, or as a comma list.
    pub(crate) fn values(self, name: &str) -> impl Iterator<Item = Result<Cow<'a, str>, Problem>> {
        self.0.split('&').filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key != name || value.is_empty() {
                return None;
            }
            let spaced = if value.contains('+') {
                decode(&value.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
            } else {
                decode(value)
            };
            Some(spaced.ok_or_else(|| invalid(name, "is not UTF-8 in percent encoding")))
        })
    }

    /// A parameter that is true or false.
    pub(crate) fn flag(self, name: &str, default: bool) -> Result<bool, Problem> {
        const YES: [&str; 4] = ["true", "1", "yes", "on"];
        const NO: [&str; 4] = ["false", "0", "no", "off"];
        let Some(word) = self.get(name)? else {
            return Ok(default);
        };
        let among = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        match (among(YES), among(NO)) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(invalid(name, "must be true or false")),
        }
    }

    /// A parameter that is a whole number from 0 to `max`.
    pub(crate) fn whole(self, name: &str, max: u64) -> Result<Option<u64>, Problem> {
        let Some(word) = self.get(name)? else {
            return Ok(None);
        };
        let plain = word.bytes().all(|b| b.is_ascii_digit());
        match word.parse() {
            Ok(value) if plain && value <= max => Ok(Some(value)),
            _ => Err(invalid(
                name,
                format_args!("must be a whole number from 0 to {max}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_or_refused() {
        assert_eq!(decode("BTC%2FUSDT").as_deref(), Some("BTC/USDT"));
        assert_eq!(decode("a%2fb%C3%BC").as_deref(), Some("a/bü"));
        assert_eq!(decode("plain+text").as_deref(), Some("plain+text"));
        for broken in ["%", "%2", "%zz", "%+1", "%ff", "%C3"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn parameters_are_found() {
        let query = Query::new(Some(
            "a=1&b=x%20y+z&a=2&empty=&tail=-1&big=99999999999&yes=True",
        ));
        assert_eq!(query.get("a").unwrap().as_deref(), Some("2"));
        assert_eq!(query.get("b").unwrap().as_deref(), Some("x y z"));
        assert_eq!(query.get("empty").unwrap(), None);
        assert_eq!(query.get("missing").unwrap(), None);
        assert_eq!(query.whole("a", 10).unwrap(), Some(2));
        assert!(query.flag("yes", false).unwrap());
        assert!(query.flag("b", false).is_err());
        for name in ["tail", "big", "b"] {
            let detail = query.whole(name, 100).unwrap_err().detail;
            assert_eq!(
                detail,
                format!("`{name}` must be a whole number from 0 to 100")
            );
        }
    }
}
