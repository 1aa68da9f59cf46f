//! Commissions: in general, of makers, of single symbols, and in which asset they are paid.

use std::collections::BTreeMap;

use super::error::ConfigError;
use super::setting::Setting;
use crate::units::{Rate, Symbol};

/// Highest commission: all of the notional.
const COMMISSION_MAX: i64 = 1;

/// A share of the notional.
pub(super) fn commission(setting: &Setting) -> Result<Rate, ConfigError> {
    setting.rate(COMMISSION_MAX, "0.001 for 0.1 %")
}

/// Commissions of single symbols: of takers, of makers.
pub(super) fn of_symbols(setting: &Setting) -> Result<BTreeMap<Symbol, (Rate, Rate)>, ConfigError> {
    let read = |item: &str| {
        let mut words = item.split_ascii_whitespace();
        let symbol = Symbol::parse(words.next()?).ok()?;
        let taker = Rate::parse(words.next()?, COMMISSION_MAX).ok()?;
        let maker = match words.next() {
            Some(word) => Rate::parse(word, COMMISSION_MAX).ok()?,
            None => taker,
        };
        words.next().is_none().then_some((symbol, (taker, maker)))
    };
    setting
        .items()?
        .into_iter()
        .map(|item| {
            read(item).ok_or_else(|| {
                setting.bad("must be a list such as [\"BTC/USDT 0.0004 0.0002\"]: symbol, commission, and that of makers")
            })
        })
        .collect()
}

/// Whether fees come out of what is received.
pub(super) fn in_received(setting: &Setting) -> Result<bool, ConfigError> {
    match setting.text()?.to_ascii_lowercase().as_str() {
        "quote" => Ok(false),
        "received" => Ok(true),
        _ => Err(setting.bad("must be quote or received")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Place;
    use super::super::setting::Value;
    use super::*;

    fn setting(items: &[&str]) -> Setting {
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        Setting::new(
            "exchange.symbol_commissions",
            Value::List(items),
            Place::Default,
        )
    }

    #[test]
    fn a_symbol_has_one_commission_or_two() {
        let read = of_symbols(&setting(&["BTC/USDT 0.0004 0.0002", "ETH/USDT 0"])).unwrap();
        let shown: Vec<String> = read
            .iter()
            .map(|(symbol, (taker, maker))| format!("{symbol} {taker} {maker}"))
            .collect();
        assert_eq!(shown, ["BTC/USDT 0.0004 0.0002", "ETH/USDT 0 0"]);
        for wrong in ["x", "BTC/USDT", "BTC 0.1", "BTC/USDT 2", "BTC/USDT 0 0 0"] {
            assert!(of_symbols(&setting(&[wrong])).is_err(), "{wrong}");
        }
    }
}
