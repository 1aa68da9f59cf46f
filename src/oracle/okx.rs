//! OKX: `GET /api/v5/market/tickers?instType=SPOT`, `GET /api/v5/public/instruments?instType=SPOT`.
//!
//! <https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers>
//! <https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments>
//!
//! One call answers for all markets, or for one, and gives last, bid, ask and both sizes: 20 calls in 2 seconds. An error
//! comes with status 200 and a `code` that is not 0. Other regions have other hosts, such as `https://eea.okx.com`.

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://www.okx.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "tickSz",
    step: "lotSz",
    min: "minSz",
    max: "maxLmtSz",
    ..Names::NONE
};

/// Okx's public interface.
#[derive(Debug, Clone)]
pub(super) struct Okx {
    base: String,
}

impl Okx {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Okx {
        Okx {
            base: base_url(base),
        }
    }
}

impl Venue for Okx {
    fn name(&self) -> &'static str {
        "okx"
    }

    fn limit(&self) -> Limit {
        Limit::of(20, 2)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        format!("{}-{}", symbol.base(), symbol.quote())
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let path = match markets {
            [] => return Vec::new(),
            [one] => format!("ticker?instId={}", encoded(&one.id)),
            _ => "tickers?instType=SPOT".to_owned(),
        };
        let url = format!("{}/api/v5/market/{path}", self.base);
        vec![VenueRequest::about(url, 1, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let body = answer(body)?;
        let values = body.values("data").ok_or_else(|| field::lacks("data"))?;
        Ok(field::quotes(request, &values, "instId", |entry, quote| {
            Quote {
                last: entry.number("last"),
                bid: entry.number("bidPx"),
                ask: entry.number("askPx"),
                bid_quantity: entry.number("bidSz"),
                ask_quantity: entry.number("askSz"),
                at: entry.millis("ts"),
                ..quote
            }
        }))
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = ["public/instruments", "market/tickers"];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| format!("{}/api/v5/{path}?instType=SPOT", self.base))
            .map(|url| VenueRequest::general(url, 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let body = answer(field::body(bodies, 0))?;
        let values = body.values("data").ok_or_else(|| field::lacks("data"))?;
        let mut found = field::each(&values, |entry| {
            let trading = entry.may_be("state", &["live"]);
            let (base, quote) = (entry.text("baseCcy")?, entry.text("quoteCcy")?);
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..Instrument::of(&base, &quote, &entry.text("instId")?, trading)?
            })
        });
        let tickers = bodies.get(1).and_then(|body| answer(body).ok());
        if let Some(tickers) = tickers.and_then(|tickers| tickers.values("data")) {
            // Of spot markets `volCcy24h` is in the quote asset.
            field::put_volumes(&mut found, &tickers, "instId", |entry| {
                entry.number("volCcy24h")
            });
        }
        Ok(found)
    }
}

fn answer(body: &[u8]) -> Result<Entry<'_>, VenueError> {
    let body = Entry::of_body(body)?;
    body.check("code", "0", &["msg"])?;
    Ok(body)
}
