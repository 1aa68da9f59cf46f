//! An order that belongs to a pair, in bytes.

use serde::{Deserialize, Serialize};

use super::order::OrderRow;
use super::{Row, unsound};
use crate::exchange::{Order, Pair};
use crate::store::StoreError;
use crate::units::{ClientId, OrderId};

/// An order of version 2 with its pair.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PairedOrderRow {
    order: OrderRow,
    pair: u64,
    other: u64,
    client_id: Option<String>,
}

impl Row for PairedOrderRow {
    const VERSION: u8 = 3;
}

impl PairedOrderRow {
    /// Nothing for an order by itself.
    pub(super) fn of(order: &Order) -> Option<PairedOrderRow> {
        let pair = order.pair.as_deref()?;
        Some(PairedOrderRow {
            order: OrderRow::from(order),
            pair: pair.id.sequence(),
            other: pair.other.sequence(),
            client_id: pair.client_id.map(|client| client.to_string()),
        })
    }

    pub(super) fn read(&self, sequence: u64) -> Result<Order, StoreError> {
        let client = self.client_id.as_deref().map(ClientId::parse).transpose();
        let pair = Pair {
            id: OrderId::new(self.pair),
            other: OrderId::new(self.other),
            client_id: client.map_err(|_| unsound("a client id of a pair is not one"))?,
        };
        Ok(Order {
            pair: Some(Box::new(pair)),
            ..self.order.read(sequence)?
        })
    }
}
