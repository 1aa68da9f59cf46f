//! Running totals of trades in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount, decode, fields_of};
use crate::exchange::TradeTotals;
use crate::store::StoreError;
use crate::units::Amount;

/// Running totals of trades; the whole of version 1.
#[derive(Debug, Serialize, Deserialize)]
struct SumsRow {
    count: u64,
    sums: [Number; 3],
}

/// The same with the fees that were paid in the base asset.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TradesRow {
    sums: SumsRow,
    base_fee: Number,
}

impl Row for TradesRow {
    const VERSION: u8 = 2;
}

impl From<&TradeTotals> for TradesRow {
    fn from(totals: &TradeTotals) -> TradesRow {
        TradesRow {
            sums: SumsRow {
                count: totals.count,
                sums: [totals.amount, totals.notional, totals.fee].map(amount),
            },
            base_fee: amount(totals.base_fee),
        }
    }
}

impl SumsRow {
    fn read(&self, base_fee: Amount) -> Result<TradeTotals, StoreError> {
        let [amount, notional, fee] = self.sums;
        Ok(TradeTotals {
            count: self.count,
            amount: amount.amount()?,
            notional: notional.amount()?,
            fee: fee.amount()?,
            base_fee,
        })
    }
}

/// Reads totals of any version.
pub(in crate::store) fn read_trades(bytes: &[u8]) -> Result<TradeTotals, StoreError> {
    if bytes.first() == Some(&1) {
        return fields_of::<SumsRow>(bytes)?.read(Amount::ZERO);
    }
    let row: TradesRow = decode(bytes)?;
    row.sums.read(row.base_fee.amount()?)
}
