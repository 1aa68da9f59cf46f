//! The store: everything that was acknowledged, on disk, in one redb file.
//!
//! A thread of its own makes the commits, one at a time, so that the executor never waits for a disk; what gathers
//! meanwhile is the next [`Batch`] (group commit). A batch holds the new images of the rows that changed: the store
//! computes nothing. A commit is durable when it is reported: redb syncs the file before it says so.
//!
//! If a commit fails, redb refuses all writes until its file is opened again. The executor is told, goes back to the
//! last committed state, and asks for [`Store::reopen`] from time to time. Reads go on as long as the file can be read.
//!
//! | file | is |
//! | --- | --- |
//! | `tables` | every table on one screen |
//! | `row` | what a row looks like in bytes, with its version |
//! | `batch` | which rows the events of some turns change |
//! | `writer` | the thread that commits |
//! | `load` | rows to a snapshot, at the start |
//! | `reader` | closed orders and histories |

mod batch;
mod load;
mod reader;
mod row;
mod tables;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::Database;
use tokio::sync::oneshot;

pub use batch::Batch;
pub use reader::Reader;
use writer::Task;

use crate::exchange::Snapshot;

/// The store's file in the data directory.
pub const FILE_NAME: &str = "mockx.redb";

/// Why a store cannot be opened. The file is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it open.
    #[error("{0} is in use: another mockx runs with this data directory")]
    InUse(PathBuf),
    /// It is no store, or a damaged one.
    #[error(
        "{path} is damaged or not a mockx store ({reason}); it was left as it is: move it away to start anew, \
         or put a backup in its place"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In redb's words or ours.
        reason: String,
    },
    /// A later version wrote it.
    #[error(
        "{path} was written by a newer mockx (format {found}, this one knows {known}); it was left as it is"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The disk or the permissions do not allow it.
    #[error("{path} cannot be opened: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        reason: String,
    },
}

/// A commit or a read that failed: the reason in redb's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

impl StoreError {
    fn new(error: impl fmt::Display) -> StoreError {
        StoreError(error.to_string())
    }
}

/// Opens the database, at first and again after a failure.
type Opener = Box<dyn Fn() -> Result<Database, OpenError> + Send>;

/// The database, which is away while it is being opened again.
struct Shared {
    database: RwLock<Option<Database>>,
}

impl Shared {
    /// Does something with the open database.
    fn with<T>(&self, f: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        match guard.as_ref() {
            Some(database) => f(database),
            None => Err(StoreError("its file is not open".to_owned())),
        }
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
        let path = path.to_owned();
        let damaged = path.clone();
        Store::open_with(Box::new(move || open_file(&path, cache_bytes)), &damaged)
    }

    fn open_with(opener: Opener, path: &Path) -> Result<(Store, Snapshot), OpenError> {
        let database = opener()?;
        let snapshot = load::prepare(&database, path)?;
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
        });
        let (tasks, inbox) = std::sync::mpsc::channel();
        let writer_shared = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer::run(&writer_shared, &opener, &inbox))
            .map_err(|error| OpenError::Unusable {
                path: path.to_owned(),
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

    /// Has the file opened again after a failure, and proves that it takes a commit.
    pub fn reopen(&self) -> oneshot::Receiver<Result<(), StoreError>> {
        let (done, answer) = oneshot::channel();
        // As above.
        drop(self.tasks.send(Task::Reopen(done)));
        answer
    }

    /// Reads back the last committed state; may wait for the disk.
    pub fn load(&self) -> Result<Snapshot, StoreError> {
        self.shared.with(load::load)
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
    }
}

fn open_file(path: &Path, cache_bytes: usize) -> Result<Database, OpenError> {
    let unusable = |error: &dyn fmt::Display| OpenError::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let damaged = |reason: String| OpenError::Damaged {
        path: path.to_owned(),
        reason,
    };
    match std::fs::metadata(path) {
        // redb would take an empty file for a new one.
        Ok(file) if file.len() == 0 => return Err(damaged("the file is empty".to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(&error)),
    }
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    builder.set_repair_callback(|session| {
        // Progress comes in tenths of a percent; the log needs the beginning only.
        if session.progress() == 0.0 {
            log::warn!("the store was not closed properly: checking all of it");
        }
    });
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "redb's list of errors is open"
    )]
    builder.create(path).map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
        redb::DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() != std::io::ErrorKind::InvalidData
                && error.kind() != std::io::ErrorKind::UnexpectedEof =>
        {
            unusable(&error)
        }
        other => damaged(other.to_string()),
    })
}

#[cfg(test)]
mod tests;
