//! The prices of a symbol in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row};
use crate::exchange::{Depth, MarketState, Ticker};
use crate::store::StoreError;
use crate::units::{Symbol, Timestamp};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum DepthRow {
    Undrawn,
    Unlimited,
    Left(Number),
}

impl From<Depth> for DepthRow {
    fn from(depth: Depth) -> DepthRow {
        match depth {
            Depth::Undrawn => DepthRow::Undrawn,
            Depth::Unlimited => DepthRow::Unlimited,
            Depth::Left(quantity) => DepthRow::Left(quantity.exact().into()),
        }
    }
}

impl DepthRow {
    fn read(self) -> Result<Depth, StoreError> {
        Ok(match self {
            DepthRow::Undrawn => Depth::Undrawn,
            DepthRow::Unlimited => Depth::Unlimited,
            DepthRow::Left(quantity) => Depth::Left(quantity.quantity()?),
        })
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct TickerRow {
    at: u64,
    last: Number,
    bid: Option<Number>,
    ask: Option<Number>,
    bid_quantity: Option<Number>,
    ask_quantity: Option<Number>,
}

/// A market's prices.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct MarketRow {
    ticker: Option<TickerRow>,
    ticks: u64,
    ask_depth: DepthRow,
    bid_depth: DepthRow,
}

impl Row for MarketRow {
    const VERSION: u8 = 1;
}

impl From<&MarketState> for MarketRow {
    fn from(state: &MarketState) -> MarketRow {
        let ticker = state.ticker.map(|ticker| TickerRow {
            at: ticker.at.as_millis(),
            last: ticker.last.exact().into(),
            bid: ticker.bid.map(|price| price.exact().into()),
            ask: ticker.ask.map(|price| price.exact().into()),
            bid_quantity: ticker.bid_quantity.map(|quantity| quantity.exact().into()),
            ask_quantity: ticker.ask_quantity.map(|quantity| quantity.exact().into()),
        });
        MarketRow {
            ticker,
            ticks: state.ticks,
            ask_depth: state.ask_depth.into(),
            bid_depth: state.bid_depth.into(),
        }
    }
}

impl MarketRow {
    pub(in crate::store) fn read(&self, symbol: Symbol) -> Result<MarketState, StoreError> {
        let ticker = self.ticker.map(|row| row.read(symbol)).transpose()?;
        Ok(MarketState {
            symbol,
            ticker,
            received: None,
            ticks: self.ticks,
            ask_depth: self.ask_depth.read()?,
            bid_depth: self.bid_depth.read()?,
        })
    }
}

impl TickerRow {
    fn read(self, symbol: Symbol) -> Result<Ticker, StoreError> {
        Ok(Ticker {
            symbol,
            last: self.last.price()?,
            bid: self.bid.map(Number::price).transpose()?,
            ask: self.ask.map(Number::price).transpose()?,
            bid_quantity: self.bid_quantity.map(Number::quantity).transpose()?,
            ask_quantity: self.ask_quantity.map(Number::quantity).transpose()?,
            at: Timestamp::from_millis(self.at),
        })
    }
}
