//! What a row looks like in bytes: a version, then the fields by postcard.
//!
//! postcard writes fields in order and without names, so a released row type is never edited: a change is a new
//! version with a conversion from the old one, and reading tells them apart by the first byte. The tests keep the bytes
//! of every released version.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::exchange::{
    Account, Booked, CloseReason, Depth, Digest, FillPrice, Filled, Flow, HistoryEntry, Hold,
    Lifecycle, MarketState, Order, OrderKind, OrderStatus, RejectReason, Side, Ticker, TradeTotals,
};
use crate::units::{
    Amount, Asset, Elapsed, Exact, Moment, OrderId, Price, Quantity, Rate, Symbol, Timestamp,
};

/// Version of every row type so far.
const VERSION: u8 = 1;

/// A row's bytes.
pub(super) fn encode<R: Serialize>(row: &R) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(row, vec![VERSION]).map_err(StoreError::new)
}

/// A row from its bytes; all of them must be used.
pub(super) fn decode<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, fields)) => {
            let (row, rest) = postcard::take_from_bytes(fields).map_err(StoreError::new)?;
            if rest.is_empty() {
                Ok(row)
            } else {
                Err(unsound("a row is too long"))
            }
        }
        Some((version, _)) => Err(StoreError(format!(
            "a row has the unknown version {version}"
        ))),
        None => Err(unsound("a row is empty")),
    }
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

/// The exchange's own figures.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExchangeRow {
    now: u64,
    elapsed: u64,
    next_order: u64,
    journal: u64,
}

impl ExchangeRow {
    pub(super) fn new(moment: Moment, next_order: u64, journal: Digest) -> ExchangeRow {
        ExchangeRow {
            now: moment.now.as_millis(),
            elapsed: moment.elapsed.as_millis(),
            next_order,
            journal: journal.bits(),
        }
    }

    pub(super) fn read(&self) -> (Moment, u64, Digest) {
        let moment = Moment {
            now: Timestamp::from_millis(self.now),
            elapsed: Elapsed::from_millis(self.elapsed),
        };
        (moment, self.next_order, Digest::from_bits(self.journal))
    }
}

/// An asset's account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccountRow {
    pockets: [Number; 5],
    drift: Number,
    decimals: u8,
    deposits: [Number; 2],
    withdrawals: [Number; 2],
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
    pub(super) fn read(&self) -> Result<Account, StoreError> {
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

/// Running totals of trades.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TradesRow {
    count: u64,
    sums: [Number; 3],
}

impl From<&TradeTotals> for TradesRow {
    fn from(totals: &TradeTotals) -> TradesRow {
        TradesRow {
            count: totals.count,
            sums: [totals.amount, totals.notional, totals.fee].map(amount),
        }
    }
}

impl TradesRow {
    pub(super) fn read(&self) -> Result<TradeTotals, StoreError> {
        let [amount, notional, fee] = self.sums;
        Ok(TradeTotals {
            count: self.count,
            amount: amount.amount()?,
            notional: notional.amount()?,
            fee: fee.amount()?,
        })
    }
}

/// The key of a trades row.
pub(super) fn trades_key(side: Side, symbol: Symbol) -> String {
    format!("{} {symbol}", side.as_str())
}

/// The side and symbol of a trades row's key.
pub(super) fn read_trades_key(key: &str) -> Result<(Side, Symbol), StoreError> {
    match key.split_once(' ') {
        Some(("buy", name)) => Ok((Side::Buy, symbol(name)?)),
        Some(("sell", name)) => Ok((Side::Sell, symbol(name)?)),
        Some(_) | None => Err(StoreError(format!("the trades key {key:?} is not known"))),
    }
}

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
pub(super) struct MarketRow {
    ticker: Option<TickerRow>,
    ticks: u64,
    ask_depth: DepthRow,
    bid_depth: DepthRow,
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
    pub(super) fn read(&self, name: &str) -> Result<MarketState, StoreError> {
        let symbol = symbol(name)?;
        let ticker = self.ticker.map(|row| row.read(symbol)).transpose()?;
        Ok(MarketState {
            symbol,
            ticker,
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

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum SideRow {
    Buy,
    Sell,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum KindRow {
    Market,
    Limit(Number),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum FillPriceRow {
    None,
    One(Number),
    Mixed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum RejectRow {
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
    fn read(&self) -> Result<RejectReason, StoreError> {
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

#[derive(Debug, Clone, Serialize, Deserialize)]
enum CloseRow {
    Filled,
    Canceled,
    Expired,
    Rejected(RejectRow),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum LifecycleRow {
    Open {
        notional: Number,
        fee: Number,
        due: Option<u64>,
    },
    Closed {
        at: u64,
        reason: CloseRow,
    },
}

impl From<Lifecycle> for LifecycleRow {
    fn from(lifecycle: Lifecycle) -> LifecycleRow {
        match lifecycle {
            Lifecycle::Open { hold, due } => LifecycleRow::Open {
                notional: amount(hold.notional),
                fee: amount(hold.fee),
                due: due.map(Elapsed::as_millis),
            },
            Lifecycle::Closed { at, reason } => LifecycleRow::Closed {
                at: at.as_millis(),
                reason: match reason {
                    CloseReason::Filled => CloseRow::Filled,
                    CloseReason::Canceled => CloseRow::Canceled,
                    CloseReason::Expired => CloseRow::Expired,
                    CloseReason::Rejected(reason) => CloseRow::Rejected(reason.into()),
                },
            },
        }
    }
}

impl LifecycleRow {
    fn read(&self) -> Result<Lifecycle, StoreError> {
        Ok(match self {
            LifecycleRow::Open { notional, fee, due } => Lifecycle::Open {
                hold: Hold {
                    notional: notional.amount()?,
                    fee: fee.amount()?,
                },
                due: due.map(Elapsed::from_millis),
            },
            LifecycleRow::Closed { at, reason } => Lifecycle::Closed {
                at: Timestamp::from_millis(*at),
                reason: match reason {
                    CloseRow::Filled => CloseReason::Filled,
                    CloseRow::Canceled => CloseReason::Canceled,
                    CloseRow::Expired => CloseReason::Expired,
                    CloseRow::Rejected(reason) => CloseReason::Rejected(reason.read()?),
                },
            },
        })
    }
}

/// An order; its key is its sequence number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrderRow {
    symbol: String,
    side: SideRow,
    kind: KindRow,
    quantity: Number,
    fee_rate: Number,
    booked: [Number; 2],
    filled_quantity: Number,
    filled_notional: Number,
    filled_fee: Number,
    filled_price: FillPriceRow,
    placed_at: u64,
    updated_at: u64,
    updated_elapsed: u64,
    history_count: u32,
    lifecycle: LifecycleRow,
}

impl From<&Order> for OrderRow {
    fn from(order: &Order) -> OrderRow {
        OrderRow {
            symbol: order.symbol.to_string(),
            side: match order.side {
                Side::Buy => SideRow::Buy,
                Side::Sell => SideRow::Sell,
            },
            kind: match order.kind {
                OrderKind::Market => KindRow::Market,
                OrderKind::Limit { price } => KindRow::Limit(price.exact().into()),
            },
            quantity: order.quantity.exact().into(),
            fee_rate: order.fee_rate.exact().into(),
            booked: [order.booked.notional, order.booked.fee].map(amount),
            filled_quantity: order.filled.quantity.exact().into(),
            filled_notional: amount(order.filled.notional),
            filled_fee: amount(order.filled.fee),
            filled_price: match order.filled.price {
                FillPrice::None => FillPriceRow::None,
                FillPrice::One(price) => FillPriceRow::One(price.exact().into()),
                FillPrice::Mixed => FillPriceRow::Mixed,
            },
            placed_at: order.placed_at.as_millis(),
            updated_at: order.updated_at.as_millis(),
            updated_elapsed: order.updated_elapsed.as_millis(),
            history_count: order.history_count,
            lifecycle: order.lifecycle.into(),
        }
    }
}

impl OrderRow {
    pub(super) fn updated_elapsed(&self) -> Elapsed {
        Elapsed::from_millis(self.updated_elapsed)
    }

    pub(super) fn read(&self, sequence: u64) -> Result<Order, StoreError> {
        let [notional, fee] = self.booked;
        Ok(Order {
            id: OrderId::new(sequence),
            symbol: symbol(&self.symbol)?,
            side: match self.side {
                SideRow::Buy => Side::Buy,
                SideRow::Sell => Side::Sell,
            },
            kind: match self.kind {
                KindRow::Market => OrderKind::Market,
                KindRow::Limit(price) => OrderKind::Limit {
                    price: price.price()?,
                },
            },
            quantity: self.quantity.quantity()?,
            fee_rate: Rate::from_stored(self.fee_rate.exact()?),
            booked: Booked {
                notional: notional.amount()?,
                fee: fee.amount()?,
            },
            filled: Filled {
                quantity: self.filled_quantity.quantity()?,
                notional: self.filled_notional.amount()?,
                fee: self.filled_fee.amount()?,
                price: match self.filled_price {
                    FillPriceRow::None => FillPrice::None,
                    FillPriceRow::One(price) => FillPrice::One(price.price()?),
                    FillPriceRow::Mixed => FillPrice::Mixed,
                },
            },
            placed_at: Timestamp::from_millis(self.placed_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            updated_elapsed: Elapsed::from_millis(self.updated_elapsed),
            history_count: self.history_count,
            lifecycle: self.lifecycle.read()?,
        })
    }
}

/// An entry of an order's history; its key is the order's sequence number and its own number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HistoryRow {
    at: u64,
    status: u8,
    price: Option<Number>,
    remaining: Number,
    quantity: Number,
    notional: Number,
    fee: Number,
    notional_left: Number,
    fee_left: Number,
    reject: Option<RejectRow>,
}

impl From<&HistoryEntry> for HistoryRow {
    fn from(entry: &HistoryEntry) -> HistoryRow {
        HistoryRow {
            at: entry.at.as_millis(),
            status: status_number(entry.status),
            price: entry.price.map(|price| price.exact().into()),
            remaining: entry.remaining.exact().into(),
            quantity: entry.quantity.exact().into(),
            notional: amount(entry.notional),
            fee: amount(entry.fee),
            notional_left: amount(entry.notional_left),
            fee_left: amount(entry.fee_left),
            reject: entry.reject.map(RejectRow::from),
        }
    }
}

impl HistoryRow {
    pub(super) fn read(&self, sequence: u64, number: u32) -> Result<HistoryEntry, StoreError> {
        let status = OrderStatus::ALL
            .into_iter()
            .find(|&status| status_number(status) == self.status)
            .ok_or_else(|| unsound("a history entry has an unknown status"))?;
        Ok(HistoryEntry {
            order: OrderId::new(sequence),
            number,
            at: Timestamp::from_millis(self.at),
            status,
            price: self.price.map(Number::price).transpose()?,
            remaining: self.remaining.quantity()?,
            quantity: self.quantity.quantity()?,
            notional: self.notional.amount()?,
            fee: self.fee.amount()?,
            notional_left: self.notional_left.amount()?,
            fee_left: self.fee_left.amount()?,
            reject: self.reject.as_ref().map(RejectRow::read).transpose()?,
        })
    }
}

/// A status in a row: a promise, so it is spelt out and not left to the order of an enum.
fn status_number(status: OrderStatus) -> u8 {
    match status {
        OrderStatus::New => 0,
        OrderStatus::PartiallyFilled => 1,
        OrderStatus::Filled => 2,
        OrderStatus::Canceled => 3,
        OrderStatus::PartiallyCanceled => 4,
        OrderStatus::Expired => 5,
        OrderStatus::PartiallyExpired => 6,
        OrderStatus::Rejected => 7,
        OrderStatus::PartiallyRejected => 8,
    }
}

#[cfg(test)]
mod tests;
