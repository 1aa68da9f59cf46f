//! What the parts of the daemon tell about themselves, put together on demand.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::stretch::Stretches;
use super::system;
use super::tally::Tally;
use crate::exchange::Exchange;
use crate::mirror::Feed;
use crate::oracle::{Health, SourceState};
use crate::status::{ClockStatus, ClockTrust, ReplayStatus, SourceStatus, Status, StoreStatus};
use crate::units::Span;

/// What is told of one source.
#[derive(Debug)]
pub(super) struct SourceBoard {
    name: &'static str,
    /// What it counts itself, where it does.
    health: Option<Health>,
    /// What its poller counts, where it does not.
    pub(super) status: RefCell<SourceStatus>,
    pub(super) standby: Cell<bool>,
}

impl SourceBoard {
    pub(super) fn new(name: &'static str, health: Option<Health>) -> SourceBoard {
        let status = SourceStatus {
            name: name.to_owned(),
            up: true,
            ..SourceStatus::default()
        };
        SourceBoard {
            name,
            health,
            status: RefCell::new(status),
            standby: Cell::new(false),
        }
    }

    fn status(&self, exchange: &Exchange) -> SourceStatus {
        let max_age = exchange.rules().max_age;
        let Some(health) = &self.health else {
            let (fresh, stale) = self.ages(exchange, max_age);
            return SourceStatus {
                fresh,
                stale,
                ..self.status.borrow().clone()
            };
        };
        let bound = max_age.map_or(Duration::MAX, super::duration);
        let report = health.report(Instant::now(), bound);
        let unknown = report.unknown.into_iter();
        SourceStatus {
            name: self.name.to_owned(),
            up: report.state != SourceState::Down,
            last_success: report.last_success,
            last_error: report.last_error.map(|(_, error)| error),
            polls: report.polls,
            failures: report.failures,
            skipped: report.skipped.total(),
            standby: self.standby.get(),
            fresh: count(report.fresh),
            stale: count(report.stale),
            unknown: unknown.map(|one| (one.symbol, one.nearest)).collect(),
            not_trading: report.not_trading,
        }
    }

    /// How many of its prices in the exchange are young enough, and how many are not.
    fn ages(&self, exchange: &Exchange, max_age: Option<Span>) -> (u64, u64) {
        let now = exchange.moment().elapsed;
        let own = |source: Option<&str>| source == Some(self.name);
        let markets = exchange.markets().map(|(_, market)| market);
        let ages = markets.filter(|market| own(market.source)).map(|market| {
            let too_old = |max: Span| market.age(now).is_none_or(|age| age > max);
            max_age.is_some_and(too_old)
        });
        let (stale, fresh): (Vec<bool>, Vec<bool>) = ages.partition(|&stale| stale);
        (count(fresh.len()), count(stale.len()))
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Figures that the tasks of the executor thread keep up to date.
#[derive(Debug)]
pub(super) struct Board {
    started: Instant,
    store_file: PathBuf,
    /// What the turns tell.
    pub(super) tally: Rc<Tally>,
    pub(super) ticks: Cell<u64>,
    /// In the order of preference.
    pub(super) sources: RefCell<Vec<Rc<SourceBoard>>>,
    pub(super) replay: Cell<Option<ReplayStatus>>,
    pub(super) stopping: Cell<bool>,
    stretches: Stretches,
    pub(super) mirror: RefCell<Option<Feed>>,
}

impl Board {
    pub(super) fn new(store_file: PathBuf, stretches: Stretches) -> Board {
        Board {
            started: Instant::now(),
            store_file,
            tally: Rc::default(),
            ticks: Cell::new(0),
            sources: RefCell::new(Vec::new()),
            replay: Cell::new(None),
            stopping: Cell::new(false),
            stretches,
            mirror: RefCell::new(None),
        }
    }

    /// Everything, with the exchange's part read from it.
    pub(super) fn status(&self, exchange: &Exchange) -> Status {
        let unpriced = exchange
            .markets()
            .filter(|(_, market)| market.ticker.is_none());
        let sources = self.sources.borrow();
        let sources = sources.iter().map(|source| source.status(exchange));
        let tally = &self.tally;
        Status {
            uptime: span(self.started.elapsed()),
            now: exchange.moment().now,
            audit_failure: tally.audit_failure.borrow().clone(),
            commands: tally.commands.get(),
            ticks: self.ticks.get(),
            fills: tally.fills.get(),
            open_orders: count(exchange.open_count()),
            symbols_without_price: unpriced.map(|(symbol, _)| symbol).collect(),
            sources: sources.collect(),
            replay: self.replay.get(),
            store: StoreStatus {
                failure: tally.store_failure.borrow().clone(),
                commits: tally.commits.get(),
                commit_time: span(tally.commit_time.get()),
                file_bytes: std::fs::metadata(&self.store_file).map_or(0, |file| file.len()),
                disk_free: system::disk_free(&self.store_file),
            },
            mirror: self.mirror.borrow().as_ref().map(Feed::status),
            clock: trusted(tally.clock.get()),
            executor: self.stretches.status(),
            memory: system::resident_memory(),
            stopping: self.stopping.get(),
        }
    }
}

/// The clock with what the system says of it.
fn trusted(clock: ClockStatus) -> ClockStatus {
    let trust = match (clock.trust, system::clock_is_synchronised()) {
        (ClockTrust::Unverified, Some(true)) => ClockTrust::Synchronised,
        (ClockTrust::Unverified, Some(false)) => ClockTrust::Unsynchronised,
        (trust, _) => trust,
    };
    ClockStatus { trust, ..clock }
}

fn span(duration: Duration) -> Span {
    Span::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Adds to a figure.
pub(super) fn add(cell: &Cell<u64>, more: usize) {
    cell.set(cell.get().saturating_add(count(more)));
}
