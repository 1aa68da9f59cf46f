//! Forgetting closed orders that are too old, oldest first.

use redb::{Database, ReadableTable as _, Table};

use super::StoreError;
use super::reader::closed_order;
use super::tables::{ARCHIVE, CLOSED_BY_NAME, CLOSED_BY_UPDATE};
use crate::units::{Elapsed, OrderId};

/// The most closed orders that one commit prunes; more go with the commits after it.
pub(super) const PRUNE_ROWS_MAX: usize = 500;

/// Forgets closed orders that were last updated before `before`, oldest first; tells which.
pub(super) fn prune(database: &Database, before: Elapsed) -> Result<Vec<OrderId>, StoreError> {
    let transaction = database.begin_write().map_err(StoreError::new)?;
    let mut pruned = Vec::new();
    {
        let mut archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        let mut index = transaction
            .open_table(CLOSED_BY_UPDATE)
            .map_err(StoreError::new)?;
        let names = transaction.open_table(CLOSED_BY_NAME);
        let mut names = names.map_err(StoreError::new)?;
        while pruned.len() < PRUNE_ROWS_MAX {
            let Some(key) = oldest(&index)? else { break };
            let (_, sequence) = key;
            // One that is only in the index goes in any case.
            let order = closed_order(&archive, sequence)?;
            if order
                .as_ref()
                .is_some_and(|order| order.updated_elapsed >= before)
            {
                break;
            }
            if let Some(order) = &order {
                super::named::remove(&mut names, order)?;
            }
            index.remove(key).map_err(StoreError::new)?;
            archive
                .retain_in((sequence, 0)..=(sequence, u32::MAX), |_, _| false)
                .map_err(StoreError::new)?;
            pruned.push(OrderId::new(sequence));
        }
    }
    if pruned.is_empty() {
        transaction.abort().map_err(StoreError::new)?;
    } else {
        transaction.commit().map_err(StoreError::new)?;
    }
    Ok(pruned)
}

fn oldest(index: &Table<'_, (u64, u64), ()>) -> Result<Option<(u64, u64)>, StoreError> {
    Ok(index
        .first()
        .map_err(StoreError::new)?
        .map(|(key, _)| key.value()))
}
