//! Why an account did not cover an order, in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, amount, asset};
use crate::exchange::RejectReason;
use crate::store::StoreError;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum RejectRow {
    InsufficientFunds(String, Number, Number),
    NotCovered(String, Number, Number),
    NotExact(String),
}

impl From<RejectReason> for RejectRow {
    fn from(reason: RejectReason) -> RejectRow {
        match reason {
            RejectReason::InsufficientFunds {
                asset,
                needed,
                free,
            } => RejectRow::InsufficientFunds(asset.to_string(), amount(needed), amount(free)),
            RejectReason::NotCovered {
                asset,
                needed,
                available,
            } => RejectRow::NotCovered(asset.to_string(), amount(needed), amount(available)),
            RejectReason::NotExact { asset } => RejectRow::NotExact(asset.to_string()),
        }
    }
}

impl RejectRow {
    pub(super) fn read(&self) -> Result<RejectReason, StoreError> {
        Ok(match self {
            RejectRow::InsufficientFunds(name, needed, free) => RejectReason::InsufficientFunds {
                asset: asset(name)?,
                needed: needed.amount()?,
                free: free.amount()?,
            },
            RejectRow::NotCovered(name, needed, available) => RejectReason::NotCovered {
                asset: asset(name)?,
                needed: needed.amount()?,
                available: available.amount()?,
            },
            RejectRow::NotExact(name) => RejectReason::NotExact {
                asset: asset(name)?,
            },
        })
    }
}
