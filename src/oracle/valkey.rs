//! `valkey`: prices that another program writes to a Valkey or Redis server, a hash a symbol.
//!
//! Where the server tells of changed keys (keyspace notifications), a hash is read when it has changed, and all of them now
//! and then in case something was missed; elsewhere all of them are read at the poll interval, and those count that are
//! not as they were. All of it happens on a thread of its own, which connects again, with a wait that doubles, when the
//! connection is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use redis::{ConnectionInfo, IntoConnectionInfo as _, RedisError, RedisResult};

use super::backoff;
use super::outlet::Outlet;
use super::poll::now;
use super::quote::{Quote, SkipCounts, Skipped};
use super::valkey_hash::symbol;
use super::valkey_link::{Events, Link, Subscription};
use crate::exchange::{Digest, SYMBOLS_MAX};
use crate::units::Symbol;

/// Its name in settings, logs and reports.
pub const VALKEY: &str = "valkey";

/// The wait after the first failure, and the longest.
const BACKOFF: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// How often everything is read, and the server asked whether it still tells, where it tells of changes.
const REVIEW_EVERY: Duration = Duration::from_secs(30);
/// The longest wait for an event before it is looked whether anybody still wants it.
const EVENT_WAIT: Duration = Duration::from_secs(2);
const STACK_BYTES: usize = 256 * 1024;

/// What a source needs to know.
#[derive(Clone)]
pub struct ValkeySettings {
    /// Where the server is: `redis://host:port/db`, `unix:///path`.
    pub url: String,
    /// The password, where it is not part of the address.
    pub password: Option<String>,
    /// What the keys of tickers begin with; the symbol follows.
    pub prefix: String,
    /// The symbols that are wanted; all if there are none.
    pub symbols: Vec<Symbol>,
    /// How often to look, where the server does not tell.
    pub interval: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

/// Why there is no such server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of the Valkey server cannot be used: {0}")]
pub struct ValkeyError(String);

/// A source that has not been started.
pub struct Valkey {
    server: ConnectionInfo,
    settings: ValkeySettings,
}

impl std::fmt::Debug for Valkey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest may hold a password.
        f.debug_struct("Valkey")
            .field("server", &self.server.addr().to_string())
            .field("prefix", &self.settings.prefix)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ValkeySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ValkeySettings")
            .field("prefix", &self.prefix)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

impl Valkey {
    /// Checks the address; nothing is sent there yet.
    pub fn new(settings: ValkeySettings) -> Result<Valkey, ValkeyError> {
        let server = settings.url.as_str().into_connection_info();
        let mut server = server.map_err(|why| ValkeyError(why.to_string()))?;
        let account = server.redis_settings();
        if let (Some(password), None) = (&settings.password, account.password()) {
            let account = account.clone().set_password(password);
            server = server.set_redis_settings(account);
        }
        Ok(Valkey { server, settings })
    }

    /// Starts its thread, which ends some time after the other side of `outlet` is dropped.
    pub fn start(self, outlet: Outlet) {
        let (told, address) = (outlet.clone(), self.server.addr().to_string());
        let builder = thread::Builder::new()
            .name(VALKEY.to_owned())
            .stack_size(STACK_BYTES);
        let follower = Follower {
            outlet,
            source: self,
            seen: BTreeMap::new(),
            mode: None,
        };
        if let Err(why) = builder.spawn(move || follower.run()) {
            told.failed(format!("{address}: no thread: {why}"), Duration::MAX);
        }
    }
}

/// How the hashes are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Events,
    Polls,
}

/// Whether the work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Again,
    End,
}

struct Follower {
    source: Valkey,
    outlet: Outlet,
    /// The last quote of each symbol, to tell what is new.
    seen: BTreeMap<Symbol, Quote>,
    mode: Option<Mode>,
}

impl Follower {
    fn run(mut self) {
        let mut chance = Digest::from_bits(self.source.settings.seed);
        let mut failures = 0u32;
        loop {
            let begun = Instant::now();
            let Err(why) = self.stay_connected() else {
                return;
            };
            if begun.elapsed() > BACKOFF_MAX {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            chance.word(1);
            let wait = backoff::after_failures(failures, BACKOFF, BACKOFF_MAX, chance.bits());
            self.outlet.failed(self.words(&why), wait);
            if self.outlet.rest(wait) {
                return;
            }
        }
    }

    /// The error with the server's address, without the library's own name for its kind.
    fn words(&self, why: &RedisError) -> String {
        let server = self.source.server.addr();
        if why.is_timeout() {
            return format!("{server}: no answer in time");
        }
        match (why.code(), why.detail()) {
            (Some(code), Some(detail)) => format!("{server}: {code} {detail}"),
            (None, _) | (_, None) => format!("{server}: {why}"),
        }
    }

    /// Follows the server until the connection is lost, which is the error, or nobody wants it any more.
    fn stay_connected(&mut self) -> RedisResult<()> {
        let mut link = Link::open(&self.source.server)?;
        let db = self.source.server.redis_settings().db();
        loop {
            let pattern = link.patterns(db, &self.source.settings.prefix)?;
            let next = match pattern {
                None => None,
                Some(pattern) => {
                    let mut events = Events::open(&self.source.server)?;
                    let subscription = events.subscribe(&pattern)?;
                    subscription
                        .map(|events| self.follow(&mut link, events, db, &pattern))
                        .transpose()?
                }
            };
            let next = match next {
                Some(next) => next,
                None => self.poll(&mut link)?,
            };
            if next == Next::End {
                return Ok(());
            }
        }
    }

    /// Reads what the server says has changed, for as long as it says so.
    fn follow(
        &mut self,
        link: &mut Link,
        mut events: Subscription<'_>,
        db: i64,
        pattern: &str,
    ) -> RedisResult<Next> {
        self.set_mode(Mode::Events);
        loop {
            self.read_all(link)?;
            let begun = Instant::now();
            while begun.elapsed() < REVIEW_EVERY.max(self.source.settings.interval) {
                if self.outlet.rest(Duration::ZERO) {
                    return Ok(Next::End);
                }
                let keys = events.keys(EVENT_WAIT)?;
                if !keys.is_empty() {
                    self.read_changed(link, &keys)?;
                }
            }
            let prefix = &self.source.settings.prefix;
            if link.patterns(db, prefix)?.as_deref() != Some(pattern) {
                return Ok(Next::Again);
            }
        }
    }

    /// Reads everything once, and waits for the interval.
    fn poll(&mut self, link: &mut Link) -> RedisResult<Next> {
        self.set_mode(Mode::Polls);
        let begun = Instant::now();
        self.read_all(link)?;
        let interval = self.source.settings.interval;
        let wait = interval.saturating_sub(begun.elapsed());
        // A poll that takes longer than the interval must not become a busy loop.
        let ended = self.outlet.rest(wait.max(interval / 10));
        Ok(if ended { Next::End } else { Next::Again })
    }

    fn set_mode(&mut self, mode: Mode) {
        if self.mode.replace(mode) == Some(mode) {
            return;
        }
        let (server, prefix) = (self.source.server.addr(), &self.source.settings.prefix);
        match mode {
            Mode::Events => {
                log::info!("{VALKEY}: {server} tells of changes of {prefix}*");
            }
            Mode::Polls => log::info!(
                "{VALKEY}: {server} does not tell of changes (notify-keyspace-events has not K or E with h or A): \
                 {prefix}* is read every {:.1} s",
                self.source.settings.interval.as_secs_f32()
            ),
        }
    }

    /// Everything; what is as it was is no news.
    fn read_all(&mut self, link: &mut Link) -> RedisResult<()> {
        let settings = &self.source.settings;
        let prefix = &settings.prefix;
        let (keys, is_all) = if settings.symbols.is_empty() {
            link.keys(prefix)?
        } else {
            let named = settings.symbols.iter();
            let keys = named.map(|symbol| format!("{prefix}{symbol}").into_bytes());
            (keys.collect(), true)
        };
        let usable = self.read(link, &keys, false)?;
        let interval = self.source.settings.interval;
        let prefix = &self.source.settings.prefix;
        if usable == 0 {
            let why = format!("no hash under {prefix} has a price");
            self.outlet.failed(why, interval);
        } else {
            let why = format!("more than {SYMBOLS_MAX} keys begin with {prefix}");
            self.outlet.delivered((!is_all).then_some(why), interval);
        }
        Ok(())
    }

    /// What has been written anew, which is news even if it is as it was.
    fn read_changed(&mut self, link: &mut Link, keys: &BTreeSet<Vec<u8>>) -> RedisResult<()> {
        let prefix = self.source.settings.prefix.as_bytes();
        let ours: BTreeSet<Vec<u8>> = keys
            .iter()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        if self.read(link, &ours, true)? > 0 {
            self.outlet.delivered(None, Duration::ZERO);
        }
        Ok(())
    }

    /// Reads hashes and passes on what is new; gives how many could be used.
    fn read(
        &mut self,
        link: &mut Link,
        keys: &BTreeSet<Vec<u8>>,
        is_news: bool,
    ) -> RedisResult<usize> {
        let (mut symbols, mut wanted) = (Vec::new(), Vec::new());
        let mut skipped = SkipCounts::default();
        for key in keys {
            match symbol(key, &self.source.settings.prefix) {
                Ok(symbol) if self.outlet.wants(symbol) => {
                    symbols.push(symbol);
                    wanted.push(key.clone());
                }
                Ok(_) => {}
                Err(why) => skipped.count(why),
            }
        }
        let hashes = link.hashes(&wanted)?;
        let (arrived, mut usable, mut tickers) = (now().wall, 0usize, Vec::new());
        for (symbol, hash) in symbols.into_iter().zip(hashes) {
            let quote = hash
                .ok_or(Skipped::Malformed)
                .and_then(|hash| hash.quote(symbol));
            let ticker = quote.and_then(|quote| Ok((quote, quote.ticker(arrived)?)));
            match ticker {
                Ok((quote, ticker)) => {
                    usable = usable.saturating_add(1);
                    if self.is_new(quote) || is_news {
                        tickers.push(ticker);
                    }
                }
                Err(why) => skipped.count(why),
            }
        }
        self.outlet.put(&tickers, skipped);
        Ok(usable)
    }

    fn is_new(&mut self, quote: Quote) -> bool {
        // Names that come and go must not add up; what is forgotten counts as new once more.
        if self.seen.len() >= SYMBOLS_MAX && !self.seen.contains_key(&quote.symbol) {
            self.seen.clear();
        }
        self.seen.insert(quote.symbol, quote) != Some(quote)
    }
}
