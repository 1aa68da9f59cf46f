//! Brings prices to the exchange: asks the source, sends its tickers, and tells how it went.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::board::{Board, add};
use super::clock::slowed;
use crate::config::Pace;
use crate::exchange::{Command, Ticker};
use crate::mailbox::{Mailbox, Unavailable};
use crate::oracle::{
    Fetcher, Health, Inlet, JumpGuard, Poll, Replay, ReplayError, Row, Sim, SourceState,
    run as poll_venue,
};
use crate::status::ReplayStatus;
use crate::stepper::{NotStepping, StepRequest};
use crate::units::{Moment, Rate, Timestamp};

/// Rows that are taken from a replay at a time.
const CHUNK_ROWS: usize = 1024;
/// How long a replay waits before it tries again when the store takes no writes.
const RETRY: Duration = Duration::from_millis(200);

/// Answers of a venue that wait for the matcher.
const BATCHES_MAX: usize = 16;
/// The shortest time between two batches of a source that goes at its own pace.
const BATCH_GAP: Duration = Duration::from_millis(10);
/// A price older than this counts as stale.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Breaks off a venue's call under way when the poller ends.
struct Interrupt(Fetcher);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

/// Sends tickers and keeps the board.
pub(super) struct Poller {
    mailbox: Mailbox,
    pub(super) board: Rc<Board>,
    /// Doubts prices that others made; none where every price is believed.
    guard: RefCell<Option<JumpGuard>>,
    /// Whether it has been said that the exchange refuses prices.
    refused: Cell<bool>,
}

impl Poller {
    pub(super) fn new(mailbox: Mailbox, board: Rc<Board>, guard: Option<JumpGuard>) -> Poller {
        Poller {
            mailbox,
            board,
            guard: RefCell::new(guard),
            refused: Cell::new(false),
        }
    }

    /// A step of the simulation every so often, for ever.
    pub(super) async fn simulate(self, mut sim: Sim, every: Duration) {
        let mut beat = interval(every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            beat.tick().await;
            let now = wall();
            let tickers = sim.step(now);
            let count = tickers.len();
            let sent = self
                .mailbox
                .submit(Command::ApplyTickers(tickers), |_, _| ())
                .await;
            self.polled(now, count, sent.err());
        }
    }

    /// What a venue says when it is asked every so often, for ever.
    pub(super) async fn poll(self, poll: Poll) {
        let health = Health::new(poll.venue.name(), &poll.symbols);
        let interrupt = Interrupt(poll.fetcher.clone());
        let (batches, mut inbox) = mpsc::channel(BATCHES_MAX);
        let (_stop, stopped) = watch::channel(false);
        let asking = poll_venue(poll, batches, health.clone(), stopped);
        let applying = async {
            while let Some(batch) = inbox.recv().await {
                self.apply(batch.tickers).await;
            }
        };
        // A poll that brings nothing has something to tell too.
        let reporting = async {
            let mut polls = 0;
            loop {
                health.polled(polls + 1).await;
                polls = self.report(&health);
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(asking, applying) } => {}
            () = reporting => {}
        }
        drop(interrupt);
    }

    /// What a source that goes at its own pace has put since the last time, for ever.
    pub(super) async fn follow(self, mut inlet: Inlet) {
        loop {
            self.apply(inlet.next().await).await;
            let _polls = self.report(inlet.health());
            // A flood leaves the executor to the others; of each symbol the newest price waits.
            sleep(BATCH_GAP).await;
        }
    }

    /// Sends prices that others made, as far as they are believed.
    async fn apply(&self, tickers: Vec<Ticker>) {
        let tickers = self.believed(tickers);
        let count = tickers.len();
        if count == 0 {
            return;
        }
        let command = Command::ApplyTickers(tickers);
        match self.mailbox.submit(command, |_, _| ()).await {
            Ok(Ok(())) => add(&self.board.ticks, count),
            Ok(Err(why)) => {
                if !self.refused.replace(true) {
                    log::error!("prices are refused: {why}");
                }
            }
            // Prices that the store cannot take now are old when it can.
            Err(_) => {}
        }
    }

    /// What is in proportion to the last good prices, or was confirmed.
    fn believed(&self, tickers: Vec<Ticker>) -> Vec<Ticker> {
        let mut guard = self.guard.borrow_mut();
        let Some(guard) = guard.as_mut() else {
            return tickers;
        };
        let (believed, doubted) = guard.sift(tickers);
        for ticker in doubted {
            let (symbol, last) = (ticker.symbol, ticker.last);
            log::warn!("{symbol} at {last} is out of proportion and waits to be confirmed");
        }
        believed
    }

    /// Puts the health on the board; gives the number of polls that ended.
    fn report(&self, health: &Health) -> u64 {
        let report = health.report(Instant::now(), MAX_AGE);
        let mut source = self.board.source.borrow_mut();
        source.up = report.state != SourceState::Down;
        source.last_success = report.last_success;
        source.last_error = report.last_error.map(|(_, error)| error);
        source.polls = report.polls;
        source.failures = report.failures;
        source.skipped = report.skipped.total();
        let unknown = report.unknown.into_iter();
        source.unknown = unknown.map(|one| (one.symbol, one.nearest)).collect();
        source.not_trading = report.not_trading;
        report.polls
    }

    /// Rows of a recording, at their pace.
    pub(super) async fn replay(
        self,
        mut rows: Rows,
        pace: Pace,
        steps: mpsc::Receiver<StepRequest>,
    ) {
        let result = match pace {
            Pace::Fast => {
                drop(steps);
                self.replay_fast(&mut rows).await
            }
            Pace::Speed(speed) => {
                drop(steps);
                self.replay_paced(&mut rows, speed).await
            }
            Pace::Stepped => return self.replay_stepped(&mut rows, steps).await,
        };
        match result {
            Ok(()) => log::info!("the replay is at its end after {} rows", rows.status.rows),
            Err(error) => {
                log::error!("the replay stopped: {error}");
                let mut source = self.board.source.borrow_mut();
                source.up = false;
                source.last_error = Some(error.to_string());
            }
        }
        rows.status.finished = true;
        self.board.replay.set(Some(rows.status));
    }

    async fn replay_fast(&self, rows: &mut Rows) -> Result<(), ReplayError> {
        while let Some(chunk) = rows.take(CHUNK_ROWS).await? {
            self.send_all(rows, chunk).await;
        }
        Ok(())
    }

    async fn replay_paced(&self, rows: &mut Rows, speed: Rate) -> Result<(), ReplayError> {
        let mut begun: Option<(Instant, Timestamp)> = None;
        while let Some(chunk) = rows.take(CHUNK_ROWS).await? {
            let mut ready = Vec::new();
            for row in chunk {
                let (start, first) = *begun.get_or_insert_with(|| (Instant::now(), row.at));
                let due = Duration::from_millis(slowed(row.at.since(first).as_millis(), speed));
                let wait = due.saturating_sub(start.elapsed());
                // Rows that are due within the timer's grain go together.
                if wait > Duration::from_millis(1) {
                    self.send_all(rows, std::mem::take(&mut ready)).await;
                    sleep(wait).await;
                }
                ready.push(row);
            }
            self.send_all(rows, ready).await;
        }
        Ok(())
    }

    async fn replay_stepped(&self, rows: &mut Rows, mut steps: mpsc::Receiver<StepRequest>) {
        while let Some(request) = steps.recv().await {
            let answer = self.step(rows, request.rows).await;
            // Whoever asked may have gone.
            drop(request.done.send(answer));
        }
    }

    async fn step(&self, rows: &mut Rows, wanted: u64) -> Result<ReplayStatus, NotStepping> {
        let mut left = usize::try_from(wanted).unwrap_or(usize::MAX);
        while left > 0 {
            let chunk = rows.take(left.min(CHUNK_ROWS)).await;
            let chunk = chunk.map_err(|error| NotStepping::Failed(error.to_string()))?;
            let Some(chunk) = chunk else {
                rows.status.finished = true;
                break;
            };
            left -= chunk.len();
            self.send_all(rows, chunk).await;
        }
        self.board.replay.set(Some(rows.status));
        Ok(rows.status)
    }

    /// Sends rows, each at its own time, and waits until they have been matched.
    async fn send_all(&self, rows: &mut Rows, chunk: Vec<Row>) {
        for same_time in chunk.chunk_by(|a, b| a.at == b.at) {
            let Some(first) = same_time.first() else {
                continue;
            };
            let moment = rows.moment(first.at);
            let tickers: Vec<Ticker> = same_time.iter().map(|row| row.ticker).collect();
            let count = tickers.len();
            // A recording is not the present: what the store cannot take now is sent again.
            loop {
                let command = Command::ApplyTickers(tickers.clone());
                let sent = self
                    .mailbox
                    .submit_at(Some(moment), command, |_, _| ())
                    .await;
                let failed = sent.is_err();
                let stopping = matches!(sent, Err(Unavailable::Stopping));
                self.polled(first.at, count, sent.err());
                if !failed || stopping {
                    break;
                }
                sleep(RETRY).await;
            }
            rows.passed(same_time.len(), moment.now);
        }
        self.board.replay.set(Some(rows.status));
    }

    fn polled(&self, now: Timestamp, count: usize, failure: Option<Unavailable>) {
        let mut source = self.board.source.borrow_mut();
        source.polls += 1;
        match failure {
            None => {
                source.up = true;
                source.last_success = Some(now);
                source.last_error = None;
                add(&self.board.ticks, count);
            }
            Some(why) => {
                source.failures += 1;
                source.last_error = Some(why.to_string());
            }
        }
    }
}

/// The rows of a recording with the moments they happen at.
pub(super) struct Rows {
    replay: Replay,
    /// Where the exchange's clock stood before the first row.
    start: Moment,
    /// The moment of the first row, and its time in the file.
    origin: Option<(Moment, Timestamp)>,
    status: ReplayStatus,
}

impl Rows {
    pub(super) fn new(replay: Replay, start: Moment) -> Rows {
        Rows {
            replay,
            start,
            origin: None,
            status: ReplayStatus::default(),
        }
    }

    async fn take(&mut self, max: usize) -> Result<Option<Vec<Row>>, ReplayError> {
        self.replay.next_chunk(max).await.transpose()
    }

    /// When a row of this time happens: at that time where the exchange has not been there yet, else so much later.
    fn moment(&mut self, at: Timestamp) -> Moment {
        let (first, file_time) = *self.origin.get_or_insert_with(|| {
            let moment = Moment {
                now: at.max(self.start.now),
                elapsed: self.start.elapsed,
            };
            (moment, at)
        });
        first.plus(at.since(file_time))
    }

    fn passed(&mut self, rows: usize, at: Timestamp) {
        self.status.rows += u64::try_from(rows).unwrap_or(0);
        self.status.at = at;
    }
}

/// The wall clock, for the time stamps of prices that are made here.
fn wall() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
