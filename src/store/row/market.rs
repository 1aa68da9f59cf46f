//! The prices of a symbol in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, decode, fields_of};
use crate::exchange::{Average, Depth, Mark, MarketState, Ticker};
use crate::store::StoreError;
use crate::units::{OrderId, Symbol, Timestamp};

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

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum MarkRow {
    Unset,
    Above(Number),
    Below(Number),
    Extreme(Number),
}

impl From<Mark> for MarkRow {
    fn from(mark: Mark) -> MarkRow {
        match mark {
            Mark::Unset => MarkRow::Unset,
            Mark::Above(price) => MarkRow::Above(price.exact().into()),
            Mark::Below(price) => MarkRow::Below(price.exact().into()),
            Mark::Extreme(price) => MarkRow::Extreme(price.exact().into()),
        }
    }
}

impl MarkRow {
    fn read(self) -> Result<Mark, StoreError> {
        Ok(match self {
            MarkRow::Unset => Mark::Unset,
            MarkRow::Above(price) => Mark::Above(price.price()?),
            MarkRow::Below(price) => Mark::Below(price.price()?),
            MarkRow::Extreme(price) => Mark::Extreme(price.price()?),
        })
    }
}

/// What is known of a market but for the orders that trail it; the whole of version 1.
#[derive(Debug, Serialize, Deserialize)]
struct PricesRow {
    ticker: Option<TickerRow>,
    ticks: u64,
    ask_depth: DepthRow,
    bid_depth: DepthRow,
}

/// A market's prices, and how far the orders that trail them have come.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct MarketRow {
    prices: PricesRow,
    marks: Vec<(u64, MarkRow)>,
}

impl Row for MarketRow {
    const VERSION: u8 = 2;
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
        let prices = PricesRow {
            ticker,
            ticks: state.ticks,
            ask_depth: state.ask_depth.into(),
            bid_depth: state.bid_depth.into(),
        };
        let mark = |&(id, mark): &(OrderId, Mark)| (id.sequence(), mark.into());
        MarketRow {
            prices,
            marks: state.marks.iter().map(mark).collect(),
        }
    }
}

impl PricesRow {
    fn read(&self, symbol: Symbol, marks: Vec<(OrderId, Mark)>) -> Result<MarketState, StoreError> {
        let ticker = self.ticker.map(|row| row.read(symbol)).transpose()?;
        Ok(MarketState {
            symbol,
            ticker,
            received: None,
            source: None,
            trading: true,
            rules: None,
            average: Average::default(),
            ticks: self.ticks,
            ask_depth: self.ask_depth.read()?,
            bid_depth: self.bid_depth.read()?,
            marks,
        })
    }
}

/// Reads a market of any version.
pub(in crate::store) fn read_market(
    bytes: &[u8],
    symbol: Symbol,
) -> Result<MarketState, StoreError> {
    if bytes.first() == Some(&1) {
        return fields_of::<PricesRow>(bytes)?.read(symbol, Vec::new());
    }
    let row: MarketRow = decode(bytes)?;
    let mark = |&(id, mark): &(u64, MarkRow)| Ok((OrderId::new(id), mark.read()?));
    let marks: Result<_, StoreError> = row.marks.iter().map(mark).collect();
    row.prices.read(symbol, marks?)
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
