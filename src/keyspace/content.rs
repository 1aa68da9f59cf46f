//! What fields hold, but for orders.

use super::names::{Direction, Figure};
use crate::exchange::{Account, Flow, Ticker, TradeTotals};
use crate::shapes::balance::write_row;
use crate::shapes::number::{push_exact, push_seconds, push_whole};
use crate::units::{Asset, Exact, Symbol};

/// A field of a hash and its value.
pub type Row = (String, Vec<u8>);

/// The fields of a ticker, in their order.
pub const TICKER_FIELDS: [&str; 7] = [
    "symbol",
    "price",
    "timestamp",
    "bid",
    "ask",
    "bidVolume",
    "askVolume",
];

/// A field of a ticker; none where the quantity is not known. `bid` and `ask` fall back to the last price.
pub fn ticker_field(ticker: &Ticker, field: &str) -> Option<Vec<u8>> {
    match field {
        "symbol" => Some(text(&ticker.symbol)),
        "price" => Some(number(ticker.last.exact())),
        "timestamp" => {
            let mut out = Vec::new();
            push_seconds(&mut out, ticker.at);
            Some(out)
        }
        "bid" => Some(number(ticker.bid_or_last().exact())),
        "ask" => Some(number(ticker.ask_or_last().exact())),
        "bidVolume" => ticker.bid_quantity.map(|quantity| number(quantity.exact())),
        "askVolume" => ticker.ask_quantity.map(|quantity| number(quantity.exact())),
        _ => None,
    }
}

/// The fields of a ticker that have a value.
pub fn ticker_rows(ticker: &Ticker) -> Vec<Row> {
    let rows = TICKER_FIELDS.into_iter();
    rows.filter_map(|field| Some((field.to_owned(), ticker_field(ticker, field)?)))
        .collect()
}

/// A row of the balances; none for an account that holds nothing.
pub fn balance_row(asset: Asset, account: &Account) -> Option<Vec<u8>> {
    if account.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    write_row(&mut out, asset, account);
    Some(out)
}

/// A running total as text.
pub fn figure_of(totals: &TradeTotals, figure: Figure) -> Vec<u8> {
    match figure {
        Figure::Count => {
            let mut out = Vec::new();
            push_whole(&mut out, totals.count);
            out
        }
        Figure::Amount => number(totals.amount.exact()),
        Figure::Notional => number(totals.notional.exact()),
        Figure::Fee => number(totals.fee.exact()),
    }
}

/// What came in or went out; none where nothing ever did.
pub fn flow_of(account: &Account, direction: Direction) -> Option<Flow> {
    let flow = match direction {
        Direction::In => account.deposits,
        Direction::Out => account.withdrawals,
    };
    (flow != Flow::default()).then_some(flow)
}

/// The fields of a flow. The cash asset is its own measure.
pub fn flow_rows(asset: Asset, cash: Asset, flow: Flow) -> Vec<Row> {
    let measure = Symbol::new(asset, cash).map_or_else(|_| text(&asset), |symbol| text(&symbol));
    vec![
        ("ref_symbol".to_owned(), measure),
        ("asset_quantity".to_owned(), number(flow.quantity.exact())),
        ("ref_value".to_owned(), number(flow.value.exact())),
    ]
}

fn number(value: Exact) -> Vec<u8> {
    let mut out = Vec::new();
    push_exact(&mut out, value);
    out
}

fn text(value: &impl ToString) -> Vec<u8> {
    value.to_string().into_bytes()
}
