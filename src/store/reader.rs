//! Closed orders and histories, read beside the writer: redb's readers neither wait for it nor hold it up.

use std::ops::ControlFlow;
use std::sync::Arc;

use redb::{ReadableTable, ReadableTableMetadata as _};

use super::row::{read_entry, read_order};
use super::tables::{ARCHIVE, CLOSED_BY_UPDATE, CLOSED_ORDER, OPEN_ORDERS};
use super::{Shared, StoreError};
use crate::archive::{Archive, CandleWalk, OrderWalk, Stored, TradeWalk, Unreadable, Walk};
use crate::candles::Candle;
use crate::exchange::{HistoryEntry, Order, Trade};
use crate::units::OrderId;

/// A closed order of the archive.
pub(super) fn closed_order(
    archive: &impl ReadableTable<(u64, u32), &'static [u8]>,
    sequence: u64,
) -> Result<Option<Order>, StoreError> {
    let row = archive.get((sequence, CLOSED_ORDER));
    let row = row.map_err(StoreError::new)?;
    row.map(|bytes| read_order(bytes.value(), sequence))
        .transpose()
}

/// Reads the committed state; cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>) -> Reader {
        Reader { shared }
    }

    fn read_order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let transaction = self.shared.view()?;
        let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        closed_order(&archive, id.sequence())
    }

    fn read_history(&self, id: OrderId) -> Result<Vec<HistoryEntry>, StoreError> {
        let transaction = self.shared.view()?;
        let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        let sequence = id.sequence();
        let mut entries = Vec::new();
        let range = (sequence, CLOSED_ORDER + 1)..=(sequence, u32::MAX);
        for entry in archive.range(range).map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (_, number) = key.value();
            entries.push(read_entry(bytes.value(), sequence, number)?);
        }
        Ok(entries)
    }

    fn read_walk(
        &self,
        walk: Walk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let transaction = self.shared.view()?;
        let index = transaction
            .open_table(CLOSED_BY_UPDATE)
            .map_err(StoreError::new)?;
        let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        let end = walk.after.map_or((u64::MAX, u64::MAX), |(at, id)| {
            (at.as_millis(), id.sequence())
        });
        let begin = (walk.since.unwrap_or_default().as_millis(), 0);
        if begin > end {
            return Ok(());
        }
        for entry in index.range(begin..end).map_err(StoreError::new)?.rev() {
            let (key, ()) = entry.map(|(key, _)| (key, ())).map_err(StoreError::new)?;
            let (_, sequence) = key.value();
            if let Some(order) = closed_order(&archive, sequence)?
                && visit(order).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// An order's row stands right before those of its history.
    fn read_closed_from(&self, from: OrderId, most: usize) -> Result<Vec<Stored>, StoreError> {
        let transaction = self.shared.view()?;
        let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        let mut found: Vec<Stored> = Vec::new();
        let range = (from.sequence(), CLOSED_ORDER)..;
        for entry in archive.range(range).map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (sequence, number) = key.value();
            if number == CLOSED_ORDER {
                if found.len() >= most {
                    break;
                }
                let order = read_order(bytes.value(), sequence)?;
                found.push((order, Vec::new()));
            } else if let Some((order, history)) = found.last_mut()
                && order.id.sequence() == sequence
            {
                history.push(read_entry(bytes.value(), sequence, number)?);
            }
        }
        Ok(found)
    }

    fn read_trades_of(&self, id: OrderId) -> Result<Vec<Trade>, StoreError> {
        let transaction = self.shared.view()?;
        let sequence = id.sequence();
        let open = transaction
            .open_table(OPEN_ORDERS)
            .map_err(StoreError::new)?;
        let archive = transaction.open_table(ARCHIVE).map_err(StoreError::new)?;
        let row = match open.get(sequence).map_err(StoreError::new)? {
            Some(row) => Some(row),
            None => archive
                .get((sequence, CLOSED_ORDER))
                .map_err(StoreError::new)?,
        };
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let symbol = read_order(row.value(), sequence)?.symbol;
        let mut trades = Vec::new();
        let range = (sequence, CLOSED_ORDER + 1)..=(sequence, u32::MAX);
        for entry in archive.range(range).map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (_, number) = key.value();
            if let Some(trade) = read_entry(bytes.value(), sequence, number)?.trade {
                trades.extend(super::trades::one(&transaction, symbol, trade)?);
            }
        }
        Ok(trades)
    }

    /// From the index, whose rows are short.
    fn read_closed_ids(&self) -> Result<Vec<OrderId>, StoreError> {
        let transaction = self.shared.view()?;
        let index = transaction
            .open_table(CLOSED_BY_UPDATE)
            .map_err(StoreError::new)?;
        let mut ids = Vec::new();
        for entry in index.iter().map_err(StoreError::new)? {
            let (key, _) = entry.map_err(StoreError::new)?;
            let (_, sequence) = key.value();
            ids.push(OrderId::new(sequence));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn read_count(&self) -> Result<u64, StoreError> {
        let transaction = self.shared.view()?;
        let index = transaction
            .open_table(CLOSED_BY_UPDATE)
            .map_err(StoreError::new)?;
        index.len().map_err(StoreError::new)
    }
}

impl From<StoreError> for Unreadable {
    fn from(error: StoreError) -> Unreadable {
        Unreadable(error.0)
    }
}

impl Archive for Reader {
    fn order(&self, id: OrderId) -> Result<Option<Order>, Unreadable> {
        Ok(self.read_order(id)?)
    }

    fn history(&self, id: OrderId) -> Result<Vec<HistoryEntry>, Unreadable> {
        Ok(self.read_history(id)?)
    }

    fn walk(
        &self,
        walk: Walk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        Ok(self.read_walk(walk, visit)?)
    }

    fn closed_from(&self, from: OrderId, most: usize) -> Result<Vec<Stored>, Unreadable> {
        Ok(self.read_closed_from(from, most)?)
    }

    fn named(
        &self,
        walk: OrderWalk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        Ok(super::named::walk(&self.shared.view()?, walk, visit)?)
    }

    fn closed_ids(&self) -> Result<Vec<OrderId>, Unreadable> {
        Ok(self.read_closed_ids()?)
    }

    fn backup(&self, send: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>) -> Result<(), Unreadable> {
        Ok(super::copy::send(&self.shared.view()?, send)?)
    }

    fn count(&self) -> Result<u64, Unreadable> {
        Ok(self.read_count()?)
    }

    fn trades(
        &self,
        walk: TradeWalk,
        visit: &mut dyn FnMut(Trade) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        Ok(super::trades::walk(&self.shared.view()?, walk, visit)?)
    }

    fn trades_of(&self, id: OrderId) -> Result<Vec<Trade>, Unreadable> {
        Ok(self.read_trades_of(id)?)
    }

    fn candles(&self, walk: CandleWalk) -> Result<Vec<Candle>, Unreadable> {
        Ok(super::candles::read(&self.shared.view()?, walk)?)
    }
}
