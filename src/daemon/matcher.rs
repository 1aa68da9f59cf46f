//! The task that owns the exchange and the store: it waits for what comes next, reads the clocks, and has [`Turns`] do the
//! rest.
//!
//! What has been waited for longest goes first: the store's answer, then jobs, up to a bound, then what the store has
//! pruned, then what is due by itself.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant as Wakeup, sleep_until};

use super::Fatal;
use super::clock::Reading;
use super::notify::Pulse;
use super::turns::{Ask, Turns};
use crate::mailbox::Job;
use crate::store::{Store, StoreError};
use crate::units::OrderId;

/// The most jobs of one turn; others wait for the next, behind a commit that has landed or a deadline that has passed.
const TURN_JOBS_MAX: usize = 256;

/// Drives the turns.
pub(super) struct Matcher {
    turns: Turns,
    store: Store,
    started: Instant,
    /// The signs of life, which the turns give.
    pulse: Pulse,
    /// The store's answer to what it was asked.
    answer: Option<oneshot::Receiver<Result<(), StoreError>>>,
    /// Closed orders that the store has pruned, where somebody wants to know.
    pruned: Option<mpsc::Receiver<Vec<OrderId>>>,
}

/// What the loop woke up for.
enum Input {
    Answered(Result<(), StoreError>),
    Jobs(usize),
    Pruned(Vec<OrderId>),
    Due,
}

impl Matcher {
    pub(super) fn new(
        turns: Turns,
        store: Store,
        pulse: Pulse,
        pruned: Option<mpsc::Receiver<Vec<OrderId>>>,
    ) -> Matcher {
        Matcher {
            turns,
            store,
            started: Instant::now(),
            pulse,
            answer: None,
            pruned,
        }
    }

    /// Takes turns until nobody can send jobs any more; then writes what is left, and the prices.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Job>) -> Result<(), Fatal> {
        let mut jobs = Vec::with_capacity(TURN_JOBS_MAX);
        loop {
            let input = self.next_input(&mut inbox, &mut jobs).await;
            let reading = self.read();
            match input {
                Input::Answered(result) => self.answered(reading, result)?,
                Input::Jobs(0) => break,
                Input::Jobs(_) => self.turns.take(reading, &mut jobs),
                Input::Pruned(ids) => self.turns.pruned(ids),
                Input::Due => self.turns.wake(reading),
            }
            self.pulse.beat();
            let ask = self.turns.close(reading);
            self.ask(ask);
        }
        self.finish().await
    }

    /// What the clocks show now.
    fn read(&self) -> Reading {
        Reading::take(self.started)
    }

    async fn next_input(&mut self, inbox: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>) -> Input {
        let wakeup = self.next_wakeup();
        tokio::select! {
            biased;
            result = answer_of(self.answer.as_mut()) => Input::Answered(result),
            count = inbox.recv_many(jobs, TURN_JOBS_MAX) => Input::Jobs(count),
            ids = pruned(self.pruned.as_mut()) => Input::Pruned(ids),
            () = sleep_until(wakeup) => Input::Due,
        }
    }

    /// When something is due by itself, a sign of life included.
    fn next_wakeup(&mut self) -> Wakeup {
        let due = self.turns.due(self.read());
        let due = Wakeup::from_std(self.started) + due;
        let beat = self.pulse.due();
        beat.map_or(due, |beat| beat.min(due))
    }

    fn ask(&mut self, ask: Option<Ask>) {
        match ask {
            Some(Ask::Commit(batch)) => self.answer = Some(self.store.commit(*batch)),
            Some(Ask::Reopen) => self.answer = Some(self.store.reopen()),
            None => {}
        }
    }

    fn answered(&mut self, reading: Reading, result: Result<(), StoreError>) -> Result<(), Fatal> {
        self.answer = None;
        let store = &self.store;
        let load = || Ok((store.load()?, store.load_samples()?));
        self.turns.answered(reading, result, &load)
    }

    /// Waits for what is on its way, and writes the rest and the prices.
    async fn finish(mut self) -> Result<(), Fatal> {
        for last in [false, true] {
            if self.answer.is_some() {
                let result = answer_of(self.answer.as_mut()).await;
                self.answered(self.read(), result)?;
            }
            if !last {
                let ask = self.turns.finish(self.read());
                self.ask(ask);
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
async fn pruned(pruned: Option<&mut mpsc::Receiver<Vec<OrderId>>>) -> Vec<OrderId> {
    let told = match pruned {
        Some(pruned) => pruned.recv().await,
        None => None,
    };
    match told {
        Some(ids) => ids,
        None => std::future::pending().await,
    }
}
