//! What client commands are about: amounts, prices, sides, orders that are looked for.

use std::fmt;
use std::str::FromStr;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;

/// An amount of an asset.
#[derive(Debug, Args)]
pub(super) struct AssetAmount {
    /// Asset, such as USDT
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) asset: String,
    /// Amount, in units of the asset
    #[arg(allow_negative_numbers = true)]
    pub(super) amount: Number,
}

/// A price for a symbol.
#[derive(Debug, Args)]
pub(super) struct SymbolPrice {
    /// Symbol, such as BTC/USDT
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) symbol: String,
    /// Price, in the quote asset
    #[arg(allow_negative_numbers = true)]
    pub(super) price: Number,
    /// Quantity at the best bid, in the base asset [default: very large]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) bid_volume: Option<Number>,
    /// Quantity at the best ask, in the base asset [default: very large]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) ask_volume: Option<Number>,
}

/// Which orders to list.
#[derive(Debug, Args)]
pub(super) struct OrderFilter {
    /// Only these states, with commas between, such as new,filled,canceled
    #[arg(long, value_name = "STATUS[,STATUS]")]
    pub(super) status: Option<String>,
    /// Only this symbol
    #[arg(long)]
    pub(super) symbol: Option<String>,
    /// Only this side
    #[arg(long, value_enum)]
    pub(super) side: Option<Side>,
    /// Only the latest N
    #[arg(long, value_name = "N")]
    pub(super) tail: Option<u64>,
}

/// Side of an order.
#[derive(Debug, Clone, Copy, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Buy,
    Sell,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

/// Kind of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum OrderType {
    Market,
    Limit,
}

/// A number exactly as typed, which is how it goes into JSON: never through a binary float.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Number(Box<RawValue>);

impl FromStr for Number {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('-') {
            return Err("must not be negative");
        }
        if text.len() > 100 || !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Err("must be a decimal number such as 0.5");
        }
        // What begins with a digit and is JSON is a JSON number; white space at its end is cut.
        match serde_json::from_str::<Box<RawValue>>(text) {
            Ok(number) => Ok(Self(number)),
            Err(_) => Err("must be a decimal number such as 0.5"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        for text in [
            "0",
            "0.1",
            "12.50",
            "1e-7",
            "0.123456789012345678",
            "100000000000000000000",
        ] {
            let number: Number = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", ".5", "5.", "+1", "007", "1_000", "1,5", "NaN", "inf", "0x10", "1 2", "\"1\"",
            "true",
        ] {
            assert_eq!(
                text.parse::<Number>().unwrap_err(),
                "must be a decimal number such as 0.5",
                "{text}"
            );
        }
        assert_eq!("-1".parse::<Number>().unwrap_err(), "must not be negative");
        assert!("1".repeat(101).parse::<Number>().is_err());
    }
}
