//! Brings prices to the exchange: asks the source, sends its tickers, and tells how it went.

use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::board::{Board, SourceBoard, add};
use super::clock::slowed;
use super::desk::Desk;
use crate::config::Pace;
use crate::exchange::{Command, Ticker};
use crate::mailbox::{Mailbox, Unavailable};
use crate::oracle::{
    Fetcher, Health, Inlet, Poll, Replay, ReplayError, Row, Sim, run_when as poll_venue,
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

/// Breaks off a venue's call under way when the poller ends.
struct Interrupt(Fetcher);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

/// Sends tickers and keeps the board.
pub(super) struct Poller {
    pub(super) mailbox: Mailbox,
    pub(super) board: Rc<Board>,
    /// What is told of this source.
    pub(super) source: Rc<SourceBoard>,
    /// Its name.
    pub(super) name: &'static str,
    /// Its place in the order of preference.
    pub(super) place: usize,
    /// What the sources share.
    pub(super) desk: Rc<Desk>,
}

impl Poller {
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
                .submit(Command::Deliver(self.name, tickers), |_, _| ())
                .await;
            self.polled(now, count, sent.err());
        }
    }

    /// What a venue says when it is asked every so often, as long as it is wanted, for ever.
    pub(super) async fn poll(self, poll: Poll, health: Health, wanted: watch::Receiver<bool>) {
        let interrupt = Interrupt(poll.fetcher.clone());
        let (batches, mut inbox) = mpsc::channel(BATCHES_MAX);
        let (_stop, stopped) = watch::channel(false);
        let asking = poll_venue(poll, batches, health.clone(), stopped, wanted);
        let applying = async {
            while let Some(batch) = inbox.recv().await {
                // The list is read before the first prices, and what it demands holds from the first one on.
                self.tell_rules(&health).await;
                self.apply(batch.tickers).await;
            }
        };
        // What the venue's list says of markets is told after each poll, also one that brings nothing.
        let listing = async {
            loop {
                let polls = health.polls();
                self.tell_trading().await;
                self.tell_rules(&health).await;
                health.polled(polls + 1).await;
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(asking, applying) } => {}
            () = listing => {}
        }
        drop(interrupt);
    }

    /// What a source that goes at its own pace has put since the last time, for ever.
    pub(super) async fn follow(self, mut inlet: Inlet) {
        loop {
            self.apply(inlet.next().await).await;
            // A flood leaves the executor to the others; of each symbol the newest price waits.
            sleep(BATCH_GAP).await;
        }
    }

    /// Sends prices that others made, as far as they are believed.
    async fn apply(&self, tickers: Vec<Ticker>) {
        let tickers = self.desk.chosen(self.place, tickers);
        let count = tickers.len();
        if count == 0 {
            return;
        }
        let command = Command::Deliver(self.name, tickers);
        match self.mailbox.submit(command, |_, _| ()).await {
            Ok(Ok(())) => add(&self.board.ticks, count),
            Ok(Err(why)) => self.desk.refused(why),
            // Prices that the store cannot take now are old when it can.
            Err(_) => {}
        }
    }

    /// Tells the exchange which markets are traded and which are not, where that has changed.
    async fn tell_trading(&self) {
        let changes = self.desk.trading_changes();
        if changes.is_empty() {
            return;
        }
        let command = Command::SetTrading(changes.clone());
        match self.mailbox.submit(command, |_, _| ()).await {
            Ok(Ok(())) => self.desk.told(&changes),
            Ok(Err(why)) => self.desk.refused(why),
            // What the store keeps it from hearing now it is told after the next poll.
            Err(_) => {}
        }
    }

    /// Tells the exchange what the markets of the first source demand of orders; what has not changed is no news to it.
    async fn tell_rules(&self, health: &Health) {
        let rules = health.take_rules();
        if rules.is_empty() || self.place != 0 {
            return;
        }
        let command = Command::SetRules(rules);
        match self.mailbox.submit(command, |_, _| ()).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => self.desk.refused(why),
            Err(why) => log::warn!("the rules of the markets are not kept: {why}"),
        }
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
                let mut source = self.source.status.borrow_mut();
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
                let command = Command::Deliver(self.name, tickers.clone());
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
        let mut source = self.source.status.borrow_mut();
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
