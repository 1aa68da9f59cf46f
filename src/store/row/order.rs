//! An order in bytes, open or closed.

use serde::{Deserialize, Serialize};

use super::order_1::OrderRow1;
use super::pair::PairedOrderRow;
use super::reject::RejectRow;
use super::terms::TermsRow;
use super::{Number, Row, amount, encode, fields_of, symbol, unsound};
use crate::exchange::{
    Booked, CloseReason, FillPrice, Filled, Hold, Lifecycle, Order, OrderKind, Side, Stage,
};
use crate::store::StoreError;
use crate::units::{Elapsed, OrderId, Rate, Timestamp};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum SideRow {
    Buy,
    Sell,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum KindRow {
    Market,
    Limit(Number),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum FillPriceRow {
    None,
    One(Number),
    Mixed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum CloseRow {
    Filled,
    Canceled,
    Expired,
    Rejected(RejectRow),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum StageRow {
    Resting,
    Delayed(u64),
    Armed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum LifecycleRow {
    Open {
        /// Base, notional, fee.
        hold: [Number; 3],
        stage: StageRow,
    },
    Closed {
        at: u64,
        reason: CloseRow,
    },
}

impl From<Lifecycle> for LifecycleRow {
    fn from(lifecycle: Lifecycle) -> LifecycleRow {
        match lifecycle {
            Lifecycle::Open { hold, stage } => LifecycleRow::Open {
                hold: [hold.base, hold.notional, hold.fee].map(amount),
                stage: match stage {
                    Stage::Resting => StageRow::Resting,
                    Stage::Delayed(at) => StageRow::Delayed(at.as_millis()),
                    Stage::Armed => StageRow::Armed,
                },
            },
            Lifecycle::Closed { at, reason } => LifecycleRow::Closed {
                at: at.as_millis(),
                reason: match reason {
                    CloseReason::Filled => CloseRow::Filled,
                    CloseReason::Canceled => CloseRow::Canceled,
                    CloseReason::Expired => CloseRow::Expired,
                    CloseReason::Rejected(reason) => CloseRow::Rejected(reason.into()),
                },
            },
        }
    }
}

impl LifecycleRow {
    fn read(&self) -> Result<Lifecycle, StoreError> {
        Ok(match self {
            LifecycleRow::Open { hold, stage } => {
                let [base, notional, fee] = hold;
                Lifecycle::Open {
                    hold: Hold {
                        base: base.amount()?,
                        notional: notional.amount()?,
                        fee: fee.amount()?,
                    },
                    stage: match stage {
                        StageRow::Resting => Stage::Resting,
                        StageRow::Armed => Stage::Armed,
                        StageRow::Delayed(at) => Stage::Delayed(Elapsed::from_millis(*at)),
                    },
                }
            }
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
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct OrderRow {
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
    /// None of an order that asked for nothing special.
    terms: Option<TermsRow>,
    deadline: Option<u64>,
    /// None where it is the fee rate.
    maker_rate: Option<Number>,
    taker_through: u64,
}

impl Row for OrderRow {
    const VERSION: u8 = 2;
}

impl From<&Order> for OrderRow {
    fn from(order: &Order) -> OrderRow {
        OrderRow {
            symbol: order.symbol.to_string(),
            side: match order.side {
                Side::Buy => SideRow::Buy,
                Side::Sell => SideRow::Sell,
            },
            kind: match order.kind {
                OrderKind::Market => KindRow::Market,
                OrderKind::Limit { price } => KindRow::Limit(price.exact().into()),
            },
            quantity: order.quantity.exact().into(),
            fee_rate: order.fee_rate.exact().into(),
            booked: [order.booked.notional, order.booked.fee].map(amount),
            filled_quantity: order.filled.quantity.exact().into(),
            filled_notional: amount(order.filled.notional),
            filled_fee: amount(order.filled.fee),
            filled_price: match order.filled.price {
                FillPrice::None => FillPriceRow::None,
                FillPrice::One(price) => FillPriceRow::One(price.exact().into()),
                FillPrice::Mixed => FillPriceRow::Mixed,
            },
            placed_at: order.placed_at.as_millis(),
            updated_at: order.updated_at.as_millis(),
            updated_elapsed: order.updated_elapsed.as_millis(),
            history_count: order.history_count,
            lifecycle: order.lifecycle.into(),
            terms: TermsRow::of(&order.terms),
            deadline: order.deadline.map(Elapsed::as_millis),
            maker_rate: (order.maker_rate != order.fee_rate)
                .then(|| order.maker_rate.exact().into()),
            taker_through: order.taker_through,
        }
    }
}

impl OrderRow {
    pub(super) fn read(&self, sequence: u64) -> Result<Order, StoreError> {
        let [notional, fee] = self.booked;
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
            quantity: self.quantity.quantity()?,
            terms: self
                .terms
                .as_ref()
                .map(TermsRow::read)
                .transpose()?
                .unwrap_or_default(),
            fee_rate: Rate::from_stored(self.fee_rate.exact()?),
            maker_rate: Rate::from_stored(self.maker_rate.unwrap_or(self.fee_rate).exact()?),
            booked: Booked {
                notional: notional.amount()?,
                fee: fee.amount()?,
            },
            filled: Filled {
                quantity: self.filled_quantity.quantity()?,
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
            taker_through: self.taker_through,
            deadline: self.deadline.map(Elapsed::from_millis),
            pair: None,
            lifecycle: self.lifecycle.read()?,
        })
    }
}

/// The bytes of an order: of a version of its own where it belongs to a pair, so that others stay as short as they were.
pub(in crate::store) fn encode_order(order: &Order) -> Result<Vec<u8>, StoreError> {
    match PairedOrderRow::of(order) {
        Some(row) => encode(&row),
        None => encode(&OrderRow::from(order)),
    }
}

/// Reads an order of any version.
pub(in crate::store) fn read_order(bytes: &[u8], sequence: u64) -> Result<Order, StoreError> {
    match bytes.first() {
        Some(1) => fields_of::<OrderRow1>(bytes)?.read(sequence),
        Some(&OrderRow::VERSION) => fields_of::<OrderRow>(bytes)?.read(sequence),
        Some(&PairedOrderRow::VERSION) => fields_of::<PairedOrderRow>(bytes)?.read(sequence),
        Some(version) => Err(super::unknown_version(*version)),
        None => Err(unsound("a row is empty")),
    }
}
