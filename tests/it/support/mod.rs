//! The real `mockx` binary and a client for it: what the tests of the whole daemon and its benchmarks share.
//!
//! Nothing in here sleeps to wait for something: a condition is polled, within [`PATIENCE`].

mod chance;
mod client;
mod daemon;
mod faults;
mod python;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use chance::Chance;
pub(crate) use client::{Answer, Client};
pub(crate) use daemon::{Daemon, Launch};
#[allow(unused_imports, reason = "the tests name them, the benchmarks do not")]
pub(crate) use daemon::{OWN_BINARY, other_binary};
pub(crate) use faults::Fault;
#[allow(unused_imports, reason = "the tests name it, the benchmarks do not")]
pub(crate) use python::python_with;

/// Nothing takes longer than this; reaching it fails the test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// Looks at `condition` until it has a value.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(LOOK_EVERY);
    }
}
