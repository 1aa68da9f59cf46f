//! Reads the body of a request and its fields, and names the field that is wrong.
//!
//! A body is a JSON object. Amounts are taken from the literal text of a number or a string; `null` is the same as
//! absent; unknown names are ignored. Depth costs no stack: what is not a field's plain value is skipped over, not
//! built.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::http::{Problem, Request};
use crate::units::Invalid;

/// A field as it stands in the body.
pub(crate) type Field<'a> = Option<&'a RawValue>;

/// The body of a request as `T`, a struct of [`Field`]s. No body at all is an object without fields.
pub(crate) fn body<'a, T: Deserialize<'a>>(request: &'a Request) -> Result<T, Problem> {
    check_content_type(request)?;
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Problem::new(422, "invalid_json", "The body is not valid UTF-8"))?;
    let text = text.trim_ascii();
    let text = if text.is_empty() { "{}" } else { text };
    // A derived struct would also be read from an array.
    if !text.starts_with('{') {
        return Err(Problem::new(
            422,
            "invalid_json",
            "The body must be a JSON object",
        ));
    }
    serde_json::from_str(text).map_err(|error| not_json(text, &error))
}

fn check_content_type(request: &Request) -> Result<(), Problem> {
    let Some(given) = request.headers.get("content-type") else {
        return Ok(());
    };
    let kind = given.split(';').next().unwrap_or("").trim();
    let json = kind.eq_ignore_ascii_case("application/json")
        || kind
            .rsplit_once('+')
            .is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"));
    if json {
        Ok(())
    } else {
        Err(Problem::new(
            415,
            "unsupported_media_type",
            format!("The body must be application/json, not {given}"),
        ))
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Problem {
    let subject = match field_at(text, error) {
        Some(name) if !error.is_data() => format!("`{name}` is not valid JSON"),
        _ => "The body is not valid JSON".to_owned(),
    };
    Problem::new(422, "invalid_json", format!("{subject}: {error}"))
}

/// The name of the outermost member in which the parser stumbled.
fn field_at<'a>(text: &'a str, error: &serde_json::Error) -> Option<&'a str> {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().checked_sub(1)?)
        .map(str::len)
        .sum();
    let end = (before + error.column()).min(text.len());
    let (mut depth, mut opened, mut escaped) = (0usize, None, false);
    let (mut last, mut field) = (None, None);
    for (at, byte) in text.bytes().enumerate().take(end) {
        match (opened, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(start), b'"') => {
                last = text.get(start..at);
                opened = None;
            }
            (Some(_), _) => {}
            (None, b'"') => opened = Some(at + 1),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, b':') if depth == 1 => field = last,
            (None, b',') if depth == 1 => field = None,
            (None, _) => {}
        }
    }
    field
}

/// A field that is an object, as `T`, a struct of [`Field`]s.
pub(crate) fn object<'a, T: Deserialize<'a>>(name: &str, raw: &'a RawValue) -> Result<T, Problem> {
    // A derived struct would also be read from an array.
    if !raw.get().starts_with('{') {
        return Err(invalid(name, "must be an object"));
    }
    serde_json::from_str(raw.get()).map_err(|why| invalid(name, format_args!("is wrong: {why}")))
}

/// A problem with one field: 422, and a sentence that begins with its name.
pub(crate) fn invalid(name: &str, what: impl std::fmt::Display) -> Problem {
    Problem::new(422, "invalid_value", format!("`{name}` {what}"))
}

/// The value of a field that must be there.
pub(crate) fn required<T>(name: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| invalid(name, "is required"))
}

/// A field that is a text.
pub(crate) fn text<'a>(name: &str, field: Field<'a>) -> Result<Option<Cow<'a, str>>, Problem> {
    let Some(raw) = field.map(RawValue::get) else {
        return Ok(None);
    };
    unquoted(raw)
        .map(Some)
        .ok_or_else(|| invalid(name, "must be a string"))
}

/// A field that is true or false.
pub(crate) fn flag(name: &str, field: Field<'_>) -> Result<Option<bool>, Problem> {
    match field.map(RawValue::get) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(invalid(name, "must be true or false")),
    }
}

/// A field that is a number, or a text that reads as one; `parse` gets the literal digits.
pub(crate) fn number<T>(
    name: &str,
    field: Field<'_>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Problem> {
    let Some(raw) = field.map(RawValue::get) else {
        return Ok(None);
    };
    let literal = if raw.starts_with('"') {
        unquoted(raw)
    } else {
        Some(Cow::Borrowed(raw))
    };
    let value = literal
        .ok_or(Invalid::NotANumber)
        .and_then(|literal| parse(&literal));
    value.map(Some).map_err(|why| invalid(name, why))
}

/// What a JSON string says.
fn unquoted(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;
    use crate::units::Exact;

    #[derive(Deserialize)]
    struct Sample<'a> {
        #[serde(borrow)]
        amount: Field<'a>,
        #[serde(borrow)]
        word: Field<'a>,
    }

    fn refused(body: &str) -> String {
        let request = Request::new(Method::Post, "/").with_body(body);
        body_of(&request).err().map(|p| p.detail).unwrap()
    }

    fn body_of(request: &Request) -> Result<(Option<Exact>, Option<String>), Problem> {
        let sample: Sample<'_> = body(request)?;
        let word = text("word", sample.word)?.map(Cow::into_owned);
        Ok((number("amount", sample.amount, Exact::parse)?, word))
    }

    #[test]
    fn numbers_are_read_by_their_text() {
        for (literal, value) in [
            ("0.1", "0.1"),
            ("\"0.30000000000000004\"", "0.30000000000000004"),
            ("1.5436839893732674e-05", "0.000015436839893732674"),
            ("117423.450000000000000001", "117423.450000000000000001"),
            ("\"\\u0031\"", "1"),
        ] {
            let json = format!("{{ \"other\": [[{{}}]], \"amount\" : {literal} , \"word\":null}}");
            let request = Request::new(Method::Post, "/").with_body(json);
            let (amount, word) = body_of(&request).unwrap();
            assert_eq!((amount.unwrap().to_string().as_str(), word), (value, None));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, named) in [
            (r#"{"amount": NaN}"#, "`amount` is not valid JSON"),
            (r#"{"word": "x", "amount": -Infinity}"#, "`amount` is not"),
            (r#"{"word": "\"x:", "amount": tru}"#, "`amount` is not"),
            (r#"{"amount": 1, }"#, "The body is not valid JSON"),
            (r#"{"amount": 1, "amount": 2}"#, "duplicate field `amount`"),
            (r#"{"amount": {}}"#, "`amount` must be a decimal number"),
            (r#"{"amount": ""}"#, "`amount` must be a decimal number"),
            (r#"{"amount": true}"#, "`amount` must be a decimal number"),
            (r#"{"word": 5}"#, "`word` must be a string"),
            ("[1]", "must be a JSON object"),
            ("{", "not valid JSON"),
        ] {
            let detail = refused(json);
            assert!(detail.contains(named), "{json}: {detail}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(30_000) + &"]".repeat(30_000);
        assert!(refused(&format!("{{\"amount\": {deep}}}")).starts_with("`amount`"));
        let request = Request::new(Method::Post, "/")
            .with_body(format!("{{\"other\": {deep}, \"amount\": 1}}"));
        assert!(body_of(&request).is_ok());
        assert!(refused(&"{\"a\":".repeat(10_000)).contains("not valid JSON"));
    }
}
