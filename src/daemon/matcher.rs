//! The task that owns the exchange and the store: turns, group commit, answers.
//!
//! A turn takes what is waiting, up to a bound, reads the clock once, lets each job run, and hands what changed to the
//! store's thread as one batch. While that batch is on its way to the disk the next one gathers. An answer goes out when
//! everything that its job could see is durable; where nothing is pending that is at once.
//!
//! When a commit fails, all that is not durable is undone: the exchange goes back to the last committed state (with the
//! present prices), changes are refused, looks go on, and the store is asked to open its file again until it takes a
//! commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant as Wakeup, sleep_until};

use super::Fatal;
use super::board::{Board, add};
use super::clock::Clock;
use super::following::Followed;
use super::notify::Pulse;
use crate::exchange::{Command, Event, Exchange, MarketState};
use crate::mailbox::{Fate, Job, Reply, Unavailable, Work};
use crate::mirror::Changes;
use crate::samples::Samples;
use crate::store::{Batch, Store, StoreError};
use crate::units::{Moment, OrderId, Symbol};

/// The most jobs of one turn; others wait for the next, behind a commit that has landed or a deadline that has passed.
const TURN_JOBS_MAX: usize = 256;
/// How often the store is asked to open its file again.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// Settings of the turn loop.
#[derive(Debug)]
pub(super) struct Settings {
    /// How often prices are written.
    pub(super) price_flush: Duration,
    /// How often the books are audited.
    pub(super) audit_every: Option<Duration>,
    /// The signs of life, which the turns give.
    pub(super) pulse: Pulse,
}

/// A batch on its way to the disk.
struct InFlight {
    landed: oneshot::Receiver<Result<(), StoreError>>,
    sent: Instant,
    replies: Vec<Reply>,
    /// For whoever follows, once it is durable.
    changes: Option<Changes>,
}

/// Owns the exchange.
pub(super) struct Matcher {
    exchange: Exchange,
    store: Store,
    clock: Clock,
    board: Rc<Board>,
    samples: Rc<RefCell<Samples>>,
    settings: Settings,
    in_flight: Option<InFlight>,
    /// Answers to jobs whose changes are not on their way yet.
    gathered: Vec<Reply>,
    /// Why the store takes no writes.
    failure: Option<Rc<str>>,
    /// The store's answer to being asked to open its file again.
    reopening: Option<oneshot::Receiver<Result<(), StoreError>>>,
    /// When it is asked next.
    next_reopen: Wakeup,
    next_flush: Wakeup,
    /// Whether prices are due to be written with the next batch.
    flush_due: bool,
    next_audit: Option<Wakeup>,
    /// The mirror, if there is one.
    followed: Option<Followed>,
    /// Orders that were pruned while a batch was on its way, which the mirror learns of first.
    pruned: Vec<OrderId>,
}

/// What the loop woke up for.
enum Input {
    Landed(Result<(), StoreError>),
    Reopened(Result<(), StoreError>),
    Jobs(usize),
    Pruned(Vec<OrderId>),
    Due,
}

impl Matcher {
    pub(super) fn new(
        exchange: Exchange,
        store: Store,
        clock: Clock,
        board: Rc<Board>,
        settings: Settings,
    ) -> Matcher {
        let now = Wakeup::now();
        Matcher {
            exchange,
            store,
            clock,
            board,
            samples: Rc::default(),
            in_flight: None,
            gathered: Vec::new(),
            failure: None,
            reopening: None,
            next_reopen: now,
            next_flush: now + settings.price_flush,
            flush_due: false,
            next_audit: settings.audit_every.map(|every| now + every),
            settings,
            followed: None,
            pruned: Vec::new(),
        }
    }

    /// The same with samples that others see too.
    pub(super) fn with_samples(self, samples: Rc<RefCell<Samples>>) -> Matcher {
        Matcher { samples, ..self }
    }

    /// The same with a mirror.
    #[must_use]
    pub(super) fn followed_by(mut self, followed: Option<Followed>) -> Matcher {
        if followed.is_some() {
            self.exchange.note_prices();
        }
        self.followed = followed;
        self
    }

    /// Takes turns until nobody can send jobs any more; then writes what is left, and the prices.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Job>) -> Result<(), Fatal> {
        let mut jobs = Vec::with_capacity(TURN_JOBS_MAX);
        loop {
            match self.next_input(&mut inbox, &mut jobs).await {
                Input::Landed(result) => self.landed(result)?,
                Input::Reopened(result) => self.reopened(result)?,
                Input::Jobs(0) => break,
                Input::Jobs(_) => self.turn(&mut jobs),
                Input::Pruned(ids) => self.tell_pruned(ids),
                Input::Due => self.wake(),
            }
            self.samples.borrow_mut().observe(&self.exchange);
            self.tell_prices();
            self.keep_house();
            self.send_batch();
        }
        self.finish().await
    }

    async fn next_input(&mut self, inbox: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>) -> Input {
        let wakeup = self.next_wakeup();
        let followed = self.followed.as_mut();
        let landed = self
            .in_flight
            .as_mut()
            .map(|in_flight| &mut in_flight.landed);
        tokio::select! {
            biased;
            result = answer_of(landed) => Input::Landed(result),
            result = answer_of(self.reopening.as_mut()) => Input::Reopened(result),
            count = inbox.recv_many(jobs, TURN_JOBS_MAX) => Input::Jobs(count),
            ids = pruned(followed) => Input::Pruned(ids),
            () = sleep_until(wakeup) => Input::Due,
        }
    }

    /// When something is due by itself, a sign of life included.
    fn next_wakeup(&mut self) -> Wakeup {
        let due = self.next_due();
        let beat = self.settings.pulse.due();
        beat.map_or(due, |beat| beat.min(due))
    }

    fn next_due(&mut self) -> Wakeup {
        let now = Wakeup::now();
        if self.failure.is_some() {
            // While it is being opened there is nothing to wake up for but its answer.
            let asked = self.reopening.is_some();
            return if asked {
                now + REOPEN_INTERVAL
            } else {
                self.next_reopen
            };
        }
        let deadline = self
            .exchange
            .deadline()
            .and_then(|deadline| self.clock.until(deadline));
        let timers = [
            Some(self.next_flush),
            self.next_audit,
            deadline.map(|wait| now + wait),
        ];
        timers
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_flush)
    }

    fn turn(&mut self, jobs: &mut Vec<Job>) {
        let moment = self.clock.now();
        self.board.clock.set(self.clock.status());
        add(&self.board.commands, jobs.len());
        self.advance(moment);
        for job in jobs.drain(..) {
            let at = match job.at {
                Some(at) => {
                    self.clock.observe(at);
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
        } else if let Some(in_flight) = &mut self.in_flight {
            in_flight.replies.push(reply);
        } else {
            reply(Fate::Durable);
        }
    }

    /// Lets the exchange do what is due by itself.
    fn wake(&mut self) {
        if self.failure.is_some() {
            if self.reopening.is_none() && Wakeup::now() >= self.next_reopen {
                self.reopening = Some(self.store.reopen());
            }
            return;
        }
        let moment = self.clock.now();
        self.board.clock.set(self.clock.status());
        self.advance(moment);
    }

    /// What is due precedes what is asked; and who only looks sees how old prices are by now.
    fn advance(&mut self, moment: Moment) {
        if self.failure.is_none() {
            // Waking up refuses nothing.
            drop(self.exchange.handle(moment, Command::Wake));
        } else {
            // What is due waits for the store, but prices grow old all the same.
            self.exchange.let_pass(moment);
        }
    }

    /// Notes that prices are to be written, and audits, each every so often.
    fn keep_house(&mut self) {
        self.settings.pulse.beat();
        let now = Wakeup::now();
        if now >= self.next_flush {
            self.next_flush = now + self.settings.price_flush;
            self.flush_due = true;
        }
        if let (Some(at), Some(every)) = (self.next_audit, self.settings.audit_every)
            && now >= at
        {
            self.next_audit = Some(now + every);
            self.audit();
        }
    }

    fn audit(&self) {
        let failure = self.exchange.audit().err().map(|broken| broken.to_string());
        if let Some(broken) = &failure {
            log::error!("audit: {broken}");
        }
        *self.board.audit_failure.borrow_mut() = failure;
    }

    /// Sends what has gathered on its way, if nothing else is.
    fn send_batch(&mut self) {
        if self.in_flight.is_some() || self.failure.is_some() {
            return;
        }
        if !self.exchange.has_events() && !self.flush_due {
            return;
        }
        let events = self.exchange.take_events();
        let fills = events
            .iter()
            .filter(|event| matches!(event, Event::TradesCounted(..)));
        add(&self.board.fills, fills.count());
        let followed = self.followed.as_ref();
        let changes = followed
            .filter(|followed| followed.feed.wants_changes())
            .map(|_| Changes::collect(&self.exchange, &events));
        let batch = Batch::collect(&self.exchange, events);
        if batch.resets() {
            self.samples.borrow_mut().reset();
        }
        let batch = if self.flush_due {
            let samples = self.samples.borrow_mut().take_changes();
            batch.with_prices(&self.exchange).with_samples(samples)
        } else {
            batch
        };
        self.flush_due = false;
        self.in_flight = Some(InFlight {
            landed: self.store.commit(batch),
            sent: Instant::now(),
            replies: std::mem::take(&mut self.gathered),
            changes,
        });
    }

    /// Tells the mirror of new prices; they are not worth a commit.
    fn tell_prices(&mut self) {
        if let Some(followed) = &self.followed {
            let repriced = self.exchange.take_repriced();
            let tickers = repriced
                .into_iter()
                .filter_map(|symbol| self.exchange.market(symbol)?.ticker);
            followed.feed.tickers(tickers);
        }
    }

    /// Tells the mirror of pruned orders, behind the batch that may hold their last change.
    fn tell_pruned(&mut self, ids: Vec<OrderId>) {
        self.pruned.extend(ids);
        if let (None, Some(followed)) = (&self.in_flight, &self.followed) {
            followed.feed.pruned(std::mem::take(&mut self.pruned));
        }
    }

    /// A batch is on the disk, or has failed.
    fn landed(&mut self, result: Result<(), StoreError>) -> Result<(), Fatal> {
        let Some(in_flight) = self.in_flight.take() else {
            return Ok(());
        };
        match result {
            Ok(()) => {
                add(&self.board.commits, 1);
                self.board
                    .commit_time
                    .set(self.board.commit_time.get() + in_flight.sent.elapsed());
                for reply in in_flight.replies {
                    reply(Fate::Durable);
                }
                // What was looked at is in the replies, and older than what has changed by the end of the batch.
                if let (Some(changes), Some(followed)) = (in_flight.changes, &self.followed) {
                    followed.feed.changed(changes);
                }
                if !self.pruned.is_empty() {
                    self.tell_pruned(Vec::new());
                }
                Ok(())
            }
            Err(error) => self.fail(error, in_flight.replies),
        }
    }

    /// Undoes all that is not durable.
    fn fail(&mut self, error: StoreError, undone: Vec<Reply>) -> Result<(), Fatal> {
        log::error!("the store takes no writes: {error}; orders are refused until it does");
        let why: Rc<str> = error.0.into();
        *self.board.store_failure.borrow_mut() = Some(why.to_string());
        self.restore()?;
        self.flush_due = false;
        self.next_reopen = Wakeup::now() + REOPEN_INTERVAL;
        self.failure = Some(Rc::clone(&why));
        for reply in undone.into_iter().chain(std::mem::take(&mut self.gathered)) {
            reply(Fate::Undone(Unavailable::Store(Rc::clone(&why))));
        }
        Ok(())
    }

    /// Goes back to the last committed state, but for the prices.
    fn restore(&mut self) -> Result<(), Fatal> {
        let mut snapshot = self.store.load().map_err(Fatal::StoreLost)?;
        *self.samples.borrow_mut() = self.store.load_samples().map_err(Fatal::StoreLost)?;
        keep_prices(&mut snapshot.markets, &self.exchange);
        let rules = self.exchange.rules().clone();
        self.exchange = Exchange::restore(rules, snapshot).map_err(Fatal::Unsound)?;
        if let Some(followed) = &self.followed {
            self.exchange.note_prices();
            followed.feed.lost();
        }
        Ok(())
    }

    /// The store takes writes again, or still does not.
    fn reopened(&mut self, result: Result<(), StoreError>) -> Result<(), Fatal> {
        self.reopening = None;
        self.next_reopen = Wakeup::now() + REOPEN_INTERVAL;
        match result {
            Ok(()) => {
                // The batch that failed may have reached the disk after all, whole.
                self.restore()?;
                log::info!("the store takes writes again");
                self.failure = None;
                *self.board.store_failure.borrow_mut() = None;
            }
            Err(error) => {
                *self.board.store_failure.borrow_mut() = Some(error.0.clone());
                self.failure = Some(error.0.into());
            }
        }
        Ok(())
    }

    /// Waits for what is on its way, and writes the rest and the prices.
    async fn finish(mut self) -> Result<(), Fatal> {
        for last in [false, true] {
            if let Some(in_flight) = &mut self.in_flight {
                let result = answer_of(Some(&mut in_flight.landed)).await;
                self.landed(result)?;
            }
            if !last && self.failure.is_none() {
                // Time goes on while nobody is looking: orders that are due now are filled now, not after the restart.
                let moment = self.clock.now();
                self.advance(moment);
                self.flush_due = true;
                self.send_batch();
            }
        }
        Ok(())
    }
}

/// The store's answer; never, where it was asked nothing.
async fn answer_of(
    asked: Option<&mut oneshot::Receiver<Result<(), StoreError>>>,
) -> Result<(), StoreError> {
    match asked {
        Some(answer) => answer
            .await
            .unwrap_or(Err(StoreError("the store's thread has ended".to_owned()))),
        None => std::future::pending().await,
    }
}

/// What the store has pruned; never, where nobody wants to know.
async fn pruned(followed: Option<&mut Followed>) -> Vec<OrderId> {
    let told = match followed {
        Some(followed) => followed.pruned.recv().await,
        None => None,
    };
    match told {
        Some(ids) => ids,
        None => std::future::pending().await,
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
    }
    markets.extend(kept.into_values());
}
