//! Keys of the rows of the state.
//!
//! The name comes first, so that what a fill changes lies side by side and shares its pages.

use std::fmt;

use super::{asset, symbol};
use crate::exchange::Side;
use crate::store::StoreError;
use crate::units::{Asset, Symbol};

/// What a row of the state table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum StateKey {
    /// The exchange's own figures.
    Figures,
    /// An asset's account.
    Account(Asset),
    /// What an asset cost, and what was won or lost with it.
    Basis(Asset),
    /// The running totals of a side of a symbol.
    Trades(Side, Symbol),
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateKey::Figures => f.write_str("exchange"),
            StateKey::Account(asset) => write!(f, "{asset} account"),
            StateKey::Basis(asset) => write!(f, "{asset} basis"),
            StateKey::Trades(side, symbol) => write!(f, "{symbol} {}", side.as_str()),
        }
    }
}

impl StateKey {
    /// Reads a key.
    pub(in crate::store) fn parse(key: &str) -> Result<StateKey, StoreError> {
        match key.split_once(' ') {
            Some((name, "account")) => Ok(StateKey::Account(asset(name)?)),
            Some((name, "basis")) => Ok(StateKey::Basis(asset(name)?)),
            Some((name, "buy")) => Ok(StateKey::Trades(Side::Buy, symbol(name)?)),
            Some((name, "sell")) => Ok(StateKey::Trades(Side::Sell, symbol(name)?)),
            None if key == "exchange" => Ok(StateKey::Figures),
            Some(_) | None => Err(StoreError(format!("the key {key:?} is not known"))),
        }
    }
}
