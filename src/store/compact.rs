//! Making the file smaller: pruned rows leave free pages, which new rows use; what they do not need goes back to the disk.
//!
//! redb moves what is at the end of the file to free pages at its beginning, in commits of its own. Nothing else is
//! committed or begins to read meanwhile, so it is done while nobody wants a commit, and only where it is soon done.

use std::time::Instant;

use redb::{CompactionError, Database, StorageBackend as _};

use super::gate::Gate;
use super::{Shared, StoreError};

/// A smaller file is not worth the writes.
const FILE_BYTES_MIN: u64 = 2 << 20;
/// What is moved at most: it is what readers and commits wait for.
const KEPT_BYTES_MAX: u64 = 64 << 20;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compacted {
    /// The file is as small as it gets.
    Done,
    /// There is too little to win, or too much to move.
    NotWorthIt,
    /// Somebody is reading.
    Busy,
}

/// Makes the file smaller if at least half of it is free.
pub(super) fn compact(shared: &Shared, gate: &Gate) -> Result<Compacted, StoreError> {
    let before = gate.len().map_err(StoreError::new)?;
    if before < FILE_BYTES_MIN || !shared.with(|database| is_worth_it(database, before))? {
        return Ok(Compacted::NotWorthIt);
    }
    let begun = Instant::now();
    match shared.with_mut(|database| Ok(database.compact()))? {
        Ok(_) => {}
        Err(CompactionError::TransactionInProgress) => return Ok(Compacted::Busy),
        Err(error) => return Err(StoreError::new(error)),
    }
    let after = gate.len().map_err(StoreError::new)?;
    log::info!(
        "the store's file has {} KiB and had {} KiB; that took {} ms",
        after >> 10,
        before >> 10,
        begun.elapsed().as_millis()
    );
    Ok(Compacted::Done)
}

fn is_worth_it(database: &Database, file_bytes: u64) -> Result<bool, StoreError> {
    let transaction = database.begin_write().map_err(StoreError::new)?;
    let stats = transaction.stats();
    transaction.abort().map_err(StoreError::new)?;
    let stats = stats.map_err(StoreError::new)?;
    let page = u64::try_from(stats.page_size()).unwrap_or(u64::MAX);
    let kept = stats.allocated_pages().saturating_mul(page);
    Ok(kept <= file_bytes / 2 && kept <= KEPT_BYTES_MAX)
}
