//! One setting as it was written, whichever way it came in, and its conversion into a checked
//! value. Numbers stay the text that was written until an exact type reads them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::env::SECRETS;
use super::error::{ConfigError, Place};
use super::secret::Secret;
use super::venue::Venue;
use crate::units::{Asset, Rate, Span, Symbol};

/// Longest span: 100 years.
const SPAN_MILLIS_MAX: u64 = 100 * 365 * 86_400_000;

const MILLION: u64 = 1_000_000;

/// The units of time that may stand behind a number.
const TIME_UNITS: [(&str, u64); 9] = [
    ("ms", 1),
    ("s", 1000),
    ("sec", 1000),
    ("m", 60_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("days", 86_400_000),
    ("w", 7 * 86_400_000),
];

/// A value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A text: a TOML string, a variable, an option.
    Text(String),
    /// A TOML number, digit by digit.
    Number(String),
    /// A TOML boolean.
    Truth(bool),
    /// A TOML array of texts.
    List(Vec<String>),
    /// A TOML table of texts.
    Table(Vec<(String, String)>),
}

/// A value, its name, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) value: Value,
    pub(super) place: Place,
    /// What a bare number of a span means, in milliseconds.
    pub(super) time_unit: u64,
}

impl Setting {
    /// A setting whose spans count in seconds.
    pub(super) fn new(key: &'static str, value: Value, place: Place) -> Self {
        Self {
            key,
            value,
            place,
            time_unit: 1000,
        }
    }

    /// The error that this value is not allowed.
    pub(super) fn bad(&self, allowed: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            place: self.place.clone(),
            key: self.key,
            value: self.shown(),
            allowed: allowed.into(),
        }
    }

    /// The value as it was written, unless it is a secret.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Text(_) if SECRETS.contains(&self.key) => "(not shown)".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::Number(text) => text.clone(),
            Value::Truth(truth) => truth.to_string(),
            Value::List(items) => format!("{items:?}"),
            Value::Table(items) => {
                let texts: Vec<String> = items
                    .iter()
                    .map(|(name, text)| format!("{name} = {text:?}"))
                    .collect();
                format!("{{ {} }}", texts.join(", "))
            }
        }
    }

    /// Empty counts as not set.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Text(text) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Table(items) => items.is_empty(),
            Value::Number(_) | Value::Truth(_) => false,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Result<&str, ConfigError> {
        match &self.value {
            Value::Text(text) => Ok(text.trim()),
            Value::Number(_) | Value::Truth(_) | Value::List(_) | Value::Table(_) => {
                Err(self.bad("must be a text in quotes"))
            }
        }
    }

    /// The digits of a number, given as one or as a text.
    fn digits(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => {
                let text = text.trim();
                Some(text.strip_prefix('+').unwrap_or(text))
            }
            Value::Truth(_) | Value::List(_) | Value::Table(_) => None,
        }
    }

    pub(super) fn truth(&self) -> Result<bool, ConfigError> {
        let word = match &self.value {
            Value::Truth(truth) => return Ok(*truth),
            Value::Text(text) | Value::Number(text) => text.trim().to_ascii_lowercase(),
            Value::List(_) | Value::Table(_) => String::new(),
        };
        match word.as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(self.bad("must be true or false")),
        }
    }

    /// A whole number between two bounds.
    pub(super) fn whole(&self, lowest: u64, highest: u64) -> Result<u64, ConfigError> {
        self.digits()
            .and_then(|digits| digits.parse::<u64>().ok())
            .filter(|number| (lowest..=highest).contains(number))
            .ok_or_else(|| self.bad(format!("must be a whole number from {lowest} to {highest}")))
    }

    /// A rate between 0 and `highest`, exactly as written.
    pub(super) fn rate(&self, highest: i64, example: &str) -> Result<Rate, ConfigError> {
        self.digits().and_then(|digits| Rate::parse(digits, highest).ok()).ok_or_else(|| {
            self.bad(format!("must be a number from 0 to {highest} with at most 9 decimals, such as {example}"))
        })
    }

    /// A number between 0 and `highest` in millionths, exactly as written.
    pub(super) fn millionths(&self, highest: u32, example: &str) -> Result<u32, ConfigError> {
        self.digits()
            .and_then(|digits| scaled(digits, MILLION))
            .filter(|millionths| *millionths <= u64::from(highest) * MILLION)
            .and_then(|millionths| u32::try_from(millionths).ok())
            .ok_or_else(|| {
                self.bad(format!("must be a number from 0 to {highest} with at most 6 decimals, such as {example}"))
            })
    }

    /// A span of time, zero included.
    pub(super) fn span(&self) -> Result<Span, ConfigError> {
        self.digits().and_then(|text| millis(text, self.time_unit)).map(Span::from_millis).ok_or_else(|| {
            self.bad("must be a time such as \"10s\", \"250ms\", \"5min\", \"24h\" or \"90d\", at most 100 years")
        })
    }

    /// A span of time above zero.
    pub(super) fn positive_span(&self) -> Result<Span, ConfigError> {
        let span = self.span()?;
        if span.is_zero() {
            Err(self.bad("must be a time above 0"))
        } else {
            Ok(span)
        }
    }

    /// A span of time, or zero for never.
    pub(super) fn span_or_never(&self) -> Result<Option<Span>, ConfigError> {
        Ok(Some(self.span()?).filter(|span| !span.is_zero()))
    }

    pub(super) fn asset(&self) -> Result<Asset, ConfigError> {
        let text = self.text()?;
        Asset::parse_any_case(text).map_err(|error| self.bad(error.to_string()))
    }

    /// The items of a list, given as one or as a text with commas.
    pub(super) fn items(&self) -> Result<Vec<&str>, ConfigError> {
        let items: Vec<&str> = match &self.value {
            Value::Text(text) => text.split(',').collect(),
            Value::List(items) => items.iter().map(String::as_str).collect(),
            Value::Number(_) | Value::Truth(_) | Value::Table(_) => {
                return Err(self.bad("must be a list of texts"));
            }
        };
        Ok(items
            .into_iter()
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect())
    }

    /// A program and its arguments, each as it was written.
    pub(super) fn command(&self) -> Result<Vec<String>, ConfigError> {
        match &self.value {
            Value::List(items) if items.first().is_some_and(|program| !program.is_empty()) => {
                Ok(items.clone())
            }
            Value::List(_)
            | Value::Text(_)
            | Value::Number(_)
            | Value::Truth(_)
            | Value::Table(_) => Err(self
                .bad("must be a list such as [\"python3\", \"/path/feed.py\"]; no shell reads it")),
        }
    }

    /// A list of symbols in either case; one that is named twice counts once.
    pub(super) fn symbols(&self) -> Result<Vec<Symbol>, ConfigError> {
        let mut symbols = Vec::new();
        for item in self.items()? {
            let symbol = Symbol::parse(&item.to_ascii_uppercase())
                .map_err(|error| self.bad(format!("symbol {item:?} {error}")))?;
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        Ok(symbols)
    }

    /// A list of assets in either case; one that is named twice counts once.
    pub(super) fn assets(&self) -> Result<Vec<Asset>, ConfigError> {
        let mut assets = Vec::new();
        for item in self.items()? {
            let asset = Asset::parse_any_case(item)
                .map_err(|error| self.bad(format!("asset {item:?} {error}")))?;
            if !assets.contains(&asset) {
                assets.push(asset);
            }
        }
        Ok(assets)
    }

    /// Addresses of exchanges, by their names.
    pub(super) fn base_urls(&self) -> Result<BTreeMap<Venue, String>, ConfigError> {
        let allowed = || {
            let names = Venue::names();
            self.bad(format!("must be a table of addresses such as kraken = \"https://localhost:8443\", with names of {names}"))
        };
        let Value::Table(items) = &self.value else {
            return Err(allowed());
        };
        let mut urls = BTreeMap::new();
        for (name, url) in items {
            let venue = Venue::named(name).ok_or_else(allowed)?;
            let schemes = ["http://", "https://"];
            let host = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
            let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
            if !plain || host.is_none_or(str::is_empty) {
                return Err(allowed());
            }
            urls.insert(venue, url.clone());
        }
        Ok(urls)
    }

    pub(super) fn address(&self) -> Result<SocketAddr, ConfigError> {
        self.text()?
            .parse()
            .map_err(|_| self.bad("must be an IP address and a port, such as 127.0.0.1:8000"))
    }

    pub(super) fn secret(&self) -> Result<Secret, ConfigError> {
        Secret::parse(self.text()?)
            .ok_or_else(|| self.bad("must be 1 to 256 visible ASCII characters without spaces"))
    }

    /// A path; one in a file is relative to the folder of that file.
    pub(super) fn path(&self) -> Result<PathBuf, ConfigError> {
        Ok(self.resolve(self.text()?))
    }

    /// `path` as meant at the place where this setting stands.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        match &self.place {
            Place::File { path: file, .. } => match file.parent() {
                Some(folder) => folder.join(path),
                None => PathBuf::from(path),
            },
            Place::Variable(_) | Place::Secret(_) | Place::Flag(_) | Place::Default => {
                PathBuf::from(path)
            }
        }
    }
}

/// `"1.5h"` in milliseconds; a bare number counts in `bare`. None unless it is a whole number of
/// milliseconds.
pub(super) fn millis(text: &str, bare: u64) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim() {
        "" => bare,
        unit => TIME_UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, millis)| *millis)?,
    };
    scaled(number, unit).filter(|total| *total <= SPAN_MILLIS_MAX)
}

/// A decimal number times `unit`. None unless that is a whole number.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let fraction = match fraction.trim_end_matches('0') {
        "" if !fraction.is_empty() => "0",
        digits => digits,
    };
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let parts = unsigned(fraction)?.checked_mul(unit)?;
    let total = unsigned(whole)?
        .checked_mul(unit)?
        .checked_add(parts / scale)?;
    (parts % scale == 0).then_some(total)
}

/// Digits alone: `parse` would take a sign too.
fn unsigned(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        let table = [
            ("10", Some(10_000)),
            ("0", Some(0)),
            ("0.25", Some(250)),
            ("0.250000000000", Some(250)),
            ("1.0", Some(1000)),
            ("250ms", Some(250)),
            ("10 s", Some(10_000)),
            ("1.5h", Some(5_400_000)),
            ("5min", Some(300_000)),
            ("90d", Some(7_776_000_000)),
            ("36500d", Some(SPAN_MILLIS_MAX)),
            ("36501d", None),
            ("0.0005", None),
            ("0.5ms", None),
            ("", None),
            ("s", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            ("-1", None),
            ("+1", None),
            ("1.+5", None),
            ("1e3", None),
            ("10 parsecs", None),
            ("99999999999999999999", None),
            ("1d", Some(86_400_000)),
        ];
        for (text, expected) in table {
            assert_eq!(millis(text, 1000), expected, "{text}");
        }
        assert_eq!(millis("24", 3_600_000), Some(86_400_000));
    }

    #[test]
    fn a_path_in_a_file_is_relative_to_the_file() {
        let file = Place::File {
            path: PathBuf::from("/etc/mockx/config.toml"),
            line: 1,
        };
        let setting = Setting::new("store.data_dir", Value::Text("state".to_owned()), file);
        assert_eq!(setting.path().unwrap(), PathBuf::from("/etc/mockx/state"));
        let variable = Place::Variable("MOCKX_DATA_DIR");
        let setting = Setting::new("store.data_dir", Value::Text("state".to_owned()), variable);
        assert_eq!(setting.path().unwrap(), PathBuf::from("state"));
    }
}
