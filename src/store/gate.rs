//! A disk behind a gate: what redb writes stays in memory until the gate is opened.
//!
//! redb writes to a file as soon as it opens it: a repair, and a mark that it is in use. That is too early for a file
//! that may turn out to be somebody else's, or damaged, and impossible on a disk that takes no writes. Behind the shut
//! gate such a file can be opened, repaired and read all the same, and is left as it was if nobody opens the gate.
//!
//! Opened, the gate lets out what was held in its order, syncs included, so a power cut on the way leaves what it would
//! have left had redb written there all along; from then on everything goes straight to the disk.
//!
//! A system that fails to sync may forget what it had to write and still show it to readers, so that the next sync
//! succeeds without it. The gate therefore remembers what was written since the last sync that succeeded; the next gate
//! before the same disk writes it once more before anything else. A process that comes later does not know what that was:
//! it finds a mark ([`Doubt`]), and writes everything that the system shows once more.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use redb::{BackendError, StorageBackend};

/// What is written at once where all is written once more.
const RENEW_BYTES: usize = 256 << 10;

/// An open disk.
#[derive(Debug)]
pub struct Behind {
    /// Where it is read and written.
    pub disk: Box<dyn StorageBackend>,
    /// Whether it takes no writes; then the gate is not opened.
    pub read_only: bool,
    /// Where a sync that failed is remembered.
    pub doubt: Box<dyn Doubt>,
}

/// Remembers, for as long as the system may show what it never wrote, that a sync has failed: at least until it is
/// started anew, whoever opens the disk in the meantime.
pub trait Doubt: fmt::Debug + Send + Sync {
    /// A sync has failed, or everything has been written once more.
    fn set(&self, doubted: bool);

    /// Whether one has failed.
    fn is_set(&self) -> bool;
}

/// Where a process is all there is.
impl Doubt for AtomicBool {
    fn set(&self, doubted: bool) {
        self.store(doubted, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

/// The gate and the disk behind it; clones are the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

struct Inner {
    disk: Box<dyn StorageBackend>,
    read_only: bool,
    doubt: Box<dyn Doubt>,
    /// Whether all of the disk is written once more before anything else.
    renews: bool,
    /// What is held back; none once the gate is open.
    held: RwLock<Option<Held>>,
    /// What went through the open gate since the last sync.
    unsynced: Mutex<Vec<Task>>,
}

/// What the disk is to be told.
struct Held {
    tasks: Vec<Task>,
    /// As much of the disk as counts; the rest is made of the tasks.
    disk_length: u64,
    /// Length once the tasks are done.
    length: u64,
}

#[derive(Clone)]
enum Task {
    Write(u64, Vec<u8>),
    SetLength(u64),
    Sync,
}

impl Task {
    fn run(&self, disk: &dyn StorageBackend) -> io::Result<()> {
        match self {
            Task::Write(offset, bytes) => disk.write(*offset, bytes),
            Task::SetLength(length) => disk.set_len(*length),
            Task::Sync => disk.sync_data(),
        }
    }
}

impl Inner {
    /// Tells the disk; a sync that fails is remembered.
    fn run(&self, task: &Task) -> io::Result<()> {
        let done = task.run(self.disk.as_ref());
        if let (Task::Sync, Err(_)) = (task, &done) {
            self.doubt.set(true);
        }
        done
    }
}

impl Gate {
    /// Whether the disk behind it was read-only when it was opened.
    pub(super) fn is_read_only(&self) -> bool {
        self.0.read_only
    }

    /// A shut gate before a disk; what an open one before it has not synced comes first.
    pub(super) fn shut(behind: Behind, earlier: Option<&Gate>) -> io::Result<Gate> {
        let Behind {
            disk,
            read_only,
            doubt,
        } = behind;
        let length = disk.len()?;
        let mut held = Held {
            tasks: Vec::new(),
            disk_length: length,
            length,
        };
        for task in earlier.map(Gate::owed).unwrap_or_default() {
            held.add(task);
        }
        if !held.tasks.is_empty() {
            held.add(Task::Sync);
        }
        Ok(Gate(Arc::new(Inner {
            disk,
            read_only,
            // What an earlier gate owes is known to the byte, unless it never came to writing all once more.
            renews: earlier.is_none_or(Gate::owes_all) && doubt.is_set(),
            doubt,
            held: RwLock::new(Some(held)),
            unsynced: Mutex::default(),
        })))
    }

    /// Lets out what is held, or after an error goes on holding all of it.
    pub(super) fn open(&self) -> io::Result<()> {
        let inner = &self.0;
        if inner.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let mut present = inner.held.write().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = present.as_mut() else {
            return Ok(());
        };
        if inner.renews {
            renew(inner.disk.as_ref())?;
        }
        let mut last_sync = 0;
        for (number, task) in held.tasks.iter().enumerate() {
            if let Task::SetLength(length) = task {
                held.disk_length = held.disk_length.min(*length);
            }
            inner.run(task)?;
            if let Task::Sync = task {
                last_sync = number;
            }
        }
        if inner.renews || last_sync > 0 {
            inner.doubt.set(false);
        }
        let unsynced = held.tasks.split_off(last_sync);
        *inner
            .unsynced
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = unsynced;
        *present = None;
        Ok(())
    }

    /// Whether all of the disk was to be written once more and has not been.
    fn owes_all(&self) -> bool {
        self.0.renews && self.held().is_some()
    }

    /// What the disk may not have: all that is held, some of which may have been let out in vain, or what was written since
    /// the last sync.
    fn owed(&self) -> Vec<Task> {
        if let Some(held) = self.held().as_ref() {
            return held.tasks.clone();
        }
        let unsynced = self.0.unsynced.lock();
        unsynced.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn held(&self) -> RwLockReadGuard<'_, Option<Held>> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a task back, or tells the disk at once.
    fn pass(&self, task: Task) -> io::Result<()> {
        // Once open it stays open, so the way of every write of the running daemon takes no lock that readers wait for.
        if self.held().is_some() {
            let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = held.as_mut() {
                held.add(task);
                return Ok(());
            }
        }
        self.0.run(&task)?;
        let unsynced = self.0.unsynced.lock();
        let mut unsynced = unsynced.unwrap_or_else(PoisonError::into_inner);
        match task {
            Task::Sync => unsynced.clear(),
            Task::Write(..) | Task::SetLength(_) => unsynced.push(task),
        }
        Ok(())
    }
}

/// Writes everything that can be read once more.
fn renew(disk: &dyn StorageBackend) -> io::Result<()> {
    let length = disk.len()?;
    let mut piece = vec![0; RENEW_BYTES];
    let mut at = 0;
    while at < length {
        let left = usize::try_from(length - at).unwrap_or(RENEW_BYTES);
        piece.truncate(left.min(RENEW_BYTES));
        disk.read(at, &mut piece)?;
        disk.write(at, &piece)?;
        at = end(at, piece.len());
    }
    disk.sync_data()
}

impl Held {
    fn add(&mut self, task: Task) {
        match &task {
            Task::Write(offset, bytes) => {
                self.length = self.length.max(end(*offset, bytes.len()));
            }
            Task::SetLength(length) => self.length = *length,
            Task::Sync => {}
        }
        self.tasks.push(task);
    }

    /// What would be read if the disk had been told.
    fn read(&self, disk: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if end(offset, out.len()) > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (there, beyond) = split(out, offset, self.disk_length);
        if !there.is_empty() {
            disk.read(offset, there)?;
        }
        beyond.fill(0);
        for task in &self.tasks {
            match task {
                Task::Write(at, bytes) => overlay(out, offset, bytes, *at),
                // What is cut off reads as zero if the disk grows again.
                Task::SetLength(length) => split(out, offset, *length).1.fill(0),
                Task::Sync => {}
            }
        }
        Ok(())
    }
}

fn end(offset: u64, length: usize) -> u64 {
    offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX))
}

/// Parts a window that begins at `offset` at the position `at`.
fn split(window: &mut [u8], offset: u64, at: u64) -> (&mut [u8], &mut [u8]) {
    let before = usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
    window.split_at_mut(before.min(window.len()))
}

/// Copies as much of `bytes`, which begin at `at`, as lies in the window that begins at `offset`.
fn overlay(window: &mut [u8], offset: u64, bytes: &[u8], at: u64) {
    let (_, window) = split(window, offset, at);
    let skipped = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
    for (target, byte) in window.iter_mut().zip(bytes.iter().skip(skipped)) {
        *target = *byte;
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl StorageBackend for Gate {
    fn len(&self) -> io::Result<u64> {
        match self.held().as_ref() {
            Some(held) => Ok(held.length),
            None => self.0.disk.len(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self.held().as_ref() {
            Some(held) => held.read(self.0.disk.as_ref(), offset, out),
            None => self.0.disk.read(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.pass(Task::SetLength(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.pass(Task::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.pass(Task::Write(offset, data.to_vec()))
    }

    fn close(&self) -> io::Result<()> {
        self.0.disk.close()
    }

    // Locks are the disk's own, gate or not. A file that is open for reading takes shared ones only, which keep writers
    // out as well.

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if self.0.read_only {
            return self.0.disk.try_lock_shared_range(start, end);
        }
        self.0.disk.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.disk.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if self.0.read_only {
            return self.0.disk.lock_shared_range(start, end);
        }
        self.0.disk.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.disk.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.disk.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.disk.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;

    use super::*;

    /// A disk that takes writes and whose syncs never fail.
    fn behind(disk: impl StorageBackend) -> Behind {
        Behind {
            disk: Box::new(disk),
            read_only: false,
            doubt: Box::new(AtomicBool::new(false)),
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write(u64, Vec<u8>),
        SetLength(u64),
        Open,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => (0u64..60, proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(at, bytes)| Step::Write(at, bytes)),
            2 => (0u64..100).prop_map(Step::SetLength),
            1 => Just(Step::Open),
        ];
        proptest::collection::vec(step, 0..20)
    }

    proptest! {
        #[test]
        fn a_reader_does_not_see_the_gate(steps in steps(), from in 0usize..100, to in 0usize..100) {
            let disk = InMemoryBackend::new();
            disk.set_len(50).unwrap();
            disk.write(0, &[9; 50]).unwrap();
            let gate = Gate::shut(behind(disk), None).unwrap();
            let mut model = vec![9; 50];
            for step in steps {
                match step {
                    Step::Write(at, bytes) => {
                        let at = usize::try_from(at).unwrap();
                        let end = at + bytes.len();
                        if end > model.len() {
                            // redb makes room before it writes.
                            gate.set_len(end as u64).unwrap();
                            model.resize(end, 0);
                        }
                        gate.write(at as u64, &bytes).unwrap();
                        model[at..end].copy_from_slice(&bytes);
                    }
                    Step::SetLength(length) => {
                        gate.set_len(length).unwrap();
                        model.resize(usize::try_from(length).unwrap(), 0);
                    }
                    Step::Open => gate.open().unwrap(),
                }
            }
            prop_assert_eq!(gate.len().unwrap(), model.len() as u64);
            let (from, to) = (from.min(to), from.max(to));
            let mut out = vec![1; to - from];
            let read = gate.read(from as u64, &mut out);
            match model.get(from..to) {
                Some(expected) => {
                    read.unwrap();
                    prop_assert_eq!(&out, expected);
                }
                None => prop_assert!(read.is_err()),
            }
        }
    }

    /// A gate that never opened passes on what the one before it owed.
    #[test]
    fn what_is_owed_is_handed_on() {
        let disk = Arc::new(InMemoryBackend::new());
        disk.set_len(8).unwrap();
        let shared = || behind(Shared(Arc::clone(&disk)));
        let first = Gate::shut(shared(), None).unwrap();
        first.open().unwrap();
        first.write(0, b"owed").unwrap();
        // The system forgets it.
        disk.write(0, &[0; 4]).unwrap();
        let second = Gate::shut(shared(), Some(&first)).unwrap();
        let third = Gate::shut(shared(), Some(&second)).unwrap();
        third.open().unwrap();
        let mut found = [0; 4];
        disk.read(0, &mut found).unwrap();
        assert_eq!(&found, b"owed");
    }

    #[test]
    fn a_shut_gate_leaves_the_disk_alone() {
        let disk = Arc::new(InMemoryBackend::new());
        let gate = Gate::shut(behind(Shared(Arc::clone(&disk))), None).unwrap();
        let database = redb::Builder::new().create_with_backend(gate.clone());
        drop(database.unwrap());
        assert_eq!(disk.len().unwrap(), 0);
        gate.open().unwrap();
        assert!(disk.len().unwrap() > 0);
    }

    #[derive(Debug)]
    struct Shared(Arc<InMemoryBackend>);

    impl StorageBackend for Shared {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            self.0.set_len(len)
        }
        fn sync_data(&self) -> io::Result<()> {
            self.0.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.0.write(offset, data)
        }
    }
}
