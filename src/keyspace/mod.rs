//! The keyspace that readers of Valkey or Redis know: names of keys, and what each holds, as text.
//!
//! The one place that knows it. Pure: nothing is sent or read from a disk here, but through the [`Archive`] that whoever
//! calls brings along. Two things follow it: the mirror writes it into a server, the port that speaks the protocol itself
//! answers from it.
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `tickers:{SYMBOL}` | hash | `symbol`, `price`, `timestamp` (s), `bid`, `ask`, `bidVolume`, `askVolume` |
//! | `balances` | hash | asset to the JSON of its row |
//! | `orders` | hash | id to the JSON of the order with its history |
//! | `open:set`, `open:{SYMBOL}` | set | ids of open orders |
//! | `trades:{buy\|sell}:{BASE}:{figure}` | hash | quote asset to running total |
//! | `trades:index:{figure}` | set | names of those hashes |
//! | `deposits:{ASSET}`, `withdrawals:{ASSET}` | hash | `ref_symbol`, `asset_quantity`, `ref_value` |
//! | `deposits:index`, `withdrawals:index` | set | names of those hashes |
//!
//! A key that would be empty does not exist. All names begin with a prefix of the user's, which is empty by default; what
//! the names of tickers begin with is a setting too. Names in the indexes are whole, prefix included.
//!
//! [`Archive`]: crate::archive::Archive

mod content;
mod names;
mod orders;
mod view;

pub use content::{
    Row, TICKER_FIELDS, amount_text, balance_row, base_fees, figure_of, flow_of, flow_rows,
    ticker_field, ticker_rows,
};
pub use names::{BadTickerPrefix, Direction, Figure, Key, Kind, Names};
pub use orders::{order_text, stored_order};
pub use view::Keyspace;

use crate::exchange::Ticker;
use crate::units::{Symbol, Timestamp};

/// Reads the fields of a ticker as others write them; the time is that of the arrival, for fields that have none. Whoever
/// knows how sources write prices brings it along.
pub type ReadTicker = fn(Symbol, &[(Vec<u8>, Vec<u8>)], Timestamp) -> Result<Ticker, String>;

#[cfg(test)]
mod tests;
