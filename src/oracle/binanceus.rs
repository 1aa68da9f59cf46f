//! Binance.US: `GET /api/v3/ticker/24hr?symbols=["BTCUSDT",...]`, `GET /api/v3/exchangeInfo`.
//!
//! <https://docs.binance.us/#get-24h-price-change-statistics>
//! <https://docs.binance.us/#get-exchange-information>
//!
//! As Binance, on a host and with limits of its own: 1,200 weights a minute, 1 for a call of up to 20 symbols, 40 for one of all.

use super::binance;
use super::filters::Names;
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Remedy, Venue, VenueError, VenueRequest, base_url};
use crate::units::Symbol;

/// Where it answers.
pub(super) const URL: &str = "https://api.binance.us";
const LIST_WEIGHT: u32 = 10;
const VOLUMES_WEIGHT: u32 = 40;

/// The public interface.
#[derive(Debug, Clone)]
pub(super) struct BinanceUs {
    base: String,
}

impl BinanceUs {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> BinanceUs {
        BinanceUs {
            base: base_url(base),
        }
    }
}

impl Venue for BinanceUs {
    fn name(&self) -> &'static str {
        "binanceus"
    }

    fn limit(&self) -> Limit {
        Limit::of(1200, 60)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        binance::market_id(symbol)
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        binance::market_requests(&self.base, [1, VOLUMES_WEIGHT], markets)
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        binance::parse(request, body)
    }

    fn history(&self) -> Option<&str> {
        Some(&self.base)
    }

    fn remedy(&self, request: &VenueRequest, words: &str) -> Remedy {
        binance::remedy(&self.base, 1, request, words)
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let list = VenueRequest::general(format!("{}/api/v3/exchangeInfo", self.base), LIST_WEIGHT);
        binance::list_with_volumes(&self.base, list, volumes.then_some(VOLUMES_WEIGHT))
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        binance::instruments(bodies, &Names::NONE, |entry| {
            entry.may_be("status", &["TRADING"])
        })
    }
}
