//! Rows to a snapshot: what the store holds, at the start or after a failure.
//!
//! Only open orders are read, so a start costs the same however many closed ones there are.

use redb::{Database, ReadTransaction, ReadableTable, WriteTransaction};

use super::StoreError;
use super::row::{
    AccountRow, ExchangeRow, MarketRow, OrderRow, TradesRow, decode, read_trades_key,
};
use super::tables::{
    ACCOUNTS, CLOSED_BY_UPDATE, CLOSED_ORDERS, FORMAT, HISTORY, MARKETS, META, META_EXCHANGE,
    META_FORMAT, OPEN_ORDERS, TRADES,
};
use crate::exchange::Snapshot;
use crate::units::Asset;

/// The format of a store.
pub(super) fn format(transaction: &ReadTransaction) -> Result<u32, StoreError> {
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => {
            return Err(StoreError("its tables are not those of a store".to_owned()));
        }
        Err(error) => return Err(StoreError::new(error)),
    };
    let format = meta.get(META_FORMAT).map_err(StoreError::new)?;
    let format = format.ok_or_else(|| StoreError("it has no format number".to_owned()))?;
    let bytes = format.value().try_into().map_err(StoreError::new)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Makes the tables of a new store.
pub(super) fn create(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(StoreError::new)?;
    create_tables(&transaction)?;
    {
        let mut meta = transaction.open_table(META).map_err(StoreError::new)?;
        meta.insert(META_FORMAT, FORMAT.to_le_bytes().as_slice())
            .map_err(StoreError::new)?;
        transaction.open_table(MARKETS).map_err(StoreError::new)?;
    }
    transaction.commit().map_err(StoreError::new)
}

/// Makes the tables that a reset empties.
pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(ACCOUNTS).map_err(StoreError::new)?;
    transaction.open_table(TRADES).map_err(StoreError::new)?;
    transaction
        .open_table(OPEN_ORDERS)
        .map_err(StoreError::new)?;
    transaction
        .open_table(CLOSED_ORDERS)
        .map_err(StoreError::new)?;
    transaction
        .open_table(CLOSED_BY_UPDATE)
        .map_err(StoreError::new)?;
    transaction.open_table(HISTORY).map_err(StoreError::new)?;
    Ok(())
}

/// Everything but closed orders and histories.
pub(super) fn load(transaction: &ReadTransaction) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot::default();

    let meta = transaction.open_table(META).map_err(StoreError::new)?;
    if let Some(bytes) = meta.get(META_EXCHANGE).map_err(StoreError::new)? {
        let row: ExchangeRow = decode(bytes.value())?;
        (snapshot.moment, snapshot.next_order, snapshot.journal) = row.read();
    }
    let accounts = transaction.open_table(ACCOUNTS).map_err(StoreError::new)?;
    for entry in accounts.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        let asset = Asset::parse(key.value()).map_err(StoreError::new)?;
        snapshot
            .accounts
            .push((asset, decode::<AccountRow>(bytes.value())?.read()?));
    }
    let trades = transaction.open_table(TRADES).map_err(StoreError::new)?;
    for entry in trades.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        let (side, symbol) = read_trades_key(key.value())?;
        snapshot
            .trades
            .push((side, symbol, decode::<TradesRow>(bytes.value())?.read()?));
    }
    let markets = transaction.open_table(MARKETS).map_err(StoreError::new)?;
    for entry in markets.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        snapshot
            .markets
            .push(decode::<MarketRow>(bytes.value())?.read(key.value())?);
    }
    let open = transaction
        .open_table(OPEN_ORDERS)
        .map_err(StoreError::new)?;
    for entry in open.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        snapshot
            .orders
            .push(decode::<OrderRow>(bytes.value())?.read(key.value())?);
    }
    Ok(snapshot)
}
