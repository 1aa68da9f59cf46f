//! The log of `serve`: one line an event, on stderr.
//!
//! Under systemd the journal keeps the time by itself and reads the priority from a prefix
//! (`<3>`..`<7>`, see sd-daemon(3)); everywhere else a line has time, level and message.

use std::fs::File;
use std::io::{Write as _, stderr};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use log::{Level, LevelFilter};

use crate::config::Environment;

/// Starts the log. What libraries have to say is logged from warnings on. [`log::set_max_level`] changes the level later.
pub(super) fn start(level: LevelFilter, environment: &Environment) {
    let journal = is_journal(environment.text("JOURNAL_STREAM"), stderr_identity());
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(LevelFilter::Warn)
        .filter_module("mockx", LevelFilter::Trace);
    builder.format(move |out, record| {
        let message = one_line(&record.args().to_string());
        if journal {
            writeln!(out, "<{}>{message}", priority(record.level()))
        } else {
            let time = out.timestamp_millis();
            writeln!(out, "{time} {:<5} {message}", record.level())
        }
    });
    // It fails only if there is a log already, which then serves as well.
    builder.try_init().ok();
    log::set_max_level(level);
}

/// What stands before an error that is not logged, but the last word of a command.
pub(super) fn error_prefix(environment: &Environment) -> &'static str {
    if is_journal(environment.text("JOURNAL_STREAM"), stderr_identity()) {
        "<3>"
    } else {
        ""
    }
}

/// The journal's number for a level.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// Device and inode of stderr, in the form of `$JOURNAL_STREAM`.
fn stderr_identity() -> Option<String> {
    let copy = stderr().as_fd().try_clone_to_owned().ok()?;
    let metadata = File::from(copy).metadata().ok()?;
    Some(format!("{}:{}", metadata.dev(), metadata.ino()))
}

/// Whether stderr is the stream that systemd says goes to the journal. A child with its stderr
/// redirected inherits the variable, but not the stream.
fn is_journal(stream: Option<&str>, identity: Option<String>) -> bool {
    matches!((stream, identity), (Some(stream), Some(identity)) if stream == identity)
}

/// Control characters would let a message look like two.
fn one_line(message: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    message.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stream_itself_is_the_journal() {
        let own = stderr_identity();
        assert!(is_journal(own.as_deref(), own.clone()));
        assert!(!is_journal(Some("0:0"), own.clone()));
        assert!(!is_journal(None, own));
        assert!(!is_journal(Some("1:2"), None));
    }

    #[test]
    fn a_message_stays_one_line() {
        assert_eq!(one_line("a\n<0>b\u{1b}[1mé"), "a\\n<0>b\\u{1b}[1mé");
    }
}
