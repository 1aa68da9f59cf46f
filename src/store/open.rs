//! Opening the file: whose it is, whether it is sound, and making it where there is none.
//!
//! A file is opened behind a [`Gate`], so one that is refused is left as it was to the byte. A new store is made under
//! another name and gets its own once it is whole and on the disk: neither a power cut nor a full disk at the first
//! start leaves half a store in the way of the second.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageBackend as _, StorageError,
};

use super::StoreError;
use super::gate::{Behind, Doubt, Gate};
use super::load;
use super::named;
use super::tables::FORMAT;
use crate::exchange::Snapshot;

/// Files up to this size are checked page by page whenever they are opened; longer ones after a crash only, so that a
/// start with a million closed orders does not read them all.
const CHECKED_BYTES_MAX: u64 = 16 << 20;

/// What the name of a store ends in while it is being made.
const DRAFT_SUFFIX: &str = ".new";

/// Read and written by its owner alone.
pub(super) const OWNER_MODE: u32 = 0o600;

/// What the name of the file ends in that says that a sync has failed.
const DOUBT_SUFFIX: &str = ".unsynced";

/// An empty file beside the store. It need not be on the disk: where the system has been started anew there is nothing to
/// doubt.
#[derive(Debug)]
struct Mark(PathBuf);

impl Doubt for Mark {
    fn set(&self, doubted: bool) {
        let done = if doubted {
            File::create(&self.0).map(drop)
        } else {
            std::fs::remove_file(&self.0)
        };
        if let Err(error) = done
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!("{}: {error}", self.0.display());
        }
    }

    fn is_set(&self) -> bool {
        self.0.exists()
    }
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

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

/// Opens the disk that the store is on, at first and again after a failure.
pub type Disk = Box<dyn Fn() -> io::Result<Behind> + Send>;

/// Told, with the size of the file in bytes, that all of it is being checked and that this goes on. It is called some
/// times only, so the file's size is what tells how long it may take.
pub type OnCheck = Arc<dyn Fn(u64) + Send + Sync>;

/// Where the store is, and how it is opened.
pub struct Place {
    /// What errors call it.
    pub(super) path: PathBuf,
    pub(super) disk: Disk,
    pub(super) cache_bytes: usize,
    pub(super) on_check: Option<OnCheck>,
    /// Whether every page is checked, however large the file is.
    pub(super) checks_all: bool,
}

/// A database that writes to its disk once its gate is open.
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) gate: Gate,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.path.display())
    }
}

impl Place {
    /// A disk of whatever kind.
    pub fn on(disk: Disk, cache_bytes: usize) -> Place {
        Place {
            path: PathBuf::from("the disk"),
            disk,
            cache_bytes,
            on_check: None,
            checks_all: false,
        }
    }

    /// A file; it is made if there is none.
    pub(super) fn file(path: &Path, cache_bytes: usize) -> Result<Place, OpenError> {
        let place = Place::existing_file(path, cache_bytes);
        match std::fs::metadata(path) {
            Ok(_) => Ok(place),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_file(path, cache_bytes)?;
                Ok(place)
            }
            Err(error) => Err(place.unusable(error)),
        }
    }

    /// A file that is there.
    pub(super) fn existing_file(path: &Path, cache_bytes: usize) -> Place {
        let owned = path.to_owned();
        let mark = with_suffix(path, DOUBT_SUFFIX);
        Place {
            path: path.to_owned(),
            disk: Box::new(move || {
                let writable = OpenOptions::new().read(true).write(true).open(&owned);
                let (file, read_only) = match writable {
                    Ok(file) => (file, false),
                    // It can be read all the same, behind the gate.
                    Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                        (File::open(&owned)?, true)
                    }
                    Err(error) => return Err(error),
                };
                let disk = Box::new(FileBackend::new(file).map_err(io::Error::other)?);
                let doubt = Box::new(Mark(mark.clone()));
                Ok(Behind {
                    disk,
                    read_only,
                    doubt,
                })
            }),
            cache_bytes,
            on_check: None,
            checks_all: false,
        }
    }

    /// Opens the database behind a shut gate, repaired if need be; `earlier` is the gate it was behind before.
    pub(super) fn open(&self, earlier: Option<&Gate>) -> Result<Opened, OpenError> {
        let (gate, length) = self.shut_gate(earlier)?;
        // redb would take an empty file for a new one.
        if length == 0 {
            return Err(self.damaged("the file is empty"));
        }
        self.database(gate, length)
    }

    /// Opens it for the first time and reads what it holds; only if all of that is sound the disk is written to.
    pub(super) fn open_and_load(&self) -> Result<(Opened, Snapshot), OpenError> {
        let Opened { database, gate } = self.open(None)?;
        let transaction = database.begin_read().map_err(|error| self.damaged(error))?;
        self.check_format(&transaction)?;
        let snapshot = load::load(&transaction).map_err(|error| self.damaged(error))?;
        let named = named::is_marked(&transaction).map_err(|error| self.damaged(error))?;
        drop(transaction);
        gate.open().map_err(|error| self.unusable(error))?;
        if !named {
            log::info!("the closed orders of the store get an index of their names");
            named::complete(&database).map_err(|error| self.unusable(error))?;
        }
        Ok((Opened { database, gate }, snapshot))
    }

    /// Whether it is one that is known here.
    pub(super) fn check_format(&self, transaction: &ReadTransaction) -> Result<(), OpenError> {
        match load::format(transaction).map_err(|error| self.damaged(error))? {
            FORMAT => Ok(()),
            found if found > FORMAT => Err(OpenError::Newer {
                path: self.path.clone(),
                found,
                known: FORMAT,
            }),
            found => Err(self.damaged(format!("unknown format {found}"))),
        }
    }

    /// Opens an empty file, for all the rows of another store.
    pub(super) fn make_empty(&self) -> Result<Database, OpenError> {
        let (gate, length) = self.shut_gate(None)?;
        let Opened { database, gate } = self.database(gate, length)?;
        gate.open().map_err(|error| self.unusable(error))?;
        Ok(database)
    }

    /// Makes an empty store where there is nothing.
    pub fn make(&self) -> Result<(), OpenError> {
        let database = self.make_empty()?;
        load::create(&database).map_err(|error| self.unusable(error))?;
        drop(database);
        Ok(())
    }

    fn shut_gate(&self, earlier: Option<&Gate>) -> Result<(Gate, u64), OpenError> {
        let gate = (self.disk)().and_then(|disk| Gate::shut(disk, earlier));
        let gate = gate.map_err(|error| self.unusable(error))?;
        let length = gate.len().map_err(|error| self.unusable(error))?;
        Ok((gate, length))
    }

    fn database(&self, gate: Gate, length: u64) -> Result<Opened, OpenError> {
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        if length <= CHECKED_BYTES_MAX || self.checks_all {
            builder.set_check_integrity_on_open(true);
        } else {
            let on_check = self.on_check.clone();
            builder.set_repair_callback(move |session| {
                if let Some(on_check) = &on_check {
                    on_check(length);
                }
                // It is called again and again; the log needs the beginning only.
                if session.progress() == 0.0 {
                    log::warn!("the store was not closed properly: checking all of it");
                }
            });
        }
        let database = builder.create_with_backend(gate.clone());
        let database = database.map_err(|error| self.refused(error))?;
        Ok(Opened { database, gate })
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "redb's list of errors is open"
    )]
    fn refused(&self, error: DatabaseError) -> OpenError {
        match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(self.path.clone()),
            DatabaseError::Storage(StorageError::Io(error))
                if error.kind() != io::ErrorKind::InvalidData
                    && error.kind() != io::ErrorKind::UnexpectedEof =>
            {
                self.unusable(error)
            }
            other => self.damaged(other),
        }
    }

    fn unusable(&self, error: impl fmt::Display) -> OpenError {
        OpenError::Unusable {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    pub(super) fn damaged(&self, reason: impl fmt::Display) -> OpenError {
        OpenError::Damaged {
            path: self.path.clone(),
            reason: reason.to_string(),
        }
    }
}

/// Makes a store under another name, and names it when it is whole.
fn make_file(path: &Path, cache_bytes: usize) -> Result<(), OpenError> {
    let place = Place::existing_file(path, cache_bytes);
    let draft_path = with_suffix(path, DRAFT_SUFFIX);
    let fail = |error: io::Error| place.unusable(error);
    // What an earlier attempt left never had anything of value in it.
    match std::fs::remove_file(&draft_path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
    }
    // What is traded is nobody else's business, whatever the directory and the umask allow.
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(OWNER_MODE);
    options.open(&draft_path).map_err(fail)?;
    let made = Place::existing_file(&draft_path, cache_bytes).make();
    let named = made.and_then(|()| name(&draft_path, path).map_err(fail));
    if named.is_err() {
        // The error that is told is the first one.
        drop(std::fs::remove_file(&draft_path));
    }
    named
}

/// Gives a file its name for good, unless somebody else was quicker.
pub(super) fn name(draft: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Ok(()) => std::fs::remove_file(draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => std::fs::remove_file(draft)?,
        // Not every file system has links.
        Err(_) => std::fs::rename(draft, path)?,
    }
    // Without this the name itself can be lost with the power.
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => File::open(directory)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> StoreError {
        StoreError::new(error)
    }
}
