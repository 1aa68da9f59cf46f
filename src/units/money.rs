//! Price, Quantity, Amount and Rate, with the rounding of each operation between them.

use std::fmt;

use super::decimal::{Exact, Invalid, Overflow, Rounding};

/// Decimals of money that comes out of a product (a notional, a fee, a value).
pub const MONEY_DECIMALS: u32 = 16;
/// Decimals that a quantity or an amount from outside may have.
pub const AMOUNT_DECIMALS_MAX: u32 = 22;
/// Decimals that a rate may have.
pub const RATE_DECIMALS_MAX: u32 = 9;
/// The largest price, quantity or amount from outside.
pub const VALUE_MAX: i64 = 1_000_000_000_000_000;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
        pub struct $name(Exact);

        impl $name {
            /// Zero.
            pub const ZERO: $name = $name(Exact::ZERO);

            /// Whether it is zero.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Whether it is above zero.
            pub fn is_positive(self) -> bool {
                self.0.is_positive()
            }

            /// The number without its unit.
            pub fn exact(self) -> Exact {
                self.0
            }

            /// A stored number, which was checked when it came in.
            pub fn from_stored(value: Exact) -> $name {
                $name(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

unit! {
    /// Quote asset per unit of base asset; above zero.
    Price
}
unit! {
    /// A number of units of the base asset; never negative.
    Quantity
}
unit! {
    /// Money of one asset; negative in the accounts that money comes from.
    Amount
}
unit! {
    /// A share, such as a fee of 0.001 = 0.1 %.
    Rate
}

fn bounded(value: Exact, decimals_max: u32) -> Result<Exact, Invalid> {
    let max = Exact::whole(VALUE_MAX);
    if value > max {
        return Err(Invalid::TooLarge(max));
    }
    if value.decimals() > decimals_max {
        return Err(Invalid::TooManyDecimals(decimals_max));
    }
    Ok(value)
}

impl Price {
    /// A price above zero and at most [`VALUE_MAX`].
    pub fn try_new(value: Exact) -> Result<Price, Invalid> {
        if !value.is_positive() {
            return Err(Invalid::NotPositive);
        }
        bounded(value, 28).map(Price)
    }

    /// Reads a price.
    pub fn parse(text: &str) -> Result<Price, Invalid> {
        Price::try_new(Exact::parse(text)?)
    }

    /// The value of `quantity` at this price, to [`MONEY_DECIMALS`].
    pub fn notional(self, quantity: Quantity, rounding: Rounding) -> Result<Amount, Overflow> {
        self.0
            .times(quantity.0, MONEY_DECIMALS, rounding)
            .map(Amount)
    }

    /// What an amount of the base asset is worth at this price, to [`MONEY_DECIMALS`], for display.
    pub fn value(self, held: Amount) -> Result<Amount, Overflow> {
        self.0
            .times(held.0, MONEY_DECIMALS, Rounding::HalfUp)
            .map(Amount)
    }

    /// The price in the middle of two, to all its digits.
    pub fn middle(self, other: Price) -> Result<Price, Overflow> {
        let half = Exact::from_parts(5, 1)?;
        self.0
            .plus(other.0)?
            .times(half, 28, Rounding::HalfUp)
            .map(Price)
    }

    /// This price times a rate, to `decimals` decimals.
    pub fn scaled(self, rate: Rate, decimals: u32) -> Result<Price, Overflow> {
        self.0.times(rate.0, decimals, Rounding::HalfUp).map(Price)
    }
}

impl Quantity {
    /// A quantity of zero or more, at most [`VALUE_MAX`], with at most [`AMOUNT_DECIMALS_MAX`] decimals.
    pub fn try_new(value: Exact) -> Result<Quantity, Invalid> {
        if value.is_negative() {
            return Err(Invalid::Negative);
        }
        bounded(value, AMOUNT_DECIMALS_MAX).map(Quantity)
    }

    /// A quantity above zero.
    pub fn parse_positive(text: &str) -> Result<Quantity, Invalid> {
        let value = Exact::parse(text)?;
        if value.is_positive() {
            Quantity::try_new(value)
        } else {
            Err(Invalid::NotPositive)
        }
    }

    /// Exact sum.
    pub fn plus(self, other: Quantity) -> Result<Quantity, Overflow> {
        self.0.plus(other.0).map(Quantity)
    }

    /// Exact difference; zero where it would be negative.
    pub fn minus(self, other: Quantity) -> Result<Quantity, Overflow> {
        if other >= self {
            Ok(Quantity::ZERO)
        } else {
            self.0.minus(other.0).map(Quantity)
        }
    }

    /// This quantity times a rate, rounded down to `decimals` decimals.
    pub fn share(self, rate: Rate, decimals: u32) -> Result<Quantity, Overflow> {
        self.0.times(rate.0, decimals, Rounding::Down).map(Quantity)
    }

    /// This quantity to `decimals` decimals, not less than it is.
    #[must_use]
    pub fn rounded_up(self, decimals: u32) -> Quantity {
        Quantity(self.0.rounded(decimals, Rounding::Up))
    }

    /// One unit of the last of so many decimals; zero where no number has that many.
    pub fn smallest(decimals: u32) -> Quantity {
        let scale = u8::try_from(decimals).unwrap_or(u8::MAX);
        Quantity(Exact::from_parts(1, scale).unwrap_or_default())
    }

    /// The quantity as money of the base asset.
    pub fn as_amount(self) -> Amount {
        Amount(self.0)
    }
}

impl Amount {
    /// An amount from outside: above zero, at most [`VALUE_MAX`], with at most [`AMOUNT_DECIMALS_MAX`] decimals.
    pub fn try_positive(value: Exact) -> Result<Amount, Invalid> {
        if value.is_positive() {
            Amount::try_new(value)
        } else {
            Err(Invalid::NotPositive)
        }
    }

    /// An amount from outside that may be zero.
    pub fn try_new(value: Exact) -> Result<Amount, Invalid> {
        if value.is_negative() {
            return Err(Invalid::Negative);
        }
        bounded(value, AMOUNT_DECIMALS_MAX).map(Amount)
    }

    /// Reads an amount above zero.
    pub fn parse_positive(text: &str) -> Result<Amount, Invalid> {
        Amount::try_positive(Exact::parse(text)?)
    }

    /// Exact sum.
    pub fn plus(self, other: Amount) -> Result<Amount, Overflow> {
        self.0.plus(other.0).map(Amount)
    }

    /// Exact difference.
    pub fn minus(self, other: Amount) -> Result<Amount, Overflow> {
        self.0.minus(other.0).map(Amount)
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negated(self) -> Amount {
        Amount(self.0.negated())
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// The fee on this notional: rounded up to [`MONEY_DECIMALS`], never in favour of who pays.
    pub fn fee(self, rate: Rate) -> Result<Amount, Overflow> {
        self.0
            .times(rate.0, MONEY_DECIMALS, Rounding::Up)
            .map(Amount)
    }

    /// The average price of `quantity` that cost this, to 17 significant digits, for display.
    pub fn average_price(self, quantity: Quantity) -> Option<Price> {
        self.0.over(quantity.0).map(Price)
    }

    /// How much of the base asset this buys at a price, rounded down to `decimals` decimals.
    pub fn quantity_at(self, price: Price, decimals: u32) -> Option<Quantity> {
        self.0.divided_down(price.0, decimals).map(Quantity)
    }

    /// Whether it has at most this many decimals.
    pub fn has_at_most(self, decimals: u32) -> bool {
        self.0.has_at_most(decimals)
    }

    /// Sum for running totals that are only shown; see [`Exact::plus_rounded`].
    #[must_use]
    pub fn plus_rounded(self, other: Amount) -> Amount {
        Amount(self.0.plus_rounded(other.0))
    }

    /// Number of decimals.
    pub fn decimals(self) -> u32 {
        self.0.decimals()
    }

    /// Whether it can be kept to `decimals` decimals in 28 digits.
    pub fn fits(self, decimals: u32) -> bool {
        self.0.fits(decimals)
    }
}

impl Rate {
    /// A rate of zero or more, at most `max`, with at most [`RATE_DECIMALS_MAX`] decimals.
    pub fn try_new(value: Exact, max: i64) -> Result<Rate, Invalid> {
        let max = Exact::whole(max);
        if value.is_negative() {
            return Err(Invalid::Negative);
        }
        if value > max {
            return Err(Invalid::TooLarge(max));
        }
        if value.decimals() > RATE_DECIMALS_MAX {
            return Err(Invalid::TooManyDecimals(RATE_DECIMALS_MAX));
        }
        Ok(Rate(value))
    }

    /// Reads a rate between zero and `max`.
    pub fn parse(text: &str, max: i64) -> Result<Rate, Invalid> {
        Rate::try_new(Exact::parse(text)?, max)
    }

    /// `millionths / 1,000,000`.
    pub fn from_millionths(millionths: u32) -> Rate {
        // 32 bits at scale 6 always fit.
        Rate(Exact::from_parts(i128::from(millionths), 6).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_and_notionals_round_as_written() {
        let price = Price::parse("64780.12").unwrap();
        let quantity = Quantity::parse_positive("0.12345678").unwrap();
        let notional = price.notional(quantity, Rounding::Up).unwrap();
        assert_eq!(notional.to_string(), "7997.5450232136");
        let rate = Rate::parse("0.001", 1).unwrap();
        assert_eq!(notional.fee(rate).unwrap().to_string(), "7.9975450232136");
        let dust = Amount::parse_positive("0.0000000000000001").unwrap();
        assert_eq!(dust.fee(rate).unwrap(), dust);
    }

    #[test]
    fn bounds_are_named() {
        let text = |result: Result<Price, Invalid>| result.unwrap_err().to_string();
        assert_eq!(text(Price::parse("0")), "must be greater than 0");
        assert_eq!(text(Price::parse("-1")), "must be greater than 0");
        assert_eq!(
            text(Price::parse("1e16")),
            "must be at most 1000000000000000"
        );
        assert_eq!(
            Quantity::parse_positive("1e-23").unwrap_err().to_string(),
            "has more than 22 decimals"
        );
        assert_eq!(
            Rate::parse("1.1", 1).unwrap_err().to_string(),
            "must be at most 1"
        );
    }

    #[test]
    fn an_amount_buys_no_more_than_it_pays_for() {
        for (amount, price, quantity) in [
            ("100", "3", "33.33333333"),
            ("100", "4", "25"),
            ("2.9999999999999999999999", "3", "0.99999999"),
            ("0.00000001", "3", "0"),
            ("1000000000000000", "0.00000001", "100000000000000000000000"),
        ] {
            let amount = Amount::parse_positive(amount).unwrap();
            let bought = amount.quantity_at(Price::parse(price).unwrap(), 8);
            let text = bought.map(|quantity| quantity.to_string());
            assert_eq!(text.as_deref(), Some(quantity), "{amount} at {price}");
        }
    }

    #[test]
    fn a_middle_is_exact() {
        let (bid, ask) = (
            Price::parse("0.00001234").unwrap(),
            Price::parse("0.00001235").unwrap(),
        );
        assert_eq!(bid.middle(ask).unwrap().to_string(), "0.000012345");
    }
}
