//! A ticker as a hash: `price`, and what there is of `timestamp`, `bid`, `ask`, `bidVolume`, `askVolume`.
//!
//! Values are texts. Only `price` is the price: a hash without one, or with one that is no number above zero, is skipped.
//! Any other field that cannot be read is unknown.

use super::quote::{Quote, Skipped};
use super::stamp::stamp;
use crate::exchange::Ticker;
use crate::units::{Exact, Symbol, Timestamp};

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

/// The ticker in the fields of a hash; the last of several with the same name counts.
pub fn ticker_of(
    symbol: Symbol,
    fields: &[(Vec<u8>, Vec<u8>)],
    arrived: Timestamp,
) -> Result<Ticker, String> {
    let value = |name: &&str| {
        let mut fields = fields.iter().rev();
        let found = fields.find(|(field, _)| field == name.as_bytes());
        found.map(|(_, value)| value.clone())
    };
    let quote = Hash::new(FIELDS.iter().map(value).collect()).quote(symbol);
    let ticker = quote.and_then(|quote| quote.ticker(arrived));
    ticker.map_err(|why| format!("{symbol} {why}"))
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
    fn a_ticker_from_fields_in_any_order() {
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let at = Timestamp::from_millis(7);
        let read = |fields: &[(&str, &str)]| {
            let owned = |text: &str| text.as_bytes().to_vec();
            let fields: Vec<_> = fields.iter().map(|(a, b)| (owned(a), owned(b))).collect();
            ticker_of(symbol, &fields, at)
        };
        let ticker = read(&[("ask", "6"), ("odd", "x"), ("price", "1"), ("price", "5")]).unwrap();
        assert_eq!((ticker.last.to_string(), ticker.at), ("5".to_owned(), at));
        assert_eq!(ticker.ask.unwrap().to_string(), "6");
        assert_eq!(read(&[("bid", "5")]).unwrap_err(), "BTC/USDT has no price");
        let crossed = read(&[("price", "5"), ("bid", "6"), ("ask", "5")]);
        assert_eq!(crossed.unwrap_err(), "BTC/USDT has a bid above the ask");
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
