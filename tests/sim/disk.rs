//! A disk in memory that does what disks do when they are at their worst.
//!
//! At a power cut every sector written since the last sync is there or not, each for itself, and one of them may be torn;
//! lengths too. A sync that fails loses what it should have written, though it can still be read until the power goes.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use mockx::store::{Behind, Doubt, Place};
use redb::StorageBackend;

use crate::chance::Chance;

const SECTOR_BYTES: usize = 512;
const CACHE_BYTES: usize = 64 << 10;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Writes fail, no space.
    Full,
    /// Writes fail.
    Write,
    /// Syncs fail.
    Sync,
    /// Reads fail.
    Read,
    /// The power goes: nothing succeeds any more.
    Power,
}

/// The disk; clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// As it can be read.
    seen: Vec<u8>,
    /// As it is after a power cut that loses all it can.
    durable: Vec<u8>,
    /// What was written since the last sync.
    unsynced: Vec<Change>,
    /// The fault, how many operations that it concerns go well before it, and how many fail.
    fault: Option<(Fault, u64, u64)>,
    in_use: bool,
    /// The mark of a sync that failed, which nobody keeps beyond a power cut.
    doubted: bool,
    /// How often something failed.
    failures: u64,
}

#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLength(usize),
}

impl Disk {
    /// A disk with an empty store on it.
    pub(crate) fn with_store() -> Disk {
        let disk = Disk::default();
        disk.place().make().unwrap();
        disk
    }

    /// The same content on a disk of its own.
    pub(crate) fn copy(&self) -> Disk {
        Disk::holding(self.state().seen.clone())
    }

    fn holding(image: Vec<u8>) -> Disk {
        Disk(Arc::new(Mutex::new(State {
            durable: image.clone(),
            seen: image,
            ..State::default()
        })))
    }

    pub(crate) fn place(&self) -> Place {
        let disk = self.clone();
        let open = move || {
            Ok(Behind {
                disk: Box::new(disk.handle()?),
                read_only: false,
                doubt: Box::new(disk.clone()),
            })
        };
        Place::on(Box::new(open), CACHE_BYTES)
    }

    fn handle(&self) -> io::Result<Handle> {
        let mut state = self.state();
        state.strike(&[Fault::Read])?;
        assert!(!state.in_use, "opened again before it was closed");
        state.in_use = true;
        Ok(Handle(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// After some operations this goes wrong, so many times.
    pub(crate) fn fail(&self, fault: Fault, after: u64, times: u64) {
        let mut state = self.state();
        if !state.is_off() {
            state.fault = Some((fault, after, times));
        }
    }

    /// Nothing goes wrong any more, unless the power is off.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        if !state.is_off() {
            state.fault = None;
        }
    }

    /// Whether the power has gone.
    pub(crate) fn is_off(&self) -> bool {
        self.state().is_off()
    }

    /// Whether something may still go wrong.
    pub(crate) fn is_faulty(&self) -> bool {
        self.state().fault.is_some()
    }

    /// How often something has gone wrong.
    pub(crate) fn failures(&self) -> u64 {
        self.state().failures
    }

    /// The disk as it may be after the power went just now.
    pub(crate) fn cut(&self, chance: &mut Chance) -> Disk {
        let state = self.state();
        let mut image = state.durable.clone();
        // Some cuts lose nearly all, some nearly nothing.
        let odds = chance.between(0, 4);
        let kept = |chance: &mut Chance| chance.between(1, 4) <= odds;
        for change in &state.unsynced {
            match change {
                Change::Write(offset, bytes) => {
                    for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                        let at = offset + number * SECTOR_BYTES;
                        if kept(chance) && at + sector.len() <= image.len() {
                            image[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
                Change::SetLength(length) => {
                    if kept(chance) {
                        image.resize(*length, 0);
                    }
                }
            }
        }
        Disk::holding(image)
    }

    /// The bytes of a closed file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().seen.clone()
    }

    /// The same disk with some bits of its closed file flipped.
    pub(crate) fn flipped(&self, chance: &mut Chance) -> Disk {
        let mut bytes = self.bytes();
        let last = u64::try_from(bytes.len()).unwrap() - 1;
        // Heads are short and matter most.
        let end = if chance.between(0, 2) == 0 { 320 } else { last };
        for _ in 0..chance.between(1, 3) {
            let at = usize::try_from(chance.between(0, end)).unwrap();
            bytes[at] ^= 1 << chance.between(0, 7);
        }
        Disk::holding(bytes)
    }
}

impl Doubt for Disk {
    fn set(&self, doubted: bool) {
        self.state().doubted = doubted;
    }

    fn is_set(&self) -> bool {
        self.state().doubted
    }
}

impl State {
    fn is_off(&self) -> bool {
        matches!(self.fault, Some((Fault::Power, 0, _)))
    }

    /// Counts an operation that these faults concern, and fails if its time has come.
    fn strike(&mut self, concerned: &[Fault]) -> io::Result<()> {
        let Some((fault, after, times)) = self.fault else {
            return Ok(());
        };
        let off = self.is_off();
        if !off && !concerned.contains(&fault) {
            return Ok(());
        }
        if after > 0 {
            self.fault = Some((fault, after - 1, times));
            return Ok(());
        }
        self.failures += 1;
        if !off {
            self.fault = (times > 1).then_some((fault, 0, times - 1));
        }
        Err(match fault {
            Fault::Full => io::ErrorKind::StorageFull.into(),
            Fault::Write | Fault::Sync | Fault::Read | Fault::Power => {
                io::Error::other("Input/output error")
            }
        })
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        let concerned = [Fault::Full, Fault::Write, Fault::Power];
        let result = self.strike(&concerned);
        match &change {
            // A write that fails may have written a part.
            Change::Write(offset, bytes) if result.is_err() => {
                let half = bytes[..bytes.len() / 2].to_vec();
                if !self.is_off() && self.seen.len() >= offset + half.len() {
                    self.put(Change::Write(*offset, half));
                }
                return result;
            }
            Change::SetLength(_) if result.is_err() => return result,
            Change::Write(..) | Change::SetLength(_) => {}
        }
        self.put(change);
        Ok(())
    }

    fn put(&mut self, change: Change) {
        match &change {
            Change::Write(offset, bytes) => {
                let end = offset + bytes.len();
                self.seen[*offset..end].copy_from_slice(bytes);
            }
            Change::SetLength(length) => self.seen.resize(*length, 0),
        }
        self.unsynced.push(change);
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Err(error) = self.strike(&[Fault::Sync, Fault::Power]) {
            if !self.is_off() {
                // Written or not, and never tried again: here it is not.
                self.unsynced.clear();
            }
            return Err(error);
        }
        for change in std::mem::take(&mut self.unsynced) {
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
        let mut state = self.0.state();
        state.strike(&[Fault::Read])?;
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
