//! A batch's rows, in one transaction.

use redb::{Database, Table, WriteTransaction};

use super::row::{
    AccountRow, BasisRow, ExchangeRow, Figures, HistoryRow, MarketRow, MarketRulesRow,
    PriceSlotRow, Row, SampleRow, StateKey, TradesRow, encode, encode_order,
};
use super::tables::{
    ARCHIVE, CLOSED_BY_NAME, CLOSED_BY_UPDATE, CLOSED_ORDER, MARKET_RULES, MARKETS, OPEN_ORDERS,
    PRICE_SLOTS, SAMPLES, STATE, TRADES,
};
use super::{Batch, StoreError};
use crate::samples::Changes;

/// Commits a batch: all of it, or nothing.
pub(super) fn commit(database: &Database, batch: &Batch) -> Result<(), StoreError> {
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
    super::candles::put(&transaction, &batch.candles)?;
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
        let names = transaction.open_table(CLOSED_BY_NAME);
        let mut names = names.map_err(StoreError::new)?;
        for order in &batch.closed {
            super::named::put(&mut names, order)?;
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
    transaction
        .delete_table(CLOSED_BY_NAME)
        .map_err(StoreError::new)?;
    super::load::create_tables(transaction)
}
