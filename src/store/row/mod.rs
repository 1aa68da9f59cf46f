//! What a row looks like in bytes: a version, then the fields by postcard.
//!
//! postcard writes fields in order and without names, so a released row type is never edited: a change is a new
//! version with a conversion from the old one, and reading tells them apart by the first byte. The tests keep the bytes
//! of every released version. Reading never panics, whatever the bytes: a row that is not sound is an error.

mod account;
mod basis;
mod candles;
mod figures;
mod history;
mod key;
mod market;
mod market_rules;
mod order;
mod order_1;
mod pair;
mod reject;
mod sample;
mod terms;
mod trade;
mod trades;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) use account::AccountRow;
pub(super) use basis::BasisRow;
pub(super) use candles::{ChunkRow, SliceRow};
pub(super) use figures::{ExchangeRow, Figures, read_figures};
pub(super) use history::{HistoryRow, read_entry};
pub(super) use key::StateKey;
pub(super) use market::{MarketRow, read_market};
pub(super) use market_rules::{MarketRulesRow, read_market_rules};
pub(super) use order::{encode_order, read_order};
pub(super) use sample::{PriceSlotRow, SampleRow};
pub(super) use trade::TradeRow;
pub(super) use trades::{TradesRow, read_trades};
#[cfg(test)]
use {order::OrderRow, pair::PairedOrderRow};

use super::StoreError;
use crate::units::{Amount, Asset, Exact, Price, Quantity, Symbol};

/// A type of row in the version that is written.
pub(super) trait Row: Serialize + DeserializeOwned {
    /// Its number.
    const VERSION: u8;
}

/// A row's bytes.
pub(super) fn encode<R: Row>(row: &R) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(row, vec![R::VERSION]).map_err(StoreError::new)
}

/// A row of the version that is written from its bytes; all of them must be used.
pub(super) fn decode<R: Row>(bytes: &[u8]) -> Result<R, StoreError> {
    match bytes.first() {
        Some(version) if *version == R::VERSION => fields_of(bytes),
        Some(version) => Err(unknown_version(*version)),
        None => Err(unsound("a row is empty")),
    }
}

/// The fields behind the version, whatever that is.
fn fields_of<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, StoreError> {
    let fields = bytes.get(1..).unwrap_or_default();
    let (row, rest) = postcard::take_from_bytes(fields).map_err(StoreError::new)?;
    if rest.is_empty() {
        Ok(row)
    } else {
        Err(unsound("a row is too long"))
    }
}

fn unknown_version(version: u8) -> StoreError {
    StoreError(format!("a row has the unknown version {version}"))
}

fn unsound(what: &str) -> StoreError {
    StoreError(what.to_owned())
}

/// An exact number: mantissa and scale.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Number(i128, u8);

impl From<Exact> for Number {
    fn from(value: Exact) -> Number {
        let (mantissa, scale) = value.to_parts();
        Number(mantissa, scale)
    }
}

impl Number {
    fn exact(self) -> Result<Exact, StoreError> {
        Exact::from_parts(self.0, self.1).map_err(|_| unsound("a number is too long"))
    }

    fn amount(self) -> Result<Amount, StoreError> {
        self.exact().map(Amount::from_stored)
    }

    fn price(self) -> Result<Price, StoreError> {
        self.exact().map(Price::from_stored)
    }

    fn quantity(self) -> Result<Quantity, StoreError> {
        self.exact().map(Quantity::from_stored)
    }
}

fn amount(value: Amount) -> Number {
    value.exact().into()
}

fn symbol(text: &str) -> Result<Symbol, StoreError> {
    Symbol::parse(text).map_err(|error| StoreError(format!("the symbol {text:?} {error}")))
}

fn asset(text: &str) -> Result<Asset, StoreError> {
    Asset::parse(text).map_err(|error| StoreError(format!("the asset {text:?} {error}")))
}

#[cfg(test)]
mod tests;
