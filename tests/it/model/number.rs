//! Numbers for somebody who distrusts decimals: whole multiples of 10^-28 in 256 bits.
//!
//! Slow and plain, and written without a look at how the exchange counts. A product of two values below 10^10 fits.

use std::fmt;

use ethnum::I256;
use mockx::units::Exact;

/// Decimals that every number is kept with.
const SCALE: u32 = 28;

/// A number, exact to 28 decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Number(I256);

/// What becomes of the digits that are cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Down,
    Up,
    Half,
}

fn power(exponent: u32) -> I256 {
    I256::new(10).pow(exponent)
}

impl Number {
    pub const ZERO: Number = Number(I256::ZERO);

    /// What the exchange says a number is.
    pub fn of(exact: Exact) -> Number {
        let (mantissa, scale) = exact.to_parts();
        Number(I256::new(mantissa) * power(SCALE - u32::from(scale)))
    }

    pub fn read(text: &str) -> Number {
        Number::of(Exact::parse(text).unwrap())
    }

    pub fn is_zero(self) -> bool {
        self == Number::ZERO
    }

    pub fn is_negative(self) -> bool {
        self < Number::ZERO
    }

    pub fn size(self) -> Number {
        Number(self.0.abs())
    }

    /// Decimals in use.
    pub fn decimals(self) -> u32 {
        let mut rest = self.0;
        let mut decimals = SCALE;
        while decimals > 0 && rest % 10 == 0 {
            rest /= 10;
            decimals -= 1;
        }
        decimals
    }

    /// The same with at most `decimals` decimals; only for numbers that are not negative.
    pub fn cut(self, decimals: u32, cut: Cut) -> Number {
        divided(self.0, SCALE - decimals, cut, decimals)
    }

    /// The product with at most `decimals` decimals, if 96 bits hold its digits.
    pub fn times(self, other: Number, decimals: u32, cut: Cut) -> Option<Number> {
        let product = divided(self.0 * other.0, 2 * SCALE - decimals, cut, decimals);
        product.holds(product.decimals()).then_some(product)
    }

    /// How often another number is in this one, cut to 8 decimals.
    pub fn goes_into(self, whole: Number) -> Number {
        let steps = whole.0 * power(8) / self.0;
        Number(steps * power(SCALE - 8))
    }

    /// The sum, if 96 bits hold it with all decimals of both.
    pub fn and(self, other: Number) -> Option<Number> {
        let sum = self + other;
        let exact = sum.holds(self.decimals().max(other.decimals()));
        (exact || self.is_zero() || other.is_zero()).then_some(sum)
    }

    /// Whether 96 bits hold it with `decimals` decimals.
    fn holds(self, decimals: u32) -> bool {
        self.0.abs() / power(SCALE - decimals) < I256::new(1 << 96)
    }

    /// Whether 96 bits hold every number of this whole part with `decimals` decimals.
    pub fn fits(self, decimals: u32) -> bool {
        let bound = I256::new((1 << 96) - 1) / power(decimals);
        self.0.abs() < bound * power(SCALE)
    }
}

/// `value / 10^digits`, rounded, as a number that has `decimals` decimals.
fn divided(value: I256, digits: u32, cut: Cut, decimals: u32) -> Number {
    assert!(value >= 0, "only products of positive numbers are cut");
    let (mut whole, rest) = (value / power(digits), value % power(digits));
    let more = match cut {
        Cut::Down => false,
        Cut::Up => rest > 0,
        Cut::Half => rest * 2 >= power(digits) && rest > 0,
    };
    if more {
        whole += 1;
    }
    Number(whole * power(SCALE - decimals))
}

impl std::ops::Add for Number {
    type Output = Number;

    fn add(self, other: Number) -> Number {
        Number(self.0 + other.0)
    }
}

impl std::ops::Sub for Number {
    type Output = Number;

    fn sub(self, other: Number) -> Number {
        Number(self.0 - other.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / power(SCALE), self.0.abs() % power(SCALE));
        let text = format!("{sign}{whole}.{rest:028}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
