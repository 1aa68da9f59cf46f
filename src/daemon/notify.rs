//! Tells the supervisor how the daemon is doing: the datagrams of `sd_notify(3)`, which systemd reads of a service of
//! `Type=notify`, and Podman and others too.
//!
//! Where nobody asked for them nothing is sent. A datagram that cannot be sent is dropped: a supervisor that does not
//! read must not hold up the exchange.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant as Wakeup, sleep};

use super::board::Board;
use crate::config::Environment;
use crate::mailbox::Mailbox;
use crate::status::{ClockTrust, Status};

/// How often the line about the daemon's state is made anew; it is sent when it differs.
const STATUS_INTERVAL: Duration = Duration::from_secs(5);
/// A sign of life this many times in the span after which the supervisor gives up.
const BEATS: u32 = 3;
/// The most characters of an error in the line about the state.
const WORDS_CHARS: usize = 80;

/// The supervisor's ear.
#[derive(Debug, Default)]
pub(super) struct Notifier {
    ear: Option<(UnixDatagram, SocketAddr)>,
    /// The last line about the state.
    status: Mutex<String>,
}

impl Notifier {
    /// Whoever `$NOTIFY_SOCKET` names.
    pub(super) fn of(environment: &Environment) -> Notifier {
        let path = environment.path("NOTIFY_SOCKET");
        let ear = path.and_then(|path| match ear(&path) {
            Ok(ear) => Some(ear),
            Err(error) => {
                log::warn!("the supervisor cannot be told how it goes: {error}");
                None
            }
        });
        Notifier {
            ear,
            status: Mutex::default(),
        }
    }

    /// Whether anybody listens.
    pub(super) fn is_heard(&self) -> bool {
        self.ear.is_some()
    }

    /// The daemon serves; also said when a reload is done.
    pub(super) fn ready(&self) {
        self.send("READY=1");
    }

    /// The configuration is being read again; ends with [`Notifier::ready`].
    pub(super) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// The daemon is about to end.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    /// One line for people.
    pub(super) fn status(&self, line: &str) {
        let mut last = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != line {
            line.clone_into(&mut last);
            self.send(&format!("STATUS={}", line.replace('\n', " ")));
        }
    }

    /// The start goes on, and takes at least so much longer.
    pub(super) fn extend(&self, by: Duration) {
        self.send(&format!("EXTEND_TIMEOUT_USEC={}", by.as_micros()));
    }

    /// A sign of life.
    fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.ear {
            // It is lost if the supervisor is not there or does not read.
            socket.send_to_addr(message.as_bytes(), address).ok();
        }
    }
}

/// A name that begins with `@` is an abstract one, which no file has.
fn ear(path: &Path) -> io::Result<(UnixDatagram, SocketAddr)> {
    let name = path.as_os_str().as_bytes();
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(path)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

/// Signs of life, given by whoever is to be watched: it asks when the next one is due, and calls [`Pulse::beat`] in its
/// own turns.
#[derive(Debug)]
pub(super) struct Pulse {
    notifier: Arc<Notifier>,
    every: Option<Duration>,
    next: Wakeup,
}

impl Pulse {
    /// As often as `$WATCHDOG_USEC` wants it; never, where it is not set or meant for another process.
    pub(super) fn of(environment: &Environment, notifier: Arc<Notifier>) -> Pulse {
        let is_meant = environment
            .text("WATCHDOG_PID")
            .is_none_or(|pid| pid == std::process::id().to_string());
        let micros = environment
            .text("WATCHDOG_USEC")
            .and_then(|text| text.parse::<u64>().ok())
            .filter(|&micros| micros > 0 && is_meant && notifier.is_heard());
        Pulse {
            notifier,
            every: micros.map(|micros| Duration::from_micros(micros) / BEATS),
            next: Wakeup::now(),
        }
    }

    /// When the next one is due.
    pub(super) fn due(&self) -> Option<Wakeup> {
        self.every.map(|_| self.next)
    }

    /// Gives one, if it is due.
    pub(super) fn beat(&mut self) {
        let now = Wakeup::now();
        if let Some(every) = self.every
            && now >= self.next
        {
            self.notifier.alive();
            self.next = now + every;
        }
    }
}

/// Keeps the line about the daemon's state up to date, for ever.
pub(super) async fn tell(notifier: Arc<Notifier>, mailbox: Mailbox, board: Rc<Board>) {
    loop {
        let board = Rc::clone(&board);
        let seen = mailbox.look(move |exchange| {
            let prices = exchange
                .markets()
                .filter(|(_, market)| market.ticker.is_some());
            (board.status(exchange), prices.count())
        });
        let Ok((status, prices)) = seen.await else {
            return;
        };
        if status.stopping {
            return;
        }
        notifier.status(&line(&status, prices));
        sleep(STATUS_INTERVAL).await;
    }
}

/// Such as `binance up, 12 prices, 3 open orders`.
fn line(status: &Status, prices: usize) -> String {
    let mut parts = Vec::new();
    if let Some(failure) = &status.store.failure {
        parts.push(format!("the store takes no writes ({})", short(failure)));
    }
    if let Some(failure) = &status.audit_failure {
        parts.push(format!("the books do not balance ({})", short(failure)));
    }
    for source in &status.sources {
        let state = match (&source.last_error, source.up) {
            (Some(error), false) => format!("down ({})", short(error)),
            (None, false) => "down".to_owned(),
            (_, true) if source.last_success.is_none() && source.name != "push" => {
                "has no price yet".to_owned()
            }
            (_, true) => "up".to_owned(),
        };
        parts.push(format!("{} {state}", source.name));
    }
    parts.push(counted(prices, "price"));
    let open = usize::try_from(status.open_orders).unwrap_or(usize::MAX);
    parts.push(counted(open, "open order"));
    if status.clock.trust == ClockTrust::Wrong {
        parts.push("the clock is wrong".to_owned());
    }
    parts.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn short(words: &str) -> String {
    words.chars().take(WORDS_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::SourceStatus;
    use crate::units::Timestamp;

    fn source(name: &str, up: bool, error: Option<&str>) -> SourceStatus {
        SourceStatus {
            name: name.to_owned(),
            up,
            last_success: up.then(|| Timestamp::from_millis(1)),
            last_error: error.map(str::to_owned),
            ..SourceStatus::default()
        }
    }

    #[test]
    fn the_line_says_what_matters_in_few_words() {
        let mut status = Status {
            sources: vec![source("binance", true, None)],
            open_orders: 3,
            ..Status::default()
        };
        assert_eq!(line(&status, 12), "binance up, 12 prices, 3 open orders");
        status.sources = vec![source("kraken", false, Some("the connection is refused"))];
        status.open_orders = 1;
        status.store.failure = Some("No space left on device".to_owned());
        status.clock.trust = ClockTrust::Wrong;
        assert_eq!(
            line(&status, 0),
            "the store takes no writes (No space left on device), kraken down (the connection is refused), 0 prices, \
             1 open order, the clock is wrong"
        );
        let waiting = Status {
            sources: vec![SourceStatus {
                last_success: None,
                ..source("okx", true, None)
            }],
            ..Status::default()
        };
        assert_eq!(
            line(&waiting, 0),
            "okx has no price yet, 0 prices, 0 open orders"
        );
    }

    #[test]
    fn a_beat_is_given_when_it_is_due_and_to_whom_it_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let ear = UnixDatagram::bind(&path).unwrap();
        ear.set_nonblocking(true).unwrap();
        let own = std::process::id().to_string();
        let pulse = |micros: &str, pid: &str| {
            let socket = path.to_str().unwrap();
            let variables = [
                ("NOTIFY_SOCKET", socket),
                ("WATCHDOG_USEC", micros),
                ("WATCHDOG_PID", pid),
            ];
            let environment = Environment::of(variables);
            Pulse::of(&environment, Arc::new(Notifier::of(&environment)))
        };
        let mut buffer = [0; 64];
        for (micros, pid) in [("0", &*own), ("soon", &*own), ("30000000", "1")] {
            let mut silent = pulse(micros, pid);
            assert!(silent.due().is_none());
            silent.beat();
            assert!(ear.recv(&mut buffer).is_err());
        }
        let mut beating = pulse("30000000", &own);
        for _ in 0..2 {
            beating.beat();
        }
        assert_eq!(ear.recv(&mut buffer).unwrap(), "WATCHDOG=1".len());
        assert!(ear.recv(&mut buffer).is_err());
        assert!(beating.due().unwrap() > Wakeup::now() + Duration::from_secs(9));
    }
}
