//! Asks the mirror whether its server holds what the exchange does.

use tokio::sync::{mpsc, oneshot};

/// The most differences that are told one by one.
pub const DIFFERENCES_MAX: usize = 1000;

/// Why nothing was compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// There is no mirror.
    #[error("there is no mirror; [mirror] url or REDIS_URL switches it on")]
    NoMirror,
    /// Somebody else is at it.
    #[error("the mirror is being verified already")]
    Busy,
    /// The server cannot be asked: the reason in its words.
    #[error("the mirror cannot be verified now: {0}")]
    Unavailable(String),
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Keys that the exchange has.
    pub keys: u64,
    /// What differs, in words that name the key; at most [`DIFFERENCES_MAX`].
    pub differences: Vec<String>,
    /// How many more differ.
    pub more: u64,
}

/// What is answered.
pub type Verified = Result<Verification, NotVerified>;

/// A request to compare.
#[derive(Debug)]
pub struct VerifyRequest {
    /// Told what was found.
    pub done: oneshot::Sender<Verified>,
}

/// The client's end.
#[derive(Debug, Clone)]
pub struct Verifier {
    requests: mpsc::Sender<VerifyRequest>,
}

impl Verifier {
    /// A verifier and the end that the mirror reads; one request waits, further ones wait to be sent.
    pub fn new() -> (Verifier, mpsc::Receiver<VerifyRequest>) {
        let (requests, inbox) = mpsc::channel(1);
        (Verifier { requests }, inbox)
    }

    /// Has every key compared.
    pub async fn verify(&self) -> Verified {
        let (done, answer) = oneshot::channel();
        self.requests
            .send(VerifyRequest { done })
            .await
            .map_err(|_| NotVerified::NoMirror)?;
        let gone = NotVerified::Unavailable("the daemon is stopping".to_owned());
        answer.await.unwrap_or(Err(gone))
    }
}
