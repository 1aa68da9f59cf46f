//! Where a source that runs by itself puts its tickers, until the matcher takes them.
//!
//! Of each symbol only the newest ticker waits, and there are at most [`SYMBOLS_MAX`] symbols: however fast a source is and
//! however busy the matcher, what waits does not grow, and what is taken is never older than it has to be. Putting never
//! blocks for longer than a copy takes, so the source keeps its own pace on its own thread.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::health::{Health, PollEnd, SourceState};
use super::poll::now;
use super::quote::{SkipCounts, Skipped};
use crate::exchange::{SYMBOLS_MAX, Ticker};
use crate::units::Symbol;

/// The side of the source; clones share it.
#[derive(Debug, Clone)]
pub struct Outlet {
    name: &'static str,
    shared: Arc<Shared>,
    health: Health,
    /// The symbols that are wanted; all if there are none.
    wanted: Arc<BTreeSet<Symbol>>,
}

/// The side of the matcher; when it is dropped the source may end.
#[derive(Debug)]
pub struct Inlet {
    shared: Arc<Shared>,
    health: Health,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Notify,
    closing: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    tickers: BTreeMap<Symbol, Ticker>,
    /// Every symbol that ever came, so that a source cannot make up new ones for ever.
    known: BTreeSet<Symbol>,
    news: bool,
    closed: bool,
}

/// Both sides for a source of this name; of other symbols than these, if there are any, nothing is passed on.
pub fn outlet(name: &'static str, symbols: &[Symbol]) -> (Outlet, Inlet) {
    let shared = Arc::new(Shared::default());
    let health = Health::new(name, symbols);
    let inlet = Inlet {
        shared: Arc::clone(&shared),
        health: health.clone(),
    };
    let outlet = Outlet {
        name,
        shared,
        health,
        wanted: Arc::new(symbols.iter().copied().collect()),
    };
    (outlet, inlet)
}

impl Outlet {
    /// Whether anybody wants the prices of this symbol.
    pub fn wants(&self, symbol: Symbol) -> bool {
        self.wanted.is_empty() || self.wanted.contains(&symbol)
    }

    /// Passes tickers on, each in the place of an older one of its symbol, and counts what was skipped.
    pub fn put(&self, tickers: &[Ticker], mut skipped: SkipCounts) {
        let mut passed = Vec::with_capacity(tickers.len());
        let mut waiting = self.shared.lock();
        for ticker in tickers.iter().filter(|ticker| self.wants(ticker.symbol)) {
            if !waiting.known.contains(&ticker.symbol) {
                if waiting.known.len() >= SYMBOLS_MAX {
                    skipped.count(Skipped::TooMany);
                    continue;
                }
                waiting.known.insert(ticker.symbol);
            }
            waiting.tickers.insert(ticker.symbol, *ticker);
            passed.push(*ticker);
        }
        drop(waiting);
        self.health.arrived(&passed, skipped, now());
        self.shared.tell();
    }

    /// Tells that prices were delivered, with what was wrong all the same.
    pub fn delivered(&self, error: Option<String>, wait: Duration) {
        self.ended(true, error, wait);
    }

    /// Tells that nothing was delivered, why, and when the next attempt is.
    pub fn failed(&self, error: String, wait: Duration) {
        self.ended(false, Some(error), wait);
    }

    fn ended(&self, delivered: bool, error: Option<String>, wait: Duration) {
        let end = PollEnd {
            delivered,
            error,
            wait,
        };
        let (name, why) = (self.name, end.error.as_deref().unwrap_or_default());
        match self.health.poll_ended(&end, now()) {
            Some(SourceState::Up) => log::info!("{name}: prices arrive"),
            Some(SourceState::Partial) => log::warn!("{name}: some prices are missing: {why}"),
            Some(SourceState::Down) => {
                log::warn!(
                    "{name}: no prices: {why}; next try in {:.1} s",
                    wait.as_secs_f32()
                );
            }
            Some(SourceState::Starting) | None => {}
        }
        self.shared.tell();
    }

    /// Waits on the source's own thread; true as soon as nobody takes anything any more.
    pub fn rest(&self, wait: Duration) -> bool {
        let begun = Instant::now();
        let mut waiting = self.shared.lock();
        loop {
            let left = wait.saturating_sub(begun.elapsed());
            if waiting.closed || left.is_zero() {
                return waiting.closed;
            }
            let woken = self.shared.closing.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Inlet {
    /// What has come since the last time; empty when only the health is another one.
    pub async fn next(&mut self) -> Vec<Ticker> {
        loop {
            if let Some(tickers) = self.take() {
                return tickers;
            }
            self.shared.news.notified().await;
        }
    }

    /// How the source is doing.
    pub fn health(&self) -> &Health {
        &self.health
    }

    fn take(&self) -> Option<Vec<Ticker>> {
        let mut waiting = self.shared.lock();
        mem::take(&mut waiting.news)
            .then(|| mem::take(&mut waiting.tickers).into_values().collect())
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.closing.notify_all();
    }
}

impl Shared {
    /// No holder of the lock leaves it half changed, so one that panicked does not matter.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.lock().news = true;
        self.news.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Price, Timestamp};

    fn ticker(symbol: &str, last: &str) -> Ticker {
        Ticker::of_last(
            Symbol::parse(symbol).unwrap(),
            Price::parse(last).unwrap(),
            Timestamp::default(),
        )
    }

    #[test]
    fn the_newest_of_each_symbol_wins() {
        let (outlet, inlet) = outlet("test", &[]);
        for price in 1..=1000 {
            let batch = [ticker("A/B", &price.to_string()), ticker("C/B", "7")];
            outlet.put(&batch, SkipCounts::default());
        }
        let taken = inlet.take().unwrap();
        let prices: Vec<String> = taken.iter().map(|ticker| ticker.last.to_string()).collect();
        assert_eq!(prices, ["1000", "7"]);
        assert!(inlet.take().is_none());
    }

    #[test]
    fn symbols_that_nobody_wants_are_passed_over() {
        let (outlet, inlet) = outlet("test", &[Symbol::parse("A/B").unwrap()]);
        outlet.put(
            &[ticker("A/B", "1"), ticker("C/B", "1")],
            SkipCounts::default(),
        );
        assert_eq!(inlet.take().unwrap().len(), 1);
    }

    #[test]
    fn made_up_symbols_come_to_an_end() {
        let (outlet, inlet) = outlet("test", &[]);
        for number in 0..SYMBOLS_MAX + 5 {
            outlet.put(
                &[ticker(&format!("C{number}/B"), "1")],
                SkipCounts::default(),
            );
        }
        assert_eq!(inlet.take().unwrap().len(), SYMBOLS_MAX);
        let report = inlet.health().report(Instant::now(), Duration::MAX);
        assert_eq!(report.skipped.get(Skipped::TooMany), 5);
        outlet.put(&[ticker("C1/B", "2")], SkipCounts::default());
        assert_eq!(inlet.take().unwrap().len(), 1);
    }

    #[test]
    fn a_source_learns_that_nobody_listens() {
        let (outlet, inlet) = outlet("test", &[]);
        assert!(!outlet.rest(Duration::from_millis(1)));
        let resting = std::thread::spawn(move || outlet.rest(Duration::from_secs(60)));
        drop(inlet);
        assert!(resting.join().unwrap());
    }
}
