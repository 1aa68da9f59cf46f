//! What a venue tells of candles and books, in the shape that Binance gave it.
//!
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#klinecandlestick-data>
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book>

use serde_json::value::RawValue;

use super::field::{self, Entry};
use super::venue::{VenueError, VenueRequest, encoded};
use crate::candles::{Candle, Volume};
use crate::units::{Amount, Price, Quantity};
use crate::venue_data::{Book, BookWish, CandleWish, ROWS_MAX};

/// What candles cost.
const CANDLES_WEIGHT: u32 = 2;
/// Figures of a candle that are read, and those behind them.
const FIGURES: usize = 11;

/// The request for candles.
pub(super) fn candle_request(base: &str, id: &str, wish: &CandleWish) -> VenueRequest {
    let (first, last) = (wish.first.as_millis(), wish.last.as_millis());
    let url = format!(
        "{base}/api/v3/klines?symbol={}&interval={}&startTime={first}&endTime={last}&limit={ROWS_MAX}",
        encoded(id),
        wish.interval,
    );
    VenueRequest::general(url, CANDLES_WEIGHT)
}

/// The request for a book.
pub(super) fn book_request(base: &str, id: &str, wish: &BookWish) -> VenueRequest {
    let levels = wish.levels;
    let url = format!("{base}/api/v3/depth?symbol={}&limit={levels}", encoded(id));
    let weight = match levels {
        0..=100 => 5,
        101..=500 => 25,
        _ => 50,
    };
    VenueRequest::general(url, weight)
}

/// Reads candles. One that cannot be read fails the whole: a hole would look like a quiet time.
pub(super) fn candles(body: &[u8]) -> Result<Vec<Candle>, VenueError> {
    let rows: Vec<Vec<&RawValue>> =
        serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))?;
    let read = |row: Vec<&RawValue>| candle(&row).ok_or_else(|| field::lacks("candle"));
    rows.into_iter().map(read).collect()
}

fn candle(row: &[&RawValue]) -> Option<Candle> {
    let field = |at: usize| row.get(at).copied();
    let price = |at| Price::try_new(field::number(field(at))?).ok();
    let quantity = |at| Quantity::try_new(field::number(field(at))?).ok();
    let amount = |at| Amount::try_new(field::number(field(at))?).ok();
    if row.len() < FIGURES {
        return None;
    }
    let trades = field::text(field(8))?.parse().ok()?;
    Some(Candle {
        start: field::millis(field(0))?,
        open: price(1)?,
        high: price(2)?,
        low: price(3)?,
        close: price(4)?,
        prices: trades,
        minutes: 1,
        volume: Volume {
            trades,
            base: quantity(5)?,
            quote: amount(7)?,
            taken_base: quantity(9)?,
            taken_quote: amount(10)?,
        },
    })
}

/// Reads a book.
pub(super) fn book(body: &[u8]) -> Result<Book, VenueError> {
    let entry = Entry::of_body(body)?;
    let side = |name: &str| {
        let values = entry.values(name).ok_or_else(|| field::lacks(name))?;
        let read = |raw: &RawValue| {
            let level: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
            let number = |at: usize| field::number(level.get(at).copied());
            let price = Price::try_new(number(0)?).ok()?;
            Some((price, Quantity::try_new(number(1)?).ok()?))
        };
        Ok::<_, VenueError>(values.into_iter().filter_map(read).collect())
    };
    let number = entry.text("lastUpdateId");
    Ok(Book {
        number: number
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
        bids: side("bids")?,
        asks: side("asks")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candles::Interval;
    use crate::units::{Symbol, Timestamp};

    #[test]
    fn candles_are_read_as_binance_documents_them() {
        let body = r#"[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",
            1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]]"#;
        let found = candles(body.as_bytes()).unwrap();
        let price = |text| Price::parse(text).unwrap();
        let candle = found[0];
        assert_eq!(candle.start, Timestamp::from_millis(1_499_040_000_000));
        assert_eq!(
            (candle.open, candle.high),
            (price("0.0163479"), price("0.8"))
        );
        assert_eq!(
            (candle.low, candle.close),
            (price("0.015758"), price("0.015771"))
        );
        assert_eq!((candle.volume.trades, candle.prices), (308, 308));
        assert_eq!(candle.volume.taken_quote.to_string(), "28.46694368");
        for bad in [
            "{}",
            "[[1]]",
            "[1]",
            r#"[[1,"x","1","1","1","1",2,"1",1,"1","1","0"]]"#,
            "",
            "[[]]",
        ] {
            assert!(candles(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(candles(b"[]"), Ok(Vec::new()));
    }

    #[test]
    fn a_book_is_read_level_by_level() {
        let body = br#"{"lastUpdateId":1027024,"bids":[["4.0","431.0"],["x","1"]],"asks":[["4.000002","12.0"]]}"#;
        let found = book(body).unwrap();
        assert_eq!(
            (found.number, found.bids.len(), found.asks.len()),
            (1_027_024, 1, 1)
        );
        assert_eq!(found.asks[0].0.to_string(), "4.000002");
        for bad in ["[]", "{}", r#"{"bids":[]}"#] {
            assert!(book(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_say_what_they_cost() {
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let at = Timestamp::from_millis;
        let wish = CandleWish {
            symbol,
            interval: Interval::HOUR,
            first: at(3_600_000),
            last: at(7_200_000),
            now: at(9_000_000),
        };
        let request = candle_request("http://x", "BTCUSDT", &wish);
        assert_eq!(
            (request.url.as_str(), request.weight),
            (
                "http://x/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime=3600000&endTime=7200000&limit=1000",
                2
            )
        );
        for (levels, weight) in [(5, 5), (100, 5), (500, 25), (1000, 50)] {
            let wish = BookWish { symbol, levels };
            let request = book_request("http://x", "BTCUSDT", &wish);
            assert_eq!(request.weight, weight);
            assert!(
                request
                    .url
                    .ends_with(&format!("/api/v3/depth?symbol=BTCUSDT&limit={levels}"))
            );
        }
    }
}
