//! Backups: a store made of the rows that a running daemon sends, and one put in the place of another.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use redb::ReadableDatabase as _;

use super::check::{Checked, check};
use super::open::{OWNER_MODE, Place, name, with_suffix};
use super::{Batch, OpenError, StoreError, Writer, copy};
use crate::exchange::Snapshot;

/// What the name of a file ends in while it is being written.
const PART_SUFFIX: &str = ".part";
/// What the name of a store ends in that another was put in the place of.
const REPLACED_SUFFIX: &str = ".replaced";
/// Memory for pages.
const CACHE_BYTES: usize = 8 << 20;

/// Why there is no backup, or nothing was restored. What was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is overwritten.
    #[error("{0} exists; choose another name")]
    Exists(PathBuf),
    /// The state has orders or money.
    #[error("{0} is not empty; --force puts the backup in its place and keeps it beside as {1}")]
    NotEmpty(PathBuf, PathBuf),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its rows cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk or the permissions do not allow it.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// In the system's words.
        error: io::Error,
    },
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |error| BackupError::Io { path, error }
}

/// Makes a store at `path` of the rows of a stream; the file has its name only when it is whole, on the disk, and sound.
pub fn receive(path: &Path, stream: &mut dyn Read) -> Result<Checked, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    let part = with_suffix(path, PART_SUFFIX);
    let made = fill(&part, stream).and_then(|checked| {
        name(&part, path).map_err(failed(path))?;
        Ok(checked)
    });
    if made.is_err() {
        // The error that is told is the first one.
        drop(std::fs::remove_file(&part));
    }
    made
}

/// Makes a store, readable by its owner only.
fn fill(part: &Path, stream: &mut dyn Read) -> Result<Checked, BackupError> {
    let mut options = OpenOptions::new();
    let options = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNER_MODE);
    drop(options.open(part).map_err(failed(part))?);
    let place = Place::existing_file(part, CACHE_BYTES);
    let mut database = place.make_empty()?;
    copy::receive(&database, stream)?;
    database.compact().map_err(StoreError::new)?;
    drop(database);
    Ok(check(part)?)
}

/// Puts a backup in the place of a store that nobody has open, which is kept beside it. Ids that the store has given are not
/// given again.
pub fn restore(backup: &Path, path: &Path, force: bool) -> Result<Checked, BackupError> {
    check(backup)?;
    let replaced = with_suffix(path, REPLACED_SUFFIX);
    let mut ids = (1, 1);
    if path.exists() {
        match Writer::open(Place::file(path, CACHE_BYTES)?) {
            Ok((writer, present)) => {
                writer.close();
                if !force && !is_empty(&present) {
                    return Err(BackupError::NotEmpty(path.to_owned(), replaced));
                }
                ids = (present.next_order, present.next_trade);
            }
            // What cannot be read may be replaced if that is wanted, but never under somebody's feet.
            Err(OpenError::Damaged { .. } | OpenError::Newer { .. }) if force => {}
            Err(error) => return Err(error.into()),
        }
    }
    let part = with_suffix(path, PART_SUFFIX);
    let made = draft(backup, &part, ids);
    let checked = made.inspect_err(|_| {
        // The error that is told is the first one.
        drop(std::fs::remove_file(&part));
    })?;
    if path.exists() {
        std::fs::rename(path, &replaced).map_err(failed(&replaced))?;
    }
    name(&part, path).map_err(failed(path))?;
    Ok(checked)
}

/// A copy of a backup in which ids go on behind these.
fn draft(backup: &Path, part: &Path, ids: (u64, u64)) -> Result<Checked, BackupError> {
    let source = Place::existing_file(backup, CACHE_BYTES).open(None)?;
    let view = source.database.begin_read().map_err(StoreError::new)?;
    let mut rows = Vec::new();
    copy::send(&view, &mut |piece| {
        rows.extend(piece);
        std::ops::ControlFlow::Continue(())
    })?;
    drop(view);
    drop(source);
    fill(part, &mut rows.as_slice())?;
    let (mut writer, snapshot) = Writer::open(Place::file(part, CACHE_BYTES)?)?;
    writer.commit(&Batch::continuing(&snapshot, ids))?;
    writer.close();
    File::open(part)
        .and_then(|file| file.sync_all())
        .map_err(failed(part))?;
    Ok(check(part)?)
}

fn is_empty(snapshot: &Snapshot) -> bool {
    snapshot.next_order <= 1 && snapshot.accounts.is_empty() && snapshot.orders.is_empty()
}
