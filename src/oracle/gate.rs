//! Gate: `GET /api/v4/spot/tickers`, `GET /api/v4/spot/currency_pairs`.
//!
//! <https://www.gate.com/docs/developers/apiv4/en/#get-currency-pair-ticker-information>
//! <https://www.gate.com/docs/developers/apiv4/en/#query-all-supported-currency-pairs>
//!
//! One call answers for all markets, or for one. Only the answer about one has the sizes at bid and ask, and none has a
//! time, so a few markets are asked for one by one. 200 calls in 10 seconds for each of the two. An error has a `label` and
//! a `message`.

use serde_json::value::RawValue;

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.gateio.ws";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick_decimals: "precision",
    step_decimals: "amount_precision",
    min: "min_base_amount",
    max: "max_base_amount",
    min_worth: "min_quote_amount",
    max_worth: "max_quote_amount",
    ..Names::NONE
};
const TICKERS: &str = "/api/v4/spot/tickers";
const PAIRS: &str = "/api/v4/spot/currency_pairs";
/// Up to so many markets are asked for one by one.
const SINGLY_MAX: usize = 5;

/// Gate's public interface.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    base: String,
}

impl Gate {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Gate {
        Gate {
            base: base_url(base),
        }
    }
}

impl Venue for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn limit(&self) -> Limit {
        Limit::of(200, 10)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        format!("{}_{}", symbol.base(), symbol.quote())
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let url = format!("{}{TICKERS}", self.base);
        if markets.len() > SINGLY_MAX {
            return vec![VenueRequest::about(url, 1, markets)];
        }
        let single = |market: &Market| {
            let url = format!("{url}?currency_pair={}", encoded(&market.id));
            VenueRequest::about(url, 1, std::slice::from_ref(market))
        };
        markets.iter().map(single).collect()
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let values = values(body)?;
        let quotes = field::quotes(request, &values, "currency_pair", |entry, quote| Quote {
            last: entry.number("last"),
            bid: entry.number("highest_bid"),
            ask: entry.number("lowest_ask"),
            bid_quantity: entry.number("highest_size"),
            ask_quantity: entry.number("lowest_size"),
            ..quote
        });
        Ok(quotes)
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = [PAIRS, TICKERS];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| VenueRequest::general(format!("{}{path}", self.base), 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let values = values(field::body(bodies, 0))?;
        let mut found = field::each(&values, |entry| {
            let trading = entry.may_be("trade_status", &["tradable"]);
            let (base, quote) = (entry.text("base")?, entry.text("quote")?);
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..Instrument::of(&base, &quote, &entry.text("id")?, trading)?
            })
        });
        if let Some(tickers) = bodies.get(1).and_then(|body| field::entries(body).ok()) {
            field::put_volumes(&mut found, &tickers, "currency_pair", |entry| {
                entry.number("quote_volume")
            });
        }
        Ok(found)
    }
}

/// The values of a list, or the one ticker that stands in its place.
fn values(body: &[u8]) -> Result<Vec<&RawValue>, VenueError> {
    let raw = serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))?;
    if let Some(entry) = Entry::of(raw) {
        entry.check("label", "", &["message", "detail"])?;
        if !entry.has_any(&["currency_pair", "last", "highest_bid", "lowest_ask"]) {
            return Err(field::lacks("list"));
        }
    }
    field::one_or_many(raw).ok_or_else(|| field::lacks("list"))
}
