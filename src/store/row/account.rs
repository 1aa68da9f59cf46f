//! The money of an asset in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount};
use crate::exchange::{Account, Flow};
use crate::store::StoreError;

/// An asset's account.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AccountRow {
    pockets: [Number; 5],
    drift: Number,
    decimals: u8,
    deposits: [Number; 2],
    withdrawals: [Number; 2],
}

impl Row for AccountRow {
    const VERSION: u8 = 1;
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> AccountRow {
        AccountRow {
            pockets: [
                account.free,
                account.held,
                account.fees,
                account.market,
                account.outside,
            ]
            .map(amount),
            drift: amount(account.drift),
            decimals: u8::try_from(account.decimals).unwrap_or(u8::MAX),
            deposits: [account.deposits.quantity, account.deposits.value].map(amount),
            withdrawals: [account.withdrawals.quantity, account.withdrawals.value].map(amount),
        }
    }
}

impl AccountRow {
    pub(in crate::store) fn read(&self) -> Result<Account, StoreError> {
        let [free, held, fees, market, outside] = self.pockets;
        let flow = |[quantity, value]: [Number; 2]| -> Result<Flow, StoreError> {
            Ok(Flow {
                quantity: quantity.amount()?,
                value: value.amount()?,
            })
        };
        Ok(Account {
            free: free.amount()?,
            held: held.amount()?,
            fees: fees.amount()?,
            market: market.amount()?,
            outside: outside.amount()?,
            drift: self.drift.amount()?,
            decimals: u32::from(self.decimals),
            deposits: flow(self.deposits)?,
            withdrawals: flow(self.withdrawals)?,
        })
    }
}
