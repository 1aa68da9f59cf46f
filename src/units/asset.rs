//! Asset and Symbol: short names kept in place, so that they are copied and compared without an allocation.

use std::fmt;

/// The longest asset name, in bytes.
const ASSET_LENGTH_MAX: usize = 20;

/// Why a text is not the name of an asset or a symbol; completes a sentence that begins with the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// No characters at all.
    #[error("must not be empty")]
    Empty,
    /// Longer than any asset.
    #[error("has an asset name of more than {ASSET_LENGTH_MAX} characters")]
    TooLong,
    /// Something other than A-Z, 0-9, `.`, `_`, `-`.
    #[error("may hold only A-Z, 0-9, '.', '_' and '-'")]
    BadCharacter,
    /// No slash, or more than one.
    #[error("must be written BASE/QUOTE, such as BTC/USDT")]
    NotAPair,
    /// Base and quote are the same asset.
    #[error("must have two different assets")]
    SameAsset,
}

/// The name of an asset in upper case, such as `BTC`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    // Padded with zero bytes, which sort before every allowed character: the order is that of the text.
    bytes: [u8; ASSET_LENGTH_MAX],
}

impl Asset {
    /// Reads a name as it stands: lower case is refused.
    pub fn parse(text: &str) -> Result<Asset, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        let allowed =
            |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if !text.bytes().all(allowed) {
            return Err(InvalidName::BadCharacter);
        }
        let mut bytes = [0; ASSET_LENGTH_MAX];
        let room = bytes.get_mut(..text.len()).ok_or(InvalidName::TooLong)?;
        room.copy_from_slice(text.as_bytes());
        Ok(Asset { bytes })
    }

    /// Reads a name in either case.
    pub fn parse_any_case(text: &str) -> Result<Asset, InvalidName> {
        Asset::parse(&text.to_ascii_uppercase())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let length = self
            .bytes
            .iter()
            .position(|&b| b == 0)
            .unwrap_or(ASSET_LENGTH_MAX);
        self.bytes
            .get(..length)
            .and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or("")
    }

    /// The name padded with zero bytes.
    pub fn as_bytes(&self) -> &[u8; ASSET_LENGTH_MAX] {
        &self.bytes
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A market: a base asset priced in a quote asset, such as `BTC/USDT`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    base: Asset,
    quote: Asset,
}

impl Symbol {
    /// A symbol of two different assets.
    pub fn new(base: Asset, quote: Asset) -> Result<Symbol, InvalidName> {
        if base == quote {
            Err(InvalidName::SameAsset)
        } else {
            Ok(Symbol { base, quote })
        }
    }

    /// Reads `BASE/QUOTE` in upper case.
    pub fn parse(text: &str) -> Result<Symbol, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        let (base, quote) = text.split_once('/').ok_or(InvalidName::NotAPair)?;
        if base.is_empty() || quote.is_empty() || quote.contains('/') {
            return Err(InvalidName::NotAPair);
        }
        Symbol::new(Asset::parse(base)?, Asset::parse(quote)?)
    }

    /// The asset that is bought and sold.
    pub fn base(&self) -> Asset {
        self.base
    }

    /// The asset that it is paid with.
    pub fn quote(&self) -> Asset {
        self.quote
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base.as_str(), self.quote.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read_and_printed() {
        for text in ["BTC/USDT", "1000SATS/USDC.E", "A/B", "ETH2.S/EUR"] {
            assert_eq!(Symbol::parse(text).unwrap().to_string(), text);
        }
        assert!(Symbol::parse("ADA/USDT").unwrap() < Symbol::parse("ADAX/BTC").unwrap());
    }

    #[test]
    fn bad_names_say_why() {
        for (text, why) in [
            ("", InvalidName::Empty),
            ("BTCUSDT", InvalidName::NotAPair),
            ("BTC/", InvalidName::NotAPair),
            ("/USDT", InvalidName::NotAPair),
            ("A/B/C", InvalidName::NotAPair),
            ("BTC/BTC", InvalidName::SameAsset),
            ("btc/usdt", InvalidName::BadCharacter),
            ("BTC/ÜSD", InvalidName::BadCharacter),
            ("B C/USD", InvalidName::BadCharacter),
        ] {
            assert_eq!(Symbol::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(Asset::parse(&"X".repeat(40)), Err(InvalidName::TooLong));
        assert_eq!(Asset::parse_any_case("btc").unwrap().as_str(), "BTC");
    }
}
