//! Asks a stepped replay for its next rows.

use tokio::sync::{mpsc, oneshot};

use crate::status::ReplayStatus;

/// The most rows that one step can have; bounds how long a client waits.
pub const STEP_ROWS_MAX: u64 = 1_000_000;

/// Why a replay does not step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStepping {
    /// There is no replay, or it goes by itself.
    #[error(
        "prices do not come from a stepped replay; start with --source replay:FILE and oracle.replay_pace = \"stepped\""
    )]
    NotStepped,
    /// The file cannot be read on.
    #[error("the replay stopped: {0}")]
    Failed(String),
    /// The store takes no writes, or the daemon is stopping.
    #[error("the replay cannot go on now: {0}")]
    Unavailable(String),
}

/// A request for rows.
#[derive(Debug)]
pub struct StepRequest {
    /// How many.
    pub rows: u64,
    /// Told once they have been matched; fewer only at the end of the file.
    pub done: oneshot::Sender<Result<ReplayStatus, NotStepping>>,
}

/// The client's end.
#[derive(Debug, Clone)]
pub struct Stepper {
    requests: mpsc::Sender<StepRequest>,
}

impl Stepper {
    /// A stepper and the end that the replay reads; one request waits, further ones wait to be sent.
    pub fn new() -> (Stepper, mpsc::Receiver<StepRequest>) {
        let (requests, inbox) = mpsc::channel(1);
        (Stepper { requests }, inbox)
    }

    /// Has the next rows matched, and tells where the replay is then.
    pub async fn step(&self, rows: u64) -> Result<ReplayStatus, NotStepping> {
        let (done, answer) = oneshot::channel();
        let request = StepRequest { rows, done };
        self.requests
            .send(request)
            .await
            .map_err(|_| NotStepping::NotStepped)?;
        answer.await.unwrap_or(Err(NotStepping::Unavailable(
            "the daemon is stopping".to_owned(),
        )))
    }
}
