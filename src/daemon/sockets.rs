//! Where the server listens: on a socket that systemd has opened for it (`mockx.socket`), else on one of its own.
//!
//! A socket of systemd's is there before the daemon and outlives it: clients that connect during a restart wait for
//! their answer and are not refused.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::fd::OwnedFd;

use rustix::io::{FdFlags, fcntl_setfd};
use tokio::net::TcpListener;

use super::fatal::Fatal;
use crate::config::Config;

/// What the socket is called where systemd hands over several: `FileDescriptorName=`.
const NAME: &str = "http";

/// The listening socket, and its address.
pub(super) async fn listen(config: &Config) -> Result<(TcpListener, SocketAddr), Fatal> {
    let address = config.server.listen;
    let failed = |source| Fatal::Listen { address, source };
    let Some(given) = handed_over()? else {
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        return Ok((listener, address));
    };
    let unfit = |error: std::io::Error| Fatal::Socket(format!("is no use: {error}"));
    // The program of a source must not inherit it.
    fcntl_setfd(&given, FdFlags::CLOEXEC).map_err(|error| unfit(error.into()))?;
    let listener = StdListener::from(given);
    let address = listener.local_addr().map_err(unfit)?;
    let server = &config.server;
    if !server.auth && !server.allow_open && !address.ip().to_canonical().is_loopback() {
        return Err(Fatal::Socket(format!(
            "on {address} can be reached from other machines while authentication is off: switch it on, or set \
             server.allow_open = true"
        )));
    }
    listener.set_nonblocking(true).map_err(unfit)?;
    Ok((TcpListener::from_std(listener).map_err(unfit)?, address))
}

/// The socket of systemd's, if there is one.
fn handed_over() -> Result<Option<OwnedFd>, Fatal> {
    let given =
        sd_listen_fds::get().map_err(|error| Fatal::Socket(format!("is no use: {error}")))?;
    let count = given.len();
    let mut wanted: Vec<OwnedFd> = given
        .into_iter()
        .filter(|(name, _)| count == 1 || name.as_deref() == Some(NAME))
        .map(|(_, socket)| socket.into_std())
        .collect();
    match (count, wanted.len()) {
        (0, _) => Ok(None),
        (_, 1) => Ok(wanted.pop()),
        _ => Err(Fatal::Socket(format!(
            "is one of {count}: exactly one of them must have FileDescriptorName={NAME}"
        ))),
    }
}
