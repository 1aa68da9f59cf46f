//! How much a client may ask for, and how long it may take.
//!
//! Every bound of the server is a constant here. Those that a test or a configuration may want to
//! change are fields of [`Limits`], whose default is the constants.

use std::time::Duration;

/// Connections served at the same time. Beyond it whoever has kept us waiting longest makes room; when all are being
/// worked for, a newcomer is told to come back later. Each needs a file descriptor: see
/// [`OTHER_DESCRIPTORS`].
pub const CONNECTIONS_MAX: usize = 1024;

/// One in so many of the connections may be there beyond the bound: as many that were told to make room and have not gone
/// yet, and as many that are being told that there is none; any more are dropped without a word.
pub const SPARE_SHARE: usize = 16;

/// Without a byte taken by a client that has an answer to read; then it may have to make room for others.
pub const STALL_GRACE: Duration = Duration::from_secs(1);

/// Bytes of a request line and its headers together; beyond it 414 or 431.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Header lines of one request; beyond it 431.
pub const HEADERS_MAX: usize = 64;

/// Bytes of a request body, announced or counted; beyond it 413.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// From the first byte of a request to the end of its headers; beyond it 408. A first byte that came
/// in one piece with the request before it does not count: then it is [`IDLE_TIMEOUT`].
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// From the end of the headers to the end of the body; beyond it 408.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Without a byte from the client, between two requests or before the first; then the connection is
/// closed. Longer than the 60 s after which common clients and proxies drop an idle connection of
/// their pool, so that it is they who close and no request meets a closing connection.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Without a byte taken by a client that has an answer to read; then the connection is reset.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// For requests in flight to finish after the server was told to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_millis(1500);

/// For the first byte of a connection that has sent none when the server is told to stop: its client may be about to, and
/// has done nothing that it could tell from a request that was lost.
pub const NEWCOMER_GRACE: Duration = Duration::from_millis(500);

/// For a last answer to be sent, and for what the client is still sending to be thrown away: a socket
/// closed with unread bytes is reset, and a reset can overtake the answer.
pub const PARTING_TIMEOUT: Duration = Duration::from_secs(1);

/// Bytes thrown away at parting before the connection is closed all the same.
pub const PARTING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Pause after an accept that failed for want of descriptors or memory.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// File descriptors that the rest of the process may need. Where the system allows fewer than these and
/// [`CONNECTIONS_MAX`] together, fewer connections are served.
pub const OTHER_DESCRIPTORS: usize = 256;

/// The bounds of one server. [`Limits::default`] is the constants of this module.
#[derive(Clone, Debug)]
pub struct Limits {
    /// See [`CONNECTIONS_MAX`].
    pub connections: usize,
    /// See [`BODY_BYTES_MAX`].
    pub body_bytes: usize,
    /// See [`HEAD_TIMEOUT`].
    pub head_timeout: Duration,
    /// See [`BODY_TIMEOUT`].
    pub body_timeout: Duration,
    /// See [`IDLE_TIMEOUT`].
    pub idle_timeout: Duration,
    /// See [`WRITE_TIMEOUT`].
    pub write_timeout: Duration,
    /// See [`SHUTDOWN_GRACE`].
    pub shutdown_grace: Duration,
    /// See [`NEWCOMER_GRACE`].
    pub newcomer_grace: Duration,
}

impl Limits {
    /// See [`SPARE_SHARE`].
    pub fn spare(&self) -> usize {
        (self.connections / SPARE_SHARE).max(1)
    }

    /// The same where the process may have so many file descriptors.
    #[must_use]
    pub fn within_descriptors(self, most: usize) -> Limits {
        let connections = most.saturating_sub(OTHER_DESCRIPTORS).max(most / 2);
        Limits {
            connections: self.connections.min(connections),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            body_bytes: BODY_BYTES_MAX,
            head_timeout: HEAD_TIMEOUT,
            body_timeout: BODY_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            shutdown_grace: SHUTDOWN_GRACE,
            newcomer_grace: NEWCOMER_GRACE,
        }
    }
}
