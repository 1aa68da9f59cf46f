//! A program in a process group of its own, so that it ends with all that it started.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::time::{Instant, sleep, timeout};

use tokio::process::Child;

/// Between two looks at whether the group has gone.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a killed program may take to be gone.
const KILL_WAIT: Duration = Duration::from_millis(500);

/// The group of a child that was started as its leader; what is left of it is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that `child` leads.
    pub(super) fn of(child: &Child) -> Group {
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        Group(pid.and_then(Pid::from_raw))
    }

    /// Asks everything in it to end, and kills what has not ended after `patience`.
    pub(super) async fn end(mut self, child: &mut Child, patience: Duration) {
        self.signal(Signal::TERM);
        let until = Instant::now() + patience;
        // The leader may leave others behind, who were asked too.
        let ended = timeout(patience, child.wait()).await.is_ok();
        while ended && self.is_there() && Instant::now() < until {
            sleep(LOOK_EVERY).await;
        }
        self.kill();
        drop(timeout(KILL_WAIT, child.wait()).await);
    }

    /// Kills what is left of it.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
        // Once everything in it is dead the number may be given to somebody else.
        self.0 = None;
    }

    fn is_there(&self) -> bool {
        self.0
            .is_some_and(|pid| test_kill_process_group(pid).is_ok())
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // It fails when the group has gone already.
            kill_process_group(pid, signal).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
