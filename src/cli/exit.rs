//! How a command ends: the four exit codes that `--help` documents, and the one line on stderr
//! that goes with every code but the first.

use std::process::ExitCode;

use thiserror::Error;

use crate::config::ConfigError;
use crate::daemon::Fatal;

/// Why a command ends with another code than 0. Its text is the line on stderr.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The daemon understood the request and said no. Exit code 1.
    #[error("{0}")]
    Refused(String),
    /// The arguments or the environment make no sense. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The configuration makes no sense. Exit code 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No answer came, or none that a mockx daemon gives. Exit code 3.
    #[error("{0}")]
    Unreachable(String),
    /// The answer could not be written to stdout. Exit code 1.
    #[error("cannot write the answer: {0}")]
    Output(#[from] std::io::Error),
    /// The daemon could not start, or had to give up. It has exit codes of its own.
    #[error("{0}")]
    Daemon(Fatal),
}

impl Failure {
    /// The exit code, as `--help` documents it.
    pub(super) fn code(&self) -> ExitCode {
        match self {
            Self::Refused(_) | Self::Output(_) => ExitCode::from(1),
            Self::Usage(_) | Self::Config(_) => ExitCode::from(2),
            Self::Unreachable(_) => ExitCode::from(3),
            Self::Daemon(fatal) => ExitCode::from(fatal.exit_code()),
        }
    }

    /// Whether whoever reads the output has gone away (`mockx orders | head`): nothing to complain
    /// about.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
