//! The scripts in `tests/scenarios`, one for each rule of how an order lives.
//!
//! A script has a command a line; the indented lines under it are what it did: refusals, fills, orders and balances that
//! changed. `MOCKX_BLESS=1` writes what really happens into the scripts, to be looked at with `git diff`. The words of
//! the language are in `script.rs`.

mod script;
mod tell;

use std::fs;
use std::path::{Path, PathBuf};

use mockx::exchange::{Command, Exchange, Rules};
use mockx::units::{Moment, Span};

use script::Action;

/// A Tuesday in 2023; scripts count from here.
const START: u64 = 1_700_000_000_000;

/// An exchange in the middle of a script.
struct Stage {
    exchange: Exchange,
    moment: Moment,
}

impl Stage {
    fn new() -> Stage {
        let rules = Rules {
            fill_sigma_ppm: 0,
            market_delay_max: Span::ZERO,
            ..Rules::default()
        };
        let moment = Moment {
            now: mockx::units::Timestamp::from_millis(START),
            ..Moment::default()
        };
        Stage {
            exchange: Exchange::new(rules),
            moment,
        }
    }

    /// Carries out a line; tells what it did.
    fn act(&mut self, line: &str) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        let command = match script::action(line)? {
            Action::Rules(settings) => {
                let rules = script::rules(self.exchange.rules().clone(), &settings)?;
                self.exchange = restored(&self.exchange, rules)?;
                return Ok(lines);
            }
            Action::Restart => {
                self.exchange = restored(&self.exchange, self.exchange.rules().clone())?;
                return Ok(lines);
            }
            Action::Show(what) => return tell::show(&self.exchange, &what),
            Action::Wait(span) => {
                self.moment = self.moment.plus(span);
                Command::Wake
            }
            Action::Wall { forward, span } => {
                let now = self.moment.now;
                self.moment.now = if forward {
                    now.plus(span)
                } else {
                    now.minus(span)
                };
                Command::Wake
            }
            Action::Command(command) => command,
        };
        let before = self.exchange.digest();
        let answer = self.exchange.handle(self.moment, command);
        let events = self.exchange.take_events();
        if answer.is_err() && events.is_empty() && before != self.exchange.digest() {
            return Err("a refused command changed something".to_owned());
        }
        self.exchange.audit().map_err(|broken| broken.to_string())?;
        let told = tell::events(&self.exchange, &events, START);
        // The order in an answer is in the events as well: only another one is worth a line.
        lines.extend(
            tell::answer(&answer)
                .into_iter()
                .filter(|line| !told.contains(line)),
        );
        lines.extend(told);
        Ok(lines)
    }
}

fn restored(exchange: &Exchange, rules: Rules) -> Result<Exchange, String> {
    Exchange::restore(rules, exchange.snapshot()).map_err(|broken| broken.to_string())
}

/// A script with what its commands really do under them.
fn played(text: &str) -> Result<String, String> {
    let mut stage = Stage::new();
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with(' ') {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let told = stage
            .act(line)
            .map_err(|error| format!("line {}: {line}: {error}", number + 1))?;
        for line in told {
            out.push_str("  ");
            out.push_str(&line);
            out.push('\n');
        }
    }
    Ok(out)
}

/// Plays a script; tells where it differs from what is written.
fn check(path: &Path, bless: bool) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let real = played(&text)?;
    if real == text {
        return Ok(());
    }
    if bless {
        return fs::write(path, real).map_err(|error| error.to_string());
    }
    let mut lines = text.lines().zip(real.lines()).enumerate();
    let (number, (written, real)) = lines
        .find(|(_, (written, real))| written != real)
        .unwrap_or((text.lines().count(), ("the end", "more or fewer lines")));
    Err(format!(
        "line {}:\n  written: {written}\n  really:  {real}",
        number + 1
    ))
}

#[test]
fn scripts_do_what_is_written_under_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let bless = std::env::var_os("MOCKX_BLESS").is_some_and(|set| set == "1");
    let entries = fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in {}", folder.display());
    let failures: Vec<String> = paths
        .iter()
        .filter_map(|path| {
            let error = check(path, bless).err()?;
            Some(format!("{}: {error}", path.file_name()?.display()))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "MOCKX_BLESS=1 accepts what really happens:\n{}",
        failures.join("\n")
    );
}
