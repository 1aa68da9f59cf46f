//! What the old system wrote: JSON documents whose numbers are taken as they are printed, never through a float.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::units::Exact;

/// Names that the HTTP API has for its own clients alone.
const ALIASES: [&str; 6] = [
    "filled",
    "remaining",
    "cost",
    "average",
    "created_at",
    "updated_at",
];
/// Bytes of a value that are shown where it differs.
const SHOWN_MAX: usize = 100;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Not there, or null.
    Nothing,
    /// A number, by its digits.
    Number(Exact),
    /// A text, or what is no number that can be kept.
    Text(String),
}

/// Fields by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document(pub(super) BTreeMap<String, Value>);

impl Value {
    fn of_json(raw: &RawValue) -> Value {
        let text = raw.get().trim();
        if text == "null" {
            return Value::Nothing;
        }
        if text.starts_with('"')
            && let Ok(text) = serde_json::from_str(text)
        {
            return Value::Text(text);
        }
        Value::of_text(text)
    }

    /// What a field of a hash holds. What Python writes for nothing is nothing.
    pub(super) fn of_text(text: &str) -> Value {
        match text.trim() {
            "" | "None" | "nan" | "null" => Value::Nothing,
            text => Exact::parse(text).map_or_else(|_| Value::Text(text.to_owned()), Value::Number),
        }
    }

    /// Whether both mean the same: a zero that is not written is a zero.
    pub(super) fn is_like(&self, other: &Value) -> bool {
        let is_zero = |value: &Value| match value {
            Value::Nothing => true,
            Value::Number(number) => number.is_zero(),
            Value::Text(_) => false,
        };
        self == other || (is_zero(self) && is_zero(other))
    }

    pub(super) fn shown(&self) -> String {
        match self {
            Value::Nothing => "nothing".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.chars().take(SHOWN_MAX).collect(),
        }
    }
}

impl Document {
    /// Reads an object; objects and lists in it are not looked at.
    pub(super) fn parse(json: &[u8]) -> Option<Document> {
        let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json).ok()?;
        let plain = fields
            .iter()
            .filter(|(_, raw)| !raw.get().starts_with(['{', '[']));
        let values = plain.map(|(name, raw)| (name.clone(), Value::of_json(raw)));
        Some(Document(values.collect()))
    }

    /// Reads the objects that a field holds by number.
    pub(super) fn numbered(json: &[u8], field: &str) -> Option<BTreeMap<u32, Document>> {
        let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json).ok()?;
        let Some(raw) = fields.get(field).filter(|raw| raw.get() != "null") else {
            return Some(BTreeMap::new());
        };
        let inner: BTreeMap<String, Box<RawValue>> = serde_json::from_str(raw.get()).ok()?;
        let read = |number: &str, raw: &RawValue| {
            Some((number.parse().ok()?, Document::parse(raw.get().as_bytes())?))
        };
        let read = inner.iter().map(|(number, raw)| read(number, raw));
        read.collect()
    }

    pub(super) fn value(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Nothing)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Value::Text(text) => Some(text),
            Value::Nothing | Value::Number(_) => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<Exact> {
        match self.value(name) {
            Value::Number(number) => Some(*number),
            Value::Nothing | Value::Text(_) => None,
        }
    }

    /// In what it differs from what is kept of it.
    pub(super) fn differences(&self, kept: &Document) -> Vec<String> {
        let mut names: Vec<&String> = self.0.keys().chain(kept.0.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let told = names
            .into_iter()
            .filter(|name| !ALIASES.contains(&name.as_str()));
        told.filter(|name| !self.value(name).is_like(kept.value(name)))
            .map(|name| {
                let (old, new) = (self.value(name).shown(), kept.value(name).shown());
                format!("{name} is {old}, becomes {new}")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_is_printed() {
        let json =
            br#"{"a":0.30000000000000004,"b":1e-05,"c":null,"d":"x","e":{"0":{"f":1}},"g":true}"#;
        let document = Document::parse(json).unwrap();
        let shown: Vec<String> = document.0.values().map(Value::shown).collect();
        assert_eq!(
            shown,
            ["0.30000000000000004", "0.00001", "nothing", "x", "true"]
        );
        let inner = Document::numbered(json, "e").unwrap();
        assert_eq!(inner[&0].number("f"), Some(Exact::whole(1)));
        assert!(Document::numbered(json, "none").unwrap().is_empty());
        assert!(Document::parse(b"{\"a\":NaN}").is_none());
    }

    #[test]
    fn only_what_differs_is_told() {
        let old = Document::parse(br#"{"a":1.0,"b":0,"c":"x","filled":3,"e":0.1}"#).unwrap();
        let kept = Document::parse(br#"{"a":1,"c":"y","d":null,"e":0.1}"#).unwrap();
        assert_eq!(old.differences(&kept), ["c is x, becomes y"]);
    }
}
