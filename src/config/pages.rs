//! Section `[pages]`: the status pages.

use jiff::tz::TimeZone;

use super::Pages;
use super::assemble::get;
use super::error::ConfigError;
use super::raw::Raw;
use super::setting::Setting;
use crate::units::Span;

const DEFAULT_TITLE: &str = "MockExchange";
const DEFAULT_ZONE: &str = "UTC";
const DEFAULT_REFRESH_SECS: u64 = 5;
const DEFAULT_FRESH_SECS: u64 = 60;
/// Longest title, in characters.
const TITLE_LENGTH_MAX: usize = 60;

/// The settings of the pages.
pub(super) fn pages(raw: &Raw) -> Result<Pages, ConfigError> {
    let default_refresh = Some(Span::from_secs(DEFAULT_REFRESH_SECS));
    let refresh = get(raw, "pages.refresh", Setting::span_or_never)?;
    let fresh_window = get(raw, "pages.fresh_window", Setting::span)?;
    Ok(Pages {
        enabled: get(raw, "pages.enabled", Setting::truth)?.unwrap_or(true),
        need_key: get(raw, "pages.need_key", Setting::truth)?.unwrap_or(false),
        hosts: get(raw, "pages.hosts", hosts)?.unwrap_or_default(),
        title: get(raw, "pages.title", title)?.unwrap_or_else(|| DEFAULT_TITLE.to_owned()),
        zone: get(raw, "pages.zone", zone)?.unwrap_or_else(|| DEFAULT_ZONE.to_owned()),
        refresh: refresh.unwrap_or(default_refresh),
        fresh_window: fresh_window.unwrap_or(Span::from_secs(DEFAULT_FRESH_SECS)),
    })
}

fn title(setting: &Setting) -> Result<String, ConfigError> {
    let text = setting.text()?;
    let plain = !text.chars().any(char::is_control);
    if plain && text.chars().count() <= TITLE_LENGTH_MAX {
        Ok(text.to_owned())
    } else {
        let allowed = format!("must be a line of at most {TITLE_LENGTH_MAX} characters");
        Err(setting.bad(allowed))
    }
}

fn hosts(setting: &Setting) -> Result<Vec<String>, ConfigError> {
    let is_name = |name: &&str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        !name.is_empty() && name.bytes().all(plain)
    };
    let names = setting.items()?;
    if names.iter().all(is_name) {
        Ok(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    } else {
        Err(setting.bad("must be a list of host names without ports, such as [\"pi.lan\"]"))
    }
}

fn zone(setting: &Setting) -> Result<String, ConfigError> {
    let name = setting.text()?;
    let known = name == DEFAULT_ZONE || TimeZone::get(name).is_ok();
    if known {
        Ok(name.to_owned())
    } else {
        Err(setting.bad(
            "must be a time zone of this machine such as \"Europe/Berlin\" (package tzdata), or \"UTC\"",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> Result<Pages, ConfigError> {
        pages(&Raw::parse(
            &format!("[pages]\n{text}\n"),
            Path::new("c.toml"),
        )?)
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, told) in [
            (
                "zone = \"Nowhere/Atall\"",
                "c.toml:2: pages.zone = \"Nowhere/Atall\": must be a time zone",
            ),
            ("title = \"a\\u0007b\"", "c.toml:2: pages.title"),
            (
                "refresh = \"often\"",
                "c.toml:2: pages.refresh = \"often\": must be a time",
            ),
            (
                "hosts = [\"pi.lan:80\"]",
                "c.toml:2: pages.hosts = [\"pi.lan:80\"]: must be a list of host names",
            ),
            (
                "enabled = 2",
                "c.toml:2: pages.enabled = 2: must be true or false",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }

    #[test]
    fn a_refresh_of_zero_is_never() {
        assert_eq!(read("refresh = 0").unwrap().refresh, None);
        assert_eq!(read("").unwrap().refresh, Some(Span::from_secs(5)));
    }
}
