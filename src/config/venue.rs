//! The exchanges that can be asked for prices, by the names that they have in the configuration.

/// A real exchange that can be asked for prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Venue {
    /// Binance, by its address for market data.
    Binance,
    /// Binance.US.
    BinanceUs,
    /// Kraken.
    Kraken,
    /// Coinbase Exchange.
    Coinbase,
    /// OKX.
    Okx,
    /// Bybit.
    Bybit,
    /// `KuCoin`.
    Kucoin,
    /// Bitstamp.
    Bitstamp,
    /// Gate.
    Gate,
    /// MEXC.
    Mexc,
    /// Bitfinex.
    Bitfinex,
    /// Crypto.com Exchange.
    CryptoCom,
}

impl Venue {
    /// Every one.
    pub const ALL: [Venue; 12] = [
        Venue::Binance,
        Venue::BinanceUs,
        Venue::Kraken,
        Venue::Coinbase,
        Venue::Okx,
        Venue::Bybit,
        Venue::Kucoin,
        Venue::Bitstamp,
        Venue::Gate,
        Venue::Mexc,
        Venue::Bitfinex,
        Venue::CryptoCom,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Venue::Binance => "binance",
            Venue::BinanceUs => "binanceus",
            Venue::Kraken => "kraken",
            Venue::Coinbase => "coinbase",
            Venue::Okx => "okx",
            Venue::Bybit => "bybit",
            Venue::Kucoin => "kucoin",
            Venue::Bitstamp => "bitstamp",
            Venue::Gate => "gate",
            Venue::Mexc => "mexc",
            Venue::Bitfinex => "bitfinex",
            Venue::CryptoCom => "cryptocom",
        }
    }

    /// The exchange of a name, in either case.
    pub(super) fn named(name: &str) -> Option<Venue> {
        let mut all = Venue::ALL.into_iter();
        all.find(|venue| venue.name().eq_ignore_ascii_case(name))
    }

    /// The names of all, with commas between.
    pub(super) fn names() -> String {
        Venue::ALL.map(Venue::name).join(", ")
    }
}
