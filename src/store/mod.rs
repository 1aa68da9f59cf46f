//! The store: everything that was acknowledged, on disk, in one redb file.
//!
//! A thread of its own makes the commits, one at a time, so that the executor never waits for a disk; what gathers
//! meanwhile is the next [`Batch`] (group commit). A batch holds the new images of the rows that changed: the store
//! computes nothing. A commit is durable when it is reported: redb syncs the file before it says so.
//!
//! If a commit fails, so does every later one until [`Store::reopen`] has succeeded: nothing is ever committed on top of
//! what failed. redb would read no more either, so the file is opened again at once, behind a gate that keeps its writes
//! in memory, and reads go on as long as the disk can be read. The executor goes back to what [`Store::load`] gives, and
//! asks for `reopen` from time to time. A batch whose commit failed is there whole or not at all; which of the two only
//! the disk knows, so the executor loads what it finds, after the failure and once more after `reopen`.
//!
//! | file | is |
//! | --- | --- |
//! | `tables` | every table on one screen |
//! | `row` | what a row looks like in bytes, with its version |
//! | `batch` | which rows the events of some turns change |
//! | `commit` | a batch's rows, in one transaction |
//! | `writer` | what commits, on a thread or stepped |
//! | `open` | the file: is it ours, is it sound, making it |
//! | `gate` | a disk that is not written to until it may be |
//! | `prune`, `compact` | forgetting, and giving space back |
//! | `load` | rows to a snapshot, at the start and after a failure |
//! | `copy` | all rows, as a stream |
//! | `backup`, `check` | copies, and the audit of a store at rest |
//! | `reader` | closed orders and histories |
//! | `candles` | candles, written, read and pruned |
//! | `trades` | trades, written, read and pruned |

mod backup;
mod batch;
mod candles;
mod check;
mod commit;
mod compact;
mod copy;
mod gate;
mod load;
mod named;
mod open;
mod prune;
mod reader;
mod row;
mod tables;
mod trades;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::{Database, ReadTransaction, ReadableDatabase};
use tokio::sync::oneshot;

pub use backup::{BackupError, receive, restore};
pub use batch::Batch;
pub use check::{Checked, check};
pub use gate::{Behind, Doubt};
pub use open::{Disk, OnCheck, OpenError, Place};
pub use reader::Reader;
pub use writer::Writer;
use writer::{Task, TellPruned};

use crate::candles::Candles;
use crate::exchange::Snapshot;
use crate::samples::Samples;
use crate::units::OrderId;

/// The store's file in the data directory.
pub const FILE_NAME: &str = "mockx.redb";

/// A commit or a read that failed: the reason in redb's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

impl StoreError {
    fn new(error: impl fmt::Display) -> StoreError {
        StoreError(error.to_string())
    }
}

/// The open database; it is away only while it is being opened again.
struct Shared {
    database: RwLock<Option<Database>>,
}

impl Shared {
    /// A view of the last committed state.
    ///
    /// It holds no lock: it may be kept across other calls, and neither waits for the writer nor holds it up. When the
    /// file is closed under it, reading on is an error.
    fn view(&self) -> Result<ReadTransaction, StoreError> {
        self.with(|database| database.begin_read().map_err(StoreError::new))
    }

    /// Does something with the open database.
    fn with<T>(&self, f: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        match guard.as_ref() {
            Some(database) => f(database),
            None => Err(StoreError("its file is not open".to_owned())),
        }
    }

    /// The same where nobody else may do anything with it.
    fn with_mut<T>(
        &self,
        f: impl FnOnce(&mut Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut guard = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match guard.as_mut() {
            Some(database) => f(database),
            None => Err(StoreError("its file is not open".to_owned())),
        }
    }

    /// Closes the database, if it is open, and puts in its place what `next` opens.
    fn replace(
        &self,
        next: impl FnOnce() -> Result<Option<Database>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // The old one must be closed before the file can be opened again.
        drop(database.take());
        *database = next()?;
        Ok(())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// The store and its thread.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    tasks: Sender<Task>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the store in a file, which is made where there is none, and loads what it holds.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<(Store, Snapshot), OpenError> {
        Store::open_at(Place::file(path, cache_bytes)?)
    }

    /// The same, told when it takes long: after a power cut a large file is checked as a whole.
    pub fn open_watched(
        path: &Path,
        cache_bytes: usize,
        on_check: OnCheck,
    ) -> Result<(Store, Snapshot), OpenError> {
        let place = Place::file(path, cache_bytes)?;
        Store::open_at(Place {
            on_check: Some(on_check),
            ..place
        })
    }

    fn open_at(place: Place) -> Result<(Store, Snapshot), OpenError> {
        let path = place.path.clone();
        let (writer, snapshot) = Writer::open(place)?;
        let shared = Arc::clone(writer.shared());
        let (tasks, inbox) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer::run(writer, &inbox))
            .map_err(|error| OpenError::Unusable {
                path,
                reason: format!("no thread for it: {error}"),
            })?;
        Ok((
            Store {
                shared,
                tasks,
                thread: Some(thread),
            },
            snapshot,
        ))
    }

    /// Has a batch committed; the answer comes when it is durable or has failed.
    pub fn commit(&self, batch: Batch) -> oneshot::Receiver<Result<(), StoreError>> {
        let (done, answer) = oneshot::channel();
        // A thread that has ended drops the task, which the receiver sees.
        drop(self.tasks.send(Task::Commit(Box::new(batch), done)));
        answer
    }

    /// Proves that the file takes commits again after a failure, and resumes them.
    ///
    /// The state is to be loaded anew after that, not before: see the head of this file.
    pub fn reopen(&self) -> oneshot::Receiver<Result<(), StoreError>> {
        let (done, answer) = oneshot::channel();
        // As above.
        drop(self.tasks.send(Task::Reopen(done)));
        answer
    }

    /// Has `tell` called on the store's thread with the ids of closed orders that were pruned, once they are gone.
    pub fn tell_pruned(&self, tell: impl Fn(Vec<OrderId>) + Send + 'static) {
        // As above.
        drop(
            self.tasks
                .send(Task::TellPruned(TellPruned(Box::new(tell)))),
        );
    }

    /// Reads back the last committed state; may wait for the disk.
    pub fn load(&self) -> Result<Snapshot, StoreError> {
        load::load(&self.shared.view()?)
    }

    /// Reads back what was sampled; may wait for the disk.
    pub fn load_samples(&self) -> Result<Samples, StoreError> {
        load::load_samples(&self.shared.view()?)
    }

    /// Reads back the candles that are in no full chunk; may wait for the disk.
    pub fn load_candles(&self) -> Result<Candles, StoreError> {
        candles::load(&self.shared.view()?)
    }

    /// For reading closed orders on other threads.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.shared))
    }
}

impl Drop for Store {
    /// Ends the thread after what it was given, and closes the file.
    fn drop(&mut self) {
        let (closed, _) = std::sync::mpsc::channel();
        self.tasks = closed;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported already.
            drop(thread.join());
        }
        // Readers may live on, but not the file's lock.
        drop(self.shared.replace(|| Ok(None)));
    }
}

#[cfg(test)]
mod tests;
