//! What a daemon is told by signals.

use std::io::{IsTerminal as _, stdin};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::fatal::Fatal;

/// What a signal asks for.
pub(super) enum Asked {
    Stop,
    Reload,
}

/// The signals that a daemon listens to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Whether there is a terminal that could be closed: then SIGHUP says that it was.
    at_terminal: bool,
}

impl Signals {
    pub(super) fn listen() -> Result<Signals, Fatal> {
        let listen = |kind| signal(kind).map_err(Fatal::Runtime);
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            at_terminal: stdin().is_terminal(),
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Asked {
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        };
        if name == "SIGHUP" && !self.at_terminal {
            return Asked::Reload;
        }
        log::info!("stopping on {name}");
        Asked::Stop
    }
}
