//! The store on a disk that fails or loses power: what was acknowledged is there, nothing is half there.

use std::ops::ControlFlow;

use super::disk::{Disk, Fault, open};
use super::play::{Play, Told, rules};
use super::state::{as_stored, assert_same};
use super::{commit, wait};
use crate::archive::{Archive, Walk};
use crate::exchange::{Exchange, Snapshot};
use crate::store::{Batch, Reader, Store};

const FAULTS: [Fault; 4] = [Fault::Full, Fault::Sync, Fault::Broken, Fault::Gone];

/// An exchange and its store, and what was acknowledged last.
struct Rig {
    disk: Disk,
    store: Store,
    play: Play,
    acknowledged: (Exchange, Told),
}

impl Rig {
    fn new(seed: u64) -> Rig {
        let disk = Disk::with_store();
        let (store, _) = open(&disk).unwrap();
        let play = Play::new(seed);
        let mut rig = Rig {
            disk,
            store,
            acknowledged: (play.exchange.clone(), Told::default()),
            play,
        };
        rig.turns(30).unwrap();
        rig
    }

    /// Some commands and their commit. The prices go with it, so that the state is the whole of it.
    fn turns(&mut self, count: u64) -> Result<(), (Told, crate::store::StoreError)> {
        self.play.steps(count);
        let events = self.play.exchange.take_events();
        let mut told = self.acknowledged.1.clone();
        told.note(&events);
        let batch = Batch::collect(&self.play.exchange, events).with_prices(&self.play.exchange);
        match wait(self.store.commit(batch)) {
            Ok(()) => {
                self.acknowledged = (self.play.exchange.clone(), told);
                Ok(())
            }
            Err(error) => Err((told, error)),
        }
    }

    /// Goes back to what the store has, which is what was acknowledged or, whole, what failed.
    fn roll_back(&mut self, failed: &(Exchange, Told)) {
        let snapshot = self.store.load().unwrap();
        let reader = self.store.reader();
        self.acknowledged = whole(&snapshot, &reader, &self.acknowledged, Some(failed));
        self.play.exchange = self.acknowledged.0.clone();
    }
}

/// Which of two states is stored; it must be one of them in all its parts.
#[track_caller]
fn whole(
    snapshot: &Snapshot,
    reader: &Reader,
    acknowledged: &(Exchange, Told),
    failed: Option<&(Exchange, Told)>,
) -> (Exchange, Told) {
    let restored = Exchange::restore(rules(), snapshot.clone()).unwrap();
    restored.audit().unwrap();
    let found = match failed {
        Some(failed) if as_stored(&failed.0) == restored => failed,
        Some(_) | None => acknowledged,
    };
    assert_same(&found.0, snapshot, true);
    assert_archive(reader, &found.1);
    found.clone()
}

#[track_caller]
fn assert_archive(reader: &Reader, told: &Told) {
    let mut closed = Vec::new();
    reader
        .walk(Walk::default(), &mut |order| {
            closed.push(order);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(closed, told.in_walk_order());
    for (&id, history) in &told.histories {
        assert_eq!(&reader.history(id).unwrap(), history);
    }
}

#[test]
fn a_failed_commit_is_undone_and_reads_go_on() {
    for (seed, fault) in (0..).zip(FAULTS) {
        for after in 0..14 {
            let mut rig = Rig::new(seed * 100 + after);
            rig.disk.fail(fault, after);
            let Err((told, _)) = rig.turns(4) else {
                // The fault comes later than the commit.
                continue;
            };
            let failed = (rig.play.exchange.clone(), told);
            if fault == Fault::Gone {
                rig.store.load().unwrap_err();
            } else {
                rig.roll_back(&failed);
            }
            // Nothing goes on top of what failed.
            rig.turns(1).unwrap_err();
            wait(rig.store.reopen()).unwrap_err();
            if fault != Fault::Gone {
                rig.roll_back(&failed);
            }
            wait(rig.store.reopen()).unwrap_err();
            rig.disk.mend();
            wait(rig.store.reopen()).unwrap();
            rig.roll_back(&failed);
            rig.turns(5).unwrap();
            let Rig { disk, store, .. } = rig;
            drop(store);
            let (store, snapshot) = open(&disk).unwrap();
            whole(&snapshot, &store.reader(), &rig.acknowledged, None);
        }
    }
}

/// A reader that is on its way when the file is opened again gets an error or the truth, and holds nobody up.
#[test]
fn a_walk_does_not_hold_up_a_reopening() {
    let mut rig = Rig::new(1);
    while rig.acknowledged.1.closed.len() < 20 {
        rig.turns(10).unwrap();
    }
    let reader = rig.store.reader();
    let mut seen = 0;
    let walked = reader.walk(Walk::default(), &mut |order| {
        if seen == 3 {
            rig.disk.fail(Fault::Full, 0);
            commit(&rig.store, &mut rig.play.exchange).unwrap_err();
            rig.disk.mend();
            wait(rig.store.reopen()).unwrap();
        }
        seen += 1;
        // A second look from within the first.
        reader.history(order.id).unwrap();
        ControlFlow::Continue(())
    });
    assert!(seen > 3);
    assert!(walked.is_err() || seen == rig.acknowledged.1.closed.len());
    assert_archive(&reader, &rig.acknowledged.1);
}

#[test]
fn readers_that_outlive_the_store_do_not_keep_its_file() {
    let rig = Rig::new(2);
    let reader = rig.store.reader();
    drop(rig.store);
    reader.count().unwrap_err();
    let (store, snapshot) = open(&rig.disk).unwrap();
    whole(&snapshot, &store.reader(), &rig.acknowledged, None);
}

/// What was owed to the disk when a sync failed is written again, though the system calls it written.
#[test]
fn a_sync_that_failed_is_made_good() {
    for seed in 0..20 {
        let mut rig = Rig::new(seed);
        rig.disk.fail(Fault::Sync, 0);
        let (told, _) = rig.turns(10).unwrap_err();
        let failed = (rig.play.exchange.clone(), told);
        rig.disk.mend();
        wait(rig.store.reopen()).unwrap();
        rig.roll_back(&failed);
        rig.turns(2).unwrap();
        let disk = rig.disk.cut(&mut rig.play.chance);
        let (store, snapshot) = open(&disk).unwrap();
        whole(&snapshot, &store.reader(), &rig.acknowledged, None);
    }
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let (mut kept, mut lost) = (0, 0);
    for seed in 0..120 {
        let mut rig = Rig::new(seed);
        // Between commits nothing is at risk, not even that of a commit that has just been made.
        for _ in 0..2 {
            rig.turns(6).unwrap();
            let disk = rig.disk.cut(&mut rig.play.chance);
            let (store, snapshot) = open(&disk).unwrap();
            whole(&snapshot, &store.reader(), &rig.acknowledged, None);
        }
        // Somewhere in the next commit the power goes: no write succeeds from there on, and none since the last sync is
        // safe. Whether the commit is there then is up to the disk; if it is, it is all there.
        rig.disk.fail(Fault::Broken, rig.play.chance.below(14));
        let failed = match rig.turns(12) {
            Ok(()) => None,
            Err((told, _)) => Some((rig.play.exchange.clone(), told)),
        };
        let disk = rig.disk.cut(&mut rig.play.chance);
        // The power goes again while the store is being opened.
        disk.fail(Fault::Broken, rig.play.chance.below(8));
        drop(open(&disk));
        let disk = disk.cut(&mut rig.play.chance);
        let (store, snapshot) = open(&disk).unwrap();
        let found = whole(
            &snapshot,
            &store.reader(),
            &rig.acknowledged,
            failed.as_ref(),
        );
        if let Some(failed) = failed {
            *(if found.0 == failed.0 {
                &mut kept
            } else {
                &mut lost
            }) += 1;
        }
    }
    assert!(kept + lost > 50 && lost > 20, "{kept} {lost}");
}
