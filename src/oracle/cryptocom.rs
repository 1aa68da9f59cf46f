//! Crypto.com Exchange: `GET /exchange/v1/public/get-tickers`, `GET /exchange/v1/public/get-instruments`.
//!
//! <https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-tickers>
//! <https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#public-get-instruments>
//!
//! One call answers for all markets, or for one: `a` is the last price, `b` the bid, `k` the ask, `bs` and `ks` the sizes,
//! `i` the name. 100 calls a second. An error comes with a `code` that is not 0. The list also has futures and the like.

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.crypto.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "price_tick_size",
    tick_decimals: "quote_decimals",
    step: "qty_tick_size",
    step_decimals: "quantity_decimals",
    ..Names::NONE
};
const TICKERS: &str = "/exchange/v1/public/get-tickers";
const INSTRUMENTS: &str = "/exchange/v1/public/get-instruments";

/// The public interface.
#[derive(Debug, Clone)]
pub(super) struct CryptoCom {
    base: String,
}

impl CryptoCom {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> CryptoCom {
        CryptoCom {
            base: base_url(base),
        }
    }
}

impl Venue for CryptoCom {
    fn name(&self) -> &'static str {
        "cryptocom"
    }

    fn limit(&self) -> Limit {
        Limit::of(100, 1)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        format!("{}_{}", symbol.base(), symbol.quote())
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let one = match markets {
            [] => return Vec::new(),
            [one] => format!("?instrument_name={}", encoded(&one.id)),
            _ => String::new(),
        };
        let url = format!("{}{TICKERS}{one}", self.base);
        vec![VenueRequest::about(url, 1, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let result = answer(body)?;
        let values = result.values("data").ok_or_else(|| field::lacks("data"))?;
        Ok(field::quotes(request, &values, "i", |entry, quote| Quote {
            last: entry.number("a"),
            bid: entry.number("b"),
            ask: entry.number("k"),
            bid_quantity: entry.number("bs"),
            ask_quantity: entry.number("ks"),
            at: entry.millis("t"),
            ..quote
        }))
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = [INSTRUMENTS, TICKERS];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| VenueRequest::general(format!("{}{path}", self.base), 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let result = answer(field::body(bodies, 0))?;
        let values = result.values("data").ok_or_else(|| field::lacks("data"))?;
        let mut found = field::each(&values, |entry| {
            let id = entry.text("symbol")?;
            // A future has a dash in its name, such as `BTCUSD-PERP`.
            if id.contains('-') || !entry.may_be("inst_type", &["CCY_PAIR"]) {
                return None;
            }
            let trading = entry.flag("tradable") != Some(false);
            let (base, quote) = (entry.text("base_ccy")?, entry.text("quote_ccy")?);
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..Instrument::of(&base, &quote, &id, trading)?
            })
        });
        let tickers = bodies.get(1).and_then(|body| answer(body).ok());
        if let Some(tickers) = tickers.and_then(|result| result.values("data")) {
            field::put_volumes(&mut found, &tickers, "i", |entry| {
                field::product(entry.number("v"), entry.number("a"))
            });
        }
        Ok(found)
    }
}

/// The result in a body.
fn answer(body: &[u8]) -> Result<Entry<'_>, VenueError> {
    let body = Entry::of_body(body)?;
    body.check("code", "0", &["message", "msg"])?;
    body.object("result").ok_or_else(|| field::lacks("result"))
}
