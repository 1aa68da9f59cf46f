//! Names of markets without a slash: `BTCUSDT` is `BTC/USDT`, as far as there is such a market.

use super::fault::Fault;
use crate::exchange::Exchange;
use crate::units::{Asset, Symbol};

/// The longest name, two of the longest assets.
const LENGTH_MAX: usize = 40;

/// The name of a market.
pub(super) fn name_of(symbol: Symbol) -> String {
    format!("{}{}", symbol.base(), symbol.quote())
}

/// A name as a client wrote it, whose characters are all right.
pub(super) fn checked(name: &str) -> Result<&str, Fault> {
    let allowed =
        |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    if name.len() <= LENGTH_MAX && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(Fault::illegal("symbol", "^[A-Z0-9-_.]{1,20}$"))
    }
}

/// The market of a name. Should two have the same, it is the one with the shorter base.
pub(super) fn find(exchange: &Exchange, name: &str) -> Result<Symbol, Fault> {
    let split = |at: usize| {
        let (base, quote) = name.split_at_checked(at)?;
        Symbol::new(Asset::parse(base).ok()?, Asset::parse(quote).ok()?).ok()
    };
    (1..name.len())
        .filter_map(split)
        .find(|&symbol| exchange.market(symbol).is_some())
        .ok_or_else(Fault::symbol)
}

/// Reads a JSON list of names: `["BTCUSDT","ETHUSDT"]`.
pub(super) fn list(text: &str) -> Result<Vec<String>, Fault> {
    let names: Vec<String> = serde_json::from_str(text).map_err(|_| {
        Fault::illegal(
            "symbols",
            r#"^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*)?\]$"#,
        )
    })?;
    for name in &names {
        checked(name)?;
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Command, Rules};
    use crate::units::Moment;

    #[test]
    fn names_are_split_where_a_market_is() {
        let mut exchange = Exchange::new(Rules::default());
        let symbols = [
            "BTC/USDT",
            "USDT/BRL",
            "ETH/BTC",
            "1000SATS/USDT",
            "ETH.S/EUR",
        ];
        let symbols: Vec<Symbol> = symbols.map(|text| Symbol::parse(text).unwrap()).to_vec();
        let command = Command::List(symbols.clone());
        exchange.handle(Moment::default(), command).unwrap();
        for symbol in symbols {
            assert_eq!(find(&exchange, &name_of(symbol)), Ok(symbol));
        }
        for name in ["", "B", "BTC", "USDTBTC", "BTCUSDTX", "BTC/USDT"] {
            assert_eq!(find(&exchange, name), Err(Fault::symbol()), "{name}");
        }
        for name in ["btcusdt", "BTC/USDT", "Ü", &"X".repeat(41)] {
            assert_eq!(checked(name).unwrap_err().code, -1100, "{name}");
        }
        assert_eq!(list(r#"["A","B"]"#).unwrap(), ["A", "B"]);
        for text in ["A,B", "[1]", r#"["a"]"#, "["] {
            assert_eq!(list(text).unwrap_err().code, -1100, "{text}");
        }
    }
}
