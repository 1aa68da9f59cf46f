//! `KuCoin`: `GET /api/v1/market/allTickers`, `GET /api/v2/symbols`.
//!
//! <https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-tickers>
//! <https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-symbols>
//!
//! One call of weight 15 answers for all markets, one of weight 2 for one of them; both give last, bid, ask and both sizes.
//! In the first `buy` is the bid and `sell` the ask, in the second they are `bestBid` and `bestAsk`, and the last price is
//! `price`. 2,000 weights in 30 seconds. A market keeps its `symbol` when it is renamed; `name` is what it is called now. An
//! error comes with status 200 and a `code` that is not 200000.

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.kucoin.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "priceIncrement",
    step: "baseIncrement",
    min: "baseMinSize",
    max: "baseMaxSize",
    min_worth: "minFunds",
    ..Names::NONE
};
const ALL_WEIGHT: u32 = 15;
const ONE_WEIGHT: u32 = 2;
const LIST_WEIGHT: u32 = 4;

/// Kucoin's public interface.
#[derive(Debug, Clone)]
pub(super) struct Kucoin {
    base: String,
}

impl Kucoin {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Kucoin {
        Kucoin {
            base: base_url(base),
        }
    }
}

impl Venue for Kucoin {
    fn name(&self) -> &'static str {
        "kucoin"
    }

    fn limit(&self) -> Limit {
        Limit::of(2000, 30)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        format!("{}-{}", symbol.base(), symbol.quote())
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let (path, weight) = match markets {
            [] => return Vec::new(),
            [one] => {
                let path = format!("orderbook/level1?symbol={}", encoded(&one.id));
                (path, ONE_WEIGHT)
            }
            _ => ("allTickers".to_owned(), ALL_WEIGHT),
        };
        let url = format!("{}/api/v1/market/{path}", self.base);
        vec![VenueRequest::about(url, weight, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let body = answer(body)?;
        // What it says about a market that does not exist is `null`.
        let data = body.object("data").ok_or_else(|| field::lacks("data"))?;
        let at = data.millis("time");
        let values = match data.get("ticker") {
            Some(_) => data.values("ticker"),
            None => body.values("data"),
        };
        let values = values.ok_or_else(|| field::lacks("ticker"))?;
        Ok(field::quotes(request, &values, "symbol", |entry, quote| {
            Quote {
                last: entry.number("last").or_else(|| entry.number("price")),
                bid: entry.number("buy").or_else(|| entry.number("bestBid")),
                ask: entry.number("sell").or_else(|| entry.number("bestAsk")),
                bid_quantity: entry.number("bestBidSize"),
                ask_quantity: entry.number("bestAskSize"),
                at,
                ..quote
            }
        }))
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let list = format!("{}/api/v2/symbols", self.base);
        let mut requests = vec![VenueRequest::general(list, LIST_WEIGHT)];
        if volumes {
            let url = format!("{}/api/v1/market/allTickers", self.base);
            requests.push(VenueRequest::general(url, ALL_WEIGHT));
        }
        requests
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let body = answer(field::body(bodies, 0))?;
        let values = body.values("data").ok_or_else(|| field::lacks("data"))?;
        let mut found = field::each(&values, |entry| {
            let trading = entry.flag("enableTrading") != Some(false);
            let id = entry.text("symbol")?;
            let (base, quote) = (entry.text("baseCurrency")?, entry.text("quoteCurrency")?);
            let name = entry.text("name");
            let found = match name.as_ref().and_then(|name| name.split_once('-')) {
                Some((base, quote)) => Instrument::of(base, quote, &id, trading),
                None => Instrument::of(&base, &quote, &id, trading),
            };
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..found?
            })
        });
        let tickers = bodies.get(1).and_then(|body| answer(body).ok());
        let data = tickers.and_then(|tickers| tickers.object("data"));
        if let Some(tickers) = data.and_then(|data| data.values("ticker")) {
            field::put_volumes(&mut found, &tickers, "symbol", |entry| {
                entry.number("volValue")
            });
        }
        Ok(found)
    }
}

fn answer(body: &[u8]) -> Result<Entry<'_>, VenueError> {
    let body = Entry::of_body(body)?;
    body.check("code", "200000", &["msg"])?;
    Ok(body)
}
