//! A trade in bytes; its key is the symbol and its id.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount};
use crate::exchange::{Side, Trade};
use crate::store::StoreError;
use crate::units::{Elapsed, OrderId, Symbol, Timestamp};

/// A trade.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TradeRow {
    order: u64,
    sells: bool,
    price: Number,
    quantity: Number,
    notional: Number,
    fee: Number,
    /// Else in the quote asset.
    fee_in_base: bool,
    is_maker: bool,
    at: u64,
    elapsed: u64,
}

impl Row for TradeRow {
    const VERSION: u8 = 1;
}

impl From<&Trade> for TradeRow {
    fn from(trade: &Trade) -> TradeRow {
        TradeRow {
            order: trade.order.sequence(),
            sells: trade.side == Side::Sell,
            price: trade.price.exact().into(),
            quantity: trade.quantity.exact().into(),
            notional: amount(trade.notional),
            fee: amount(trade.fee),
            fee_in_base: trade.fee_asset == trade.symbol.base(),
            is_maker: trade.is_maker,
            at: trade.at.as_millis(),
            elapsed: trade.elapsed.as_millis(),
        }
    }
}

impl TradeRow {
    pub(in crate::store) fn elapsed(&self) -> Elapsed {
        Elapsed::from_millis(self.elapsed)
    }

    pub(in crate::store) fn read(&self, symbol: Symbol, id: u64) -> Result<Trade, StoreError> {
        Ok(Trade {
            id,
            order: OrderId::new(self.order),
            symbol,
            side: if self.sells { Side::Sell } else { Side::Buy },
            price: self.price.price()?,
            quantity: self.quantity.quantity()?,
            notional: self.notional.amount()?,
            fee: self.fee.amount()?,
            fee_asset: if self.fee_in_base {
                symbol.base()
            } else {
                symbol.quote()
            },
            is_maker: self.is_maker,
            at: Timestamp::from_millis(self.at),
            elapsed: self.elapsed(),
        })
    }
}
