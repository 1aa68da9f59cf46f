//! Rows to a snapshot: what the store holds, at the start or after a failure.
//!
//! Only open orders are read, so a start costs the same however many closed ones there are.

use std::collections::BTreeMap;

use redb::{Database, ReadTransaction, ReadableTable, WriteTransaction};

use super::StoreError;
use super::row::{
    AccountRow, BasisRow, PriceSlotRow, SampleRow, StateKey, decode, read_figures, read_market,
    read_market_rules, read_order, read_trades,
};
use super::tables::{
    ARCHIVE, CLOSED_BY_NAME, CLOSED_BY_UPDATE, FORMAT, MARKET_RULES, MARKETS, META, META_FORMAT,
    OPEN_ORDERS, PRICE_SLOTS, SAMPLES, STATE, TRADES,
};
use crate::exchange::{MarketState, Side, Snapshot, TradeTotals};
use crate::samples::{Curve, Key, Prices, Samples};
use crate::units::Symbol;

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
    super::named::mark(&transaction)?;
    transaction.commit().map_err(StoreError::new)
}

/// Makes the tables that a reset empties.
pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(STATE).map_err(StoreError::new)?;
    transaction.open_table(TRADES).map_err(StoreError::new)?;
    transaction
        .open_table(OPEN_ORDERS)
        .map_err(StoreError::new)?;
    transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
    transaction
        .open_table(CLOSED_BY_UPDATE)
        .map_err(StoreError::new)?;
    transaction
        .open_table(CLOSED_BY_NAME)
        .map_err(StoreError::new)?;
    Ok(())
}

/// Everything but closed orders and histories.
pub(super) fn load(transaction: &ReadTransaction) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot::default();
    let state = transaction.open_table(STATE).map_err(StoreError::new)?;
    for entry in state.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        load_state(&mut snapshot, key.value(), bytes.value())?;
    }
    let markets = transaction.open_table(MARKETS).map_err(StoreError::new)?;
    for entry in markets.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        let symbol = Symbol::parse(key.value()).map_err(StoreError::new)?;
        let market = read_market(bytes.value(), symbol)?;
        snapshot.markets.push(market);
    }
    if let Some(table) = opened(transaction.open_table(MARKET_RULES))? {
        let mut rules = BTreeMap::new();
        for entry in table.iter().map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let symbol = Symbol::parse(key.value()).map_err(StoreError::new)?;
            rules.insert(symbol, read_market_rules(bytes.value())?);
        }
        for market in &mut snapshot.markets {
            market.rules = rules.remove(&market.symbol).map(Box::new);
        }
        // A market that has had no price has no row of prices.
        for (symbol, rules) in rules {
            snapshot.markets.push(MarketState {
                rules: Some(Box::new(rules)),
                ..MarketState::new(symbol)
            });
        }
    }
    // Names sort a little differently from the text of their keys.
    snapshot.accounts.sort_unstable_by_key(|&(asset, _)| asset);
    snapshot.bases.sort_unstable_by_key(|&(asset, _)| asset);
    let side_and_symbol = |&(side, symbol, _): &(Side, Symbol, TradeTotals)| (side, symbol);
    snapshot.trades.sort_unstable_by_key(side_and_symbol);
    snapshot
        .markets
        .sort_unstable_by_key(|market| market.symbol);
    let open = transaction
        .open_table(OPEN_ORDERS)
        .map_err(StoreError::new)?;
    for entry in open.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        snapshot
            .orders
            .push(read_order(bytes.value(), key.value())?);
    }
    Ok(snapshot)
}

/// What was sampled; nothing in a store that is older than samples are.
pub(super) fn load_samples(transaction: &ReadTransaction) -> Result<Samples, StoreError> {
    let (mut curve, mut prices) = (Curve::default(), Prices::default());
    if let Some(table) = opened(transaction.open_table(SAMPLES))? {
        for entry in table.iter().map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (tier, slot) = key.value();
            let sample = decode::<SampleRow>(bytes.value())?.read()?;
            curve.insert(Key { tier, slot }, sample);
        }
    }
    if let Some(table) = opened(transaction.open_table(PRICE_SLOTS))? {
        for entry in table.iter().map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            prices.insert(decode::<PriceSlotRow>(bytes.value())?.read(key.value())?);
        }
    }
    Ok(Samples::restored(curve, prices))
}

/// A table that an older store need not have.
pub(super) fn opened<T>(table: Result<T, redb::TableError>) -> Result<Option<T>, StoreError> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(StoreError::new(error)),
    }
}

fn load_state(snapshot: &mut Snapshot, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
    match StateKey::parse(key)? {
        StateKey::Figures => {
            let figures = read_figures(bytes)?;
            snapshot.moment = figures.moment;
            snapshot.next_order = figures.next_order;
            snapshot.journal = figures.journal;
            snapshot.next_trade = figures.next_trade;
        }
        StateKey::Account(asset) => {
            let account = decode::<AccountRow>(bytes)?.read()?;
            snapshot.accounts.push((asset, account));
        }
        StateKey::Basis(asset) => {
            let basis = decode::<BasisRow>(bytes)?.read()?;
            snapshot.bases.push((asset, basis));
        }
        StateKey::Trades(side, symbol) => {
            let totals = read_trades(bytes)?;
            snapshot.trades.push((side, symbol, totals));
        }
    }
    Ok(())
}
