//! What the turns tell of themselves, for whoever asks how the daemon is doing.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::status::ClockStatus;

/// The figures.
#[derive(Debug, Default)]
pub struct Tally {
    /// Jobs.
    pub commands: Cell<u64>,
    /// Trades.
    pub fills: Cell<u64>,
    /// Commits that succeeded.
    pub commits: Cell<u64>,
    /// How long they took, in all.
    pub commit_time: Cell<Duration>,
    /// Why the store takes no writes.
    pub store_failure: RefCell<Option<String>>,
    /// What is wrong with the books.
    pub audit_failure: RefCell<Option<String>>,
    /// The clock.
    pub clock: Cell<ClockStatus>,
}
