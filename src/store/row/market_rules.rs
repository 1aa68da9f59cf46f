//! What a market demands of orders, in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, Row, decode, fields_of};
use crate::exchange::{Band, Deltas, MarketRules, Notional, Range};
use crate::store::StoreError;
use crate::units::Exact;

type Figure = Option<Number>;

fn figure(value: Option<Exact>) -> Figure {
    value.map(Number::from)
}

fn exact(value: Figure) -> Result<Option<Exact>, StoreError> {
    value.map(Number::exact).transpose()
}

fn range(range: Range) -> [Figure; 3] {
    [range.min, range.max, range.step].map(figure)
}

fn read_range([min, max, step]: [Figure; 3]) -> Result<Range, StoreError> {
    Ok(Range {
        min: exact(min)?,
        max: exact(max)?,
        step: exact(step)?,
    })
}

fn band(band: Band) -> [Figure; 2] {
    [band.down, band.up].map(figure)
}

fn read_band([down, up]: [Figure; 2]) -> Result<Band, StoreError> {
    Ok(Band {
        down: exact(down)?,
        up: exact(up)?,
    })
}

fn deltas([min, max]: [Option<u16>; 2]) -> Deltas {
    Deltas { min, max }
}

/// The rules of a market as they were written first, when none looked back.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct MarketRulesRow1 {
    /// Price, lot, lot of market orders.
    ranges: [[Figure; 3]; 3],
    notional: [Figure; 2],
    notional_for_market: [bool; 2],
    /// Of bids and of asks.
    bands: [[Figure; 2]; 2],
    one_band: bool,
    /// Above and below.
    trailing: [[Option<u16>; 2]; 2],
    /// Orders, those that wait, pairs.
    most: [Option<u32>; 3],
    max_position: Figure,
}

/// The rules of a market; the key is its symbol.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct MarketRulesRow {
    rules: MarketRulesRow1,
    /// Minutes of the averages that the bands are round, and that an order without a limit price is worth.
    minutes: [u16; 2],
}

impl Row for MarketRulesRow {
    const VERSION: u8 = 2;
}

impl From<&MarketRules> for MarketRulesRow {
    fn from(rules: &MarketRules) -> MarketRulesRow {
        let notional = rules.notional;
        let pair = |deltas: Deltas| [deltas.min, deltas.max];
        MarketRulesRow {
            rules: MarketRulesRow1 {
                ranges: [rules.price, rules.lot, rules.market_lot].map(range),
                notional: [notional.min, notional.max].map(figure),
                notional_for_market: [notional.min_for_market, notional.max_for_market],
                bands: [rules.bids, rules.asks].map(band),
                one_band: rules.one_band,
                trailing: [rules.trailing_above, rules.trailing_below].map(pair),
                most: [rules.max_orders, rules.max_waiting, rules.max_pairs],
                max_position: figure(rules.max_position),
            },
            minutes: [rules.band_minutes, notional.minutes],
        }
    }
}

/// Reads the rules of a market of any version.
pub(in crate::store) fn read_market_rules(bytes: &[u8]) -> Result<MarketRules, StoreError> {
    if bytes.first() == Some(&1) {
        return fields_of::<MarketRulesRow1>(bytes)?.read([0, 0]);
    }
    let row: MarketRulesRow = decode(bytes)?;
    row.rules.read(row.minutes)
}

impl MarketRulesRow1 {
    fn read(&self, [band_minutes, minutes]: [u16; 2]) -> Result<MarketRules, StoreError> {
        let [price, lot, market_lot] = self.ranges;
        let [min, max] = self.notional;
        let [min_for_market, max_for_market] = self.notional_for_market;
        let [bids, asks] = self.bands;
        let [above, below] = self.trailing;
        let [max_orders, max_waiting, max_pairs] = self.most;
        Ok(MarketRules {
            price: read_range(price)?,
            lot: read_range(lot)?,
            market_lot: read_range(market_lot)?,
            notional: Notional {
                min: exact(min)?,
                max: exact(max)?,
                min_for_market,
                max_for_market,
                minutes,
            },
            bids: read_band(bids)?,
            asks: read_band(asks)?,
            one_band: self.one_band,
            band_minutes,
            trailing_above: deltas(above),
            trailing_below: deltas(below),
            max_orders,
            max_waiting,
            max_pairs,
            max_position: exact(self.max_position)?,
        })
    }
}
