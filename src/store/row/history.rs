//! An entry of an order's history in bytes.

use serde::{Deserialize, Serialize};

use super::reject::RejectRow;
use super::{Number, Row, amount, decode, fields_of, unsound};
use crate::exchange::{HistoryEntry, OrderStatus};
use crate::store::StoreError;
use crate::units::{OrderId, Timestamp};

/// An entry of an order's history; the whole of version 1. Its key is the order's sequence number and its own number.
#[derive(Debug, Serialize, Deserialize)]
struct EntryRow {
    at: u64,
    status: u8,
    price: Option<Number>,
    remaining: Number,
    quantity: Number,
    notional: Number,
    fee: Number,
    notional_left: Number,
    fee_left: Number,
    reject: Option<RejectRow>,
}

/// The same with the trade that it tells of.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct HistoryRow {
    entry: EntryRow,
    trade: Option<u64>,
}

impl Row for HistoryRow {
    const VERSION: u8 = 2;
}

impl From<&HistoryEntry> for HistoryRow {
    fn from(entry: &HistoryEntry) -> HistoryRow {
        let trade = entry.trade;
        let entry = EntryRow {
            at: entry.at.as_millis(),
            status: status_number(entry.status),
            price: entry.price.map(|price| price.exact().into()),
            remaining: entry.remaining.exact().into(),
            quantity: entry.quantity.exact().into(),
            notional: amount(entry.notional),
            fee: amount(entry.fee),
            notional_left: amount(entry.notional_left),
            fee_left: amount(entry.fee_left),
            reject: entry.reject.map(RejectRow::from),
        };
        HistoryRow { entry, trade }
    }
}

impl EntryRow {
    fn read(
        &self,
        sequence: u64,
        number: u32,
        trade: Option<u64>,
    ) -> Result<HistoryEntry, StoreError> {
        let status = OrderStatus::ALL
            .into_iter()
            .find(|&status| status_number(status) == self.status)
            .ok_or_else(|| unsound("a history entry has an unknown status"))?;
        Ok(HistoryEntry {
            order: OrderId::new(sequence),
            number,
            at: Timestamp::from_millis(self.at),
            status,
            price: self.price.map(Number::price).transpose()?,
            remaining: self.remaining.quantity()?,
            quantity: self.quantity.quantity()?,
            notional: self.notional.amount()?,
            fee: self.fee.amount()?,
            notional_left: self.notional_left.amount()?,
            fee_left: self.fee_left.amount()?,
            reject: self.reject.as_ref().map(RejectRow::read).transpose()?,
            trade,
        })
    }
}

/// Reads an entry of any version.
pub(in crate::store) fn read_entry(
    bytes: &[u8],
    sequence: u64,
    number: u32,
) -> Result<HistoryEntry, StoreError> {
    if bytes.first() == Some(&1) {
        return fields_of::<EntryRow>(bytes)?.read(sequence, number, None);
    }
    let row: HistoryRow = decode(bytes)?;
    row.entry.read(sequence, number, row.trade)
}

/// A status in a row: a promise, so it is spelt out and not left to the order of an enum.
fn status_number(status: OrderStatus) -> u8 {
    match status {
        OrderStatus::New => 0,
        OrderStatus::PartiallyFilled => 1,
        OrderStatus::Filled => 2,
        OrderStatus::Canceled => 3,
        OrderStatus::PartiallyCanceled => 4,
        OrderStatus::Expired => 5,
        OrderStatus::PartiallyExpired => 6,
        OrderStatus::Rejected => 7,
        OrderStatus::PartiallyRejected => 8,
    }
}
