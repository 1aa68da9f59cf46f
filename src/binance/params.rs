//! The parameters of a request: from the query and from a form in the body, for every verb alike.
//!
//! Clients differ in where they put them, so both are read. A name in both counts as the query has it; a name twice in one of
//! them is a mistake. The signature is over the bytes as they came, query and body one behind the other, without the pair that
//! holds it: nothing is decoded and encoded again on the way.

use std::borrow::Cow;

use super::fault::Fault;
use crate::http::{Request, decode};
use crate::units::{Exact, Timestamp};

const SIGNATURE: &str = "signature";
const WHOLE: &str = "^[0-9]{1,20}$";
const NUMBER: &str = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";

/// A name and its value, decoded.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Params<'a> {
    query: &'a str,
    body: &'a str,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Params<'a> {
    /// Reads them.
    pub(super) fn read(request: &'a Request) -> Result<Params<'a>, Fault> {
        let query = request.query.as_deref().unwrap_or("");
        let body = std::str::from_utf8(&request.body)
            .map_err(|_| Fault::new(-1100, "The body is not valid UTF-8."))?;
        let mut pairs = pairs_of(query)?;
        let from_query = pairs.len();
        for (name, value) in pairs_of(body)? {
            let known = pairs.iter().take(from_query);
            if !known.into_iter().any(|(query_name, _)| *query_name == name) {
                pairs.push((name, value));
            }
        }
        Ok(Params { query, body, pairs })
    }

    /// A parameter; one that is empty is not there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::missing(name))
    }

    /// A whole number.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u64>, Fault> {
        let read = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse().ok().filter(|_| plain);
            number.ok_or_else(|| Fault::illegal(name, WHOLE))
        };
        self.get(name).map(read).transpose()
    }

    /// How many rows are wanted: as many as are allowed where more are.
    pub(super) fn limit(&self, default: u64, most: u64) -> Result<usize, Fault> {
        let wanted = self.whole("limit")?.unwrap_or(default);
        if wanted == 0 {
            return Err(Fault::not_valid("limit"));
        }
        // No bound is above that of a usize.
        Ok(usize::try_from(wanted.min(most)).unwrap_or(usize::MAX))
    }

    /// A time in milliseconds or microseconds.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let micros = self.whole(name)?.map(to_micros);
        Ok(micros.map(|micros| Timestamp::from_millis(micros / 1000)))
    }

    /// A decimal number without sign or exponent.
    pub(super) fn decimal(&self, name: &str) -> Result<Option<Exact>, Fault> {
        let read = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let framed = !text.starts_with('.') && !text.ends_with('.');
            if !(plain && framed) {
                return Err(Fault::illegal(name, NUMBER));
            }
            Exact::parse(text).map_err(|_| Fault::illegal(name, NUMBER))
        };
        self.get(name).map(read).transpose()
    }

    /// A parameter that is true or false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.get(name) {
            None => Ok(false),
            Some(word) if word.eq_ignore_ascii_case("true") => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Fault::illegal(name, "^(true|false)$")),
        }
    }

    /// What was signed, in pieces, and the signature.
    pub(super) fn signed(&self) -> Result<(Vec<&'a [u8]>, &str), Fault> {
        let signature = self.required(SIGNATURE)?;
        let mut pieces = Vec::with_capacity(4);
        cut(self.query, &mut pieces);
        cut(self.body, &mut pieces);
        Ok((pieces, signature))
    }
}

/// Microseconds of a time that clients give in milliseconds or, with more digits, in microseconds.
pub(super) fn to_micros(time: u64) -> u64 {
    // 10^14 ms are in the year 5138, 10^14 us were in 1973.
    if time < 100_000_000_000_000 {
        time * 1000
    } else {
        time
    }
}

fn pairs_of(text: &str) -> Result<Vec<Pair<'_>>, Fault> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (spaced(name)?, spaced(value)?);
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(Fault::new(
                -1101,
                "Duplicate values for a parameter detected.",
            ));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// Decoded as forms are: a plus is a space.
fn spaced(text: &str) -> Result<Cow<'_, str>, Fault> {
    let decoded = if text.contains('+') {
        decode(&text.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
    } else {
        decode(text)
    };
    decoded.ok_or_else(|| Fault::new(-1100, "A parameter is not UTF-8 in percent encoding."))
}

/// Adds what is left of a text without the pair of the signature and one of the ampersands beside it.
fn cut<'a>(text: &'a str, pieces: &mut Vec<&'a [u8]>) {
    let is_signature = |pair: &str| {
        pair.split_once('=')
            .is_some_and(|(name, _)| name == SIGNATURE)
    };
    let mut start = 0;
    for pair in text.split('&') {
        let end = start + pair.len();
        if is_signature(pair) {
            let before = text.get(..start).unwrap_or("");
            let after = text.get(end..).unwrap_or("");
            // At the beginning the ampersand behind it goes, else the one before it.
            let (before, after) = if before.is_empty() {
                ("", after.strip_prefix('&').unwrap_or(after))
            } else {
                (before.strip_suffix('&').unwrap_or(before), after)
            };
            pieces.push(before.as_bytes());
            pieces.push(after.as_bytes());
            return;
        }
        start = end + 1;
    }
    pieces.push(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    fn request(query: &str, body: &str) -> Request {
        Request::new(Method::Post, &format!("/api/v3/order?{query}")).with_body(body)
    }

    #[test]
    fn the_signature_is_cut_wherever_it_stands() {
        for (query, body, message) in [
            ("a=1&signature=s", "", "a=1"),
            ("signature=s&a=1&b=2", "", "a=1&b=2"),
            ("a=1&signature=s&b=2", "", "a=1&b=2"),
            ("signature=s", "", ""),
            ("", "b=%20x&signature=s", "b=%20x"),
            ("a=1", "b=2&signature=s", "a=1b=2"),
            ("a=1&signature=s", "b=2", "a=1b=2"),
            ("nosignature=1&signature=s", "", "nosignature=1"),
        ] {
            let request = request(query, body);
            let params = Params::read(&request).unwrap();
            let (pieces, signature) = params.signed().unwrap();
            assert_eq!(pieces.concat(), message.as_bytes(), "{query} {body}");
            assert_eq!(signature, "s");
        }
        let unsigned = request("a=1&signature=", "");
        let fault = Params::read(&unsigned).unwrap().signed().unwrap_err();
        assert_eq!(fault, Fault::missing("signature"));
    }

    #[test]
    fn the_query_goes_before_the_body() {
        let request = request("a=1&b=x+y%26", "a=2&c=3");
        let params = Params::read(&request).unwrap();
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(params.get("b"), Some("x y&"));
        assert_eq!(params.get("c"), Some("3"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let code = |query: &str, read: fn(&Params<'_>) -> Result<(), Fault>| {
            let request = request(query, "");
            let fault = Params::read(&request).and_then(|params| read(&params));
            fault.map_or_else(|fault| fault.code, |()| 0)
        };
        assert_eq!(code("a=1&a=2", |_| Ok(())), -1101);
        assert_eq!(code("a=%zz", |_| Ok(())), -1100);
        for text in ["-1", "1e3", "+1", "x", "18446744073709551616"] {
            let query = format!("n={text}");
            assert_eq!(code(&query, |p| p.whole("n").map(drop)), -1100, "{text}");
        }
        for text in ["-1", "1e3", "x", ".5", "5.", "1.2.3", "."] {
            let query = format!("n={text}");
            assert_eq!(code(&query, |p| p.decimal("n").map(drop)), -1100, "{text}");
        }
        assert_eq!(code("n=0.10", |p| p.decimal("n").map(drop)), 0);
        assert_eq!(code("n=yes", |p| p.flag("n").map(drop)), -1100);
        assert_eq!(code("limit=0", |p| p.limit(500, 1000).map(drop)), -1130);
    }

    #[test]
    fn times_are_milliseconds_or_microseconds() {
        assert_eq!(to_micros(1_700_000_000_000), 1_700_000_000_000_000);
        assert_eq!(to_micros(1_700_000_000_000_001), 1_700_000_000_000_001);
    }
}
