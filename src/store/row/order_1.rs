//! An order in bytes as it was written first: without terms, and what a sale holds of its base not spelt out.

use serde::Deserialize;

use super::reject::RejectRow;
use super::{Number, symbol};
use crate::exchange::{
    Booked, CloseReason, FillPrice, Filled, Hold, Lifecycle, Order, OrderKind, Side, Stage, Terms,
};
use crate::store::StoreError;
use crate::units::{Amount, Elapsed, OrderId, Rate, Timestamp};

#[derive(Debug, Clone, Copy, Deserialize)]
enum SideRow {
    Buy,
    Sell,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum KindRow {
    Market,
    Limit(Number),
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum FillPriceRow {
    None,
    One(Number),
    Mixed,
}

#[derive(Debug, Clone, Deserialize)]
enum CloseRow {
    Filled,
    Canceled,
    Expired,
    Rejected(RejectRow),
}

#[derive(Debug, Clone, Deserialize)]
enum LifecycleRow {
    Open {
        notional: Number,
        fee: Number,
        due: Option<u64>,
    },
    Closed {
        at: u64,
        reason: CloseRow,
    },
}

impl LifecycleRow {
    fn read(&self, base: Amount) -> Result<Lifecycle, StoreError> {
        Ok(match self {
            LifecycleRow::Open { notional, fee, due } => Lifecycle::Open {
                hold: Hold {
                    base,
                    notional: notional.amount()?,
                    fee: fee.amount()?,
                },
                stage: due.map_or(Stage::Resting, |at| {
                    Stage::Delayed(Elapsed::from_millis(at))
                }),
            },
            LifecycleRow::Closed { at, reason } => Lifecycle::Closed {
                at: Timestamp::from_millis(*at),
                reason: match reason {
                    CloseRow::Filled => CloseReason::Filled,
                    CloseRow::Canceled => CloseReason::Canceled,
                    CloseRow::Expired => CloseReason::Expired,
                    CloseRow::Rejected(reason) => CloseReason::Rejected(reason.read()?),
                },
            },
        })
    }
}

/// An order; its key is its sequence number.
#[derive(Debug, Deserialize)]
pub(super) struct OrderRow1 {
    symbol: String,
    side: SideRow,
    kind: KindRow,
    quantity: Number,
    fee_rate: Number,
    booked: [Number; 2],
    filled_quantity: Number,
    filled_notional: Number,
    filled_fee: Number,
    filled_price: FillPriceRow,
    placed_at: u64,
    updated_at: u64,
    updated_elapsed: u64,
    history_count: u32,
    lifecycle: LifecycleRow,
}

impl OrderRow1 {
    pub(super) fn read(&self, sequence: u64) -> Result<Order, StoreError> {
        let [notional, fee] = self.booked;
        let (quantity, filled) = (self.quantity.quantity()?, self.filled_quantity.quantity()?);
        let base = match self.side {
            SideRow::Buy => Amount::ZERO,
            SideRow::Sell => quantity.minus(filled).unwrap_or_default().as_amount(),
        };
        Ok(Order {
            id: OrderId::new(sequence),
            symbol: symbol(&self.symbol)?,
            side: match self.side {
                SideRow::Buy => Side::Buy,
                SideRow::Sell => Side::Sell,
            },
            kind: match self.kind {
                KindRow::Market => OrderKind::Market,
                KindRow::Limit(price) => OrderKind::Limit {
                    price: price.price()?,
                },
            },
            quantity,
            terms: Terms::default(),
            fee_rate: Rate::from_stored(self.fee_rate.exact()?),
            maker_rate: Rate::from_stored(self.fee_rate.exact()?),
            booked: Booked {
                notional: notional.amount()?,
                fee: fee.amount()?,
            },
            filled: Filled {
                quantity: filled,
                notional: self.filled_notional.amount()?,
                fee: self.filled_fee.amount()?,
                price: match self.filled_price {
                    FillPriceRow::None => FillPrice::None,
                    FillPriceRow::One(price) => FillPrice::One(price.price()?),
                    FillPriceRow::Mixed => FillPrice::Mixed,
                },
            },
            placed_at: Timestamp::from_millis(self.placed_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            updated_elapsed: Elapsed::from_millis(self.updated_elapsed),
            history_count: self.history_count,
            taker_through: 0,
            deadline: None,
            pair: None,
            lifecycle: self.lifecycle.read(base)?,
        })
    }
}
