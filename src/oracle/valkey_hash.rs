//! A ticker as a hash: `price`, and what there is of `timestamp`, `bid`, `ask`, `bidVolume`, `askVolume`.
//!
//! Values are texts. Only `price` is the price: a hash without one, or with one that is no number above zero, is skipped.
//! Any other field that cannot be read is unknown.

use super::quote::{Quote, Skipped};
use super::stamp::stamp;
use crate::units::{Exact, Symbol};

/// The fields that are asked for, in the order in which `Hash` holds them.
pub(super) const FIELDS: [&str; 6] = ["price", "timestamp", "bid", "ask", "bidVolume", "askVolume"];

/// The values of [`FIELDS`].
#[derive(Debug, Default)]
pub(super) struct Hash(Vec<Option<Vec<u8>>>);

impl Hash {
    /// The hash with these values.
    pub(super) fn new(values: Vec<Option<Vec<u8>>>) -> Hash {
        Hash(values)
    }

    /// What it says about `symbol`.
    pub(super) fn quote(&self, symbol: Symbol) -> Result<Quote, Skipped> {
        let number = |index: usize| {
            let value = self.0.get(index)?.as_ref()?;
            Exact::parse(str::from_utf8(value).ok()?.trim()).ok()
        };
        Ok(Quote {
            last: Some(number(0).ok_or(Skipped::NoPrice)?),
            at: number(1).and_then(stamp),
            bid: number(2),
            ask: number(3),
            bid_quantity: number(4),
            ask_quantity: number(5),
            ..Quote::of(symbol)
        })
    }
}

/// The symbol in a key.
pub(super) fn symbol(key: &[u8], prefix: &str) -> Result<Symbol, Skipped> {
    let name = key.strip_prefix(prefix.as_bytes());
    let name = name.and_then(|name| str::from_utf8(name).ok());
    let name = name.ok_or(Skipped::NoSymbol)?.to_ascii_uppercase();
    Symbol::parse(&name).map_err(|_| Skipped::NoSymbol)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    fn read(values: [&str; 6]) -> Result<String, Skipped> {
        let value = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let symbol = symbol(b"sym_BTC/USDT", "sym_")?;
        let hash = Hash::new(values.map(value).to_vec());
        let ticker = hash.quote(symbol)?.ticker(Timestamp::from_millis(7))?;
        let side = |price: Option<_>, size: Option<_>| format!("{price:?} {size:?}");
        let (bid, ask) = (
            side(
                ticker.bid.map(|bid| bid.to_string()),
                ticker.bid_quantity.map(|size| size.to_string()),
            ),
            side(
                ticker.ask.map(|ask| ask.to_string()),
                ticker.ask_quantity.map(|size| size.to_string()),
            ),
        );
        Ok(format!(
            "{} {} {bid} {ask}",
            ticker.last,
            ticker.at.as_millis()
        ))
    }

    #[test]
    fn a_hash_is_a_ticker() {
        assert_eq!(
            read(["64000.10", "1700000000.25", "64000", "64001", "0.5", "1e-3"]).unwrap(),
            r#"64000.1 1700000000250 Some("64000") Some("0.5") Some("64001") Some("0.001")"#
        );
        assert_eq!(
            read(["1", "", "None", "nan", "-", ""]).unwrap(),
            "1 7 None None None None"
        );
    }

    #[test]
    fn a_price_that_is_none_is_skipped() {
        for (price, why) in [
            ("", Skipped::NoPrice),
            ("nan", Skipped::NoPrice),
            ("None", Skipped::NoPrice),
            ("1,5", Skipped::NoPrice),
            ("0", Skipped::NotPositive),
            ("0.0", Skipped::NotPositive),
            ("-3", Skipped::NotPositive),
            ("1e17", Skipped::OutOfRange),
        ] {
            // Bid and ask alone are not enough here.
            assert_eq!(read([price, "1", "1", "2", "", ""]), Err(why), "{price}");
        }
    }

    #[test]
    fn a_key_names_its_symbol() {
        assert_eq!(
            symbol(b"tickers:eth/eur", "tickers:").unwrap().to_string(),
            "ETH/EUR"
        );
        for key in [
            &b"tickers:"[..],
            b"tickers:BTCUSDT",
            b"sym_BTC/USDT",
            b"tickers:\xff/A",
        ] {
            assert_eq!(symbol(key, "tickers:"), Err(Skipped::NoSymbol));
        }
    }
}
