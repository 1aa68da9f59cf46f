//! A ticker: the present prices of a symbol.

use super::json::{Seconds, object};
use crate::exchange::Ticker;

/// Appends a ticker. `bid` and `ask` fall back to the last price, volumes are null where unknown.
pub(crate) fn write_ticker(out: &mut Vec<u8>, ticker: &Ticker) {
    object(out, |members| {
        members.put("symbol", ticker.symbol);
        members.put("price", ticker.last);
        members.put("last", ticker.last);
        members.put("timestamp", Seconds(ticker.at));
        members.put("bid", ticker.bid_or_last());
        members.put("ask", ticker.ask_or_last());
        members.put("bid_volume", ticker.bid_quantity);
        members.put("ask_volume", ticker.ask_quantity);
        members.object("info", |_| {});
    });
}
