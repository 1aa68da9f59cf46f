//! Holds back a price that is out of all proportion until the next poll confirms it.
//!
//! A venue that sends one wrong price, a decimal point off or of another market, would fill every limit order on the
//! way. A real crash shows again in the next poll and is believed then.

use std::collections::BTreeMap;

use crate::exchange::Ticker;
use crate::units::{Exact, Price, Rate, Rounding, Symbol};

/// Decimals to which a price times the factor is rounded.
const BOUND_DECIMALS: u32 = 28;

/// What it knows of each symbol.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The last price that was let through.
    good: Price,
    /// A price that waits for confirmation.
    doubted: Option<Price>,
}

/// Compares each price with the last good one of its symbol.
#[derive(Debug)]
pub struct JumpGuard {
    factor: Exact,
    seen: BTreeMap<Symbol, Seen>,
}

impl JumpGuard {
    /// A guard that doubts prices more than `factor` times above or below the last good one.
    pub fn new(factor: Rate) -> JumpGuard {
        JumpGuard {
            factor: factor.exact(),
            seen: BTreeMap::new(),
        }
    }

    /// Lets through what is in proportion, or was confirmed; tells what is held back.
    pub fn sift(&mut self, tickers: Vec<Ticker>) -> (Vec<Ticker>, Vec<Ticker>) {
        tickers
            .into_iter()
            .partition(|ticker| self.admits(ticker.symbol, ticker.last))
    }

    fn admits(&mut self, symbol: Symbol, price: Price) -> bool {
        let Some(seen) = self.seen.get(&symbol).copied() else {
            self.seen.insert(
                symbol,
                Seen {
                    good: price,
                    doubted: None,
                },
            );
            return true;
        };
        let confirmed = seen
            .doubted
            .is_some_and(|doubted| self.is_near(doubted, price));
        let admitted = confirmed || self.is_near(seen.good, price);
        let now = if admitted {
            Seen {
                good: price,
                doubted: None,
            }
        } else {
            Seen {
                doubted: Some(price),
                ..seen
            }
        };
        self.seen.insert(symbol, now);
        admitted
    }

    /// Whether neither price is more than `factor` times the other.
    fn is_near(&self, one: Price, other: Price) -> bool {
        let (low, high) = (one.min(other).exact(), one.max(other).exact());
        // A product that does not fit is above every price.
        low.times(self.factor, BOUND_DECIMALS, Rounding::Up)
            .map_or(true, |bound| high <= bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    fn ticker(price: &str) -> Ticker {
        Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse(price).unwrap(),
            Timestamp::default(),
        )
    }

    /// Which of the prices, one a poll, are let through.
    fn let_through(prices: &[&str]) -> Vec<bool> {
        let mut guard = JumpGuard::new(Rate::from_millionths(5_000_000));
        prices
            .iter()
            .map(|price| guard.sift(vec![ticker(price)]).1.is_empty())
            .collect()
    }

    #[test]
    fn a_lone_jump_is_held_back() {
        assert_eq!(let_through(&["100", "100000", "101"]), [true, false, true]);
        assert_eq!(let_through(&["100", "0.1", "99"]), [true, false, true]);
    }

    #[test]
    fn a_jump_that_shows_again_is_believed() {
        assert_eq!(
            let_through(&["100", "10", "11", "12"]),
            [true, false, true, true]
        );
    }

    #[test]
    fn jumps_that_contradict_each_other_are_not() {
        assert_eq!(
            let_through(&["100", "10000", "1", "100"]),
            [true, false, false, true]
        );
    }

    #[test]
    fn the_factor_itself_is_no_jump() {
        assert_eq!(let_through(&["100", "500"]), [true, true]);
        assert_eq!(let_through(&["100", "500.01"]), [true, false]);
        assert_eq!(let_through(&["100", "20"]), [true, true]);
    }

    #[test]
    fn tiny_prices_are_compared_too() {
        assert_eq!(
            let_through(&["0.000000000012", "0.000000000013"]),
            [true, true]
        );
        assert_eq!(
            let_through(&["0.000000000012", "0.00000000009"]),
            [true, false]
        );
    }
}
