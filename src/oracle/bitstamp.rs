//! Bitstamp: `GET /api/v2/ticker/`, `GET /api/v2/markets/`.
//!
//! <https://www.bitstamp.net/api/#tag/Tickers/operation/GetCurrencyPairTickers>
//! <https://www.bitstamp.net/api/#tag/Market-info/operation/GetMarkets>
//!
//! One call answers for all markets, or for one, and gives last, bid and ask, but no sizes; times are in seconds. A market is
//! `BTC/USD` in answers and `btcusd` in paths. 10,000 calls in ten minutes. An error has a `reason` or a `code`.

use serde_json::value::RawValue;

use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://www.bitstamp.net";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick_decimals: "counter_decimals",
    step_decimals: "base_decimals",
    min: "minimum_order_amount",
    max: "maximum_order_amount",
    min_worth: "minimum_order_value",
    max_worth: "maximum_order_value",
    ..Names::NONE
};

/// Bitstamp's public interface.
#[derive(Debug, Clone)]
pub(super) struct Bitstamp {
    base: String,
}

impl Bitstamp {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Bitstamp {
        Bitstamp {
            base: base_url(base),
        }
    }
}

impl Venue for Bitstamp {
    fn name(&self) -> &'static str {
        "bitstamp"
    }

    fn limit(&self) -> Limit {
        Limit::of(10_000, 600)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        symbol.to_string()
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let one = match markets {
            [] => return Vec::new(),
            [one] => format!("{}/", encoded(&in_paths(&one.id))),
            _ => String::new(),
        };
        let url = format!("{}/api/v2/ticker/{one}", self.base);
        let mut request = VenueRequest::about(url, 1, markets);
        // Where it says `url_symbol` it means the name in paths; no two markets share one.
        for market in markets {
            request
                .names
                .entry(in_paths(&market.id))
                .or_insert(market.symbol);
        }
        vec![request]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let values = values(body)?;
        Ok(field::quotes(request, &values, "pair", |entry, quote| {
            Quote {
                last: entry.number("last"),
                bid: entry.number("bid"),
                ask: entry.number("ask"),
                at: field::seconds(entry.get("timestamp")),
                ..quote
            }
        }))
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = ["markets", "ticker"];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| format!("{}/api/v2/{path}/", self.base))
            .map(|url| VenueRequest::general(url, 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let values = values(field::body(bodies, 0))?;
        let mut found = field::each(&values, |entry| {
            // A future has a dash in its names, such as `BTC/USD-PERP`.
            let mut names = ["name", "market_symbol"].into_iter();
            let is_future =
                names.any(|name| entry.text(name).is_some_and(|name| name.contains('-')));
            if is_future || !entry.may_be("market_type", &["SPOT"]) {
                return None;
            }
            let trading = entry.may_be("trading", &["Enabled"]);
            let name = entry.text("name");
            let name = match name.filter(|name| name.contains('/')) {
                Some(name) => name.into_owned(),
                None => format!(
                    "{}/{}",
                    entry.text("base_currency")?,
                    entry.text("counter_currency")?
                ),
            };
            let (base, quote) = name.split_once('/')?;
            Some(Instrument {
                rules: filters::named(&[entry], &RULES),
                ..Instrument::of(base, quote, &name, trading)?
            })
        });
        if let Some(tickers) = bodies.get(1).and_then(|body| field::entries(body).ok()) {
            field::put_volumes(&mut found, &tickers, "pair", |entry| {
                let price = entry.number("vwap").or_else(|| entry.number("last"));
                field::product(entry.number("volume"), price)
            });
        }
        Ok(found)
    }
}

/// `BTC/USD` is `btcusd` in paths.
fn in_paths(id: &str) -> String {
    id.to_ascii_lowercase().replace('/', "")
}

/// The values of a list, or the one ticker that stands in its place.
fn values(body: &[u8]) -> Result<Vec<&RawValue>, VenueError> {
    let raw = serde_json::from_slice(body).map_err(|why| VenueError::Shape(why.to_string()))?;
    if let Some(entry) = Entry::of(raw)
        && !entry.has_any(&["last", "bid", "ask", "name", "pair"])
    {
        return Err(refusal(&entry));
    }
    field::one_or_many(raw).ok_or_else(|| field::lacks("list"))
}

/// `{"status": "error", "reason": "..."}`, where the reason may be an object, or `{"code": "...", "message": "..."}`.
fn refusal(entry: &Entry<'_>) -> VenueError {
    let told = |name| entry.text(name).map(std::borrow::Cow::into_owned);
    let words = ["reason", "message", "error"].map(told);
    let object = || entry.object("reason").and(entry.get("reason"));
    let words = words.into_iter().flatten().find(|words| !words.is_empty());
    let words = words.or_else(|| object().map(|raw| raw.get().to_owned()));
    match words.or_else(|| told("status")) {
        Some(words) => VenueError::Refused(words),
        None => field::lacks("list"),
    }
}
