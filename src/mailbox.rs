//! The one way to the exchange: tasks ask, the matcher answers when what they saw is on the disk.
//!
//! A job runs in a turn of the matcher and sees the exchange as it is then. Its answer is held back until everything
//! that it could see is durable, so no client is told what a power cut could undo, and what one client was told is
//! visible to the next. When the store fails instead, commands come back as [`Unavailable`] and looks are taken anew.
//!
//! Everything here stays on the executor thread: nothing is `Send`, and no lock is taken.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use tokio::sync::{mpsc, oneshot};

use crate::exchange::{Command, Exchange, Outcome, Rejection};
use crate::units::Moment;

/// Jobs that can wait for the matcher; senders wait beyond that.
pub const JOBS_MAX: usize = 1024;

/// The store cannot take writes now, or the daemon is stopping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The store refuses: the reason in its words.
    #[error("the store cannot take writes now: {0}")]
    Store(Rc<str>),
    /// The daemon is about to end.
    #[error("the daemon is stopping")]
    Stopping,
}

/// What became of the state that a job saw or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is on the disk.
    Durable,
    /// It was undone.
    Undone(Unavailable),
}

/// Called once the fate of a job is known.
pub type Reply = Box<dyn FnOnce(Fate)>;

/// A change of the exchange.
pub type Change = Box<dyn FnOnce(&mut Exchange, Moment) -> Reply>;

/// What a job does in its turn.
pub enum Work {
    /// Changes the exchange; refused while the store takes no writes.
    Change(Change, Box<dyn FnOnce(Unavailable)>),
    /// Only looks; goes on while the store takes no writes.
    Look(Box<dyn FnOnce(&Exchange) -> Reply>),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Change(..) => "Change",
            Work::Look(_) => "Look",
        })
    }
}

/// One job.
#[derive(Debug)]
pub struct Job {
    /// The moment it happens at; the clock's where none is given.
    pub at: Option<Moment>,
    /// What it does.
    pub work: Work,
}

/// Sends jobs to the matcher.
#[derive(Debug, Clone)]
pub struct Mailbox {
    jobs: mpsc::Sender<Job>,
}

impl Mailbox {
    /// A mailbox and the end that the matcher reads.
    pub fn new() -> (Mailbox, mpsc::Receiver<Job>) {
        let (jobs, inbox) = mpsc::channel(JOBS_MAX);
        (Mailbox { jobs }, inbox)
    }

    /// Has a command carried out now; `view` makes the answer from the exchange right after it.
    pub async fn submit<T: 'static>(
        &self,
        command: Command,
        view: impl FnOnce(&Exchange, Outcome) -> T + 'static,
    ) -> Result<Result<T, Rejection>, Unavailable> {
        self.submit_at(None, command, view).await
    }

    /// The same at a given moment: a replay brings its own time.
    pub async fn submit_at<T: 'static>(
        &self,
        at: Option<Moment>,
        command: Command,
        view: impl FnOnce(&Exchange, Outcome) -> T + 'static,
    ) -> Result<Result<T, Rejection>, Unavailable> {
        let work = move |exchange: &mut Exchange, moment: Moment| {
            exchange
                .handle(moment, command)
                .map(|outcome| view(exchange, outcome))
        };
        self.act_at(at, work).await
    }

    /// Does several things in one turn, each by the exchange's own commands.
    pub async fn act<T: 'static>(
        &self,
        work: impl FnOnce(&mut Exchange, Moment) -> T + 'static,
    ) -> Result<T, Unavailable> {
        self.act_at(None, work).await
    }

    async fn act_at<T: 'static>(
        &self,
        at: Option<Moment>,
        work: impl FnOnce(&mut Exchange, Moment) -> T + 'static,
    ) -> Result<T, Unavailable> {
        let (sender, receiver) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let refused = Rc::clone(&sender);
        let change = move |exchange: &mut Exchange, moment: Moment| -> Reply {
            let answer = work(exchange, moment);
            Box::new(move |fate| {
                tell(
                    &sender,
                    match fate {
                        Fate::Durable => Ok(answer),
                        Fate::Undone(why) => Err(why),
                    },
                );
            })
        };
        let refuse = move |why| tell(&refused, Err(why));
        let work = Work::Change(Box::new(change), Box::new(refuse));
        self.send(Job { at, work }).await?;
        receiver.await.unwrap_or(Err(Unavailable::Stopping))
    }

    /// Changes what is no part of the exchange's state, such as a rule.
    pub async fn adjust(
        &self,
        change: impl FnOnce(&mut Exchange) + 'static,
    ) -> Result<(), Unavailable> {
        let (sender, receiver) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let refused = Rc::clone(&sender);
        let change = move |exchange: &mut Exchange, _| -> Reply {
            change(exchange);
            // Nothing of it goes to the disk, so nothing of it is undone.
            Box::new(move |_| tell(&sender, Ok(())))
        };
        let refuse = move |why| tell(&refused, Err(why));
        let work = Work::Change(Box::new(change), Box::new(refuse));
        self.send(Job { at: None, work }).await?;
        receiver.await.unwrap_or(Err(Unavailable::Stopping))
    }

    /// Looks at the exchange; `view` may be called again if what it saw was undone.
    pub async fn look<T: 'static>(
        &self,
        view: impl Fn(&Exchange) -> T + 'static,
    ) -> Result<T, Unavailable> {
        let view = Rc::new(view);
        loop {
            let (sender, receiver) = oneshot::channel();
            let this_view = Rc::clone(&view);
            let look = move |exchange: &Exchange| -> Reply {
                let seen = this_view(exchange);
                Box::new(move |fate| {
                    let answer = if fate == Fate::Durable {
                        Some(seen)
                    } else {
                        None
                    };
                    // A client that has gone does not need an answer.
                    drop(sender.send(answer));
                })
            };
            self.send(Job {
                at: None,
                work: Work::Look(Box::new(look)),
            })
            .await?;
            match receiver.await {
                Ok(Some(seen)) => return Ok(seen),
                Ok(None) => {}
                Err(_) => return Err(Unavailable::Stopping),
            }
        }
    }

    /// Looks at the exchange once. `then` gets what was seen in the turn in which that is durable, before anybody is told
    /// of changes that came later; it is not called if it was undone.
    pub async fn look_then<T: 'static>(
        &self,
        view: impl FnOnce(&Exchange) -> T + 'static,
        then: impl FnOnce(T) + 'static,
    ) -> Result<(), Unavailable> {
        let look = move |exchange: &Exchange| -> Reply {
            let seen = view(exchange);
            Box::new(move |fate| {
                if fate == Fate::Durable {
                    then(seen);
                }
            })
        };
        self.send(Job {
            at: None,
            work: Work::Look(Box::new(look)),
        })
        .await
    }

    async fn send(&self, job: Job) -> Result<(), Unavailable> {
        self.jobs.send(job).await.map_err(|_| Unavailable::Stopping)
    }
}

/// Whichever of a job's two ends comes first gives the answer.
fn tell<T>(sender: &RefCell<Option<oneshot::Sender<T>>>, answer: T) {
    if let Some(sender) = sender.borrow_mut().take() {
        // A client that has gone does not need an answer.
        drop(sender.send(answer));
    }
}
