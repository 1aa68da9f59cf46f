//! Where prices come from: one source, or a list of which each stands in for those before it.

use super::error::ConfigError;
use super::raw::Raw;
use super::setting::{Setting, Value};
use super::valkey::valkey;
use super::venue::Venue;
use super::{Pace, Source};

/// The most sources that can stand in a list. Each may have a call under way on a thread of its own.
const SOURCES_MAX: usize = 4;

/// How a recording is replayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recording {
    pub(super) pace: Pace,
    pub(super) looped: bool,
}

/// The first source, and those that stand in for it.
pub(super) fn read(
    raw: &Raw,
    setting: &Setting,
    recording: Recording,
) -> Result<(Source, Vec<Source>), ConfigError> {
    let items = match &setting.value {
        // A file may have a comma in its name.
        Value::Text(text) if text.contains(':') => vec![text.trim()],
        Value::Text(_) | Value::List(_) => setting.items()?,
        Value::Number(_) | Value::Truth(_) | Value::Table(_) => Vec::new(),
    };
    let sources = items.iter().map(|item| one(raw, setting, item, recording));
    let mut sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
    check_list(setting, &items, &sources)?;
    if sources.is_empty() {
        return Err(setting.bad(allowed()));
    }
    let first = sources.remove(0);
    Ok((first, sources))
}

/// Sources that stand in for each other tell the prices of the same markets: of the world.
fn check_list(setting: &Setting, items: &[&str], sources: &[Source]) -> Result<(), ConfigError> {
    if sources.len() <= 1 {
        return Ok(());
    }
    if sources.len() > SOURCES_MAX {
        return Err(setting.bad(format!("must not have more than {SOURCES_MAX} sources")));
    }
    for (place, (item, source)) in items.iter().zip(sources).enumerate() {
        let why = match source {
            Source::Venue(_) | Source::Exec(_) | Source::Valkey(_) => None,
            Source::Sim => Some("its prices are made up"),
            Source::Push => Some("prices can be set by hand beside any source"),
            Source::Replay { .. } => Some("a recording has a time of its own"),
        };
        if let Some(why) = why {
            return Err(setting.bad(format!("must not have {item} beside others: {why}")));
        }
        if sources.iter().take(place).any(|other| other == source) {
            return Err(setting.bad(format!("must not name {item} twice")));
        }
    }
    Ok(())
}

fn one(
    raw: &Raw,
    setting: &Setting,
    text: &str,
    recording: Recording,
) -> Result<Source, ConfigError> {
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    match text.split_once(':') {
        None if is("sim") => Ok(Source::Sim),
        None if is("push") => Ok(Source::Push),
        None if is("exec") => command(raw, setting),
        None if is("valkey") => valkey(raw).map(Source::Valkey),
        Some((kind, file)) if kind.eq_ignore_ascii_case("replay") && !file.trim().is_empty() => {
            Ok(Source::Replay {
                file: setting.resolve(file.trim()),
                pace: recording.pace,
                looped: recording.looped,
            })
        }
        None => Venue::named(text)
            .map(Source::Venue)
            .ok_or_else(|| setting.bad(allowed())),
        Some(_) => Err(setting.bad(allowed())),
    }
}

/// The program of `exec`, which has to be named.
fn command(raw: &Raw, source: &Setting) -> Result<Source, ConfigError> {
    let command = raw
        .get("oracle.command")
        .map(Setting::command)
        .transpose()?;
    command.map(Source::Exec).ok_or_else(|| {
        source.bad("must come with oracle.command = [\"program\", \"argument\", ...]")
    })
}

fn allowed() -> String {
    let names = Venue::names();
    format!(
        "must be one of sim, push, replay:FILE, exec, valkey, {names}, or a list of exchanges, exec and valkey"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::error::Place;
    use crate::units::Rate;

    fn of(value: Value) -> Result<(Source, Vec<Source>), String> {
        let mut raw = Raw::default();
        let program = Value::List(vec!["feed".to_owned()]);
        raw.put(Setting::new("oracle.command", program, Place::Default));
        let setting = Setting::new("oracle.source", value, Place::Default);
        let recording = Recording {
            pace: Pace::Speed(Rate::from_millionths(1_000_000)),
            looped: false,
        };
        read(&raw, &setting, recording).map_err(|error| error.to_string())
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|&item| item.to_owned()).collect())
    }

    #[test]
    fn a_list_names_sources_in_their_order() {
        let (first, others) = of(list(&["binance", "exec", "Kraken"])).unwrap();
        assert_eq!(first, Source::Venue(Venue::Binance));
        let program = Source::Exec(vec!["feed".to_owned()]);
        assert_eq!(others, [program, Source::Venue(Venue::Kraken)]);
        let text = of(Value::Text("binance, kraken".to_owned())).unwrap();
        assert_eq!(text, of(list(&["binance", "kraken"])).unwrap());
        let one = of(Value::Text("sim".to_owned())).unwrap();
        assert_eq!(one, of(list(&["sim"])).unwrap());
        assert_eq!(one, (Source::Sim, Vec::new()));
        let (file, _) = of(Value::Text("replay:a,b.csv".to_owned())).unwrap();
        assert!(matches!(file, Source::Replay { file, .. } if file.ends_with("a,b.csv")));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (items, why) in [
            (
                &["binance", "sim"][..],
                "sim beside others: its prices are made up",
            ),
            (
                &["push", "kraken"],
                "push beside others: prices can be set by hand",
            ),
            (
                &["kraken", "replay:f.csv"],
                "a recording has a time of its own",
            ),
            (&["kraken", "okx", "Kraken"], "must not name Kraken twice"),
            (
                &["okx", "gate", "mexc", "bybit", "kraken"],
                "more than 4 sources",
            ),
            (&["kraken", "krakn"], "must be one of sim, push"),
            (&[" "], "must be one of sim, push"),
        ] {
            let said = of(list(items)).unwrap_err();
            assert!(said.contains(why), "{items:?}: {said}");
        }
    }
}
