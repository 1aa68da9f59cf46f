//! The settings as written: `config.toml` read into a flat table of known keys, each with its line.
//!
//! Values are taken from the document's own text, so a number such as `0.001` arrives digit by
//! digit. Nothing is converted here, but for the shape: a key holds a text, a number, true or
//! false, a list of texts, or in one case a table of texts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::env::{MIRROR_PASSWORD, RESP_PASSWORD};
use super::error::{ConfigError, Place};
use super::setting::{Setting, Value};

/// The one key that holds a table of texts.
const BASE_URLS: &str = "oracle.base_urls";

/// Every key of the file.
pub(super) const KEYS: [&str; 68] = [
    "server.listen",
    "server.api_key",
    "server.auth",
    "server.allow_open",
    "server.reads_need_key",
    "exchange.cash_asset",
    "exchange.commission",
    "exchange.maker_commission",
    "exchange.symbol_commissions",
    "exchange.fee_asset",
    "exchange.market_rules",
    "exchange.enforce_market_rules",
    "exchange.seed",
    "exchange.tick_loop",
    "exchange.market_delay_min",
    "exchange.market_delay_max",
    "exchange.fill_sigma",
    "exchange.match_limit_at_once",
    "exchange.expire_after",
    "exchange.prune_after",
    "exchange.prune_trades_after",
    "exchange.prune_every",
    "exchange.audit_every",
    "oracle.source",
    "oracle.fallback_after",
    "oracle.symbols",
    "oracle.interval",
    "oracle.max_age",
    "oracle.max_jump",
    "oracle.fetch_through",
    "oracle.discover",
    "oracle.discover_limit",
    "oracle.quotes",
    BASE_URLS,
    "oracle.tls_roots",
    "oracle.replay_pace",
    "oracle.replay_loop",
    "oracle.command",
    "oracle.valkey_url",
    "oracle.valkey_prefix",
    "mirror.enabled",
    "mirror.url",
    MIRROR_PASSWORD,
    "mirror.key_prefix",
    "mirror.ticker_prefix",
    "resp.listen",
    RESP_PASSWORD,
    "resp.push",
    "resp.key_prefix",
    "resp.ticker_prefix",
    "store.data_dir",
    "store.cache_mib",
    "store.price_flush",
    "store.candle_minutes",
    "store.candle_hours",
    "store.candle_days",
    "pages.enabled",
    "pages.need_key",
    "pages.hosts",
    "pages.title",
    "pages.zone",
    "pages.refresh",
    "pages.fresh_window",
    "binance.enabled",
    "binance.fee_asset",
    "binance.limits",
    "binance.expire",
    "log.level",
];

/// Settings by key, each the last that was put.
#[derive(Debug, Clone, Default)]
pub(super) struct Raw(BTreeMap<&'static str, Setting>);

impl Raw {
    /// Reads a configuration file that holds `text`.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let document = Document { text, path };
        let root = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            place: document.place(&error.span().unwrap_or(0..0)),
            // Some of the parser's messages have several lines.
            message: error.message().replace('\n', ", "),
        })?;
        let mut raw = Self::default();
        for (section, table) in root.get_ref() {
            document.read_section(section, table, &mut raw)?;
        }
        Ok(raw)
    }

    /// Puts a setting in the place of an earlier one, unless it is empty.
    pub(super) fn put(&mut self, setting: Setting) {
        if !setting.is_empty() {
            self.0.insert(setting.key, setting);
        }
    }

    /// The setting of this key, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    /// All settings, sorted by key.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.0.values()
    }
}

struct Document<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Document<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = 1 + before.split(|byte| *byte == b'\n').skip(1).count();
        Place::File {
            path: self.path.to_path_buf(),
            line,
        }
    }

    fn read_section(
        &self,
        section: &Spanned<std::borrow::Cow<'_, str>>,
        table: &Spanned<DeValue<'_>>,
        raw: &mut Raw,
    ) -> Result<(), ConfigError> {
        let name = section.get_ref().as_ref();
        let prefix = format!("{name}.");
        let known = KEYS.iter().any(|key| key.starts_with(&prefix));
        let Some(table) = table.get_ref().as_table().filter(|_| known) else {
            let kind = if table.get_ref().is_table() {
                "section"
            } else {
                "key outside a section"
            };
            return Err(ConfigError::Unknown {
                place: self.place(&section.span()),
                what: format!("{kind}: {name}"),
                allowed:
                    "[server], [exchange], [oracle], [mirror], [store], [pages], [binance], [log]"
                        .to_owned(),
            });
        };
        for (key, value) in table {
            let whole = format!("{prefix}{}", key.get_ref());
            let Some(known) = KEYS.iter().find(|known| **known == whole) else {
                return Err(ConfigError::Unknown {
                    place: self.place(&key.span()),
                    what: format!("key {whole}"),
                    allowed: keys_of(&prefix),
                });
            };
            raw.put(self.setting(known, value)?);
        }
        Ok(())
    }

    fn setting(
        &self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Setting, ConfigError> {
        let place = self.place(&value.span());
        let refused = |kind: &str| ConfigError::Value {
            place: place.clone(),
            key,
            value: kind.to_owned(),
            allowed: "must be a text, a number, true or false, or a list of texts".to_owned(),
        };
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => Value::Number(number.to_string()),
            DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
            DeValue::Boolean(truth) => Value::Truth(*truth),
            DeValue::Datetime(_) => return Err(refused("a date")),
            DeValue::Table(table) if key == BASE_URLS => {
                let texts = table.iter().map(|(name, value)| {
                    let text = value.get_ref().as_str()?;
                    Some((name.get_ref().to_string(), text.to_owned()))
                });
                let texts: Option<Vec<(String, String)>> = texts.collect();
                Value::Table(texts.ok_or_else(|| refused("a table of other things than texts"))?)
            }
            DeValue::Table(_) => return Err(refused("a table")),
            DeValue::Array(items) => {
                let texts = items
                    .iter()
                    .map(|item| item.get_ref().as_str().map(str::to_owned));
                let texts: Option<Vec<String>> = texts.collect();
                Value::List(texts.ok_or_else(|| refused("a list of other things than texts"))?)
            }
        };
        Ok(Setting::new(key, value, place))
    }
}

/// The keys of a section, without its name.
fn keys_of(prefix: &str) -> String {
    let names: Vec<&str> = KEYS
        .iter()
        .filter_map(|key| key.strip_prefix(prefix))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Raw::parse(text, Path::new("c.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn numbers_keep_every_digit() {
        let text = "[exchange]\ncommission = 0.1000000000000000055\nseed = 18446744073709551615\n";
        let raw = Raw::parse(text, Path::new("c.toml")).unwrap();
        let value = |key| raw.get(key).unwrap().value.clone();
        assert_eq!(
            value("exchange.commission"),
            Value::Number("0.1000000000000000055".to_owned())
        );
        assert_eq!(
            value("exchange.seed"),
            Value::Number("18446744073709551615".to_owned())
        );
        assert_eq!(
            raw.get("exchange.seed").unwrap().place,
            Place::File {
                path: "c.toml".into(),
                line: 3
            }
        );
    }

    #[test]
    fn what_is_unknown_is_named_with_its_line() {
        assert_eq!(
            error("\n[log]\nlevle = \"info\"\n"),
            "c.toml:3: unknown key log.levle; allowed: level"
        );
        assert_eq!(
            error("[sever]\n"),
            "c.toml:1: unknown section: sever; allowed: [server], [exchange], [oracle], [mirror], [store], [pages], [binance], [log]"
        );
        assert!(
            error("log = \"info\"").starts_with("c.toml:1: unknown key outside a section: log;")
        );
    }

    #[test]
    fn broken_files_are_told_with_their_line() {
        let text = error("[log]\nlevel = \n");
        assert!(text.starts_with("c.toml:2: not valid TOML: "), "{text}");
        assert!(!text.contains('\n'));
        assert!(
            error("[log]\nlevel = \"a\"\nlevel = \"b\"\n")
                .starts_with("c.toml:3: not valid TOML: ")
        );
        assert!(
            error("[log]\nlevel = 1979-05-27\n").starts_with("c.toml:2: log.level = a date: must")
        );
        assert!(
            error("[oracle]\nsymbols = [1]\n").starts_with("c.toml:2: oracle.symbols = a list")
        );
    }

    #[test]
    fn empty_is_not_set() {
        let raw = Raw::parse(
            "[server]\napi_key = \"\"\n[oracle]\nsymbols = []\n",
            Path::new("c"),
        )
        .unwrap();
        assert!(raw.get("server.api_key").is_none());
        assert!(raw.get("oracle.symbols").is_none());
    }
}
