//! The daemon: runs the exchange until it is told to stop.

use thiserror::Error;

use crate::config::Config;

/// Why the daemon could not start, or had to give up.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Fatal(String);

impl Fatal {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        1
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the daemon keeps it")]
/// Runs the exchange until SIGTERM or SIGINT.
pub fn serve(config: Config, demo: bool) -> Result<(), Fatal> {
    log::debug!("demo: {demo}, {config:?}");
    Err(Fatal("the daemon is not part of this build".to_owned()))
}
