//! The store without its thread: one batch, one transaction, one sync.
//!
//! Every call has done its work when it returns. [`run`] makes the calls on a thread; the simulator of the tests makes
//! them itself.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use redb::{Database, Table, WriteTransaction};
use tokio::sync::oneshot;

use super::compact::{Compacted, compact};
use super::gate::Gate;
use super::open::Place;
use super::prune::{PRUNE_ROWS_MAX, prune};
use super::row::{
    AccountRow, BasisRow, ExchangeRow, Figures, HistoryRow, MarketRow, MarketRulesRow,
    PriceSlotRow, Row, SampleRow, StateKey, TradesRow, encode, encode_order,
};
use super::tables::{
    ARCHIVE, CLOSED_BY_UPDATE, CLOSED_ORDER, MARKET_RULES, MARKETS, META, META_PROOF, OPEN_ORDERS,
    PRICE_SLOTS, SAMPLES, STATE, TRADES,
};
use super::{Batch, OpenError, Reader, Shared, StoreError};
use crate::exchange::Snapshot;
use crate::samples::{Changes, Samples};
use crate::units::{Elapsed, OrderId};

/// How long nobody must have wanted a commit before the file is made smaller.
pub(super) const COMPACT_QUIET: Duration = Duration::from_secs(5);

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
        } else if writer.may_compact() {
            tasks
                .recv_timeout(COMPACT_QUIET)
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
            Err(TryRecvError::Empty) if writer.is_pruning() => writer.prune(),
            Err(TryRecvError::Empty) => writer.compact(),
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
    fn may_compact(&self) -> bool {
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
            // The exchange lost nothing: it needs to know only if the disk takes no commits any more, and its next one
            // tells it.
            if let Err(error) = self.reopen() {
                log::warn!("the store takes no commits: {error}");
            }
        }
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

fn commit(database: &Database, batch: &Batch) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(StoreError::new)?;
    if batch.reset {
        reset(&transaction)?;
    }
    put_orders(&transaction, batch)?;
    super::trades::put(&transaction, &batch.fills)?;
    put_state(&transaction, batch)?;
    put_markets(&transaction, batch)?;
    put_rules(&transaction, batch)?;
    put_samples(&transaction, &batch.samples)?;
    transaction.commit().map_err(StoreError::new)
}

fn put_orders(transaction: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    if !batch.open.is_empty() || !batch.closed.is_empty() {
        let mut open = transaction
            .open_table(OPEN_ORDERS)
            .map_err(StoreError::new)?;
        for order in &batch.open {
            let row = encode_order(order)?;
            open.insert(order.id.sequence(), row.as_slice())
                .map_err(StoreError::new)?;
        }
        for order in &batch.closed {
            open.remove(order.id.sequence()).map_err(StoreError::new)?;
        }
    }
    if !batch.closed.is_empty() {
        let mut index = transaction
            .open_table(CLOSED_BY_UPDATE)
            .map_err(StoreError::new)?;
        for order in &batch.closed {
            let key = (order.updated_at.as_millis(), order.id.sequence());
            index.insert(key, ()).map_err(StoreError::new)?;
        }
    }
    if !batch.closed.is_empty() || !batch.history.is_empty() {
        let mut archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        for order in &batch.closed {
            let key = (order.id.sequence(), CLOSED_ORDER);
            let row = encode_order(order)?;
            archive
                .insert(key, row.as_slice())
                .map_err(StoreError::new)?;
        }
        for entry in &batch.history {
            let key = (entry.order.sequence(), entry.number);
            put(&mut archive, key, &HistoryRow::from(entry))?;
        }
    }
    Ok(())
}

fn put_state(transaction: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    let mut table = transaction.open_table(STATE).map_err(StoreError::new)?;
    let figures = ExchangeRow::from(Figures {
        moment: batch.moment,
        next_order: batch.next_order,
        journal: batch.journal,
        next_trade: batch.next_trade,
    });
    put(&mut table, StateKey::Figures.to_string().as_str(), &figures)?;
    for (asset, account) in &batch.accounts {
        let key = StateKey::Account(*asset).to_string();
        put(&mut table, key.as_str(), &AccountRow::from(account))?;
    }
    for (asset, basis) in &batch.bases {
        let key = StateKey::Basis(*asset).to_string();
        put(&mut table, key.as_str(), &BasisRow::from(basis))?;
    }
    for (side, symbol, totals) in &batch.trades {
        let key = StateKey::Trades(*side, *symbol).to_string();
        put(&mut table, key.as_str(), &TradesRow::from(totals))?;
    }
    Ok(())
}

fn put_markets(transaction: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    if batch.markets.is_empty() {
        return Ok(());
    }
    let mut markets = transaction.open_table(MARKETS).map_err(StoreError::new)?;
    for state in &batch.markets {
        let key = state.symbol.to_string();
        put(&mut markets, key.as_str(), &MarketRow::from(state))?;
    }
    Ok(())
}

fn put_rules(transaction: &WriteTransaction, batch: &Batch) -> Result<(), StoreError> {
    if batch.rules.is_empty() {
        return Ok(());
    }
    let mut table = transaction
        .open_table(MARKET_RULES)
        .map_err(StoreError::new)?;
    for (symbol, rules) in &batch.rules {
        let key = symbol.to_string();
        put(&mut table, key.as_str(), &MarketRulesRow::from(rules))?;
    }
    Ok(())
}

/// Writes new samples and drops what is older than anything that is kept.
fn put_samples(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    if !changes.samples.is_empty() {
        let mut table = transaction.open_table(SAMPLES).map_err(StoreError::new)?;
        for (key, sample) in &changes.samples {
            put(&mut table, (key.tier, key.slot), &SampleRow::from(sample))?;
        }
        for oldest in &changes.oldest {
            let before = (oldest.tier, 0)..(oldest.tier, oldest.slot);
            table
                .retain_in(before, |_, _| false)
                .map_err(StoreError::new)?;
        }
    }
    if !changes.prices.is_empty() {
        let mut table = transaction
            .open_table(PRICE_SLOTS)
            .map_err(StoreError::new)?;
        for slot in &changes.prices {
            put(&mut table, slot.slot, &PriceSlotRow::from(slot))?;
        }
        table
            .retain_in(..changes.oldest_prices, |_, _| false)
            .map_err(StoreError::new)?;
    }
    Ok(())
}

fn put<'k, K, R>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: impl std::borrow::Borrow<K::SelfType<'k>>,
    row: &R,
) -> Result<(), StoreError>
where
    K: redb::Key + 'static,
    R: Row,
{
    let bytes = encode(row)?;
    table
        .insert(key, bytes.as_slice())
        .map_err(StoreError::new)?;
    Ok(())
}

/// Empties every table but those of prices.
fn reset(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.delete_table(STATE).map_err(StoreError::new)?;
    transaction
        .delete_table(OPEN_ORDERS)
        .map_err(StoreError::new)?;
    transaction.delete_table(ARCHIVE).map_err(StoreError::new)?;
    transaction.delete_table(SAMPLES).map_err(StoreError::new)?;
    transaction.delete_table(TRADES).map_err(StoreError::new)?;
    transaction
        .delete_table(CLOSED_BY_UPDATE)
        .map_err(StoreError::new)?;
    super::load::create_tables(transaction)
}
