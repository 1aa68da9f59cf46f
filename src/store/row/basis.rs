//! Cost and results of an asset in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount};
use crate::exchange::{Basis, Trips};
use crate::store::StoreError;

/// What an asset cost, and what was won or lost with it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct BasisRow {
    cost: Number,
    realised: Number,
    fees: Number,
    turnover: Number,
    trip: Number,
    trips: [u64; 3],
}

impl Row for BasisRow {
    const VERSION: u8 = 1;
}

impl From<&Basis> for BasisRow {
    fn from(basis: &Basis) -> BasisRow {
        BasisRow {
            cost: amount(basis.cost),
            realised: amount(basis.realised),
            fees: amount(basis.fees),
            turnover: amount(basis.turnover),
            trip: amount(basis.trip),
            trips: [basis.trips.won, basis.trips.lost, basis.trips.even],
        }
    }
}

impl BasisRow {
    pub(in crate::store) fn read(&self) -> Result<Basis, StoreError> {
        let [won, lost, even] = self.trips;
        Ok(Basis {
            cost: self.cost.amount()?,
            realised: self.realised.amount()?,
            fees: self.fees.amount()?,
            turnover: self.turnover.amount()?,
            trip: self.trip.amount()?,
            trips: Trips { won, lost, even },
        })
    }
}
