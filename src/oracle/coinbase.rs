//! Coinbase Exchange: `GET /products/BTC-USD/ticker`, `GET /products`.
//!
//! <https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-ticker>
//! <https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-all-known-trading-pairs>
//! <https://docs.cdp.coinbase.com/exchange/docs/rate-limits>
//!
//! A call answers for one product: last, bid, ask and time. Its `size` is that of the last trade; the sizes at bid and ask
//! stand only in the book. 10 calls a second. An error has a `message`. The list does not tell volumes in the quote asset.

use super::alias;
use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.exchange.coinbase.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "quote_increment",
    step: "base_increment",
    min: "base_min_size",
    max: "base_max_size",
    min_worth: "min_market_funds",
    max_worth: "max_market_funds",
    ..Names::NONE
};
/// Coinbase's names of assets, and the usual ones.
const ALIASES: [(&str, &str); 1] = [("CGLD", "CELO")];

/// Coinbase's public interface.
#[derive(Debug, Clone)]
pub(super) struct Coinbase {
    base: String,
}

impl Coinbase {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Coinbase {
        Coinbase {
            base: base_url(base),
        }
    }
}

impl Venue for Coinbase {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    fn limit(&self) -> Limit {
        Limit::of(10, 1)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        let [base, quote] =
            [symbol.base(), symbol.quote()].map(|asset| alias::own(&ALIASES, asset));
        format!("{base}-{quote}")
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let single = |market: &Market| {
            let url = format!("{}/products/{}/ticker", self.base, encoded(&market.id));
            VenueRequest::about(url, 1, std::slice::from_ref(market))
        };
        markets.iter().map(single).collect()
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let entry = Entry::of_body(body)?;
        let symbol = request.only().ok_or_else(|| field::lacks("product"))?;
        let quote = Quote {
            last: entry.number("price"),
            bid: entry.number("bid"),
            ask: entry.number("ask"),
            at: field::iso(entry.get("time")),
            ..Quote::of(symbol)
        };
        match entry.text("message") {
            Some(words) if quote.last.is_none() => Err(VenueError::Refused(words.into_owned())),
            Some(_) | None => Ok(vec![quote]),
        }
    }

    fn list_requests(&self, _volumes: bool) -> Vec<VenueRequest> {
        vec![VenueRequest::general(format!("{}/products", self.base), 1)]
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let body = field::body(bodies, 0);
        let values = field::entries(body).map_err(|why| {
            let words = Entry::of_body(body).ok();
            let words = words.and_then(|entry| entry.text("message"));
            words.map_or(why, |words| VenueError::Refused(words.into_owned()))
        })?;
        Ok(field::each(&values, |entry| {
            let off = ["trading_disabled", "cancel_only", "auction_mode"];
            let off = off.iter().any(|name| entry.flag(name) == Some(true));
            let trading = !off && entry.may_be("status", &["online"]);
            let (base, quote) = (entry.text("base_currency")?, entry.text("quote_currency")?);
            let base = alias::usual(&ALIASES, &base);
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..Instrument::of(base, &quote, &entry.text("id")?, trading)?
            })
        }))
    }
}
