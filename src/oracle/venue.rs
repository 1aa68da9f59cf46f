//! What a polled venue has to know: which requests to make, and how to read the answers.
//!
//! A venue is pure: it makes no calls, has no clock and keeps nothing between polls, so it is tested on stored bodies.
//! Time-outs, limits, back-off and health are the same for all of them and live elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::quote::Quote;
use crate::exchange::MarketRules;
use crate::units::{Asset, Exact, Symbol};

/// A trading venue with a public REST interface.
pub trait Venue: Send + Sync {
    /// Its name in settings, logs and reports.
    fn name(&self) -> &'static str;

    /// The limit that it publishes for an address.
    fn limit(&self) -> Limit;

    /// Its own name of a symbol, by its rules for names; its list may know better.
    fn market_id(&self, symbol: Symbol) -> String;

    /// The requests of one poll: as few as the venue allows for these markets.
    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest>;

    /// The requests of one poll for symbols that nobody looked up in the venue's list.
    fn requests(&self, symbols: &[Symbol]) -> Vec<VenueRequest> {
        let by_rule = |&symbol: &Symbol| Market {
            symbol,
            id: self.market_id(symbol),
        };
        self.market_requests(&symbols.iter().map(by_rule).collect::<Vec<_>>())
    }

    /// Reads the body that `request` was answered with.
    ///
    /// Gives what it says about symbols of the request. An entry that cannot be read is left out, and does not spoil the
    /// others.
    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError>;

    /// Where it tells of candles and books, as Binance does; none where it does not.
    fn history(&self) -> Option<&str> {
        None
    }

    /// What to do about a request for tickers that was refused in these words.
    fn remedy(&self, _request: &VenueRequest, _words: &str) -> Remedy {
        Remedy::None
    }

    /// The request for the list of its markets, and behind it, where the list lacks them and they are wanted, the one
    /// for their volumes.
    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest>;

    /// Reads the answers to [`list_requests`](Venue::list_requests); what comes behind the list may be missing.
    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError>;
}

/// What to do about a request that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: it has failed.
    None,
    /// One of its names may be wrong, and fail the whole: these ask for the same in another way.
    Ask(Vec<VenueRequest>),
    /// Its one name is wrong.
    Drop,
}

/// So much weight in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests, or the venue's own units.
    pub weight: u32,
    /// The time in which they count.
    pub per: Duration,
}

/// A symbol with the venue's own name of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// As it is called here.
    pub symbol: Symbol,
    /// As the venue calls it.
    pub id: String,
}

/// An entry of a venue's list of spot markets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// As it is called here.
    pub symbol: Symbol,
    /// As the venue calls it.
    pub id: String,
    /// Whether it can be traded now.
    pub trading: bool,
    /// What changed hands in a day, in the quote asset.
    pub quote_volume: Option<Exact>,
    /// What it demands of orders, where the list tells.
    pub rules: Option<Box<MarketRules>>,
}

/// A GET request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueRequest {
    /// Where to.
    pub url: String,
    /// What it costs against the venue's limit, in the venue's own units.
    pub weight: u32,
    /// The symbols that are asked for, by the venue's names.
    pub names: BTreeMap<String, Symbol>,
}

/// Why an answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// It is not what the venue's documentation says.
    #[error("the answer has an unexpected shape: {0}")]
    Shape(String),
    /// It is an error, in the venue's own words.
    #[error("the venue says: {0}")]
    Refused(String),
}

impl Limit {
    /// So much weight in so many seconds.
    pub(super) const fn of(weight: u32, seconds: u64) -> Limit {
        Limit {
            weight,
            per: Duration::from_secs(seconds),
        }
    }
}

impl VenueRequest {
    /// A request about these markets.
    pub(super) fn about(url: String, weight: u32, markets: &[Market]) -> VenueRequest {
        VenueRequest {
            url,
            weight,
            names: markets
                .iter()
                .map(|market| (market.id.clone(), market.symbol))
                .collect(),
        }
    }

    /// A request about no market in particular.
    pub(super) fn general(url: String, weight: u32) -> VenueRequest {
        VenueRequest::about(url, weight, &[])
    }

    /// The symbol, if it is the only one.
    pub(super) fn only(&self) -> Option<Symbol> {
        let mut symbols = self.names.values();
        let first = *symbols.next()?;
        symbols.all(|&symbol| symbol == first).then_some(first)
    }
}

impl Instrument {
    /// An entry of a list, with its assets in either case; `None` if that is no name of a market.
    pub(super) fn of(base: &str, quote: &str, id: &str, trading: bool) -> Option<Instrument> {
        if id.trim().is_empty() {
            // Asked for, it would spoil the names beside it.
            return None;
        }
        let (base, quote) = (
            Asset::parse_any_case(base).ok()?,
            Asset::parse_any_case(quote).ok()?,
        );
        Some(Instrument {
            symbol: Symbol::new(base, quote).ok()?,
            id: id.to_owned(),
            trading,
            quote_volume: None,
            rules: None,
        })
    }
}

/// The base of URLs without the slash at its end.
pub(super) fn base_url(text: &str) -> String {
    text.trim_end_matches('/').to_owned()
}

/// The venue's names with something between them, fit for a URL.
pub(super) fn joined(markets: &[Market], between: &str) -> String {
    let ids: Vec<String> = markets.iter().map(|market| encoded(&market.id)).collect();
    ids.join(between)
}

/// A name as a part of a URL: what stands in a list is not trusted to be harmless there.
pub(super) fn encoded(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':') {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(text, "%{byte:02X}").ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless_in_a_url() {
        let market = |id: &str| Market {
            symbol: Symbol::parse("A/B").unwrap(),
            id: id.to_owned(),
        };
        let ids = [market("tDOGE:USD"), market("a/../b?c&d"), market("Ü")];
        assert_eq!(joined(&ids, ","), "tDOGE:USD,a%2F..%2Fb%3Fc%26d,%C3%9C");
    }

    #[test]
    fn instruments_have_names_that_can_be_kept() {
        let symbol = |base, quote| Instrument::of(base, quote, "x", true).map(|i| i.symbol);
        assert_eq!(symbol("btc", "Usdt"), Symbol::parse("BTC/USDT").ok());
        assert_eq!(symbol("BTC", "BTC"), None);
        assert_eq!(symbol("B TC", "USD"), None);
        assert_eq!(symbol("", "USD"), None);
        assert_eq!(Instrument::of("BTC", "USD", " ", true), None);
    }
}
