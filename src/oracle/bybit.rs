//! Bybit: `GET /v5/market/tickers?category=spot`, `GET /v5/market/instruments-info?category=spot`.
//!
//! <https://bybit-exchange.github.io/docs/v5/market/tickers>
//! <https://bybit-exchange.github.io/docs/v5/market/instrument>
//! <https://bybit-exchange.github.io/docs/v5/rate-limit>
//!
//! One call answers for all markets, or for one, and gives last, bid, ask and both sizes; the time stands beside the list.
//! 600 calls in 5 seconds, then 403 for ten minutes; 403 also where it does not serve. An error comes with status 200 and
//! a `retCode` that is not 0. Other regions have other hosts, such as `https://api.bybit.eu`.

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.bybit.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "tickSize",
    step: "basePrecision",
    min: "minOrderQty",
    max: "maxLimitOrderQty",
    market_max: "maxMarketOrderQty",
    min_worth: "minOrderAmt",
    ..Names::NONE
};

/// Bybit's public interface.
#[derive(Debug, Clone)]
pub(super) struct Bybit {
    base: String,
}

impl Bybit {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Bybit {
        Bybit {
            base: base_url(base),
        }
    }
}

impl Venue for Bybit {
    fn name(&self) -> &'static str {
        "bybit"
    }

    fn limit(&self) -> Limit {
        Limit::of(600, 5)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        format!("{}{}", symbol.base(), symbol.quote())
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let one = match markets {
            [] => return Vec::new(),
            [one] => format!("&symbol={}", encoded(&one.id)),
            _ => String::new(),
        };
        let url = format!("{}/v5/market/tickers?category=spot{one}", self.base);
        vec![VenueRequest::about(url, 1, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let (body, result) = answer(body)?;
        let values = result.values("list").ok_or_else(|| field::lacks("list"))?;
        let at = body.millis("time");
        Ok(field::quotes(request, &values, "symbol", |entry, quote| {
            Quote {
                last: entry.number("lastPrice"),
                bid: entry.number("bid1Price"),
                ask: entry.number("ask1Price"),
                bid_quantity: entry.number("bid1Size"),
                ask_quantity: entry.number("ask1Size"),
                at,
                ..quote
            }
        }))
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = ["instruments-info", "tickers"];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| format!("{}/v5/market/{path}?category=spot", self.base))
            .map(|url| VenueRequest::general(url, 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let (_, result) = answer(field::body(bodies, 0))?;
        let values = result.values("list").ok_or_else(|| field::lacks("list"))?;
        let mut found = field::each(&values, |entry| {
            let trading = entry.may_be("status", &["Trading"]);
            let (base, quote) = (entry.text("baseCoin")?, entry.text("quoteCoin")?);
            let parts = ["priceFilter", "lotSizeFilter"].map(|name| entry.object(name));
            let parts: Vec<&Entry<'_>> = parts.iter().flatten().collect();
            Some(Instrument {
                rules: filters::named(&parts, &RULES),
                ..Instrument::of(&base, &quote, &entry.text("symbol")?, trading)?
            })
        });
        let tickers = bodies.get(1).and_then(|body| answer(body).ok());
        if let Some(tickers) = tickers.and_then(|(_, result)| result.values("list")) {
            field::put_volumes(&mut found, &tickers, "symbol", |entry| {
                entry.number("turnover24h")
            });
        }
        Ok(found)
    }
}

/// The whole, and the result in it.
fn answer(body: &[u8]) -> Result<(Entry<'_>, Entry<'_>), VenueError> {
    let body = Entry::of_body(body)?;
    body.check("retCode", "0", &["retMsg"])?;
    let result = body
        .object("result")
        .ok_or_else(|| field::lacks("result"))?;
    Ok((body, result))
}
