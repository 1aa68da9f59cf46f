//! What the parts of the daemon tell about themselves, put together on demand.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::exchange::Exchange;
use crate::mirror::Feed;
use crate::status::{ClockStatus, ReplayStatus, SourceStatus, Status, StoreStatus};
use crate::units::Span;

/// Figures that the tasks of the executor thread keep up to date.
#[derive(Debug)]
pub(super) struct Board {
    started: Instant,
    store_file: PathBuf,
    pub(super) commands: Cell<u64>,
    pub(super) ticks: Cell<u64>,
    pub(super) fills: Cell<u64>,
    pub(super) commits: Cell<u64>,
    pub(super) commit_time: Cell<Duration>,
    pub(super) store_failure: RefCell<Option<String>>,
    pub(super) audit_failure: RefCell<Option<String>>,
    pub(super) clock: Cell<ClockStatus>,
    pub(super) source: RefCell<SourceStatus>,
    pub(super) replay: Cell<Option<ReplayStatus>>,
    pub(super) stopping: Cell<bool>,
    pub(super) mirror: RefCell<Option<Feed>>,
}

impl Board {
    pub(super) fn new(store_file: PathBuf) -> Board {
        Board {
            started: Instant::now(),
            store_file,
            commands: Cell::new(0),
            ticks: Cell::new(0),
            fills: Cell::new(0),
            commits: Cell::new(0),
            commit_time: Cell::new(Duration::ZERO),
            store_failure: RefCell::new(None),
            audit_failure: RefCell::new(None),
            clock: Cell::new(ClockStatus::default()),
            source: RefCell::new(SourceStatus::default()),
            replay: Cell::new(None),
            stopping: Cell::new(false),
            mirror: RefCell::new(None),
        }
    }

    /// Everything, with the exchange's part read from it.
    pub(super) fn status(&self, exchange: &Exchange) -> Status {
        let unpriced = exchange
            .markets()
            .filter(|(_, market)| market.ticker.is_none());
        Status {
            uptime: span(self.started.elapsed()),
            now: exchange.moment().now,
            audit_failure: self.audit_failure.borrow().clone(),
            commands: self.commands.get(),
            ticks: self.ticks.get(),
            fills: self.fills.get(),
            open_orders: u64::try_from(exchange.open_count()).unwrap_or(u64::MAX),
            symbols_without_price: unpriced.map(|(symbol, _)| symbol).collect(),
            sources: vec![self.source.borrow().clone()],
            replay: self.replay.get(),
            store: StoreStatus {
                failure: self.store_failure.borrow().clone(),
                commits: self.commits.get(),
                commit_time: span(self.commit_time.get()),
                file_bytes: std::fs::metadata(&self.store_file).map_or(0, |file| file.len()),
            },
            mirror: self.mirror.borrow().as_ref().map(Feed::status),
            clock: self.clock.get(),
            stopping: self.stopping.get(),
        }
    }
}

fn span(duration: Duration) -> Span {
    Span::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Adds to a figure.
pub(super) fn add(cell: &Cell<u64>, more: usize) {
    cell.set(
        cell.get()
            .saturating_add(u64::try_from(more).unwrap_or(u64::MAX)),
    );
}
