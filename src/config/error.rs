//! What can be wrong with a configuration, said so that it can be put right: where it stands, the
//! name, the value, and what is allowed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// In the environment.
    Variable(&'static str),
    /// In a file of its own, which holds a secret.
    Secret(PathBuf),
    /// On the command line.
    Flag(&'static str),
    /// Nowhere: a default.
    Default,
}

impl Place {
    /// The setting's name as it was written at this place; `key` is what the file calls it.
    fn name<'a>(&'a self, key: &'a str) -> &'a str {
        match self {
            Self::File { .. } | Self::Secret(_) | Self::Default => key,
            Self::Variable(name) | Self::Flag(name) => name,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Secret(path) => write!(formatter, "{}", path.display()),
            Self::Variable(_) => formatter.write_str("environment"),
            Self::Flag(_) => formatter.write_str("command line"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// What is wrong with a configuration. One line each.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place}: not valid TOML: {message}")]
    Syntax {
        /// The line.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// A key or a section that does not exist.
    #[error("{place}: unknown {what}; allowed: {allowed}")]
    Unknown {
        /// The line.
        place: Place,
        /// `key server.prot`, `section [sever]`.
        what: String,
        /// Names that exist.
        allowed: String,
    },
    /// A value that is not allowed.
    #[error("{place}: {} = {value}: {allowed}", place.name(key))]
    Value {
        /// Where it stands.
        place: Place,
        /// The key, as the file calls it.
        key: &'static str,
        /// The value as written; never that of a secret.
        value: String,
        /// What is allowed; a sentence that begins with "must".
        allowed: String,
    },
    /// No authentication on an address that others can reach.
    #[error(
        "server.listen = {listen} can be reached from other machines while authentication is off \
         (server.auth = false or TEST_ENV): listen on 127.0.0.1, or switch authentication on, or \
         set server.allow_open = true if everybody may trade and reset"
    )]
    OpenWithoutAuth {
        /// The address.
        listen: std::net::SocketAddr,
    },
    /// No password for the port of the keys on an address that others can reach.
    #[error(
        "resp.listen = {listen} can be reached from other machines without a password: listen on 127.0.0.1, or set \
         resp.password (MOCKX_RESP_PASSWORD)"
    )]
    RespWithoutPassword {
        /// The address.
        listen: std::net::SocketAddr,
    },
    /// There is no place for the state.
    #[error(
        "no data directory: HOME is not set; give --data-dir, MOCKX_DATA_DIR or store.data_dir"
    )]
    NoDataDir,
}
