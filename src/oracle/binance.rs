//! Binance: `GET /api/v3/ticker/24hr?symbols=["BTCUSDT",...]`.
//!
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#24hr-ticker-price-change-statistics>
//!
//! One call of weight 2 answers for up to 20 symbols and gives last, bid, ask and both sizes. Of 6,000 weights a minute
//! and address a poll of 500 symbols takes 50. A symbol that does not exist fails the whole call.

use serde::Deserialize;

use super::field::{self, Field};
use super::quote::Quote;
use super::venue::{Venue, VenueError, VenueRequest, base_url};
use crate::units::Symbol;

/// The host for public market data, which also answers where the main one does not.
pub const BINANCE_URL: &str = "https://data-api.binance.vision";
/// Symbols of one call at its lowest weight.
const SYMBOLS_PER_CALL: usize = 20;
/// What such a call costs.
const CALL_WEIGHT: u32 = 2;

/// Binance, or anything that answers like it.
#[derive(Debug, Clone)]
pub struct Binance {
    base: String,
}

/// An entry of the answer, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    symbol: Field<'a>,
    #[serde(borrow)]
    last_price: Field<'a>,
    #[serde(borrow)]
    bid_price: Field<'a>,
    #[serde(borrow)]
    bid_qty: Field<'a>,
    #[serde(borrow)]
    ask_price: Field<'a>,
    #[serde(borrow)]
    ask_qty: Field<'a>,
    #[serde(borrow)]
    close_time: Field<'a>,
}

/// What comes instead of a list when something is wrong.
#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    code: Field<'a>,
    #[serde(borrow)]
    msg: Field<'a>,
}

impl Binance {
    /// The venue at another address than [`BINANCE_URL`]: a mirror, a proxy, a test.
    pub fn at(base: &str) -> Binance {
        Binance {
            base: base_url(base),
        }
    }
}

impl Default for Binance {
    fn default() -> Binance {
        Binance::at(BINANCE_URL)
    }
}

impl Venue for Binance {
    fn name(&self) -> &'static str {
        "binance"
    }

    fn requests(&self, symbols: &[Symbol]) -> Vec<VenueRequest> {
        symbols
            .chunks(SYMBOLS_PER_CALL)
            .map(|symbols| {
                let names: Vec<String> = symbols.iter().map(venue_name).collect();
                // ["A","B"] without spaces, percent-encoded; the names themselves need no encoding.
                let list = names.join("%22%2C%22");
                VenueRequest {
                    url: format!(
                        "{}/api/v3/ticker/24hr?symbols=%5B%22{list}%22%5D",
                        self.base
                    ),
                    weight: CALL_WEIGHT,
                    names: names.into_iter().zip(symbols.iter().copied()).collect(),
                }
            })
            .collect()
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let entries = field::entries(body).map_err(|why| refusal(body).unwrap_or(why))?;
        let quotes = entries.iter().filter_map(|entry| {
            let entry: Entry<'_> = serde_json::from_str(entry.get()).ok()?;
            quote(request, &entry)
        });
        Ok(quotes.collect())
    }
}

fn quote(request: &VenueRequest, entry: &Entry<'_>) -> Option<Quote> {
    let name = field::text(entry.symbol)?;
    let symbol = request.names.get(name.as_ref())?;
    Some(Quote {
        last: field::number(entry.last_price),
        bid: field::number(entry.bid_price),
        ask: field::number(entry.ask_price),
        bid_quantity: field::number(entry.bid_qty),
        ask_quantity: field::number(entry.ask_qty),
        at: field::millis(entry.close_time),
        ..Quote::of(*symbol)
    })
}

fn refusal(body: &[u8]) -> Option<VenueError> {
    let refusal: Refusal<'_> = serde_json::from_slice(body).ok()?;
    let words = field::text(refusal.msg)?;
    let code = field::text(refusal.code).unwrap_or_default();
    Some(VenueError::Refused(format!("{words} ({code})")))
}

/// `BTC/USDT` is `BTCUSDT`.
fn venue_name(symbol: &Symbol) -> String {
    format!("{}{}", symbol.base(), symbol.quote())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(names: &[&str]) -> Vec<Symbol> {
        names
            .iter()
            .map(|name| Symbol::parse(name).unwrap())
            .collect()
    }

    fn parse(body: &str) -> Result<Vec<Quote>, VenueError> {
        let venue = Binance::default();
        let requests = venue.requests(&symbols(&["BTC/USDT", "ETH/USDT"]));
        venue.parse(&requests[0], body.as_bytes())
    }

    #[test]
    fn twenty_symbols_go_into_a_call() {
        let many: Vec<String> = (0..41).map(|n| format!("C{n}/USDT")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let requests = Binance::at("http://localhost:1/").requests(&symbols(&many));
        let sizes: Vec<usize> = requests.iter().map(|request| request.names.len()).collect();
        assert_eq!(sizes, [20, 20, 1]);
        assert_eq!(
            requests[2].url,
            "http://localhost:1/api/v3/ticker/24hr?symbols=%5B%22C40USDT%22%5D"
        );
        assert!(Binance::default().requests(&[]).is_empty());
    }

    #[test]
    fn odd_entries_are_left_out() {
        let quotes = parse(
            r#"[null, 5, {"symbol":"BTCUSDT","lastPrice":1.5,"bidPrice":"","askPrice":null},
                {"symbol":"XYZUSDT","lastPrice":"1"}, {"symbol":7}, {"lastPrice":"2"}, []]"#,
        )
        .unwrap();
        assert_eq!(quotes.len(), 1);
        assert_eq!(quotes[0].last.unwrap().to_string(), "1.5");
        assert_eq!(
            (quotes[0].bid, quotes[0].ask, quotes[0].at),
            (None, None, None)
        );
    }

    #[test]
    fn an_error_is_told_in_the_words_of_the_venue() {
        assert_eq!(
            parse(r#"{"code":-1121,"msg":"Invalid symbol."}"#),
            Err(VenueError::Refused("Invalid symbol. (-1121)".to_owned()))
        );
        for body in ["", "[", "{}", "7", "[{\"symbol\":\"BTC", "{\"msg\":null}"] {
            assert!(matches!(parse(body), Err(VenueError::Shape(_))), "{body}");
        }
    }
}
