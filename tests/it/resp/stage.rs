//! A daemon with the port, and connections to it.

use std::net::SocketAddr;

use redis::Connection;
use tempfile::TempDir;

use crate::support::{Daemon, Launch};

/// A folder and a daemon in it.
pub(super) struct Stage {
    _home: TempDir,
    pub(super) daemon: Daemon,
}

/// Settings under which orders are filled at once and whole.
pub(super) const CALM: &str = "[exchange]\nfill_sigma = 0\nmarket_delay_max = 0\ntick_loop = 0\n\
     [oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n";

impl Stage {
    /// A daemon with these further settings of the port.
    pub(super) fn new(resp: &str) -> Stage {
        let home = TempDir::new().unwrap();
        let config = format!("{CALM}[resp]\nlisten = \"127.0.0.1:0\"\n{resp}\n");
        let launch = Launch::new(&home.path().join("data"), "push").config(&config);
        Stage {
            daemon: launch.start(),
            _home: home,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        address(&self.daemon)
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(super) fn connect(&self) -> Connection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_connection().unwrap()
    }
}

/// Where the port is, which the log tells.
pub(crate) fn address(daemon: &Daemon) -> SocketAddr {
    let log = daemon.log();
    let (_, rest) = log.split_once("redis://").unwrap();
    let end = rest.find([',', '\n']).unwrap();
    rest[..end].parse().unwrap()
}
