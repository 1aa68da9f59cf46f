//! Running totals of trades in bytes, and their key.

use serde::{Deserialize, Serialize};

use super::{Number, amount, symbol};
use crate::exchange::{Side, TradeTotals};
use crate::store::StoreError;
use crate::units::Symbol;

/// Running totals of trades.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TradesRow {
    count: u64,
    sums: [Number; 3],
}

impl From<&TradeTotals> for TradesRow {
    fn from(totals: &TradeTotals) -> TradesRow {
        TradesRow {
            count: totals.count,
            sums: [totals.amount, totals.notional, totals.fee].map(amount),
        }
    }
}

impl TradesRow {
    pub(in crate::store) fn read(&self) -> Result<TradeTotals, StoreError> {
        let [amount, notional, fee] = self.sums;
        Ok(TradeTotals {
            count: self.count,
            amount: amount.amount()?,
            notional: notional.amount()?,
            fee: fee.amount()?,
        })
    }
}

/// The key of a trades row.
pub(in crate::store) fn trades_key(side: Side, symbol: Symbol) -> String {
    format!("{} {symbol}", side.as_str())
}

/// The side and symbol of a trades row's key.
pub(in crate::store) fn read_trades_key(key: &str) -> Result<(Side, Symbol), StoreError> {
    match key.split_once(' ') {
        Some(("buy", name)) => Ok((Side::Buy, symbol(name)?)),
        Some(("sell", name)) => Ok((Side::Sell, symbol(name)?)),
        Some(_) | None => Err(StoreError(format!("the trades key {key:?} is not known"))),
    }
}
