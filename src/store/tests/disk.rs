//! A disk in memory that fails on demand, and forgets on demand what was not synced.
//!
//! It is as unkind as a disk may be: at a power cut every sector written since the last sync is there or not, each for
//! itself; a sync that fails loses what it should have written, though it can still be read until the power goes.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use super::play::Chance;
use crate::store::gate::Behind;
use crate::store::open::{OpenError, Place};

const SECTOR_BYTES: usize = 512;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Writes fail, no space.
    Full,
    /// Syncs fail.
    Sync,
    /// Writes and syncs fail.
    Broken,
    /// Nothing can be read either.
    Gone,
}

/// The disk; clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// As it can be read.
    seen: Vec<u8>,
    /// As it is after a power cut that loses all it can.
    durable: Vec<u8>,
    /// What was written since the last sync.
    unsynced: Vec<Change>,
    /// The fault, and how many writes and syncs go well before it.
    fault: Option<(Fault, u64)>,
    in_use: bool,
}

#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLength(usize),
}

impl Disk {
    /// A disk with an empty store on it.
    pub(super) fn with_store() -> Disk {
        let disk = Disk::default();
        disk.place().make().unwrap();
        disk
    }

    pub(super) fn place(&self) -> Place {
        let disk = self.clone();
        Place {
            path: "disk".into(),
            disk: Box::new(move || {
                Ok(Behind {
                    disk: Box::new(disk.handle()?),
                    read_only: false,
                    doubt: Box::new(AtomicBool::new(false)),
                })
            }),
            cache_bytes: 64 << 10,
            on_check: None,
            checks_all: false,
        }
    }

    fn handle(&self) -> io::Result<Handle> {
        let mut state = self.state();
        if let Some((Fault::Gone, 0)) = state.fault {
            return Err(broken());
        }
        assert!(!state.in_use, "opened again before it was closed");
        state.in_use = true;
        Ok(Handle(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on, or after some writes and syncs, this goes wrong.
    pub(super) fn fail(&self, fault: Fault, after: u64) {
        self.state().fault = Some((fault, after));
    }

    pub(super) fn mend(&self) {
        self.state().fault = None;
    }

    /// The disk as it may be after the power went just now.
    pub(super) fn cut(&self, chance: &mut Chance) -> Disk {
        let state = self.state();
        let mut image = state.durable.clone();
        for change in &state.unsynced {
            match change {
                Change::Write(offset, bytes) => {
                    for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                        let at = offset + number * SECTOR_BYTES;
                        if chance.one_in(2) && at + sector.len() <= image.len() {
                            image[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
                Change::SetLength(length) => {
                    if chance.one_in(2) {
                        image.resize(*length, 0);
                    }
                }
            }
        }
        Disk(Arc::new(Mutex::new(State {
            seen: image.clone(),
            durable: image,
            ..State::default()
        })))
    }
}

impl State {
    /// Counts a write or a sync, and tells what goes wrong with it.
    fn strike(&mut self) -> Option<Fault> {
        let (fault, after) = self.fault?;
        self.fault = Some((fault, after.saturating_sub(1)));
        (after == 0).then_some(fault)
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        match self.strike() {
            Some(Fault::Full) => return Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Broken | Fault::Gone) => return Err(broken()),
            Some(Fault::Sync) | None => {}
        }
        match &change {
            Change::Write(offset, bytes) => {
                let end = offset + bytes.len();
                self.seen[*offset..end].copy_from_slice(bytes);
            }
            Change::SetLength(length) => self.seen.resize(*length, 0),
        }
        self.unsynced.push(change);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let fault = self.strike();
        let unsynced = std::mem::take(&mut self.unsynced);
        if matches!(fault, Some(Fault::Sync | Fault::Broken | Fault::Gone)) {
            // Written or not, and never tried again: here it is not.
            return Err(broken());
        }
        for change in unsynced {
            match change {
                Change::Write(offset, bytes) => {
                    let end = offset + bytes.len();
                    let length = self.durable.len().max(end);
                    self.durable.resize(length, 0);
                    self.durable[offset..end].copy_from_slice(&bytes);
                }
                Change::SetLength(length) => self.durable.resize(length, 0),
            }
        }
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::other("Input/output error")
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap()
}

/// An open file on the disk.
#[derive(Debug)]
struct Handle(Disk);

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state();
        if let Some((Fault::Gone, 0)) = state.fault {
            return Err(broken());
        }
        let offset = index(offset);
        let bytes = state.seen.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = index(len);
        self.0.state().change(Change::SetLength(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.state().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = index(offset);
        self.0.state().change(Change::Write(offset, data.to_vec()))
    }

    fn close(&self) -> io::Result<()> {
        self.0.state().in_use = false;
        Ok(())
    }
}

/// The store on a disk.
pub(super) fn open(
    disk: &Disk,
) -> Result<(crate::store::Store, crate::exchange::Snapshot), OpenError> {
    crate::store::Store::open_at(disk.place())
}
