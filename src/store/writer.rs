//! The store without its thread: one batch, one transaction, one sync.
//!
//! Every call has done its work when it returns. [`run`] makes the calls on a thread; the simulator of the tests makes
//! them itself.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use redb::Database;
use tokio::sync::oneshot;

use super::commit::commit;
use super::compact::{Compacted, compact};
use super::gate::Gate;
use super::open::Place;
use super::prune::{PRUNE_ROWS_MAX, prune};
use super::tables::{META, META_PROOF};
use super::{Batch, OpenError, Reader, Shared, StoreError};
use crate::exchange::Snapshot;
use crate::samples::Samples;
use crate::units::{Elapsed, OrderId};

/// How long nobody must have wanted a commit before the file is made smaller.
pub(super) const COMPACT_QUIET: Duration = Duration::from_secs(5);

/// How often the file is opened again where nobody else asks for it.
const REVIVE_INTERVAL: Duration = Duration::from_secs(1);

/// So many rows must have been freed before it is looked at whether that is worth it.
const COMPACT_ROWS_MIN: usize = 1000;

/// What is written to see whether the disk takes it; an ordinary commit is some 30 KB.
const PROOF_BYTES: usize = 128 << 10;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Commit a batch.
    Commit(Box<Batch>, oneshot::Sender<Result<(), StoreError>>),
    /// Open the file again.
    Reopen(oneshot::Sender<Result<(), StoreError>>),
    /// Tell which orders are pruned.
    TellPruned(TellPruned),
}

/// Told the ids of closed orders that are gone.
pub(super) struct TellPruned(pub(super) Box<dyn Fn(Vec<OrderId>) + Send>);

impl fmt::Debug for TellPruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TellPruned")
    }
}

/// Makes commits, one at a time, and reads back what it has committed.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    place: Place,
    /// What stands before the disk.
    gate: Gate,
    condition: Condition,
    /// Pruning that is under way.
    prune_before: Option<Elapsed>,
    /// Who wants to know what is gone.
    tell_pruned: Option<TellPruned>,
    /// The same of trades.
    prune_trades_before: Option<Elapsed>,
    /// Whether it failed while nobody had asked for anything, so that nobody else will open the file again soon.
    failed_alone: bool,
    /// Rows that are gone since the file was last made smaller.
    freed_rows: usize,
}

/// Whether commits are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// They are.
    Working,
    /// One failed since; the file is open for reading behind the shut gate.
    Held,
    /// One failed since, and the file could not be opened.
    Closed,
}

/// Works until nobody can send tasks any more.
pub(super) fn run(mut writer: Writer, tasks: &Receiver<Task>) {
    loop {
        // Old orders go in small commits of their own while nobody waits for a bigger one.
        // The file is made smaller while nobody has wanted a commit for a while.
        let task = if writer.is_pruning() {
            tasks.try_recv()
        } else if writer.failed_alone || writer.may_compact() {
            tasks
                .recv_timeout(writer.patience())
                .map_err(|error| match error {
                    RecvTimeoutError::Timeout => TryRecvError::Empty,
                    RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                })
        } else {
            tasks.recv().map_err(|_| TryRecvError::Disconnected)
        };
        match task {
            Ok(Task::Commit(batch, done)) => {
                // Whoever asked may have gone.
                drop(done.send(writer.commit(&batch)));
            }
            Ok(Task::Reopen(done)) => {
                // As above.
                drop(done.send(writer.reopen()));
            }
            Ok(Task::TellPruned(tell)) => writer.tell_pruned = Some(tell),
            Err(TryRecvError::Empty) => writer.idle(),
            Err(TryRecvError::Disconnected) => return,
        }
    }
}

impl Writer {
    /// Opens a store and loads what it holds.
    pub fn open(place: Place) -> Result<(Writer, Snapshot), OpenError> {
        let (opened, snapshot) = place.open_and_load()?;
        let writer = Writer {
            shared: Arc::new(Shared {
                database: RwLock::new(Some(opened.database)),
            }),
            place,
            gate: opened.gate,
            condition: Condition::Working,
            prune_before: None,
            tell_pruned: None,
            prune_trades_before: None,
            failed_alone: false,
            // What an earlier run has freed is not known.
            freed_rows: COMPACT_ROWS_MIN,
        };
        Ok((writer, snapshot))
    }

    /// What readers on other threads share with it.
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// For reading closed orders.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.shared))
    }

    /// Reads back the last committed state, and what was sampled.
    pub fn load(&self) -> Result<(Snapshot, Samples), StoreError> {
        let view = self.shared.view()?;
        Ok((super::load::load(&view)?, super::load::load_samples(&view)?))
    }

    /// Closes the file; readers may live on.
    pub fn close(self) {
        // Closing is no work that could fail.
        drop(self.shared.replace(|| Ok(None)));
    }

    /// Commits a batch: it is durable, or everything after it fails until [`Writer::reopen`] has succeeded.
    pub fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        // From here on whoever asked sees to it.
        self.failed_alone = false;
        if self.condition != Condition::Working {
            return Err(StoreError("an earlier commit failed".to_owned()));
        }
        let result = self.shared.with(|database| commit(database, batch));
        match result {
            Ok(()) => {
                if batch.reset {
                    self.freed_rows = COMPACT_ROWS_MIN;
                }
                self.prune_before = self.prune_before.max(batch.prune_before);
                self.prune_trades_before = self.prune_trades_before.max(batch.prune_trades_before);
            }
            Err(_) => self.fail(),
        }
        result
    }

    /// How long to wait for a task before it does something by itself.
    fn patience(&self) -> Duration {
        if self.failed_alone {
            REVIVE_INTERVAL
        } else {
            COMPACT_QUIET
        }
    }

    /// Does what there is to do while nobody asks for anything.
    pub fn idle(&mut self) {
        if self.failed_alone {
            self.look_after();
        } else if self.is_pruning() {
            self.prune();
        } else {
            self.compact();
        }
    }

    /// Makes one small commit that forgets what is too old.
    pub fn prune(&mut self) {
        let Some(before) = self.prune_before.take() else {
            self.prune_trades();
            return;
        };
        match self.shared.with(|database| prune(database, before)) {
            Ok(pruned) => {
                self.freed_rows = self.freed_rows.saturating_add(pruned.len());
                if pruned.len() == PRUNE_ROWS_MAX {
                    self.prune_before = Some(before);
                }
                if let Some(TellPruned(tell)) = &self.tell_pruned
                    && !pruned.is_empty()
                {
                    tell(pruned);
                }
            }
            Err(error) => {
                log::warn!("old orders cannot be pruned: {error}");
                self.look_after();
            }
        }
    }

    fn prune_trades(&mut self) {
        let Some(before) = self.prune_trades_before.take() else {
            return;
        };
        let prune = |database: &Database| super::trades::prune(database, before, PRUNE_ROWS_MAX);
        match self.shared.with(prune) {
            Ok(pruned) => {
                self.freed_rows = self.freed_rows.saturating_add(pruned);
                if pruned == PRUNE_ROWS_MAX {
                    self.prune_trades_before = Some(before);
                }
            }
            Err(error) => {
                log::warn!("old trades cannot be pruned: {error}");
                self.look_after();
            }
        }
    }

    /// Whether it may be worth to make the file smaller.
    pub(super) fn may_compact(&self) -> bool {
        self.condition == Condition::Working && self.freed_rows >= COMPACT_ROWS_MIN
    }

    /// Gives space back to the disk, if much of the file is free and nobody is reading.
    pub fn compact(&mut self) {
        if self.condition != Condition::Working {
            return;
        }
        match compact(&self.shared, &self.gate) {
            Ok(Compacted::Busy) => {}
            Ok(Compacted::Done | Compacted::NotWorthIt) => self.freed_rows = 0,
            Err(error) => {
                self.freed_rows = 0;
                log::warn!("the store's file cannot be made smaller: {error}");
                self.look_after();
            }
        }
    }

    /// After a failure that nobody is told of: if redb is done with the file, opens it again at once, for the next commit
    /// may be long in coming, and readers would see nothing until then.
    fn look_after(&mut self) {
        let usable = self.shared.with(|database| {
            let transaction = database.begin_write().map_err(StoreError::new)?;
            transaction.abort().map_err(StoreError::new)
        });
        if usable.is_err() {
            self.fail();
        }
        // Behind the shut gate a transaction begins as well.
        if self.condition != Condition::Working {
            // The exchange lost nothing: it needs to know only if the disk takes no commits any more, and its next one
            // tells it.
            if let Err(error) = self.reopen() {
                if !self.failed_alone {
                    log::warn!("the store takes no commits: {error}");
                }
                self.failed_alone = true;
                return;
            }
        }
        self.failed_alone = false;
    }

    /// Whether there is more to forget.
    pub fn is_pruning(&self) -> bool {
        self.prune_before.or(self.prune_trades_before).is_some()
    }

    /// Resumes commits if the disk takes one.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        // What was opened while the disk was read-only stays so.
        if self.condition == Condition::Closed || self.gate.is_read_only() {
            self.hold()?;
        }
        self.gate.open().map_err(StoreError::new)?;
        let proof = self.shared.with(prove);
        match proof {
            Ok(()) => self.condition = Condition::Working,
            Err(_) => self.fail(),
        }
        proof
    }

    fn fail(&mut self) {
        (self.prune_before, self.prune_trades_before) = (None, None);
        if let Err(error) = self.hold() {
            log::warn!("the store cannot be read: {error}");
        }
    }

    /// Opens the file again, so that reads go on, and leaves it as it is.
    fn hold(&mut self) -> Result<(), StoreError> {
        self.condition = Condition::Closed;
        let Writer { place, gate, .. } = self;
        self.shared.replace(|| {
            let opened = place.open(Some(gate))?;
            *gate = opened.gate;
            Ok(Some(opened.database))
        })?;
        self.condition = Condition::Held;
        Ok(())
    }
}

/// Makes a commit that is larger than an ordinary one and leaves nothing behind, to see whether the disk takes it.
fn prove(database: &Database) -> Result<(), StoreError> {
    let proof = vec![0xa5; PROOF_BYTES];
    let edit = |proof: Option<&[u8]>| -> Result<(), StoreError> {
        let transaction = database.begin_write().map_err(StoreError::new)?;
        {
            let mut meta = transaction.open_table(META).map_err(StoreError::new)?;
            match proof {
                Some(bytes) => meta.insert(META_PROOF, bytes),
                None => meta.remove(META_PROOF),
            }
            .map_err(StoreError::new)?;
        }
        transaction.commit().map_err(StoreError::new)
    };
    edit(Some(&proof))?;
    edit(None)
}
