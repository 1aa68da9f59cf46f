//! Samples in bytes: what everything was worth, and the prices of half an hour.

use serde::{Deserialize, Serialize};

use super::{Number, Row, amount, symbol};
use crate::samples::{Sample, SlotPrices};
use crate::store::StoreError;
use crate::units::Timestamp;

/// What there was at one time.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct SampleRow {
    at: u64,
    equity: Number,
    invested: Number,
}

impl Row for SampleRow {
    const VERSION: u8 = 1;
}

impl From<&Sample> for SampleRow {
    fn from(sample: &Sample) -> SampleRow {
        SampleRow {
            at: sample.at.as_millis(),
            equity: amount(sample.equity),
            invested: amount(sample.invested),
        }
    }
}

impl SampleRow {
    pub(in crate::store) fn read(&self) -> Result<Sample, StoreError> {
        Ok(Sample {
            at: Timestamp::from_millis(self.at),
            equity: self.equity.amount()?,
            invested: self.invested.amount()?,
        })
    }
}

/// The first price of every symbol in half an hour.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct PriceSlotRow(Vec<(String, Number)>);

impl Row for PriceSlotRow {
    const VERSION: u8 = 1;
}

impl From<&SlotPrices> for PriceSlotRow {
    fn from(slot: &SlotPrices) -> PriceSlotRow {
        let row = |(symbol, price): &(crate::units::Symbol, crate::units::Price)| {
            (symbol.to_string(), price.exact().into())
        };
        PriceSlotRow(slot.prices.iter().map(row).collect())
    }
}

impl PriceSlotRow {
    pub(in crate::store) fn read(&self, slot: u64) -> Result<SlotPrices, StoreError> {
        let prices = self
            .0
            .iter()
            .map(|(name, price)| Ok((symbol(name)?, price.price()?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(SlotPrices { slot, prices })
    }
}
