//! Trades in the store: one table by symbol and id, so that those of a symbol lie together and the newest last.
//!
//! The trades of an order are found through its history, whose entries name them: no second index is written.

use std::ops::ControlFlow;

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableTable, TableError, WriteTransaction};

use super::StoreError;
use super::row::{TradeRow, decode, encode};
use super::tables::TRADES;
use crate::archive::TradeWalk;
use crate::exchange::Trade;
use crate::units::{Elapsed, Symbol};

type Trades = ReadOnlyTable<(&'static str, u64), &'static [u8]>;

/// Adds trades.
pub(super) fn put(transaction: &WriteTransaction, trades: &[Trade]) -> Result<(), StoreError> {
    if trades.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(TRADES).map_err(StoreError::new)?;
    for trade in trades {
        let symbol = trade.symbol.to_string();
        let bytes = encode(&TradeRow::from(trade))?;
        table
            .insert((symbol.as_str(), trade.id), bytes.as_slice())
            .map_err(StoreError::new)?;
    }
    Ok(())
}

/// The table; a store that has seen no trade may have none.
fn open(transaction: &ReadTransaction) -> Result<Option<Trades>, StoreError> {
    match transaction.open_table(TRADES) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(StoreError::new(error)),
    }
}

/// One trade.
pub(super) fn one(
    transaction: &ReadTransaction,
    symbol: Symbol,
    id: u64,
) -> Result<Option<Trade>, StoreError> {
    let Some(table) = open(transaction)? else {
        return Ok(None);
    };
    let row = table.get((symbol.to_string().as_str(), id));
    row.map_err(StoreError::new)?
        .map(|bytes| decode::<TradeRow>(bytes.value())?.read(symbol, id))
        .transpose()
}

/// Shows trades in the order of the walk until told to stop.
pub(super) fn walk(
    transaction: &ReadTransaction,
    walk: TradeWalk,
    visit: &mut dyn FnMut(Trade) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let Some(table) = open(transaction)? else {
        return Ok(());
    };
    let symbols = match walk.symbol {
        Some(symbol) => vec![symbol],
        None => symbols(&table)?,
    };
    // The next trade of each symbol, newest (or oldest) first: few symbols have trades, so they are looked through.
    let mut heads = Vec::new();
    for symbol in symbols {
        let name = symbol.to_string();
        let (from, before) = (walk.from.unwrap_or(0), walk.before.unwrap_or(u64::MAX));
        if from >= before {
            return Ok(());
        }
        let range = table.range((name.as_str(), from)..(name.as_str(), before));
        let mut rows = range.map_err(StoreError::new)?;
        let mut next = move || {
            let row = if walk.oldest_first {
                rows.next()
            } else {
                rows.next_back()
            };
            let read = |row: Result<_, redb::StorageError>| -> Result<Trade, StoreError> {
                let (key, bytes): (
                    redb::AccessGuard<'_, (&str, u64)>,
                    redb::AccessGuard<'_, &[u8]>,
                ) = row.map_err(StoreError::new)?;
                let (_, id) = key.value();
                decode::<TradeRow>(bytes.value())?.read(symbol, id)
            };
            row.map(read).transpose()
        };
        if let Some(first) = next()? {
            heads.push((first, next));
        }
    }
    let rank = |trade: &Trade| {
        if walk.oldest_first {
            u64::MAX - trade.id
        } else {
            trade.id
        }
    };
    while let Some(best) = (0..heads.len()).max_by_key(|&at| heads.get(at).map(|(t, _)| rank(t))) {
        let Some((head, next)) = heads.get_mut(best) else {
            break;
        };
        let shown = *head;
        match next()? {
            Some(trade) => *head = trade,
            None => drop(heads.swap_remove(best)),
        }
        if visit(shown).is_break() {
            break;
        }
    }
    Ok(())
}

/// Every symbol that has trades.
fn symbols(
    table: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
) -> Result<Vec<Symbol>, StoreError> {
    let mut symbols = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let begin = (after.as_deref().unwrap_or(""), u64::MAX);
        let mut rows = table.range(begin..).map_err(StoreError::new)?;
        let Some(row) = rows.next() else {
            return Ok(symbols);
        };
        let (key, _) = row.map_err(StoreError::new)?;
        let (name, _) = key.value();
        symbols.push(Symbol::parse(name).map_err(StoreError::new)?);
        after = Some(name.to_owned());
    }
}

/// Forgets trades made before `before`, at most `most`; tells how many.
pub(super) fn prune(
    database: &Database,
    before: Elapsed,
    most: usize,
) -> Result<usize, StoreError> {
    let transaction = database.begin_write().map_err(StoreError::new)?;
    let mut pruned = 0;
    {
        let mut table = transaction.open_table(TRADES).map_err(StoreError::new)?;
        for symbol in symbols(&table)? {
            let name = symbol.to_string();
            while pruned < most {
                let oldest = oldest(&table, &name)?.filter(|&(_, elapsed)| elapsed < before);
                let Some((id, _)) = oldest else { break };
                table.remove((name.as_str(), id)).map_err(StoreError::new)?;
                pruned += 1;
            }
        }
    }
    if pruned == 0 {
        transaction.abort().map_err(StoreError::new)?;
    } else {
        transaction.commit().map_err(StoreError::new)?;
    }
    Ok(pruned)
}

fn oldest(
    table: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
    name: &str,
) -> Result<Option<(u64, Elapsed)>, StoreError> {
    let mut rows = table
        .range((name, 0)..=(name, u64::MAX))
        .map_err(StoreError::new)?;
    let Some(row) = rows.next() else {
        return Ok(None);
    };
    let (key, bytes) = row.map_err(StoreError::new)?;
    let (_, id) = key.value();
    Ok(Some((id, decode::<TradeRow>(bytes.value())?.elapsed())))
}
