//! Binance: `GET /api/v3/ticker/24hr?symbols=["BTCUSDT",...]`, `GET /api/v3/exchangeInfo`.
//!
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#24hr-ticker-price-change-statistics>
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information>
//!
//! One call of weight 2 answers for up to 20 symbols, one of weight 80 for all, and gives last, bid, ask and both sizes. There
//! are 6,000 weights a minute and address; how much is used, by all programs, stands in a header. A symbol that does
//! not exist fails the whole call, which is then split until it is found. Others have copied the shape of these answers, so
//! what reads them is shared.

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{
    Instrument, Limit, Market, Remedy, Venue, VenueError, VenueRequest, base_url, joined,
};
use crate::units::Symbol;

/// The host for public market data, which also answers where the main one does not.
pub const BINANCE_URL: &str = "https://data-api.binance.vision";
/// Symbols of one call at its lowest weight.
const SYMBOLS_PER_CALL: usize = 20;
/// Beyond so many markets all are asked for: one large answer comes sooner than a dozen small ones one after the other.
const NAMED_MAX: usize = 200;
/// What such a call costs.
const CALL_WEIGHT: u32 = 2;
/// What the list costs, and the volumes of all markets.
const LIST_WEIGHT: u32 = 20;
const VOLUMES_WEIGHT: u32 = 80;

/// Binance, or anything that answers like it.
#[derive(Debug, Clone)]
pub struct Binance {
    base: String,
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

    fn limit(&self) -> Limit {
        Limit::of(6000, 60)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        market_id(symbol)
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        market_requests(&self.base, [CALL_WEIGHT, VOLUMES_WEIGHT], markets)
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        parse(request, body)
    }

    fn history(&self) -> Option<&str> {
        Some(&self.base)
    }

    fn remedy(&self, request: &VenueRequest, words: &str) -> Remedy {
        remedy(&self.base, CALL_WEIGHT, request, words)
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        // Without those that have stopped trading, and without what their accounts are for, it is a third as long.
        let query = "permissions=SPOT&symbolStatus=TRADING&showPermissionSets=false";
        let list = format!("{}/api/v3/exchangeInfo?{query}", self.base);
        let mut requests = vec![VenueRequest::general(list, LIST_WEIGHT)];
        if volumes {
            let url = format!("{}/api/v3/ticker/24hr?type=MINI", self.base);
            requests.push(VenueRequest::general(url, VOLUMES_WEIGHT));
        }
        requests
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        instruments(bodies, &Names::NONE, |entry| {
            entry.may_be("status", &["TRADING"])
        })
    }
}

/// `BTC/USDT` is `BTCUSDT`.
pub(super) fn market_id(symbol: Symbol) -> String {
    format!("{}{}", symbol.base(), symbol.quote())
}

/// The requests for a list of markets, and with a weight for the volumes of all of them.
pub(super) fn list_with_volumes(
    base: &str,
    list: VenueRequest,
    volumes_weight: Option<u32>,
) -> Vec<VenueRequest> {
    let url = format!("{base}/api/v3/ticker/24hr");
    let volumes = volumes_weight.map(|weight| VenueRequest::general(url, weight));
    std::iter::once(list).chain(volumes).collect()
}

/// The requests for tickers, at the weights of a call for some and of one for all.
pub(super) fn market_requests(
    base: &str,
    [some, all]: [u32; 2],
    markets: &[Market],
) -> Vec<VenueRequest> {
    if markets.len() > NAMED_MAX {
        let url = format!("{base}/api/v3/ticker/24hr");
        return vec![VenueRequest::about(url, all, markets)];
    }
    let calls = markets.chunks(SYMBOLS_PER_CALL);
    calls
        .map(|markets| some_tickers(base, some, markets))
        .collect()
}

/// The request for the tickers of some markets.
pub(super) fn some_tickers(base: &str, weight: u32, markets: &[Market]) -> VenueRequest {
    // ["A","B"] without spaces, percent-encoded.
    let list = joined(markets, "%22%2C%22");
    let url = format!("{base}/api/v3/ticker/24hr?symbols=%5B%22{list}%22%5D");
    VenueRequest::about(url, weight, markets)
}

/// Halves a request until the name is alone that `Invalid symbol.` (-1121) or `Illegal characters` (-1100) is about.
pub(super) fn remedy(base: &str, weight: u32, request: &VenueRequest, words: &str) -> Remedy {
    if !words.contains("-1121") && !words.contains("-1100") {
        return Remedy::None;
    }
    let named = request.names.iter();
    let markets: Vec<Market> = named
        .map(|(id, &symbol)| Market {
            symbol,
            id: id.clone(),
        })
        .collect();
    if markets.len() < 2 {
        return Remedy::Drop;
    }
    if markets.len() > SYMBOLS_PER_CALL {
        // It named none.
        return Remedy::None;
    }
    let halves = markets.chunks(markets.len().div_ceil(2));
    Remedy::Ask(
        halves
            .map(|half| some_tickers(base, weight, half))
            .collect(),
    )
}

/// Reads tickers: a list of them, or one.
pub(super) fn parse(request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
    let values = values(body)?;
    Ok(field::quotes(request, &values, "symbol", |entry, quote| {
        Quote {
            last: entry.number("lastPrice").or_else(|| entry.number("price")),
            bid: entry.number("bidPrice"),
            ask: entry.number("askPrice"),
            bid_quantity: entry.number("bidQty"),
            ask_quantity: entry.number("askQty"),
            at: entry.millis("closeTime").or_else(|| entry.millis("time")),
            ..quote
        }
    }))
}

/// The values of a list, or the one ticker that stands in its place.
fn values(body: &[u8]) -> Result<Vec<&serde_json::value::RawValue>, VenueError> {
    let raw = serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))?;
    if let Some(entry) = Entry::of(raw) {
        refused(&entry)?;
        if !entry.has_any(&["symbol", "lastPrice", "price", "bidPrice", "askPrice"]) {
            return Err(field::lacks("list"));
        }
    }
    field::one_or_many(raw).ok_or_else(|| field::lacks("list"))
}

/// An error comes as `{"code": -1121, "msg": "Invalid symbol."}`.
fn refused(entry: &Entry<'_>) -> Result<(), VenueError> {
    if entry.text("msg").is_some() {
        entry.check("code", "200", &["msg"])
    } else {
        Ok(())
    }
}

/// Reads `exchangeInfo`, and the tickers that may stand behind it. What stands beside the filters counts where these say nothing.
pub(super) fn instruments(
    bodies: &[Vec<u8>],
    names: &Names,
    trading: impl Fn(&Entry<'_>) -> bool,
) -> Result<Vec<Instrument>, VenueError> {
    let body = Entry::of_body(field::body(bodies, 0))?;
    refused(&body)?;
    let values = body
        .values("symbols")
        .ok_or_else(|| field::lacks("symbols"))?;
    let read = |entry: &Entry<'_>| {
        let spot = entry.flag("isSpotTradingAllowed") != Some(false);
        let (base, quote) = (entry.text("baseAsset")?, entry.text("quoteAsset")?);
        let found = Instrument::of(
            &base,
            &quote,
            &entry.text("symbol")?,
            spot && trading(entry),
        )?;
        Some(Instrument {
            rules: filters::beside(entry, names),
            ..found
        })
    };
    let mut found = field::each(&values, read);
    if let Some(tickers) = bodies.get(1).and_then(|body| field::entries(body).ok()) {
        field::put_volumes(&mut found, &tickers, "symbol", |entry| {
            entry.number("quoteVolume")
        });
    }
    Ok(found)
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
