//! The environment: the names that the suite's `.env` holds, and what they override.
//!
//! Empty counts as not set. Names of the suite that mean nothing here are left alone, so that an existing file can be
//! handed over whole.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::credential;
use super::error::{ConfigError, Place};
use super::raw::Raw;
use super::setting::{Setting, Value};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The port alone has no key in the file: there it is part of `server.listen`.
pub(super) const PORT: &str = "server.port";
/// `TEST_ENV=true` is `server.auth = false`.
pub(super) const TEST_ENV: &str = "server.test_env";
/// Keys whose values are never shown.
pub(super) const SECRETS: [&str; 6] = [
    "server.api_key",
    "oracle.valkey_url",
    VALKEY_PASSWORD,
    "mirror.url",
    MIRROR_PASSWORD,
    RESP_PASSWORD,
];
/// Parts of the address of a Valkey server; in the file it is one, `oracle.valkey_url`.
pub(super) const VALKEY_HOST: &str = "oracle.valkey_host";
pub(super) const VALKEY_PORT: &str = "oracle.valkey_port";
pub(super) const VALKEY_PASSWORD: &str = "oracle.valkey_password";
/// The same for the mirror.
pub(super) const MIRROR_HOST: &str = "mirror.host";
pub(super) const MIRROR_PORT: &str = "mirror.port";
pub(super) const MIRROR_PASSWORD: &str = "mirror.password";
pub(super) const RESP_PASSWORD: &str = "resp.password";

/// Variable, the key that it overrides, and what a bare number of a span means in it.
const VARIABLES: [(&str, &str, u64); 34] = [
    ("API_KEY", "server.api_key", SECOND),
    ("TEST_ENV", TEST_ENV, SECOND),
    ("ENGINE_PORT", PORT, SECOND),
    ("CASH_ASSET", "exchange.cash_asset", SECOND),
    ("COMMISSION", "exchange.commission", SECOND),
    ("TICK_LOOP_SEC", "exchange.tick_loop", SECOND),
    (
        "MIN_TIME_ANSWER_ORDER_MARKET",
        "exchange.market_delay_min",
        SECOND,
    ),
    (
        "MAX_TIME_ANSWER_ORDER_MARKET",
        "exchange.market_delay_max",
        SECOND,
    ),
    ("SIGMA_FILL_MARKET_ORDER", "exchange.fill_sigma", SECOND),
    ("EXPIRE_AFTER_H", "exchange.expire_after", HOUR),
    ("STALE_AFTER_H", "exchange.prune_after", HOUR),
    ("PRUNE_EVERY_MIN", "exchange.prune_every", MINUTE),
    ("SANITY_CHECK_EVERY_MIN", "exchange.audit_every", MINUTE),
    ("EXCHANGE", "oracle.source", SECOND),
    ("SYMBOLS", "oracle.symbols", SECOND),
    ("INTERVAL_SEC", "oracle.interval", SECOND),
    ("REDIS_URL", "oracle.valkey_url", SECOND),
    ("VALKEY_HOST", VALKEY_HOST, SECOND),
    ("VALKEY_PORT", VALKEY_PORT, SECOND),
    ("VALKEY_PASSWORD", VALKEY_PASSWORD, SECOND),
    ("REDIS_URL", "mirror.url", SECOND),
    ("VALKEY_HOST", MIRROR_HOST, SECOND),
    ("VALKEY_PORT", MIRROR_PORT, SECOND),
    ("VALKEY_PASSWORD", MIRROR_PASSWORD, SECOND),
    ("MOCKX_RESP_PASSWORD", RESP_PASSWORD, SECOND),
    // The older name goes first, so that the newer one overrides it.
    ("QUOTE", "oracle.quotes", SECOND),
    ("QUOTES", "oracle.quotes", SECOND),
    ("DISCOVER_QUOTES", "oracle.discover", SECOND),
    ("DISCOVER_LIMIT", "oracle.discover_limit", SECOND),
    ("REFRESH_SECONDS", "pages.refresh", SECOND),
    ("APP_TITLE", "pages.title", SECOND),
    ("LOCAL_TZ", "pages.zone", SECOND),
    ("FRESH_WINDOW_S", "pages.fresh_window", SECOND),
    ("LOG_LEVEL", "log.level", SECOND),
];

/// The environment of the process, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// What the process was started with.
    pub fn of_process() -> Self {
        let named =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.collect())
    }

    /// A made-up environment.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()));
        Self(owned.collect())
    }

    /// The value of a variable without white space round it. None when it is empty or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.to_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The value of a variable as a path. None when it is empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    }

    /// Overrides what the file said.
    pub(super) fn apply(&self, raw: &mut Raw) -> Result<(), ConfigError> {
        credential::apply(self, raw)?;
        for (name, key, time_unit) in VARIABLES {
            if let Some(setting) = self.setting(name, key)? {
                raw.put(Setting {
                    time_unit,
                    ..setting
                });
            }
        }
        Ok(())
    }

    fn setting(
        &self,
        name: &'static str,
        key: &'static str,
    ) -> Result<Option<Setting>, ConfigError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.to_string_lossy();
        let is_utf8 = value.to_str().is_some();
        let setting = Setting::new(key, Value::Text(text.into_owned()), Place::Variable(name));
        if !is_utf8 {
            return Err(setting.bad("must be UTF-8"));
        }
        Ok((!setting.is_empty()).then_some(setting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    fn applied(name: &str, value: &str) -> Result<Raw, ConfigError> {
        let mut raw = Raw::default();
        Environment::of([(name, value)])
            .apply(&mut raw)
            .map(|()| raw)
    }

    #[test]
    fn an_existing_env_file_is_accepted_whole() {
        let suite = [
            ("QUOTES", "USDT, EUR"),
            ("QUOTE", "USDT"),
            ("DISCOVER_QUOTES", "true"),
            ("DISCOVER_LIMIT", "0"),
            ("VALKEY_HOST", "valkey"),
            ("VALKEY_PORT", "6379"),
            ("VALKEY_PASSWORD", "pa ss"),
            ("REDIS_URL", "redis://:pass@valkey:6379/0"),
            ("REFRESH_SECONDS", "60"),
            ("APP_TITLE", "My Exchange"),
            ("LOCAL_TZ", "Europe/Berlin"),
            ("FRESH_WINDOW_S", "60"),
            ("VERSION", "1.2"),
            ("DEBUG", "1"),
            ("ENGINE_HOST", "engine"),
            ("PERISCOPE_PORT", "8501"),
            ("QUOTE_ASSET", "USDT"),
            ("SLIDER_MAX", "x"),
            ("UI_URL", "http://localhost"),
        ];
        Environment::of(suite).apply(&mut Raw::default()).unwrap();
    }

    #[test]
    fn empty_counts_as_not_set() {
        for (name, key, _) in VARIABLES {
            assert!(applied(name, "  ").unwrap().get(key).is_none());
        }
        assert_eq!(Environment::of([("API_URL", "")]).text("API_URL"), None);
        assert_eq!(
            Environment::of([("MOCKX_DATA_DIR", "")]).path("MOCKX_DATA_DIR"),
            None
        );
    }

    #[test]
    fn what_is_not_utf8_is_refused_where_it_matters() {
        let garbled = OsString::from_vec(vec![0xff, 0xfe]);
        let ours = Environment(BTreeMap::from([("SYMBOLS".to_owned(), garbled.clone())]));
        assert!(
            ours.apply(&mut Raw::default())
                .unwrap_err()
                .to_string()
                .ends_with("must be UTF-8")
        );
        let foreign = Environment(BTreeMap::from([("LS_COLORS".to_owned(), garbled)]));
        foreign.apply(&mut Raw::default()).unwrap();
    }
}
