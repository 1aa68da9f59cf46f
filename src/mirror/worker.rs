//! The thread: connects, compares, writes what comes, and begins again after whatever went wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::setpriority_process;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Settings;
use super::changes::Changes;
use super::link::{Link, Server, Trouble};
use super::page::{Ask, Seen, What};
use super::queue::{Next, Queue};
use super::walk::{Ground, Step, Walk};
use super::write::{Flows, Script};
use crate::archive::Archive;
use crate::exchange::Ticker;
use crate::keyspace::Names;
use crate::units::OrderId;
use crate::verifier::{DIFFERENCES_MAX, NotVerified, Verification, VerifyRequest};

/// The wait after the first failure, and the longest.
const BACKOFF: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// How often the server is asked whether it is there while there is nothing to write.
const PING_EVERY: Duration = Duration::from_secs(5);
/// The longest pause between two steps of a comparison; otherwise it is as long as the step took.
const PAUSE_MAX: Duration = Duration::from_millis(50);
/// Comparisons in which a difference must be found before it is told.
const CHECKS: u32 = 2;
/// The time between them.
const CHECK_PAUSE: Duration = Duration::from_millis(300);
/// How far this thread stands back where the processor is wanted by others: orders come first.
const NICE: i32 = 10;
/// Tickers of one transaction.
const TICKERS_CHUNK: usize = 500;

/// What is told when the queue has dropped something.
const LOST: &str = "not all changes could wait, or the store failed; everything is compared";

/// Writes what the queue holds.
pub(super) struct Worker {
    server: Server,
    names: Names,
    tickers: bool,
    archive: Arc<dyn Archive>,
    asks: mpsc::Sender<Ask>,
    queue: Arc<Queue>,
    /// Number of the last question.
    asked: u64,
    /// Whether it has been told that the server fails.
    told: bool,
}

/// One connection's work.
struct Session<'a> {
    worker: &'a mut Worker,
    link: Link,
    walk: Option<Walk>,
    /// Whether an answer is on its way.
    waiting: bool,
    /// When the walk goes on.
    next_step: Instant,
    check: Option<Check>,
    flows: Flows,
}

/// A comparison that somebody asked for.
struct Check {
    request: VerifyRequest,
    /// What differed in all comparisons so far.
    found: Option<BTreeSet<String>>,
    checks: u32,
}

impl Worker {
    pub(super) fn new(
        server: Server,
        settings: &Settings,
        archive: Arc<dyn Archive>,
        asks: mpsc::Sender<Ask>,
        queue: Arc<Queue>,
    ) -> Worker {
        Worker {
            server,
            names: settings.names.clone(),
            tickers: settings.tickers,
            archive,
            asks,
            queue,
            asked: 0,
            told: false,
        }
    }

    /// Works until there will be no more.
    pub(super) fn run(mut self) {
        // Of this thread alone. Where it may not be so, it is not.
        setpriority_process(None, NICE).ok();
        let mut wait = BACKOFF;
        loop {
            let begun = Instant::now();
            let why = match self.session() {
                Trouble::End => break,
                Trouble::Lost => LOST.to_owned(),
                Trouble::Server(why) | Trouble::Archive(why) => why,
            };
            self.queue.failed(&why);
            if !self.told {
                self.told = true;
                let server = self.server.shown();
                log::warn!("mirror: {server}: {why}; the exchange goes on without it");
            }
            if begun.elapsed() > BACKOFF_MAX {
                wait = BACKOFF;
            }
            if self.queue.rest(wait) {
                break;
            }
            wait = wait.saturating_mul(2).min(BACKOFF_MAX);
        }
        self.queue.end();
    }

    fn session(&mut self) -> Trouble {
        let link = match Link::open(&self.server) {
            Ok(link) => link,
            Err(why) => return why,
        };
        self.queue.begin();
        let mut session = Session {
            worker: self,
            link,
            walk: Some(Walk::repair()),
            waiting: false,
            next_step: Instant::now(),
            check: None,
            flows: Flows::new(),
        };
        let why = session.work();
        if let Some(check) = session.check {
            let words = match &why {
                Trouble::Server(why) | Trouble::Archive(why) => why,
                Trouble::Lost => LOST,
                Trouble::End => "the daemon is stopping",
            };
            let answer = Err(NotVerified::Unavailable(words.to_owned()));
            // Whoever asked may have gone.
            drop(check.request.done.send(answer));
        }
        why
    }
}

impl Session<'_> {
    /// Works until something goes wrong.
    fn work(&mut self) -> Trouble {
        let mut prices_first = false;
        loop {
            let (patience, is_free) = (self.patience(), self.walk.is_none());
            let next = self.worker.queue.next(patience, prices_first, is_free);
            let done = match next {
                Next::Changes(batch) => self.write(&batch),
                Next::Pruned(ids) => self.remove(&ids),
                Next::Tickers(tickers) => self.write_tickers(&tickers),
                Next::Page(seen) => self.take(seen),
                Next::Nothing => self.idle(),
                Next::Lost => Err(Trouble::Lost),
                Next::End => Err(Trouble::End),
            };
            prices_first = !prices_first;
            if let Err(why) = done.and_then(|()| self.walk_on()) {
                return why;
            }
        }
    }

    /// How long to wait for something to write.
    fn patience(&self) -> Duration {
        if self.walk.is_some() && !self.waiting {
            self.next_step.saturating_duration_since(Instant::now())
        } else {
            PING_EVERY
        }
    }

    /// Each commit is a transaction.
    fn write(&mut self, batch: &[Changes]) -> Result<(), Trouble> {
        let (mut scripts, mut rows) = (Vec::with_capacity(batch.len()), 0);
        if self.walk.is_some() {
            // It writes some of them itself.
            self.flows.clear();
        }
        for changes in batch {
            let mut script = Script::new(&self.worker.names);
            script.changes(changes, &mut self.flows, self.worker.archive.as_ref())?;
            rows += changes.rows();
            scripts.push(script.commands);
        }
        self.link.transactions(scripts)?;
        self.worker.queue.wrote(rows);
        Ok(())
    }

    fn remove(&mut self, ids: &[OrderId]) -> Result<(), Trouble> {
        let mut script = Script::new(&self.worker.names);
        script.gone(ids);
        self.link.transactions([script.commands])?;
        self.worker.queue.wrote(ids.len());
        Ok(())
    }

    fn write_tickers(&mut self, tickers: &[Ticker]) -> Result<(), Trouble> {
        for tickers in tickers.chunks(TICKERS_CHUNK) {
            let mut script = Script::new(&self.worker.names);
            for ticker in tickers {
                script.ticker(ticker);
            }
            self.link.transactions([script.commands])?;
            self.worker.queue.wrote(tickers.len());
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Trouble> {
        if self.walk.is_some() {
            return if self.waiting {
                self.link.ping()
            } else {
                Ok(())
            };
        }
        match self.worker.queue.verification() {
            Some(request) => {
                self.check = Some(Check {
                    request,
                    found: None,
                    checks: 0,
                });
                self.begin(Walk::check());
                Ok(())
            }
            None => self.link.ping(),
        }
    }

    fn begin(&mut self, walk: Walk) {
        self.walk = Some(walk);
        self.waiting = false;
        self.next_step = Instant::now();
    }

    /// Takes the answer to a question, if it is the last one.
    fn take(&mut self, seen: Seen) -> Result<(), Trouble> {
        let Seen(number, page) = seen;
        if !self.waiting || number != self.worker.asked {
            return Ok(());
        }
        self.waiting = false;
        self.step(|walk, ground| walk.take(page, ground))
    }

    /// Lets the comparison go on, if there is one and its pause is over.
    fn walk_on(&mut self) -> Result<(), Trouble> {
        let due = !self.waiting && Instant::now() >= self.next_step;
        if self.walk.is_none() || !due {
            return Ok(());
        }
        self.step(Walk::go_on)
    }

    fn step(
        &mut self,
        step: impl FnOnce(&mut Walk, &mut Ground<'_>) -> Result<Step, Trouble>,
    ) -> Result<(), Trouble> {
        let Some(walk) = &mut self.walk else {
            return Ok(());
        };
        let begun = Instant::now();
        let mut ground = Ground {
            link: &mut self.link,
            names: &self.worker.names,
            archive: self.worker.archive.as_ref(),
            tickers: self.worker.tickers,
        };
        let next = step(walk, &mut ground)?;
        self.worker.queue.wrote(std::mem::take(&mut walk.written));
        // The exchange and the readers of the server come first.
        self.next_step = Instant::now() + begun.elapsed().min(PAUSE_MAX);
        match next {
            Step::Again => Ok(()),
            Step::Ask(what) => self.ask(what),
            Step::Done => {
                self.done();
                Ok(())
            }
        }
    }

    fn ask(&mut self, what: What) -> Result<(), Trouble> {
        self.worker.asked += 1;
        self.waiting = true;
        let number = self.worker.asked;
        self.worker
            .asks
            .try_send(Ask { number, what })
            .map_err(|why| match why {
                TrySendError::Full(_) => Trouble::Lost,
                TrySendError::Closed(_) => Trouble::End,
            })
    }

    /// A comparison is at its end.
    fn done(&mut self) {
        let Some(walk) = self.walk.take() else {
            return;
        };
        if walk.repairs() {
            if self.worker.queue.in_step() {
                self.worker.told = false;
                log::info!("mirror: {} is in step", self.worker.server.shown());
            }
            return;
        }
        let keys = walk.keys;
        let differences = walk.differences();
        let Some(check) = &mut self.check else {
            return;
        };
        // What changes while it is compared differs now and then; what is wrong differs each time.
        let found = match check.found.take() {
            Some(before) => before.intersection(&differences).cloned().collect(),
            None => differences,
        };
        check.checks += 1;
        if !found.is_empty() && check.checks < CHECKS {
            check.found = Some(found);
            self.begin(Walk::check());
            self.next_step += CHECK_PAUSE;
            return;
        }
        if let Some(check) = self.check.take() {
            let more = found.len().saturating_sub(DIFFERENCES_MAX);
            let verification = Verification {
                keys,
                differences: found.into_iter().take(DIFFERENCES_MAX).collect(),
                more: u64::try_from(more).unwrap_or(u64::MAX),
            };
            // Whoever asked may have gone.
            drop(check.request.done.send(Ok(verification)));
        }
    }
}
