//! What ends the daemon.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::local::LocalError;
use crate::exchange::Broken;
use crate::keys::KeyError;
use crate::oracle::{ReplayError, RootsError, RulesError, ValkeyError};
use crate::store::{OpenError, StoreError};

/// Why the daemon does not start, or stops by itself.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The data directory cannot be made.
    #[error("the data directory {} cannot be made: {source}", path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else listens there, or it is not ours.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The same of the port that answers readers of Valkey and Redis.
    #[error("cannot listen on {address}: {source}; choose another with resp.listen")]
    Resp {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The socket that systemd handed over cannot be listened on.
    #[error("the socket from systemd {0}")]
    Socket(String),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store failed and cannot even be read.
    #[error("the store failed and cannot be read back: {0}")]
    StoreLost(StoreError),
    /// What the store holds does not add up.
    #[error("the store holds a state that does not add up: {0}; it was left as it is")]
    Unsound(Broken),
    /// The recording cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The address of the Valkey server is none.
    #[error(transparent)]
    Valkey(#[from] ValkeyError),
    /// There is nobody whom secure connections could trust.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The file of the rules of markets is none.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The mirror cannot be what the settings say.
    #[error("{0}")]
    Mirror(String),
    /// Nobody knows how to ask this exchange.
    #[error("there is no way to ask {0} for prices")]
    NoVenue(&'static str),
    /// The key or the address cannot be kept.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The keys of the Binance-compatible API cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The system does not give what the executor needs.
    #[error("the executor cannot start: {0}")]
    Runtime(io::Error),
    /// The matcher's task ended in a way that it never should.
    #[error("the matcher has gone")]
    MatcherGone,
}

impl Fatal {
    /// What the command answers to whoever started it.
    pub fn exit_code(&self) -> u8 {
        match self {
            // As a usage error: starting it again changes nothing.
            Fatal::Store(OpenError::Damaged { .. } | OpenError::Newer { .. })
            | Fatal::Unsound(_)
            | Fatal::Replay(_)
            | Fatal::Valkey(_)
            | Fatal::Roots(_)
            | Fatal::Rules(_)
            | Fatal::Socket(_)
            | Fatal::Mirror(_)
            | Fatal::NoVenue(_) => 2,
            Fatal::Directory { .. }
            | Fatal::Listen { .. }
            | Fatal::Resp { .. }
            | Fatal::Store(OpenError::InUse(_) | OpenError::Unusable { .. })
            | Fatal::StoreLost(_)
            | Fatal::Local(_)
            | Fatal::Keys(_)
            | Fatal::Runtime(_)
            | Fatal::MatcherGone => 1,
        }
    }
}
