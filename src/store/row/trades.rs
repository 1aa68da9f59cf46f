//! Running totals of trades in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount};
use crate::exchange::TradeTotals;
use crate::store::StoreError;

/// Running totals of trades.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TradesRow {
    count: u64,
    sums: [Number; 3],
}

impl Row for TradesRow {
    const VERSION: u8 = 1;
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
