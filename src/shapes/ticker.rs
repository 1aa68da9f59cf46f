//! A ticker: the present prices of a symbol.

use super::json::{Seconds, object};
use crate::exchange::{Market, Ticker};
use crate::units::{Elapsed, Timestamp};

/// Appends the ticker of a market as it is at `now`.
///
/// `bid` and `ask` fall back to the last price. Volumes are null where unknown; so are the age and the source of a price
/// from before a restart.
pub(crate) fn write_ticker(out: &mut Vec<u8>, ticker: &Ticker, market: &Market, now: Elapsed) {
    object(out, |members| {
        members.put("symbol", ticker.symbol);
        members.put("price", ticker.last);
        members.put("last", ticker.last);
        members.put("timestamp", Seconds(ticker.at));
        members.put("bid", ticker.bid_or_last());
        members.put("ask", ticker.ask_or_last());
        members.put("bid_volume", ticker.bid_quantity);
        members.put("ask_volume", ticker.ask_quantity);
        let seconds = market
            .age(now)
            .map(|age| Seconds(Timestamp::from_millis(age.as_millis())));
        members.put("age_s", seconds);
        members.put("source", market.source);
        members.put("trading", market.trading);
        members.object("info", |_| {});
    });
}
