//! Where closed orders are found by their market, by the id that their client gave them, and by that of their pair.
//!
//! All in one table, for each one that a commit touches costs it some pages. The orders of a market lie together by id, so by the
//! time when they were placed; a client's id begins with a character that no market has.

use std::ops::ControlFlow;

use redb::{Database, ReadTransaction, ReadableTable, Table, WriteTransaction};

use super::StoreError;
use super::load::opened;
use super::reader::closed_order;
use super::row::read_order;
use super::tables::{ARCHIVE, CLOSED_BY_NAME, CLOSED_ORDER, META, META_NAMED};
use crate::archive::{Name, OrderWalk};
use crate::exchange::Order;
use crate::units::{OrderId, Timestamp};

/// Orders that get their names in one commit, where they have none yet.
const NAMED_AT_ONCE: usize = 10_000;

/// The table that is written.
pub(super) type Names<'t> = Table<'t, (&'static str, u64), ()>;

impl Name {
    fn key(self) -> String {
        match self {
            Name::Market(symbol) => symbol.to_string(),
            Name::Client(client) => format!("#{client}"),
            Name::Pair(client) => format!("&{client}"),
        }
    }
}

fn names_of(order: &Order) -> impl Iterator<Item = Name> {
    // A pair is found by its first order.
    let pair = order.pair.as_deref().filter(|pair| pair.id == order.id);
    let names = [
        Some(Name::Market(order.symbol)),
        order.terms.client_id.map(Name::Client),
        pair.and_then(|pair| pair.client_id).map(Name::Pair),
    ];
    names.into_iter().flatten()
}

/// Adds a closed order.
pub(super) fn put(names: &mut Names<'_>, order: &Order) -> Result<(), StoreError> {
    for name in names_of(order) {
        let key = name.key();
        let place = (key.as_str(), order.id.sequence());
        names.insert(place, ()).map_err(StoreError::new)?;
    }
    Ok(())
}

/// Removes one that is forgotten.
pub(super) fn remove(names: &mut Names<'_>, order: &Order) -> Result<(), StoreError> {
    for name in names_of(order) {
        let key = name.key();
        let place = (key.as_str(), order.id.sequence());
        names.remove(place).map_err(StoreError::new)?;
    }
    Ok(())
}

/// Says of a new store that all its closed orders have names.
pub(super) fn mark(transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(META).map_err(StoreError::new)?;
    let done = [1].as_slice();
    meta.insert(META_NAMED, done).map_err(StoreError::new)?;
    Ok(())
}

/// Whether all closed orders of a store have names.
pub(super) fn is_marked(transaction: &ReadTransaction) -> Result<bool, StoreError> {
    let meta = transaction.open_table(META).map_err(StoreError::new)?;
    Ok(meta.get(META_NAMED).map_err(StoreError::new)?.is_some())
}

/// Gives names to the closed orders of a store that was written before there were any.
pub(super) fn complete(database: &Database) -> Result<(), StoreError> {
    let mut from = 0;
    loop {
        let transaction = database.begin_write().map_err(StoreError::new)?;
        let next = complete_from(&transaction, from)?;
        if next.is_none() {
            mark(&transaction)?;
        }
        transaction.commit().map_err(StoreError::new)?;
        match next {
            Some(next) => from = next,
            None => return Ok(()),
        }
    }
}

/// Names some; tells where to go on.
fn complete_from(transaction: &WriteTransaction, from: u64) -> Result<Option<u64>, StoreError> {
    let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
    let names = transaction.open_table(CLOSED_BY_NAME);
    let mut names = names.map_err(StoreError::new)?;
    let mut named = 0;
    for entry in archive
        .range((from, CLOSED_ORDER)..)
        .map_err(StoreError::new)?
    {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        let (sequence, number) = key.value();
        if number != CLOSED_ORDER {
            continue;
        }
        if named == NAMED_AT_ONCE {
            return Ok(Some(sequence));
        }
        put(&mut names, &read_order(bytes.value(), sequence)?)?;
        named += 1;
    }
    Ok(None)
}

/// Whether a closed order has its names, in a store where all have.
pub(super) fn has(transaction: &ReadTransaction, order: &Order) -> Result<bool, StoreError> {
    let names = transaction.open_table(CLOSED_BY_NAME);
    let names = names.map_err(StoreError::new)?;
    for name in names_of(order) {
        let key = name.key();
        let place = (key.as_str(), order.id.sequence());
        if names.get(place).map_err(StoreError::new)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shows closed orders of a name by id, until told to stop.
pub(super) fn walk(
    transaction: &ReadTransaction,
    walk: OrderWalk,
    visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let Some(names) = opened(transaction.open_table(CLOSED_BY_NAME))? else {
        return Ok(());
    };
    let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
    let order = |sequence: u64| closed_order(&archive, sequence);
    let key = walk.name.key();
    // The first id from which on orders were placed at this time or later.
    let first_at = |at: Timestamp| -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, u64::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut rows = names
                .range((key.as_str(), middle)..(key.as_str(), high))
                .map_err(StoreError::new)?;
            let found = rows.next().transpose().map_err(StoreError::new)?;
            let Some(found) = found.map(|(place, _)| place.value().1) else {
                high = middle;
                continue;
            };
            // An order that is forgotten meanwhile says nothing of its neighbours.
            match order(found)? {
                Some(order) if order.placed_at >= at => high = middle,
                Some(_) | None => low = found + 1,
            }
        }
        Ok(low)
    };
    let from = walk.from.map_or(0, OrderId::sequence);
    let since = walk.since.map(first_at).transpose()?.unwrap_or(0);
    let until = match walk.until {
        Some(until) => first_at(Timestamp::from_millis(until.as_millis().saturating_add(1)))?,
        None => u64::MAX,
    };
    let from = from.max(since);
    if from >= until {
        return Ok(());
    }
    let mut rows = names
        .range((key.as_str(), from)..(key.as_str(), until))
        .map_err(StoreError::new)?;
    loop {
        let row = if walk.oldest_first {
            rows.next()
        } else {
            rows.next_back()
        };
        let Some(row) = row.transpose().map_err(StoreError::new)? else {
            return Ok(());
        };
        let (_, sequence) = row.0.value();
        if let Some(order) = order(sequence)?
            && visit(order).is_break()
        {
            return Ok(());
        }
    }
}
