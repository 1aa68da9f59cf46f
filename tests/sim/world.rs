//! The world of a run: the real exchange, turns, mailbox and store, a clock and a disk that the steps move.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mockx::archive::Archive as _;
use mockx::daemon::{Ask, Fatal, Reading, Turns};
use mockx::exchange::{Command, Exchange, Rejection, Rules};
use mockx::mailbox::{Job, Mailbox, Unavailable};
use mockx::store::{StoreError, Writer};
use mockx::units::{Elapsed, Moment, Span, Timestamp};
use tokio::sync::mpsc;

use crate::chance::Chance;
use crate::disk::Disk;
use crate::model::{Entry, Model};
use crate::steps::{Step, Wish, nth_before};

/// What the wall clock shows at first.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);

pub(crate) type Waiting =
    Pin<Box<dyn Future<Output = Result<Result<u64, Rejection>, Unavailable>>>>;

/// What the clients' commands became, shared with their jobs.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) last: u64,
    /// Carried out since the last batch.
    pub(crate) entries: Vec<Entry>,
}

impl Log {
    pub(crate) fn add(&mut self, moment: Moment, command: Command) -> u64 {
        self.last += 1;
        self.entries.push(Entry {
            number: self.last,
            moment,
            command,
        });
        self.last
    }
}

/// A daemon at work.
pub(crate) struct Process {
    pub(crate) turns: Turns,
    pub(crate) writer: Writer,
    pub(crate) mailbox: Mailbox,
    pub(crate) inbox: mpsc::Receiver<Job>,
    /// What the store has been asked and has not done.
    pub(crate) asked: Option<Ask>,
    /// What it has done, and nobody has heard of.
    pub(crate) done: Option<Result<(), StoreError>>,
    /// When it was started.
    pub(crate) started: Duration,
    /// What had passed by then.
    pub(crate) elapsed: Elapsed,
    pub(crate) stamped: Moment,
}

impl Process {
    /// Lets the exchange do what is due.
    fn wake(&mut self, reading: Reading, log: &RefCell<Log>) {
        if !self.turns.is_refusing() {
            self.turns.wake(reading);
            let moment = self.turns.exchange().moment();
            log.borrow_mut().add(moment, Command::Wake);
        }
    }
}

/// Everything.
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) disk: Disk,
    /// What is left of the disk once the power has gone.
    pub(crate) cut: u64,
    pub(crate) run: Duration,
    pub(crate) wall: u64,
    pub(crate) process: Option<Process>,
    pub(crate) log: Rc<RefCell<Log>>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) last_wish: Option<Wish>,
    /// What is committed.
    pub(crate) model: Model,
    /// What may be as well, since a commit failed.
    pub(crate) maybe: Option<Model>,
    /// On its way to the disk, or failed there.
    pub(crate) on_its_way: Vec<Entry>,
    pub(crate) durable: BTreeSet<u64>,
}

/// Rules under which much happens soon, a little different for each seed.
fn rules(seed: u64) -> Rules {
    let chance = &mut Chance::new(seed, 2);
    let mut some = |millis: u64| (chance.between(0, 1) == 0).then(|| Span::from_millis(millis));
    Rules {
        max_age: some(20_000),
        tick_loop: some(700),
        market_delay_max: Span::from_millis(300),
        match_limit_at_once: some(1).is_some(),
        expire_after: some(40_000),
        prune_after: some(30_000),
        prune_trades_after: some(60_000),
        prune_every: Span::from_secs(5),
        seed,
        ..Rules::default()
    }
}

impl World {
    pub(crate) fn new(seed: u64, empty: &Disk) -> World {
        let rules = rules(seed);
        let exchange = Exchange::new(rules.clone());
        World {
            rules,
            disk: empty.copy(),
            cut: seed,
            run: Duration::ZERO,
            wall: START.as_millis(),
            process: None,
            log: Rc::default(),
            waiting: Vec::new(),
            last_wish: None,
            model: Model::new(exchange),
            maybe: None,
            on_its_way: Vec::new(),
            durable: BTreeSet::new(),
        }
    }

    /// Carries out the steps; then everything must be there, on a disk that is well.
    pub(crate) fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        self.start()?;
        for step in steps {
            self.step(step)?;
        }
        self.disk.mend();
        self.recover()?;
        // The power goes once more, or the daemon is stopped.
        if self.cut.is_multiple_of(2) {
            self.pull_the_plug();
        } else {
            self.stop()?;
        }
        self.start()?;
        self.look()
    }

    /// On a disk that is well, writes resume by themselves.
    fn recover(&mut self) -> Result<(), String> {
        for _ in 0..5 {
            for step in [
                Step::Pass(1100),
                Step::Store,
                Step::Hear,
                Step::Turn(9),
                Step::Store,
                Step::Hear,
            ] {
                self.step(&step)?;
            }
        }
        let process = self.process.as_ref();
        if process.is_none_or(|process| process.turns.is_refusing()) {
            return Err("writes do not resume on a sound disk".to_owned());
        }
        Ok(())
    }

    /// Whether what is stored is known and can be read.
    fn is_well(&self) -> bool {
        let process = self.process.as_ref();
        let readable = process.is_some_and(|process| process.writer.reader().count().is_ok());
        readable && self.maybe.is_none() && !self.disk.is_faulty()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Pass(millis) => {
                self.run += Duration::from_millis(*millis);
                self.wall = self.wall.saturating_add(*millis);
            }
            Step::SetClock(wall) => self.wall = *wall,
            Step::Ask(wish) => {
                self.last_wish = Some(wish.clone());
                self.wish(wish);
            }
            Step::AskAgain => {
                if let Some(wish) = self.last_wish.clone() {
                    self.wish(&wish);
                }
            }
            Step::Vanish => self.waiting.clear(),
            Step::Turn(most) => self.turn(*most)?,
            Step::Store => self.work()?,
            Step::Hear => self.hear()?,
            Step::Look if self.is_well() => self.look()?,
            Step::Look => {}
            Step::Fail(fault, after, times) => self.disk.fail(*fault, *after, *times),
            Step::Mend => self.disk.mend(),
            Step::Cut(after, seed) => {
                self.cut = *seed;
                self.disk.fail(crate::disk::Fault::Power, *after, 1);
            }
            Step::Kill => self.process = None,
            Step::Restart => self.stop()?,
            Step::Flip(seed) => self.flip(*seed)?,
        }
        if self.disk.is_off() {
            self.pull_the_plug();
        }
        if self.process.is_none() {
            self.start()?;
        }
        Ok(())
    }

    pub(crate) fn reading(&self) -> Reading {
        let started = self
            .process
            .as_ref()
            .map_or(self.run, |process| process.started);
        Reading {
            run: self.run.saturating_sub(started),
            wall: Timestamp::from_millis(self.wall),
        }
    }

    /// A client sends a command and waits for the answer.
    fn wish(&mut self, wish: &Wish) {
        let Some(process) = &self.process else { return };
        let command = match wish {
            Wish::Exactly(command) => command.clone(),
            Wish::Cancel(back) => {
                Command::Cancel(nth_before(process.turns.exchange().next_order(), *back))
            }
        };
        let (mailbox, log) = (process.mailbox.clone(), Rc::clone(&self.log));
        let mut asking: Waiting = Box::pin(async move {
            let carried_out = command.clone();
            let note =
                move |exchange: &Exchange, _| log.borrow_mut().add(exchange.moment(), carried_out);
            mailbox.submit(command, note).await
        });
        // The first poll sends it.
        if poll(&mut asking).is_none() {
            self.waiting.push(asking);
        }
    }

    /// The matcher takes a turn.
    fn turn(&mut self, most: usize) -> Result<(), String> {
        let reading = self.reading();
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let mut jobs = Vec::new();
        while jobs.len() < most
            && let Ok(job) = process.inbox.try_recv()
        {
            jobs.push(job);
        }
        // It does what is due before it does what it is asked.
        process.wake(reading, &self.log);
        if !jobs.is_empty() {
            process.turns.take(reading, &mut jobs);
            // A command that is refused lets time pass as well, but is in no log.
            process.wake(reading, &self.log);
        }
        self.collect_answers()?;
        self.close()
    }

    /// The end of a turn.
    fn close(&mut self) -> Result<(), String> {
        let reading = self.reading();
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let exchange = process.turns.exchange();
        let moment = exchange.moment();
        let stamped = process.stamped;
        if moment.now < stamped.now || moment.elapsed < stamped.elapsed {
            return Err(format!("time ran back from {stamped:?} to {moment:?}"));
        }
        process.stamped = moment;
        let passed = Span::from_millis(u64::try_from(reading.run.as_millis()).unwrap());
        if moment.elapsed > process.elapsed.plus(passed) {
            return Err(format!("more time has passed than has passed: {moment:?}"));
        }
        exchange
            .audit()
            .map_err(|broken| format!("audit: {broken}"))?;
        let ask = process.turns.close(reading);
        let digest = process.turns.exchange().digest();
        if let Some(Ask::Commit(_)) = &ask {
            self.on_its_way = std::mem::take(&mut self.log.borrow_mut().entries);
            let next = self.model.after(&self.on_its_way);
            if next.exchange.digest() != digest {
                let done = process.turns.exchange();
                let why = differs(&next, done);
                return Err(format!("a replay of {:?}: {why}", self.on_its_way));
            }
            self.maybe = Some(next);
        }
        if ask.is_some() {
            process.asked = ask;
        }
        Ok(())
    }

    /// The store does what it was asked, or what it does while nobody asks.
    pub(crate) fn work(&mut self) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        match process.asked.take() {
            None => process.writer.idle(),
            Some(Ask::Reopen) => process.done = Some(process.writer.reopen()),
            Some(Ask::Commit(batch)) => {
                let result = process.writer.commit(&batch);
                if result.is_ok() {
                    // From here on it must be there, whether somebody has heard of it or not.
                    self.model = self.maybe.take().ok_or("nothing was on its way")?;
                    let entries = std::mem::take(&mut self.on_its_way);
                    self.durable
                        .extend(entries.iter().map(|entry| entry.number));
                } else if self.disk.failures() == 0 {
                    return Err(format!("a commit failed on a sound disk: {result:?}"));
                }
                process.done = Some(result);
            }
        }
        Ok(())
    }

    /// The matcher hears what the store has done.
    pub(crate) fn hear(&mut self) -> Result<(), String> {
        let reading = self.reading();
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let Some(result) = process.done.take() else {
            return Ok(());
        };
        let was_refusing = process.turns.is_refusing();
        let succeeded = result.is_ok();
        let writer = &process.writer;
        let load = || writer.load();
        match process.turns.answered(reading, result, &load) {
            Ok(()) => {}
            Err(Fatal::StoreLost(_)) if self.disk.failures() > 0 => {
                // Whoever supervises it starts it again.
                self.process = None;
                return Ok(());
            }
            Err(fatal) => return Err(format!("the daemon ended: {fatal}")),
        }
        let restored = was_refusing == succeeded;
        if restored {
            self.log.borrow_mut().entries.clear();
            self.settle(succeeded)?;
        }
        self.collect_answers()?;
        self.close()
    }

    /// The exchange has been read back: it is what was committed or, whole, what failed.
    pub(crate) fn settle(&mut self, for_good: bool) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let found = process.turns.exchange();
        match &self.maybe {
            Some(maybe) if maybe.is(found) => {
                if for_good {
                    self.model = maybe.clone();
                    let entries = std::mem::take(&mut self.on_its_way);
                    self.durable
                        .extend(entries.iter().map(|entry| entry.number));
                }
            }
            _ if self.model.is(found) => {}
            _ => return Err(differs(&self.model, found)),
        }
        // Prices are not worth a commit each: they are what they are.
        let mut present = found.clone();
        drop(present.take_events());
        if for_good {
            self.maybe = None;
            self.on_its_way.clear();
            self.model.exchange = present;
        }
        Ok(())
    }

    /// Answers that have come: each must be durable.
    fn collect_answers(&mut self) -> Result<(), String> {
        let mut answered = Vec::new();
        self.waiting.retain_mut(|waiting| match poll(waiting) {
            None => true,
            Some(answer) => {
                answered.extend(answer.ok().and_then(Result::ok));
                false
            }
        });
        for number in answered {
            if !self.durable.contains(&number) && !self.changes_nothing_through(number) {
                return Err(format!("entry {number} was answered before it was durable"));
            }
        }
        Ok(())
    }

    /// Whether nothing but prices has changed since the last commit, up to this entry; then it is answered at once.
    fn changes_nothing_through(&self, number: u64) -> bool {
        let log = self.log.borrow();
        let through = log.entries.iter().filter(|entry| entry.number <= number);
        let through: Vec<Entry> = through.cloned().collect();
        let is_there = through.last().is_some_and(|entry| entry.number == number);
        is_there && self.model.is(&self.model.after(&through).exchange)
    }

    /// Compares the archive.
    pub(crate) fn look(&mut self) -> Result<(), String> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        self.model.compare(&process.writer.reader())
    }
}

pub(crate) fn differs(model: &Model, found: &Exchange) -> String {
    format!(
        "the state is not what was committed:\n  expected {:?}\n  found    {:?}",
        model.exchange.snapshot(),
        found.snapshot()
    )
}

/// A look at a future, which nobody wakes.
fn poll<T>(waiting: &mut Pin<Box<dyn Future<Output = T>>>) -> Option<T> {
    match waiting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
