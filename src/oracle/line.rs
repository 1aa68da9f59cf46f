//! A line of a program: one ticker as a JSON object.
//!
//! `symbol` and `last` (or `close`, or both `bid` and `ask`) are needed; `bid`, `ask`, `bidVolume`, `askVolume` and
//! `timestamp` may be missing or `null`. Numbers come as such or as texts, and are read from their digits. Whatever else
//! the object holds is passed over, so a ticker of ccxt fits as it is.

use serde::Deserialize;

use super::field::{self, Field};
use super::quote::{Quote, Skipped};
use super::stamp::stamp;
use crate::exchange::Ticker;
use crate::units::{Symbol, Timestamp};

/// What is read of the object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    symbol: Field<'a>,
    #[serde(borrow)]
    last: Field<'a>,
    #[serde(borrow)]
    close: Field<'a>,
    #[serde(borrow)]
    bid: Field<'a>,
    #[serde(borrow)]
    ask: Field<'a>,
    #[serde(borrow)]
    bid_volume: Field<'a>,
    #[serde(borrow)]
    ask_volume: Field<'a>,
    #[serde(borrow)]
    timestamp: Field<'a>,
}

/// The ticker that a line holds; `arrived` is its time where it names none.
pub(super) fn ticker(line: &[u8], arrived: Timestamp) -> Result<Ticker, Skipped> {
    // A list would be taken for an object by its order.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(Skipped::Malformed);
    }
    let entry: Entry<'_> = serde_json::from_slice(line).map_err(|_| Skipped::Malformed)?;
    let name = field::text(entry.symbol).ok_or(Skipped::NoSymbol)?;
    let symbol = Symbol::parse(&name.trim().to_ascii_uppercase()).map_err(|_| Skipped::NoSymbol)?;
    let quote = Quote {
        last: field::number(entry.last),
        close: field::number(entry.close),
        bid: field::number(entry.bid),
        ask: field::number(entry.ask),
        bid_quantity: field::number(entry.bid_volume),
        ask_quantity: field::number(entry.ask_volume),
        at: field::number(entry.timestamp).and_then(stamp),
        ..Quote::of(symbol)
    };
    quote.ticker(arrived)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Ticker, Skipped> {
        ticker(line.as_bytes(), Timestamp::from_millis(7))
    }

    #[test]
    fn every_digit_of_a_line_arrives() {
        let ticker = read(
            r#" {"symbol": "btc/usdt", "last": 64123.100000000000000001, "bid": "64123.1", "ask": 6.41232e4,
                "bidVolume": null, "askVolume": "0.5", "timestamp": 1700000000123, "info": {"x": [1]}}"#,
        )
        .unwrap();
        assert_eq!(ticker.symbol.to_string(), "BTC/USDT");
        assert_eq!(ticker.last.to_string(), "64123.100000000000000001");
        assert_eq!(ticker.ask.unwrap().to_string(), "64123.2");
        assert_eq!(ticker.bid_quantity, None);
        assert_eq!(ticker.ask_quantity.unwrap().to_string(), "0.5");
        assert_eq!(ticker.at.as_millis(), 1_700_000_000_123);
    }

    #[test]
    fn what_is_missing_is_unknown() {
        let ticker = read(r#"{"symbol":"A/B","last":null,"close":2,"timestamp":"soon"}"#).unwrap();
        assert_eq!((ticker.bid, ticker.ask), (None, None));
        assert_eq!(
            (ticker.last.to_string().as_str(), ticker.at.as_millis()),
            ("2", 7)
        );
        let ticker = read(r#"{"symbol":"A/B","last":1,"timestamp":1700000000.5}"#).unwrap();
        assert_eq!(ticker.at.as_millis(), 1_700_000_000_500);
    }

    #[test]
    fn bad_lines_have_a_reason() {
        for (line, why) in [
            ("", Skipped::Malformed),
            ("starting up", Skipped::Malformed),
            ("[\"A/B\",1]", Skipped::Malformed),
            (r#"{"symbol":"A/B","last":1"#, Skipped::Malformed),
            (r#"{"symbol":"A/B","last":NaN}"#, Skipped::Malformed),
            (r#"{"symbol":"A/B","last":1,"last":2}"#, Skipped::Malformed),
            (r#"{"last":1}"#, Skipped::NoSymbol),
            (r#"{"symbol":7,"last":1}"#, Skipped::NoSymbol),
            (r#"{"symbol":"BTC/USDT:USDT","last":1}"#, Skipped::NoSymbol),
            (r#"{"symbol":"A/B"}"#, Skipped::NoPrice),
            (r#"{"symbol":"A/B","last":"nan"}"#, Skipped::NoPrice),
            (r#"{"symbol":"A/B","last":0}"#, Skipped::NotPositive),
            (r#"{"symbol":"A/B","last":"-1"}"#, Skipped::NotPositive),
            (r#"{"symbol":"A/B","last":1e17}"#, Skipped::OutOfRange),
            (
                r#"{"symbol":"A/B","last":1,"bid":3,"ask":2}"#,
                Skipped::Crossed,
            ),
        ] {
            assert_eq!(read(line), Err(why), "{line}");
        }
        assert_eq!(
            ticker(b"{\"symbol\":\"\xff\"}", Timestamp::default()),
            Err(Skipped::Malformed)
        );
    }
}
