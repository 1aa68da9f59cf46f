//! All connections of a server, and who makes room when they are too many.

use std::rc::{Rc, Weak};

use tokio::time::Instant;

use super::wire::Progress;

/// The connections.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    members: Vec<Weak<Progress>>,
}

impl Crowd {
    /// One more.
    pub(super) fn join(&mut self, progress: &Rc<Progress>) {
        if self.members.len() == self.members.capacity() {
            self.members.retain(|member| member.strong_count() > 0);
        }
        self.members.push(Rc::downgrade(progress));
    }

    /// Whether one was told to leave and has not gone yet.
    pub(super) fn is_leaving(&self) -> bool {
        let mut present = self.members.iter().filter_map(Weak::upgrade);
        present.any(|member| member.is_leaving())
    }

    /// Has the one leave that has kept us waiting longest, first of all of those that have never been served; false if
    /// we are at work for all of them.
    pub(super) fn make_room(&mut self) -> bool {
        let now = Instant::now();
        let present = self.members.iter().filter_map(Weak::upgrade);
        let waiting = present.filter_map(|member| Some((member.standing(now)?, member)));
        let first = waiting.min_by_key(|(standing, _)| *standing);
        first.map(|(_, member)| member.leave()).is_some()
    }
}
