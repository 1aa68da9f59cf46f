//! How long the executor's thread works without a look at what is new.
//!
//! Whatever happens on that thread, all others wait for it: so this is the longest that anybody can have waited for a
//! turn. A stretch begins when the thread wakes up and ends when it goes to sleep again; a call that blocks, a task that
//! computes for long, and a thread that the system holds up all show in it. It costs two looks at the clock a wake-up, and
//! none while nothing happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::status::ExecutorStatus;

/// A stretch from here on is long: people and bots begin to notice.
const LONG: Duration = Duration::from_millis(20);

/// Figures about the stretches since the start; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Stretches(Arc<Record>);

#[derive(Debug)]
struct Record {
    started: Instant,
    /// When the present stretch began, in nanoseconds since the start.
    woken: AtomicU64,
    longest: AtomicU64,
    count: AtomicU64,
    long: AtomicU64,
}

impl Stretches {
    /// None yet.
    pub(super) fn new() -> Stretches {
        Stretches(Arc::new(Record {
            started: Instant::now(),
            woken: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            count: AtomicU64::new(0),
            long: AtomicU64::new(0),
        }))
    }

    /// Has the runtime tell when its thread wakes up and goes to sleep.
    pub(super) fn watch(&self, runtime: &mut Builder) {
        let (woken, asleep) = (self.clone(), self.clone());
        runtime.on_thread_unpark(move || woken.woken());
        runtime.on_thread_park(move || asleep.asleep());
    }

    /// The figures of now.
    pub(super) fn status(&self) -> ExecutorStatus {
        let figure = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        ExecutorStatus {
            stretches: figure(&self.0.count),
            long_stretches: figure(&self.0.long),
            longest_stretch: Duration::from_nanos(figure(&self.0.longest)),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn woken(&self) {
        self.0.woken.store(self.now(), Ordering::Relaxed);
    }

    fn asleep(&self) {
        let nanos = self
            .now()
            .saturating_sub(self.0.woken.load(Ordering::Relaxed));
        self.0.longest.fetch_max(nanos, Ordering::Relaxed);
        self.0.count.fetch_add(1, Ordering::Relaxed);
        if Duration::from_nanos(nanos) >= LONG {
            self.0.long.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_blocks_shows() {
        let stretches = Stretches::new();
        let mut builder = Builder::new_current_thread();
        stretches.watch(builder.enable_time());
        let runtime = builder.build().unwrap();
        runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            std::thread::sleep(LONG * 2);
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
        let status = stretches.status();
        assert!(status.longest_stretch >= LONG * 2, "{status:?}");
        assert!(status.long_stretches >= 1 && status.stretches >= 2);
    }
}
