//! A ticker: the present prices of a symbol.

use super::json::{Seconds, object};
use crate::exchange::Ticker;
use crate::units::{Span, Timestamp};

/// Appends a ticker. `bid` and `ask` fall back to the last price, volumes are null where unknown, and so is the age.
pub(crate) fn write_ticker(out: &mut Vec<u8>, ticker: &Ticker, age: Option<Span>) {
    object(out, |members| {
        members.put("symbol", ticker.symbol);
        members.put("price", ticker.last);
        members.put("last", ticker.last);
        members.put("timestamp", Seconds(ticker.at));
        members.put("bid", ticker.bid_or_last());
        members.put("ask", ticker.ask_or_last());
        members.put("bid_volume", ticker.bid_quantity);
        members.put("ask_volume", ticker.ask_quantity);
        let seconds = age.map(|age| Seconds(Timestamp::from_millis(age.as_millis())));
        members.put("age_s", seconds);
        members.object("info", |_| {});
    });
}
