//! An entry of an order's history in bytes.

use serde::{Deserialize, Serialize};

use super::reject::RejectRow;
use super::{Number, Row, amount, unsound};
use crate::exchange::{HistoryEntry, OrderStatus};
use crate::store::StoreError;
use crate::units::{OrderId, Timestamp};

/// An entry of an order's history; its key is the order's sequence number and its own number.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct HistoryRow {
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

impl Row for HistoryRow {
    const VERSION: u8 = 1;
}

impl From<&HistoryEntry> for HistoryRow {
    fn from(entry: &HistoryEntry) -> HistoryRow {
        HistoryRow {
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
        }
    }
}

impl HistoryRow {
    pub(in crate::store) fn read(
        &self,
        sequence: u64,
        number: u32,
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
        })
    }
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
