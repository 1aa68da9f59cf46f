//! How the daemon is doing, as plain figures for whoever shows them.

use std::time::Duration;

use crate::units::{Span, Symbol, Timestamp};

/// A source of prices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceStatus {
    /// Its name, such as `sim`.
    pub name: String,
    /// Whether it delivers.
    pub up: bool,
    /// When it last delivered.
    pub last_success: Option<Timestamp>,
    /// Its last error in its own words.
    pub last_error: Option<String>,
    /// Deliveries that were tried.
    pub polls: u64,
    /// How many of them failed.
    pub failures: u64,
    /// Quotes that could not be used.
    pub skipped: u64,
    /// Whether it is not asked now because the sources before it deliver.
    pub standby: bool,
    /// Of the symbols that are wanted from it, those that it delivered not too long ago.
    pub fresh: u64,
    /// The others.
    pub stale: u64,
    /// Symbols that are wanted and do not exist there, each with the nearest names.
    pub unknown: Vec<(Symbol, Vec<Symbol>)>,
    /// Symbols that are wanted, or were traded before, and are not traded there now.
    pub not_trading: Vec<Symbol>,
}

/// The position of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplayStatus {
    /// Rows matched so far.
    pub rows: u64,
    /// Whether the file is at its end.
    pub finished: bool,
    /// Market time of the last row.
    pub at: Timestamp,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStatus {
    /// Why it takes no writes, if it does not.
    pub failure: Option<String>,
    /// Commits since the start.
    pub commits: u64,
    /// Time spent in them.
    pub commit_time: Span,
    /// Size of its file in bytes.
    pub file_bytes: u64,
    /// What is left of the file's disk in bytes, where that is known.
    pub disk_free: Option<u64>,
}

/// Whether the wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockTrust {
    /// The system says that it was set from the network.
    Synchronised,
    /// Nobody says so, and nothing speaks against it.
    #[default]
    Unverified,
    /// The system waits for the network to set it.
    Unsynchronised,
    /// It is years off, or behind what was stamped already.
    Wrong,
}

impl ClockTrust {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ClockTrust::Synchronised => "synchronised",
            ClockTrust::Unverified => "unverified",
            ClockTrust::Unsynchronised => "unsynchronised",
            ClockTrust::Wrong => "wrong",
        }
    }
}

/// The clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockStatus {
    /// How often the wall clock jumped since the start.
    pub steps: u64,
    /// The last jump in milliseconds, forward or back.
    pub last_step_ms: i64,
    /// Whether it can be believed now.
    pub trust: ClockTrust,
}

/// The executor's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExecutorStatus {
    /// How often it worked between two sleeps.
    pub stretches: u64,
    /// How often that took 20 ms or longer.
    pub long_stretches: u64,
    /// The longest that took since the start.
    pub longest_stretch: Duration,
}

/// What the mirror is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MirrorState {
    /// It has not reached the server yet.
    #[default]
    Connecting,
    /// The server is being brought up to date.
    Syncing,
    /// The server is told what happens.
    Following,
    /// The server cannot be reached, or does not take what is written.
    Failing,
}

impl MirrorState {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            MirrorState::Connecting => "connecting",
            MirrorState::Syncing => "syncing",
            MirrorState::Following => "following",
            MirrorState::Failing => "failing",
        }
    }
}

/// The mirror in a Valkey or Redis server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MirrorStatus {
    /// What it is at.
    pub state: MirrorState,
    /// Where the server is, without secrets.
    pub server: String,
    /// How long the oldest has waited that is not written.
    pub lag: Span,
    /// Rows that wait.
    pub queued: u64,
    /// The last error, in the server's words; none once everything is written.
    pub last_error: Option<String>,
    /// How often everything has been compared, the start included.
    pub resyncs: u64,
    /// Rows written since the start.
    pub written: u64,
}

impl MirrorStatus {
    /// In words: `mirror: in step`, `mirror: lagging 12 s`, with the error where there is one.
    pub fn words(&self) -> String {
        let seconds = self.lag.as_millis().div_ceil(1000);
        match (&self.last_error, self.state) {
            (Some(why), _) => format!("mirror: lagging {seconds} s: {why}"),
            (None, MirrorState::Following) if seconds <= 1 => "mirror: in step".to_owned(),
            (None, _) => format!("mirror: lagging {seconds} s"),
        }
    }
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Time since the start.
    pub uptime: Span,
    /// Now, as the exchange stamps its orders.
    pub now: Timestamp,
    /// Why the last audit failed, if it did.
    pub audit_failure: Option<String>,
    /// Commands carried out or refused since the start.
    pub commands: u64,
    /// Ticks since the start.
    pub ticks: u64,
    /// Fills since the start.
    pub fills: u64,
    /// Open orders.
    pub open_orders: u64,
    /// Symbols that have never had a price.
    pub symbols_without_price: Vec<Symbol>,
    /// Sources of prices.
    pub sources: Vec<SourceStatus>,
    /// The replay, if there is one.
    pub replay: Option<ReplayStatus>,
    /// The store.
    pub store: StoreStatus,
    /// The mirror, if there is one.
    pub mirror: Option<MirrorStatus>,
    /// The clock.
    pub clock: ClockStatus,
    /// The executor's thread.
    pub executor: ExecutorStatus,
    /// Resident memory of the process in bytes, where that is known.
    pub memory: Option<u64>,
    /// Whether the daemon is about to stop.
    pub stopping: bool,
}
