//! Reads of the archive on threads that may wait for a disk, shared by all who serve clients.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::archive::{Archive, Unreadable};

/// Reads that run at the same time; further ones wait. Each has a thread while it runs.
pub const ARCHIVE_READS_MAX: usize = 4;

/// An archive, and the bound on its reads.
#[derive(Clone)]
pub struct Pool {
    archive: Arc<dyn Archive>,
    permits: Arc<Semaphore>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool for an archive; its clones share the bound.
    pub fn new(archive: Arc<dyn Archive>) -> Pool {
        let permits = Arc::new(Semaphore::new(ARCHIVE_READS_MAX));
        Pool { archive, permits }
    }

    /// Runs `task` where it may wait.
    pub async fn read<T: Send + 'static>(
        &self,
        task: impl FnOnce(&dyn Archive) -> Result<T, Unreadable> + Send + 'static,
    ) -> Result<T, Unreadable> {
        let archive = Arc::clone(&self.archive);
        // The permit goes along: a client that leaves does not end the read.
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let read = move || {
            let _permit = permit;
            task(archive.as_ref())
        };
        let lost = |_| Unreadable("the read was cut off".to_owned());
        let answer = tokio::task::spawn_blocking(read).await.map_err(lost);
        answer.and_then(|found| found)
    }
}
