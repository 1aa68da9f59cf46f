//! `mockx check-config`: says whether `serve` would accept the configuration, and what it means.

use std::io::Write as _;
use std::path::Path;

use super::exit::Failure;
use crate::config::{self, Config, Environment, Options, Source};

/// Prints one line that begins with "ok: ", or fails with the error.
pub(super) fn check(file: Option<&Path>, environment: &Environment) -> Result<(), Failure> {
    let options = Options {
        config: file.map(Path::to_path_buf),
        ..Options::default()
    };
    let config = Config::load(&options, environment)?;
    let file = match config::file(file, environment) {
        Some(path) => path.display().to_string(),
        None => "no file, defaults".to_owned(),
    };
    let oracle = &config.oracle;
    let sources = std::iter::once(&oracle.source).chain(&oracle.fallback);
    let source = sources.map(named).collect::<Vec<_>>().join(", then ");
    writeln!(
        std::io::stdout(),
        "ok: {file}: listens on {}, prices from {source}, state in {}",
        config.server.listen,
        config.data_dir.display()
    )?;
    Ok(())
}

/// A source as it was written down.
fn named(source: &Source) -> String {
    match source {
        Source::Sim => "sim".to_owned(),
        Source::Push => "push".to_owned(),
        Source::Venue(venue) => venue.name().to_owned(),
        // Its arguments may hold a secret.
        Source::Exec(command) => format!("exec {:?}", command.first().map_or("", String::as_str)),
        Source::Valkey(valkey) => format!("valkey ({}*)", valkey.prefix),
        Source::Replay { file, .. } => format!("replay:{}", file.display()),
    }
}
