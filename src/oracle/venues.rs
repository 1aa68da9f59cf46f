//! The venues by name.

use std::sync::Arc;

use super::binance::{BINANCE_URL, Binance};
use super::binanceus::{self, BinanceUs};
use super::bitfinex::{self, Bitfinex};
use super::bitstamp::{self, Bitstamp};
use super::bybit::{self, Bybit};
use super::coinbase::{self, Coinbase};
use super::cryptocom::{self, CryptoCom};
use super::gate::{self, Gate};
use super::kraken::{self, Kraken};
use super::kucoin::{self, Kucoin};
use super::mexc::{self, Mexc};
use super::okx::{self, Okx};
use super::venue::Venue;

/// The names of all venues.
pub const VENUES: [&str; 12] = [
    "binance",
    "binanceus",
    "kraken",
    "coinbase",
    "okx",
    "bybit",
    "kucoin",
    "bitstamp",
    "gate",
    "mexc",
    "bitfinex",
    "cryptocom",
];

/// The venue of this name, at another address than its own if one is given: a mirror, a proxy, a test.
pub fn venue(name: &str, base_url: Option<&str>) -> Option<Arc<dyn Venue>> {
    let at = |url| base_url.unwrap_or(url);
    Some(match name {
        "binance" => Arc::new(Binance::at(at(BINANCE_URL))),
        "binanceus" => Arc::new(BinanceUs::at(at(binanceus::URL))),
        "kraken" => Arc::new(Kraken::at(at(kraken::URL))),
        "coinbase" => Arc::new(Coinbase::at(at(coinbase::URL))),
        "okx" => Arc::new(Okx::at(at(okx::URL))),
        "bybit" => Arc::new(Bybit::at(at(bybit::URL))),
        "kucoin" => Arc::new(Kucoin::at(at(kucoin::URL))),
        "bitstamp" => Arc::new(Bitstamp::at(at(bitstamp::URL))),
        "gate" => Arc::new(Gate::at(at(gate::URL))),
        "mexc" => Arc::new(Mexc::at(at(mexc::URL))),
        "bitfinex" => Arc::new(Bitfinex::at(at(bitfinex::URL))),
        "cryptocom" => Arc::new(CryptoCom::at(at(cryptocom::URL))),
        _ => return None,
    })
}
