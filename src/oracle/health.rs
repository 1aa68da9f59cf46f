//! How a polled source is doing.
//!
//! One writer, the poller; any number of readers, none of whom holds it up for longer than a copy takes. Times are given
//! in: ages count on the monotonic clock, the wall clock is only for people.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::discover::{Selection, UnknownSymbol};
use super::quote::SkipCounts;
use crate::exchange::{MarketRules, Ticker};
use crate::units::{Span, Symbol, Timestamp};

/// Whether a source delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceState {
    /// No poll has ended yet.
    #[default]
    Starting,
    /// The last poll was answered in full.
    Up,
    /// Of the last poll some requests were answered and some were not.
    Partial,
    /// The last poll gave nothing.
    Down,
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instants {
    /// For ages.
    pub monotonic: Instant,
    /// For people.
    pub wall: Timestamp,
}

/// How a poll ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollEnd {
    /// Whether anything usable came.
    pub delivered: bool,
    /// What went wrong, in the words of who says so.
    pub error: Option<String>,
    /// How long until the next one.
    pub wait: Duration,
}

/// The health of one source; clones share it.
#[derive(Debug, Clone)]
pub struct Health(Arc<watch::Sender<Record>>);

#[derive(Debug)]
struct Record {
    source: &'static str,
    state: SourceState,
    polls: u64,
    failures: u64,
    skipped: SkipCounts,
    last_success: Option<Timestamp>,
    last_error: Option<(Timestamp, String)>,
    next_poll: Option<Instant>,
    /// When each wanted symbol last had a ticker.
    arrivals: BTreeMap<Symbol, Option<Instant>>,
    unknown: Vec<UnknownSymbol>,
    not_trading: Vec<Symbol>,
    /// Whether the venue's list of markets has been read.
    listed: bool,
    /// What has not been taken yet.
    rules: Vec<(Symbol, MarketRules)>,
}

/// The health at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthReport {
    /// Name of the source.
    pub source: &'static str,
    /// Whether it delivers.
    pub state: SourceState,
    /// Polls that ended.
    pub polls: u64,
    /// Polls of which something went wrong.
    pub failures: u64,
    /// Quotes that gave no ticker.
    pub skipped: SkipCounts,
    /// When a poll last gave something usable.
    pub last_success: Option<Timestamp>,
    /// When and how a poll last went wrong.
    pub last_error: Option<(Timestamp, String)>,
    /// How long until the next poll; nothing while one is under way.
    pub next_poll: Option<Span>,
    /// Symbols with a ticker that is young enough.
    pub fresh: usize,
    /// Symbols without one.
    pub stale: usize,
    /// How long ago each symbol had a ticker; `None` for never.
    pub ages: Vec<(Symbol, Option<Span>)>,
    /// Symbols that are wanted and do not exist there.
    pub unknown: Vec<UnknownSymbol>,
    /// Symbols that are wanted, or were traded before, and are not traded there now.
    pub not_trading: Vec<Symbol>,
}

impl Health {
    /// A source that has not been asked yet.
    pub fn new(source: &'static str, symbols: &[Symbol]) -> Health {
        let record = Record {
            source,
            state: SourceState::Starting,
            polls: 0,
            failures: 0,
            skipped: SkipCounts::default(),
            last_success: None,
            last_error: None,
            next_poll: None,
            arrivals: symbols.iter().map(|&symbol| (symbol, None)).collect(),
            unknown: Vec::new(),
            not_trading: Vec::new(),
            listed: false,
            rules: Vec::new(),
        };
        Health(Arc::new(watch::Sender::new(record)))
    }

    /// The venue's list of markets was read: from now on these are asked for.
    pub fn listed(&self, selection: &Selection) {
        self.0.send_modify(|record| {
            let wanted = selection.markets.iter().map(|market| {
                let arrival = record.arrivals.get(&market.symbol);
                (market.symbol, arrival.copied().flatten())
            });
            record.arrivals = wanted.collect();
            record.rules.clone_from(&selection.rules);
            record.listed = true;
            record.unknown.clone_from(&selection.unknown);
            record.not_trading.clone_from(&selection.not_trading);
        });
    }

    /// These were asked for, and do not exist there.
    pub fn wrong(&self, wrong: &[UnknownSymbol]) {
        self.0.send_modify(|record| {
            for one in wrong {
                record.arrivals.remove(&one.symbol);
                if !record
                    .unknown
                    .iter()
                    .any(|known| known.symbol == one.symbol)
                {
                    record.unknown.push(one.clone());
                }
            }
        });
    }

    /// Symbols that are wanted, or were traded before, and are not traded there now.
    pub fn not_trading(&self) -> Vec<Symbol> {
        self.0.borrow().not_trading.clone()
    }

    /// Whether the symbol is known to be traded there: it is in the venue's list, or has come from there.
    pub fn trades(&self, symbol: Symbol) -> bool {
        let record = self.0.borrow();
        let arrival = record.arrivals.get(&symbol);
        arrival.is_some_and(|arrival| record.listed || arrival.is_some())
    }

    /// What the markets of the list demand of orders, until that is put in its place.
    pub fn take_rules(&self) -> Vec<(Symbol, MarketRules)> {
        let mut taken = Vec::new();
        self.0.send_if_modified(|record| {
            taken = std::mem::take(&mut record.rules);
            false
        });
        taken
    }

    /// How many polls have ended.
    pub fn polls(&self) -> u64 {
        self.0.borrow().polls
    }

    /// A poll begins.
    pub fn poll_begins(&self) {
        self.0.send_modify(|record| record.next_poll = None);
    }

    /// Tickers arrived.
    pub fn arrived(&self, tickers: &[Ticker], skipped: SkipCounts, now: Instants) {
        self.0.send_modify(|record| {
            record.skipped.merge(skipped);
            for ticker in tickers {
                record.arrivals.insert(ticker.symbol, Some(now.monotonic));
            }
            if !tickers.is_empty() {
                record.last_success = Some(now.wall);
            }
        });
    }

    /// A poll ended; gives the state if that is another one than before.
    pub fn poll_ended(&self, end: &PollEnd, now: Instants) -> Option<SourceState> {
        let state = match (end.delivered, &end.error) {
            (true, None) => SourceState::Up,
            (true, Some(_)) => SourceState::Partial,
            (false, _) => SourceState::Down,
        };
        let mut before = state;
        self.0.send_modify(|record| {
            before = std::mem::replace(&mut record.state, state);
            record.polls = record.polls.saturating_add(1);
            if let Some(error) = &end.error {
                record.failures = record.failures.saturating_add(1);
                record.last_error = Some((now.wall, error.clone()));
            }
            record.next_poll = now.monotonic.checked_add(end.wait);
        });
        (before != state).then_some(state)
    }

    /// Waits until so many polls ended.
    pub async fn polled(&self, polls: u64) {
        let mut changes = self.0.subscribe();
        // The sender lives as long as `self`, so there is no error to come.
        changes.wait_for(|record| record.polls >= polls).await.ok();
    }

    /// The state of now, with what is older than `max_age` counted as stale.
    pub fn report(&self, now: Instant, max_age: Duration) -> HealthReport {
        let record = self.0.borrow();
        let age = |at: Instant| now.saturating_duration_since(at);
        let fresh = record
            .arrivals
            .values()
            .filter(|at| at.is_some_and(|at| age(at) <= max_age))
            .count();
        HealthReport {
            source: record.source,
            state: record.state,
            polls: record.polls,
            failures: record.failures,
            skipped: record.skipped,
            last_success: record.last_success,
            last_error: record.last_error.clone(),
            next_poll: record
                .next_poll
                .map(|at| span(at.saturating_duration_since(now))),
            fresh,
            stale: record.arrivals.len().saturating_sub(fresh),
            ages: record
                .arrivals
                .iter()
                .map(|(&symbol, &at)| (symbol, at.map(|at| span(age(at)))))
                .collect(),
            unknown: record.unknown.clone(),
            not_trading: record.not_trading.clone(),
        }
    }
}

fn span(duration: Duration) -> Span {
    Span::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Price;

    const MAX_AGE: Duration = Duration::from_secs(60);

    fn symbol(text: &str) -> Symbol {
        Symbol::parse(text).unwrap()
    }

    fn ticker(text: &str) -> Ticker {
        Ticker::of_last(
            symbol(text),
            Price::parse("1").unwrap(),
            Timestamp::default(),
        )
    }

    fn end(delivered: bool, error: Option<&str>) -> PollEnd {
        PollEnd {
            delivered,
            error: error.map(str::to_owned),
            wait: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_change_of_state_is_told_once() {
        let health = Health::new("venue", &[]);
        let now = Instants {
            monotonic: Instant::now(),
            wall: Timestamp::from_millis(5),
        };
        let changes: Vec<Option<SourceState>> = [
            end(true, None),
            end(true, None),
            end(false, Some("a")),
            end(false, Some("b")),
            end(true, Some("c")),
            end(true, None),
        ]
        .iter()
        .map(|end| health.poll_ended(end, now))
        .collect();
        let (up, down, partial) = (SourceState::Up, SourceState::Down, SourceState::Partial);
        assert_eq!(
            changes,
            [Some(up), None, Some(down), None, Some(partial), Some(up)]
        );
        let report = health.report(now.monotonic, MAX_AGE);
        assert_eq!((report.polls, report.failures), (6, 3));
        assert_eq!(report.last_error, Some((now.wall, "c".to_owned())));
        assert_eq!(report.next_poll, Some(Span::from_secs(2)));
    }

    #[test]
    fn symbols_grow_old_by_themselves() {
        let health = Health::new("venue", &[symbol("A/B"), symbol("C/D"), symbol("E/F")]);
        let begin = Instant::now();
        let at = |seconds| Instants {
            monotonic: begin + Duration::from_secs(seconds),
            wall: Timestamp::from_millis(seconds * 1000),
        };
        health.arrived(
            &[ticker("A/B"), ticker("C/D")],
            SkipCounts::default(),
            at(0),
        );
        health.arrived(&[ticker("A/B")], SkipCounts::default(), at(50));
        health.arrived(&[], SkipCounts::default(), at(55));
        let report = health.report(at(61).monotonic, MAX_AGE);
        assert_eq!((report.fresh, report.stale), (1, 2));
        let ages: Vec<Option<u64>> = report
            .ages
            .iter()
            .map(|(_, age)| age.map(Span::as_millis))
            .collect();
        assert_eq!(ages, [Some(11_000), Some(61_000), None]);
        assert_eq!(report.last_success, Some(Timestamp::from_millis(50_000)));
    }
}
