//! A quote as a venue or a file sends it, and the one rule that makes a ticker of it.
//!
//! The price is `last`, else `close`, else the middle of bid and ask. What gives no usable price is [`Skipped`], for a
//! reason that is counted; it never replaces a good ticker. A side of the book that is not mentioned is unknown: the
//! exchange then trades that side at the last price. A side that is quoted at zero is empty: nothing is on offer there.

use crate::exchange::Ticker;
use crate::units::{
    AMOUNT_DECIMALS_MAX, Exact, Invalid, Overflow, Price, Quantity, Rounding, Symbol, Timestamp,
};

/// What was said about one symbol; everything but the symbol may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// The market.
    pub symbol: Symbol,
    /// Price of the last trade.
    pub last: Option<Exact>,
    /// Closing price of the present period.
    pub close: Option<Exact>,
    /// Best bid.
    pub bid: Option<Exact>,
    /// Best ask.
    pub ask: Option<Exact>,
    /// Base units at the best bid.
    pub bid_quantity: Option<Exact>,
    /// Base units at the best ask.
    pub ask_quantity: Option<Exact>,
    /// When it was true, by the clock of who says so.
    pub at: Option<Timestamp>,
}

/// Why a quote gives no ticker; completes a sentence that begins with what was quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Skipped {
    /// Neither last nor close nor both bid and ask.
    #[error("has no price")]
    NoPrice,
    /// A price of zero or less.
    #[error("has a price that is not greater than 0")]
    NotPositive,
    /// A price that no market has, or with more digits than can be kept.
    #[error("has a price out of range")]
    OutOfRange,
    /// A bid above the ask: two moments mixed up, and free money for a bot.
    #[error("has a bid above the ask")]
    Crossed,
    /// Not in the form that was agreed on.
    #[error("cannot be read")]
    Malformed,
    /// More bytes than are kept.
    #[error("is too long")]
    TooLong,
    /// No symbol, or none that can be traded here.
    #[error("has no symbol such as BTC/USDT")]
    NoSymbol,
    /// A new symbol when there are as many as there can be.
    #[error("is of one symbol too many")]
    TooMany,
}

impl Skipped {
    /// Every reason, in the order in which they are shown.
    pub const ALL: [Skipped; 8] = [
        Skipped::NoPrice,
        Skipped::NotPositive,
        Skipped::OutOfRange,
        Skipped::Crossed,
        Skipped::Malformed,
        Skipped::TooLong,
        Skipped::NoSymbol,
        Skipped::TooMany,
    ];

    /// A short name for counters.
    pub fn name(self) -> &'static str {
        match self {
            Skipped::NoPrice => "no_price",
            Skipped::NotPositive => "not_positive",
            Skipped::OutOfRange => "out_of_range",
            Skipped::Crossed => "crossed",
            Skipped::Malformed => "malformed",
            Skipped::TooLong => "too_long",
            Skipped::NoSymbol => "no_symbol",
            Skipped::TooMany => "too_many",
        }
    }
}

/// How many quotes were skipped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SkipCounts([u64; Skipped::ALL.len()]);

impl SkipCounts {
    /// Counts one.
    pub fn count(&mut self, reason: Skipped) {
        if let Some(counter) = self.0.get_mut(reason as usize) {
            *counter = counter.saturating_add(1);
        }
    }

    /// Counts all that `other` counted.
    pub fn merge(&mut self, other: SkipCounts) {
        for (counter, more) in self.0.iter_mut().zip(other.0) {
            *counter = counter.saturating_add(more);
        }
    }

    /// How many for this reason.
    pub fn get(&self, reason: Skipped) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        Skipped::ALL
            .iter()
            .fold(0, |sum, &reason| sum.saturating_add(self.get(reason)))
    }
}

impl Quote {
    /// A quote that says nothing yet.
    pub fn of(symbol: Symbol) -> Quote {
        Quote {
            symbol,
            last: None,
            close: None,
            bid: None,
            ask: None,
            bid_quantity: None,
            ask_quantity: None,
            at: None,
        }
    }

    /// The ticker; `arrived` is its time where the quote has none of its own.
    pub fn ticker(&self, arrived: Timestamp) -> Result<Ticker, Skipped> {
        let last = self.price()?;
        let (bid, bid_quantity) = side(self.bid, self.bid_quantity)?;
        let (ask, ask_quantity) = side(self.ask, self.ask_quantity)?;
        if let (Some(bid), Some(ask)) = (bid, ask)
            && bid > ask
        {
            return Err(Skipped::Crossed);
        }
        Ok(Ticker {
            symbol: self.symbol,
            last,
            bid,
            ask,
            bid_quantity,
            ask_quantity,
            at: self.at.unwrap_or(arrived),
        })
    }

    fn price(&self) -> Result<Price, Skipped> {
        if let Some(value) = self.last.or(self.close) {
            return price(value);
        }
        let (bid, ask) = self.bid.zip(self.ask).ok_or(Skipped::NoPrice)?;
        price(bid)?
            .middle(price(ask)?)
            .map_err(|Overflow| Skipped::OutOfRange)
    }
}

fn price(value: Exact) -> Result<Price, Skipped> {
    Price::try_new(value).map_err(|why| {
        if why == Invalid::NotPositive {
            Skipped::NotPositive
        } else {
            Skipped::OutOfRange
        }
    })
}

/// One side of the book: its price and what is on offer there.
fn side(
    value: Option<Exact>,
    size: Option<Exact>,
) -> Result<(Option<Price>, Option<Quantity>), Skipped> {
    match value {
        Some(value) if !value.is_positive() => Ok((None, Some(Quantity::ZERO))),
        Some(value) => Ok((Some(price(value)?), size.and_then(quantity))),
        None => Ok((None, size.and_then(quantity))),
    }
}

/// A size that makes no sense is as good as unknown.
fn quantity(value: Exact) -> Option<Quantity> {
    Quantity::try_new(value.rounded(AMOUNT_DECIMALS_MAX, Rounding::Down)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived() -> Timestamp {
        Timestamp::from_millis(7)
    }

    fn exact(text: &str) -> Option<Exact> {
        (!text.is_empty()).then(|| Exact::parse(text).unwrap())
    }

    /// `last close bid ask`, empty for missing.
    fn quote([last, close, bid, ask]: [&str; 4]) -> Quote {
        Quote {
            last: exact(last),
            close: exact(close),
            bid: exact(bid),
            ask: exact(ask),
            ..Quote::of(Symbol::parse("BTC/USDT").unwrap())
        }
    }

    #[test]
    fn the_price_is_last_else_close_else_the_middle() {
        for (prices, last) in [
            (["3", "4", "1", "2"], "3"),
            (["", "4", "1", "2"], "4"),
            (["", "", "1", "2"], "1.5"),
            (["0.00000001", "", "", ""], "0.00000001"),
            (["5", "", "1", "2"], "5"),
        ] {
            let ticker = quote(prices).ticker(arrived()).unwrap();
            assert_eq!(ticker.last.to_string(), last, "{prices:?}");
        }
    }

    #[test]
    fn what_has_no_usable_price_is_skipped_with_its_reason() {
        for (prices, why) in [
            (["", "", "", ""], Skipped::NoPrice),
            (["", "", "1", ""], Skipped::NoPrice),
            (["0", "4", "1", "2"], Skipped::NotPositive),
            (["-1", "", "1", "2"], Skipped::NotPositive),
            (["", "", "0", "2"], Skipped::NotPositive),
            (["1e16", "", "", ""], Skipped::OutOfRange),
            (["1", "", "1", "1e16"], Skipped::OutOfRange),
            (["2", "", "3", "1"], Skipped::Crossed),
        ] {
            assert_eq!(quote(prices).ticker(arrived()), Err(why), "{prices:?}");
        }
    }

    #[test]
    fn an_empty_side_offers_nothing_and_an_unknown_one_is_unknown() {
        let ticker = quote(["2", "", "0", ""]).ticker(arrived()).unwrap();
        assert_eq!(ticker.bid, None);
        assert_eq!(ticker.bid_quantity, Some(Quantity::ZERO));
        assert_eq!((ticker.ask, ticker.ask_quantity), (None, None));
    }

    #[test]
    fn sizes_are_cut_to_what_a_quantity_holds() {
        let mut quote = quote(["2", "", "1", "3"]);
        quote.bid_quantity = exact("7.00000000000000000000019");
        quote.ask_quantity = exact("-5");
        let ticker = quote.ticker(arrived()).unwrap();
        assert_eq!(
            ticker.bid_quantity.unwrap().to_string(),
            "7.0000000000000000000001"
        );
        assert_eq!(ticker.ask_quantity, None);
    }

    #[test]
    fn the_time_of_the_quote_goes_before_that_of_its_arrival() {
        let mut quote = quote(["2", "", "", ""]);
        assert_eq!(quote.ticker(arrived()).unwrap().at, arrived());
        quote.at = Some(Timestamp::from_millis(5));
        assert_eq!(
            quote.ticker(arrived()).unwrap().at,
            Timestamp::from_millis(5)
        );
    }

    #[test]
    fn every_reason_has_a_counter_of_its_own() {
        for (index, reason) in Skipped::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            let mut counts = SkipCounts::default();
            counts.count(reason);
            assert_eq!((counts.get(reason), counts.total()), (1, 1));
        }
    }

    #[test]
    fn reasons_are_counted() {
        let mut counts = SkipCounts::default();
        counts.count(Skipped::Crossed);
        counts.count(Skipped::NoPrice);
        let mut sum = counts;
        sum.merge(counts);
        assert_eq!((sum.total(), sum.get(Skipped::Crossed)), (4, 2));
        assert_eq!(sum.get(Skipped::OutOfRange), 0);
    }
}
