//! MEXC: `GET /api/v3/ticker/24hr`, `GET /api/v3/exchangeInfo`.
//!
//! <https://www.mexc.com/api-docs/spot-v3/market-data-endpoints#24hr-ticker-price-change-statistics>
//! <https://www.mexc.com/api-docs/spot-v3/market-data-endpoints#exchange-information>
//!
//! The answers look like Binance's, but a size may be empty or zero, and none has a header with the weights used. One call of weight 40 answers for all markets, one of weight 1
//! for one of them. Sources disagree on the limit; the lower is 300 weights in 10 seconds. `XBT` is not Bitcoin here.

use super::binance;
use super::filters::Names;
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, encoded};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.mexc.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick_decimals: "quotePrecision",
    step_decimals: "baseAssetPrecision",
    min: "baseSizePrecision",
    min_worth: "quoteAmountPrecision",
    max_worth: "maxQuoteAmount",
    ..Names::NONE
};
const ALL_WEIGHT: u32 = 40;
const LIST_WEIGHT: u32 = 10;

/// MEXC's public interface.
#[derive(Debug, Clone)]
pub(super) struct Mexc {
    base: String,
}

impl Mexc {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Mexc {
        Mexc {
            base: base_url(base),
        }
    }
}

impl Venue for Mexc {
    fn name(&self) -> &'static str {
        "mexc"
    }

    fn limit(&self) -> Limit {
        Limit::of(300, 10)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        binance::market_id(symbol)
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let (one, weight) = match markets {
            [] => return Vec::new(),
            [one] => (format!("?symbol={}", encoded(&one.id)), 1),
            _ => (String::new(), ALL_WEIGHT),
        };
        let url = format!("{}/api/v3/ticker/24hr{one}", self.base);
        vec![VenueRequest::about(url, weight, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let mut quotes = binance::parse(request, body)?;
        for quote in &mut quotes {
            // Where a price stands beside it, a size of zero is one that is not told.
            quote.bid_quantity = quote.bid_quantity.filter(|size| size.is_positive());
            quote.ask_quantity = quote.ask_quantity.filter(|size| size.is_positive());
        }
        Ok(quotes)
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let list = VenueRequest::general(format!("{}/api/v3/exchangeInfo", self.base), LIST_WEIGHT);
        binance::list_with_volumes(&self.base, list, volumes.then_some(ALL_WEIGHT))
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        // It has said ENABLED, and says 1 now.
        let trading = ["1", "ENABLED", "TRADING"];
        binance::instruments(bodies, &RULES, |entry| entry.may_be("status", &trading))
    }
}
