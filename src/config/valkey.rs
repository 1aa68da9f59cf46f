//! Where a Valkey or Redis server is: one address in the file or in `REDIS_URL`, or its parts in the environment.
//!
//! `REDIS_URL` goes before the parts, and the parts before the address of the file. A password by itself belongs to
//! whichever address holds.

use super::Valkey;
use super::env::{VALKEY_HOST, VALKEY_PASSWORD, VALKEY_PORT};
use super::error::{ConfigError, Place};
use super::raw::Raw;
use super::secret::Secret;
use super::setting::Setting;

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u64 = 6379;
const DEFAULT_PREFIX: &str = "tickers:";
const PREFIX_BYTES_MAX: usize = 64;
/// How an address may begin; those that end in `s` mean TLS, which is not built in.
const SCHEMES: [&str; 5] = [
    "redis://",
    "valkey://",
    "redis+unix://",
    "valkey+unix://",
    "unix://",
];
const TLS_SCHEMES: [&str; 2] = ["rediss://", "valkeys://"];

/// The server that the settings name, for a source that reads from it.
pub(super) fn valkey_source(raw: &Raw) -> Result<Valkey, ConfigError> {
    if let Some(setting) = raw.get("oracle.valkey_url")
        && begins(setting.text()?, &TLS_SCHEMES)
    {
        return Err(setting.bad("must be an address without TLS, such as redis://127.0.0.1:6379/0"));
    }
    valkey(raw)
}

/// The server that the settings name.
pub(super) fn valkey(raw: &Raw) -> Result<Valkey, ConfigError> {
    let password = raw.get(VALKEY_PASSWORD).map(password).transpose()?;
    let prefix = raw.get("oracle.valkey_prefix").map(prefix).transpose()?;
    Ok(Valkey {
        url: address(raw)?,
        password,
        prefix: prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
    })
}

fn address(raw: &Raw) -> Result<Secret, ConfigError> {
    let whole = raw.get("oracle.valkey_url");
    let checked = whole.map(url).transpose()?;
    let parts = parts(raw)?;
    let by_file = whole.is_some_and(|whole| matches!(whole.place, Place::File { .. }));
    let url = match (checked, parts) {
        (Some(_), Some(parts)) if by_file => parts,
        (Some(url), _) => url,
        (None, Some(parts)) => parts,
        (None, None) => format!("redis://{DEFAULT_HOST}:{DEFAULT_PORT}/0"),
    };
    Secret::any(&url).ok_or(ConfigError::Value {
        place: Place::Default,
        key: "oracle.valkey_url",
        value: String::new(),
        allowed: "must not be empty".to_owned(),
    })
}

fn url(setting: &Setting) -> Result<String, ConfigError> {
    let text = setting.text()?;
    if begins(text, &SCHEMES) || begins(text, &TLS_SCHEMES) {
        return Ok(text.to_owned());
    }
    Err(setting
        .bad("must be an address such as redis://127.0.0.1:6379/0 or unix:///run/valkey.sock"))
}

fn begins(text: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| text.starts_with(scheme))
}

/// The address that `VALKEY_HOST` and `VALKEY_PORT` make, if there is one of them.
fn parts(raw: &Raw) -> Result<Option<String>, ConfigError> {
    let (host, port) = (raw.get(VALKEY_HOST), raw.get(VALKEY_PORT));
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

fn password(setting: &Setting) -> Result<Secret, ConfigError> {
    Secret::any(setting.text()?).ok_or_else(|| setting.bad("must not be empty"))
}

fn prefix(setting: &Setting) -> Result<String, ConfigError> {
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
    fn tls_matters_only_to_who_reads_from_the_server() {
        let raw = Raw::parse(
            "[oracle]\nvalkey_url = \"rediss://h\"\n",
            Path::new("c.toml"),
        );
        let raw = raw.unwrap();
        assert!(valkey(&raw).is_ok());
        let error = valkey_source(&raw).unwrap_err().to_string();
        assert!(error.contains("without TLS"), "{error}");
    }
}
