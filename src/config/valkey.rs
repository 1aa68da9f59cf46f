//! Where a Valkey or Redis server is: one address in the file or in `REDIS_URL`, or its parts in the environment.
//!
//! `REDIS_URL` goes before the parts, and the parts before the address of the file. A password by itself belongs to
//! whichever address holds.

use super::env::{
    MIRROR_HOST, MIRROR_PASSWORD, MIRROR_PORT, VALKEY_HOST, VALKEY_PASSWORD, VALKEY_PORT,
};
use super::error::{ConfigError, Place};
use super::raw::Raw;
use super::secret::Secret;
use super::setting::Setting;
use super::{Mirror, Valkey};

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u64 = 6379;
pub(super) const DEFAULT_PREFIX: &str = "tickers:";
const PREFIX_BYTES_MAX: usize = 64;
/// How an address may begin.
const SCHEMES: [&str; 7] = [
    "redis://",
    "rediss://",
    "valkey://",
    "valkeys://",
    "redis+unix://",
    "valkey+unix://",
    "unix://",
];

/// The names of the settings that say where a server is.
struct Keys {
    url: &'static str,
    host: &'static str,
    port: &'static str,
    password: &'static str,
}

const SOURCE: Keys = Keys {
    url: "oracle.valkey_url",
    host: VALKEY_HOST,
    port: VALKEY_PORT,
    password: VALKEY_PASSWORD,
};
const MIRROR: Keys = Keys {
    url: "mirror.url",
    host: MIRROR_HOST,
    port: MIRROR_PORT,
    password: MIRROR_PASSWORD,
};

/// The server that the settings name, for a source that reads from it.
pub(super) fn valkey(raw: &Raw) -> Result<Valkey, ConfigError> {
    let password = raw.get(SOURCE.password).map(password).transpose()?;
    let prefix = raw.get("oracle.valkey_prefix").map(prefix).transpose()?;
    Ok(Valkey {
        url: address(raw, &SOURCE)?,
        password,
        prefix: prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
    })
}

/// The server that is told what happens: on as soon as anything says where it is, unless it is switched off.
pub(super) fn mirror(raw: &Raw) -> Result<Option<Mirror>, ConfigError> {
    let named = [MIRROR.url, MIRROR.host, MIRROR.port, MIRROR.password]
        .iter()
        .any(|key| raw.get(key).is_some());
    let enabled = raw.get("mirror.enabled").map(Setting::truth).transpose()?;
    let key_prefix = raw.get("mirror.key_prefix").map(prefix).transpose()?;
    let ticker_prefix = raw.get("mirror.ticker_prefix").map(ticker_prefix);
    let mirror = Mirror {
        url: address(raw, &MIRROR)?,
        password: raw.get(MIRROR.password).map(password).transpose()?,
        key_prefix: key_prefix.unwrap_or_default(),
        ticker_prefix: ticker_prefix
            .transpose()?
            .unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
    };
    Ok(enabled.unwrap_or(named).then_some(mirror))
}

/// Tickers cannot have names that other keys have.
pub(super) fn ticker_prefix(setting: &Setting) -> Result<String, ConfigError> {
    let prefix = prefix(setting)?;
    if ["open:", "deposits:", "withdrawals:"].contains(&prefix.as_str()) {
        return Err(
            setting.bad("must not be open:, deposits: or withdrawals:, where other keys are")
        );
    }
    Ok(prefix)
}

fn address(raw: &Raw, keys: &Keys) -> Result<Secret, ConfigError> {
    let whole = raw.get(keys.url);
    let checked = whole.map(url).transpose()?;
    let parts = parts(raw, keys)?;
    let by_file = whole.is_some_and(|whole| matches!(whole.place, Place::File { .. }));
    let url = match (checked, parts) {
        (Some(_), Some(parts)) if by_file => parts,
        (Some(url), _) => url,
        (None, Some(parts)) => parts,
        (None, None) => format!("redis://{DEFAULT_HOST}:{DEFAULT_PORT}/0"),
    };
    Secret::any(&url).ok_or(ConfigError::Value {
        place: Place::Default,
        key: keys.url,
        value: String::new(),
        allowed: "must not be empty".to_owned(),
    })
}

fn url(setting: &Setting) -> Result<String, ConfigError> {
    let text = setting.text()?;
    if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(text.to_owned());
    }
    Err(setting
        .bad("must be an address such as redis://127.0.0.1:6379/0 or unix:///run/valkey.sock"))
}

/// The address that `VALKEY_HOST` and `VALKEY_PORT` make, if there is one of them.
fn parts(raw: &Raw, keys: &Keys) -> Result<Option<String>, ConfigError> {
    let (host, port) = (raw.get(keys.host), raw.get(keys.port));
    if host.is_none() && port.is_none() {
        return Ok(None);
    }
    let host = host.map(name).transpose()?;
    let host = host.unwrap_or_else(|| DEFAULT_HOST.to_owned());
    let port = port.map(|port| port.whole(1, 65535)).transpose()?;
    let port = port.unwrap_or(DEFAULT_PORT);
    Ok(Some(format!("redis://{host}:{port}/0")))
}

/// A host name or an address, as it stands in a URL.
fn name(setting: &Setting) -> Result<String, ConfigError> {
    let text = setting.text()?;
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(format!("[{bare}]"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(setting.bad("must be the name or the IP address of a host"))
}

pub(super) fn password(setting: &Setting) -> Result<Secret, ConfigError> {
    Secret::any(setting.text()?).ok_or_else(|| setting.bad("must not be empty"))
}

pub(super) fn prefix(setting: &Setting) -> Result<String, ConfigError> {
    let text = setting.text()?;
    let printable = text.chars().all(|c| !c.is_control());
    if text.len() <= PREFIX_BYTES_MAX && printable {
        Ok(text.to_owned())
    } else {
        Err(setting.bad(format!(
            "must be a text of at most {PREFIX_BYTES_MAX} bytes"
        )))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Environment;
    use super::*;

    fn read(file: &str, variables: &[(&str, &str)]) -> Result<Valkey, ConfigError> {
        let text = format!("[oracle]\n{file}\n");
        let mut raw = Raw::parse(&text, Path::new("c.toml"))?;
        Environment::of(variables.iter().copied()).apply(&mut raw)?;
        valkey(&raw)
    }

    #[test]
    fn the_nearest_address_holds() {
        let file = "valkey_url = \"redis://f/1\"";
        let (host, port) = (("VALKEY_HOST", "h"), ("VALKEY_PORT", "7"));
        let url = ("REDIS_URL", "unix:///u.sock");
        for (file, variables, expected) in [
            ("", &[][..], "redis://127.0.0.1:6379/0"),
            (file, &[], "redis://f/1"),
            (file, &[host], "redis://h:6379/0"),
            ("", &[port], "redis://127.0.0.1:7/0"),
            (file, &[host, port], "redis://h:7/0"),
            (file, &[host, port, url], "unix:///u.sock"),
            ("", &[("VALKEY_HOST", "::1")], "redis://[::1]:6379/0"),
        ] {
            let read = read(file, variables).unwrap();
            assert_eq!(read.url.expose(), expected, "{variables:?}");
        }
        let read = read("valkey_prefix = \"sym_\"", &[("VALKEY_PASSWORD", "pa ss")]).unwrap();
        assert_eq!(read.prefix, "sym_");
        assert_eq!(read.password.as_ref().unwrap().expose(), "pa ss");
        assert!(!format!("{read:?}").contains("pa ss"));
    }

    #[test]
    fn bad_values_say_what_is_allowed_and_show_no_password() {
        for (name, value, expected) in [
            (
                "VALKEY_PORT",
                "0",
                "VALKEY_PORT = \"0\": must be a whole number from 1 to 65535",
            ),
            (
                "VALKEY_HOST",
                "a/b",
                "VALKEY_HOST = \"a/b\": must be the name or the IP address",
            ),
            (
                "REDIS_URL",
                "http://:secret@h",
                "REDIS_URL = (not shown): must be an address such as",
            ),
        ] {
            let error = read("", &[(name, value)]).unwrap_err().to_string();
            let expected = format!("environment: {expected}");
            assert!(error.starts_with(&expected), "{error}");
        }
        let error = read("valkey_url = \"localhost\"", &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("c.toml:2: oracle.valkey_url = (not shown): must be"),
            "{error}"
        );
    }

    #[test]
    fn the_mirror_is_on_when_something_says_where() {
        let read = |file: &str, variables: &[(&str, &str)]| {
            let text = format!("[mirror]\n{file}\n");
            let mut raw = Raw::parse(&text, Path::new("c.toml"))?;
            Environment::of(variables.iter().copied()).apply(&mut raw)?;
            mirror(&raw)
        };
        assert_eq!(read("key_prefix = \"p:\"", &[]).unwrap(), None);
        for (file, variables, expected) in [
            ("url = \"rediss://h/3\"", &[][..], "rediss://h/3"),
            ("enabled = true", &[], "redis://127.0.0.1:6379/0"),
            ("", &[("VALKEY_HOST", "h")], "redis://h:6379/0"),
            ("", &[("VALKEY_PORT", "7")], "redis://127.0.0.1:7/0"),
            ("", &[("VALKEY_PASSWORD", "x")], "redis://127.0.0.1:6379/0"),
            ("", &[("REDIS_URL", "unix:///u")], "unix:///u"),
        ] {
            let read = read(file, variables).unwrap().unwrap();
            assert_eq!(read.url.expose(), expected);
            assert_eq!(
                (read.key_prefix.as_str(), read.ticker_prefix.as_str()),
                ("", "tickers:")
            );
        }
        let off = read("enabled = false", &[("REDIS_URL", "redis://h")]);
        assert_eq!(off.unwrap(), None);
        let error = read("ticker_prefix = \"open:\"", &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("mirror.ticker_prefix = \"open:\": must not be"),
            "{error}"
        );
        let error = read("url = \"h:secret\"", &[]).unwrap_err().to_string();
        assert!(
            error.contains("mirror.url = (not shown): must be"),
            "{error}"
        );
    }
}
