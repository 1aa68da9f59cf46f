//! `mockx doctor`: what an issue report needs, and what looks wrong, in one page of text.
//!
//! It works with the daemon down and never shows a secret: of settings that hold one only their names and places. Exit code 0
//! says that nothing looks wrong, 1 that something does.

mod daemon;
mod state;
mod system;

use std::fmt::Write as _;
use std::io::Write as _;

use super::arguments::VERSION;
use super::exit::Failure;
use crate::config::{self, Config, Environment, Options, Written};

/// Settings that may hold a secret somewhere inside.
const DELICATE: [&str; 2] = ["oracle.command", "oracle.base_urls"];

/// The page that is being written.
#[derive(Debug, Default)]
struct Page {
    text: String,
    problems: Vec<String>,
}

impl Page {
    fn section(&mut self, name: &str) {
        self.raw(&format!("\n{name}\n"));
    }

    fn row(&mut self, name: &str, value: &str) {
        self.raw(&format!("  {name:<10} {value}\n"));
    }

    fn line(&mut self, line: &str) {
        self.raw(&format!("  {line}\n"));
    }

    /// Something that looks wrong; it is listed at the end.
    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// Prints the page.
pub(super) fn doctor(environment: &Environment) -> Result<(), Failure> {
    let mut page = Page::default();
    page.raw(&format!("mockx {VERSION}\n"));
    system::system(&mut page);
    page.section("configuration");
    let loaded = Config::load_written(&Options::default(), environment);
    let config = match &loaded {
        Ok((config, written)) => {
            settings(&mut page, environment, written);
            Some(config)
        }
        Err(error) => {
            page.line(&error.to_string());
            page.problem(format!("configuration: {error}"));
            None
        }
    };
    if let Some(config) = config {
        state::state(&mut page, &config.data_dir);
    }
    system::service(&mut page);
    daemon::daemon(&mut page, environment);
    page.section("problems");
    let problems = std::mem::take(&mut page.problems);
    for problem in &problems {
        page.line(problem);
    }
    if problems.is_empty() {
        page.line("none that can be seen from here");
    }
    write!(std::io::stdout().lock(), "{}", page.text)?;
    match problems.len() {
        0 => Ok(()),
        1 => Err(Failure::Refused("one thing looks wrong".to_owned())),
        count => Err(Failure::Refused(format!("{count} things look wrong"))),
    }
}

/// What was set, and where; everything else has its default.
fn settings(page: &mut Page, environment: &Environment, written: &Written) {
    match config::file(None, environment) {
        Some(path) => page.row("file", &path.display().to_string()),
        None => page.row("file", "none"),
    }
    let mut any = false;
    for (key, value, place) in written.shown() {
        any = true;
        let value = careful(key, value);
        page.line(&format!("{key} = {value}  ({place})"));
    }
    if !any {
        page.line("nothing is set, everything has its default");
    }
}

fn careful(key: &str, value: String) -> String {
    if DELICATE.contains(&key) {
        "(not shown)".to_owned()
    } else {
        value
    }
}

/// A size for people.
fn bytes(count: u64) -> String {
    let mut text = String::new();
    let tenths = |unit: u64| u128::from(count) * 10 / u128::from(unit);
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = units.into_iter().find(|(_, unit)| count >= *unit);
    // Writing to a text cannot fail.
    match unit {
        Some((name, unit)) => {
            let tenths = tenths(unit);
            write!(text, "{}.{} {name}", tenths / 10, tenths % 10).ok();
        }
        None => {
            write!(text, "{count} B").ok();
        }
    }
    text
}

/// A span for people, in its two largest units.
fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_for_people() {
        let sizes = [0, 1023, 1024, 1536, 5 << 20, u64::MAX].map(bytes);
        assert_eq!(
            sizes,
            [
                "0 B",
                "1023 B",
                "1.0 KiB",
                "1.5 KiB",
                "5.0 MiB",
                "17179869183.9 GiB"
            ]
        );
        let spans = [59, 60, 3600, 90_061].map(span);
        assert_eq!(spans, ["59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"]);
    }
}
