//! Turns: what becomes of jobs, of passing time and of the store's answers. Pure: no clock, no thread, no socket.
//!
//! Whoever drives it (the matcher's task, or the simulator of the tests) says what happened and what the clocks show, and
//! ends every turn with [`Turns::close`], which tells what the store is to be asked. One thing is asked at a time; its
//! answer comes back through [`Turns::answered`]. While a batch is on its way to the disk the next one gathers. An answer
//! goes out when everything that its job could see is durable; where nothing is pending that is at once.
//!
//! When a commit fails, all that is not durable is undone: the exchange goes back to the last committed state (with the
//! present prices), changes are refused, looks go on, and the store is asked to open its file again until it takes a
//! commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::Fatal;
use super::board::add;
use super::clock::{Clock, Reading};
use super::tally::Tally;
use crate::candles::Candles;
use crate::exchange::{Command, Event, Exchange, MarketState, Snapshot};
use crate::mailbox::{Fate, Job, Reply, Unavailable, Work};
use crate::mirror::{Changes, Feed};
use crate::samples::Samples;
use crate::status::ClockTrust;
use crate::store::{Batch, StoreError};
use crate::units::{Moment, OrderId, Symbol};

/// How often the store is asked to open its file again.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// How often what is done that nobody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Housekeeping {
    /// Prices are written.
    pub price_flush: Duration,
    /// The books are audited.
    pub audit: Option<Duration>,
}

/// What the store is asked.
#[derive(Debug)]
pub enum Ask {
    /// To commit this.
    Commit(Box<Batch>),
    /// To open its file again.
    Reopen,
}

/// Reads back what the store has committed.
pub type Load<'a> = &'a dyn Fn() -> Result<(Snapshot, Samples), StoreError>;

/// What was asked of the store and has not been answered.
enum Asked {
    Commit {
        sent: Duration,
        replies: Vec<Reply>,
        /// For whoever follows, once it is durable.
        changes: Option<Changes>,
    },
    Reopen,
}

/// The exchange and those who wait for it.
pub struct Turns {
    exchange: Exchange,
    clock: Clock,
    tally: Rc<Tally>,
    samples: Rc<RefCell<Samples>>,
    candles: Rc<RefCell<Candles>>,
    housekeeping: Housekeeping,
    asked: Option<Asked>,
    /// Answers to jobs whose changes are not on their way yet.
    gathered: Vec<Reply>,
    /// Why the store takes no writes.
    failure: Option<Rc<str>>,
    /// When it is asked next to open its file again.
    next_reopen: Duration,
    next_flush: Duration,
    /// Whether prices are due to be written with the next batch.
    flush_due: bool,
    next_audit: Option<Duration>,
    /// The mirror, if there is one.
    feed: Option<Feed>,
    /// Orders that were pruned while a batch was on its way, which the mirror learns of first.
    pruned: Vec<OrderId>,
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns")
            .field("moment", &self.exchange.moment())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

impl Turns {
    /// Takes over an exchange; time since the start begins at zero.
    pub fn new(
        exchange: Exchange,
        clock: Clock,
        tally: Rc<Tally>,
        housekeeping: Housekeeping,
    ) -> Turns {
        Turns {
            exchange,
            clock,
            tally,
            samples: Rc::default(),
            candles: Rc::default(),
            asked: None,
            gathered: Vec::new(),
            failure: None,
            next_reopen: Duration::ZERO,
            next_flush: housekeeping.price_flush,
            flush_due: false,
            next_audit: housekeeping.audit,
            housekeeping,
            feed: None,
            pruned: Vec::new(),
        }
    }

    /// The same with samples that others see too.
    #[must_use]
    pub fn with_samples(self, samples: Rc<RefCell<Samples>>) -> Turns {
        Turns { samples, ..self }
    }

    /// The same with candles that others see too.
    #[must_use]
    pub fn with_candles(mut self, candles: Rc<RefCell<Candles>>) -> Turns {
        self.exchange.note_seen();
        Turns { candles, ..self }
    }

    /// The same with a mirror.
    #[must_use]
    pub fn followed_by(mut self, feed: Option<Feed>) -> Turns {
        if feed.is_some() {
            self.exchange.note_prices();
        }
        self.feed = feed;
        self
    }

    /// The exchange as it is, be it durable or not.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Whether changes are refused, because the store takes no writes.
    pub fn is_refusing(&self) -> bool {
        self.failure.is_some()
    }

    /// When something is due by itself, in time since the start.
    pub fn due(&mut self, reading: Reading) -> Duration {
        if self.failure.is_some() {
            // While it is being opened there is nothing to wake up for but its answer.
            return match self.asked {
                Some(_) => reading.run.saturating_add(REOPEN_INTERVAL),
                None => self.next_reopen,
            };
        }
        let deadline = self
            .exchange
            .deadline()
            .and_then(|deadline| self.clock.until(reading, deadline));
        let deadline = deadline.map(|wait| reading.run.saturating_add(wait));
        let timers = [Some(self.next_flush), self.next_audit, deadline];
        timers
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_flush)
    }

    /// A turn with jobs.
    pub fn take(&mut self, reading: Reading, jobs: &mut Vec<Job>) {
        add(&self.tally.commands, jobs.len());
        let moment = self.advance(reading);
        for job in jobs.drain(..) {
            let at = match job.at {
                Some(at) => {
                    self.clock.observe(reading, at);
                    at
                }
                None => moment,
            };
            match (job.work, &self.failure) {
                (Work::Change(change, _), None) => {
                    let reply = change(&mut self.exchange, at);
                    self.answer(reply);
                }
                (Work::Change(_, refuse), Some(why)) => refuse(Unavailable::Store(Rc::clone(why))),
                (Work::Look(look), _) => {
                    let reply = look(&self.exchange);
                    self.answer(reply);
                }
            }
        }
    }

    /// Gives an answer when what its job saw is durable.
    fn answer(&mut self, reply: Reply) {
        if self.exchange.has_events() {
            self.gathered.push(reply);
        } else if let Some(Asked::Commit { replies, .. }) = &mut self.asked {
            replies.push(reply);
        } else {
            reply(Fate::Durable);
        }
    }

    /// A turn without jobs: the exchange does what is due by itself.
    pub fn wake(&mut self, reading: Reading) {
        if self.failure.is_none() {
            self.advance(reading);
        }
    }

    /// What is due precedes what is asked; and who only looks sees how old prices are by now.
    fn advance(&mut self, reading: Reading) -> Moment {
        let moment = self.clock.now(reading);
        self.tally.clock.set(self.clock.status());
        if self.failure.is_none() {
            // Waking up refuses nothing.
            drop(self.exchange.handle(moment, Command::Wake));
        } else {
            // What is due waits for the store, but prices grow old all the same.
            self.exchange.let_pass(moment);
        }
        moment
    }

    /// Ends a turn: what follows from it, and what the store is to be asked.
    pub fn close(&mut self, reading: Reading) -> Option<Ask> {
        self.samples.borrow_mut().observe(&self.exchange);
        self.draw();
        self.tell_prices();
        self.keep_house(reading);
        if self.asked.is_some() {
            return None;
        }
        if self.failure.is_none() {
            return self.batch(reading);
        }
        (reading.run >= self.next_reopen).then(|| {
            self.asked = Some(Asked::Reopen);
            Ask::Reopen
        })
    }

    /// The last turn, once no more jobs come and nothing is asked: writes what is left, and the prices.
    pub fn finish(&mut self, reading: Reading) -> Option<Ask> {
        if self.failure.is_some() {
            return None;
        }
        // Time goes on while nobody is looking: orders that are due now are filled now, not after the restart.
        self.advance(reading);
        self.draw();
        self.flush_due = true;
        self.batch(reading)
    }

    /// Puts what was seen into candles, unless nobody knows what time it is.
    fn draw(&mut self) {
        let seen = self.exchange.take_seen();
        if !seen.is_empty() && self.clock.status().trust != ClockTrust::Wrong {
            let mut candles = self.candles.borrow_mut();
            candles.take(seen);
            self.flush_due |= candles.is_pressing();
        }
    }

    /// Notes that prices are to be written, and audits, each every so often.
    fn keep_house(&mut self, reading: Reading) {
        if reading.run >= self.next_flush {
            self.next_flush = reading.run.saturating_add(self.housekeeping.price_flush);
            self.flush_due = true;
        }
        if let (Some(at), Some(every)) = (self.next_audit, self.housekeeping.audit)
            && reading.run >= at
        {
            self.next_audit = Some(reading.run.saturating_add(every));
            self.audit();
        }
    }

    fn audit(&self) {
        let failure = self.exchange.audit().err().map(|broken| broken.to_string());
        if let Some(broken) = &failure {
            log::error!("audit: {broken}");
        }
        *self.tally.audit_failure.borrow_mut() = failure;
    }

    /// What has gathered, if anything has; it is on its way from here on.
    fn batch(&mut self, reading: Reading) -> Option<Ask> {
        if !self.exchange.has_events() && !self.flush_due {
            return None;
        }
        let events = self.exchange.take_events();
        let fills = events
            .iter()
            .filter(|event| matches!(event, Event::Trade(_)));
        add(&self.tally.fills, fills.count());
        let feed = self.feed.as_ref();
        let changes = feed
            .filter(|feed| feed.wants_changes())
            .map(|_| Changes::collect(&self.exchange, &events));
        let batch = Batch::collect(&self.exchange, events);
        if batch.resets() {
            self.samples.borrow_mut().reset();
        }
        let batch = if self.flush_due {
            let samples = self.samples.borrow_mut().take_changes();
            let now = self.exchange.moment().now;
            let candles = self.candles.borrow_mut().take_changes(now);
            let batch = batch.with_prices(&self.exchange);
            batch.with_samples(samples).with_candles(candles)
        } else {
            batch
        };
        self.flush_due = false;
        self.asked = Some(Asked::Commit {
            sent: reading.run,
            replies: std::mem::take(&mut self.gathered),
            changes,
        });
        Some(Ask::Commit(Box::new(batch)))
    }

    /// Tells the mirror of new prices; they are not worth a commit.
    fn tell_prices(&mut self) {
        if let Some(feed) = &self.feed {
            let repriced = self.exchange.take_repriced();
            let tickers = repriced
                .into_iter()
                .filter_map(|symbol| self.exchange.market(symbol)?.ticker);
            feed.tickers(tickers);
        }
    }

    /// Tells the mirror of pruned orders, behind the batch that may hold their last change.
    pub fn pruned(&mut self, ids: Vec<OrderId>) {
        self.pruned.extend(ids);
        if let Some(feed) = &self.feed
            && !matches!(self.asked, Some(Asked::Commit { .. }))
        {
            feed.pruned(std::mem::take(&mut self.pruned));
        }
    }

    /// The store has done what it was asked, or has failed.
    pub fn answered(
        &mut self,
        reading: Reading,
        result: Result<(), StoreError>,
        load: Load<'_>,
    ) -> Result<(), Fatal> {
        match (self.asked.take(), result) {
            (
                Some(Asked::Commit {
                    sent,
                    replies,
                    changes,
                }),
                Ok(()),
            ) => {
                self.landed(reading.run.saturating_sub(sent), replies, changes);
                Ok(())
            }
            (Some(Asked::Commit { replies, .. }), Err(error)) => {
                self.fail(reading, error, replies, load)
            }
            (Some(Asked::Reopen), result) => self.reopened(reading, result, load),
            (None, _) => Ok(()),
        }
    }

    /// A batch is on the disk.
    fn landed(&mut self, took: Duration, replies: Vec<Reply>, changes: Option<Changes>) {
        self.candles.borrow_mut().landed(true);
        add(&self.tally.commits, 1);
        self.tally
            .commit_time
            .set(self.tally.commit_time.get() + took);
        for reply in replies {
            reply(Fate::Durable);
        }
        // What was looked at is in the replies, and older than what has changed by the end of the batch.
        if let (Some(changes), Some(feed)) = (changes, &self.feed) {
            feed.changed(changes);
        }
        if !self.pruned.is_empty() {
            self.pruned(Vec::new());
        }
    }

    /// Undoes all that is not durable.
    fn fail(
        &mut self,
        reading: Reading,
        error: StoreError,
        undone: Vec<Reply>,
        load: Load<'_>,
    ) -> Result<(), Fatal> {
        log::error!("the store takes no writes: {error}; orders are refused until it does");
        let why: Rc<str> = error.0.into();
        *self.tally.store_failure.borrow_mut() = Some(why.to_string());
        self.candles.borrow_mut().landed(false);
        self.restore(load)?;
        self.flush_due = false;
        self.next_reopen = reading.run.saturating_add(REOPEN_INTERVAL);
        self.failure = Some(Rc::clone(&why));
        for reply in undone.into_iter().chain(std::mem::take(&mut self.gathered)) {
            reply(Fate::Undone(Unavailable::Store(Rc::clone(&why))));
        }
        Ok(())
    }

    /// Goes back to the last committed state, but for the prices.
    fn restore(&mut self, load: Load<'_>) -> Result<(), Fatal> {
        let (mut snapshot, samples) = load().map_err(Fatal::StoreLost)?;
        *self.samples.borrow_mut() = samples;
        keep_prices(&mut snapshot.markets, &self.exchange);
        let rules = self.exchange.rules().clone();
        let moment = self.exchange.moment();
        self.exchange = Exchange::restore(rules, snapshot).map_err(Fatal::Unsound)?;
        self.exchange.note_seen();
        // Time does not run back for those who look.
        self.exchange.let_pass(moment);
        if let Some(feed) = &self.feed {
            self.exchange.note_prices();
            feed.lost();
        }
        Ok(())
    }

    /// The store takes writes again, or still does not.
    fn reopened(
        &mut self,
        reading: Reading,
        result: Result<(), StoreError>,
        load: Load<'_>,
    ) -> Result<(), Fatal> {
        self.next_reopen = reading.run.saturating_add(REOPEN_INTERVAL);
        match result {
            Ok(()) => {
                // The batch that failed may have reached the disk after all, whole.
                self.restore(load)?;
                log::info!("the store takes writes again");
                self.failure = None;
                *self.tally.store_failure.borrow_mut() = None;
            }
            Err(error) => {
                *self.tally.store_failure.borrow_mut() = Some(error.0.clone());
                self.failure = Some(error.0.into());
            }
        }
        Ok(())
    }
}

/// Puts present prices, and what is traded, into the state that was read back, which has older ones.
fn keep_prices(markets: &mut Vec<MarketState>, present: &Exchange) {
    let mut kept: BTreeMap<Symbol, MarketState> = markets
        .drain(..)
        .map(|state| (state.symbol, state))
        .collect();
    for (symbol, market) in present.markets() {
        let entry = kept
            .entry(symbol)
            .or_insert_with(|| MarketState::new(symbol));
        entry.ticker = market.ticker.or(entry.ticker);
        entry.received = market.received;
        entry.source = market.source;
        entry.trading = market.trading;
        entry.marks.extend(market.state(symbol).marks);
    }
    markets.extend(kept.into_values());
}
