//! Exact decimals: the one file that names `rust_decimal`.
//!
//! `rust_decimal` by itself is checked but not exact: a sum or a product whose digits do not fit is rounded without a
//! word. Everything here is either exact, rounded in a direction that the caller names, or an [`Overflow`].

use std::cmp::Ordering;
use std::fmt;

use ethnum::U256;
use rust_decimal::{Decimal, RoundingStrategy};

/// The largest scale (number of decimals) that a value can have.
const SCALE_MAX: u32 = 28;
/// The largest mantissa: 96 bits.
const MANTISSA_MAX: u128 = (1 << 96) - 1;
/// Longer texts are refused before they are read: no value needs them.
const TEXT_MAX: usize = 128;
/// Significant digits of a quotient; a quotient of exact sums is good to more.
const QUOTIENT_DIGITS: u32 = 17;

/// For each number of decimals, the whole numbers below this can be kept with that many.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_wrap,
    reason = "evaluated by the compiler: the index stays below the length and 96 bits fit"
)]
const WHOLE_MAX: [i128; 29] = {
    let mut bounds = [0; 29];
    let mut bound = MANTISSA_MAX;
    let mut decimals = 0;
    while decimals < 29 {
        bounds[decimals] = bound as i128;
        bound /= 10;
        decimals += 1;
    }
    bounds
};

/// A result that cannot be kept without losing a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the result has more digits than can be kept exactly")]
pub struct Overflow;

/// Why a text or a value is not accepted; completes a sentence that begins with the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not a decimal number at all (`NaN`, `Infinity`, `1_000`, empty, ...).
    #[error("must be a decimal number")]
    NotANumber,
    /// More significant digits than a value holds.
    #[error("has more than 28 significant digits")]
    TooManyDigits,
    /// Finer than the unit allows.
    #[error("has more than {0} decimals")]
    TooManyDecimals(u32),
    /// Above the unit's largest value.
    #[error("must be at most {0}")]
    TooLarge(Exact),
    /// Zero or negative where only positive values make sense.
    #[error("must be greater than 0")]
    NotPositive,
    /// Negative where zero is allowed.
    #[error("must not be negative")]
    Negative,
}

/// What to do with digits beyond the wanted scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero: what somebody receives.
    Down,
    /// Away from zero: what somebody pays or sets aside.
    Up,
    /// To the nearest, halves away from zero: figures that are only shown.
    HalfUp,
}

/// An exact decimal number of at most 28 digits.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Exact(Decimal);

/// By value. Figures of one kind mostly have the same number of decimals, and then need no common one.
impl Ord for Exact {
    #[inline]
    fn cmp(&self, other: &Exact) -> Ordering {
        if self.0.scale() == other.0.scale() {
            self.0.mantissa().cmp(&other.0.mantissa())
        } else {
            self.0.cmp(&other.0)
        }
    }
}

impl PartialOrd for Exact {
    #[inline]
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact(Decimal::ZERO);

    /// A whole number.
    pub fn whole(value: i64) -> Exact {
        Exact(Decimal::from(value))
    }

    /// Reads a JSON number or the same in text: digits, a sign `-`, a fraction, an exponent.
    pub fn parse(text: &str) -> Result<Exact, Invalid> {
        let scanned = Scanned::scan(text)?;
        if scanned.mantissa == 0 {
            return Ok(Exact::ZERO);
        }
        let (mantissa, scale) = if scanned.exponent < 0 {
            let scale = scanned.exponent.unsigned_abs();
            if scale > SCALE_MAX {
                return Err(Invalid::TooManyDecimals(SCALE_MAX));
            }
            (scanned.mantissa, scale)
        } else {
            let grown = 10u128
                .checked_pow(scanned.exponent.unsigned_abs())
                .and_then(|power| scanned.mantissa.checked_mul(power));
            (grown.ok_or(Invalid::TooManyDigits)?, 0)
        };
        Exact::assemble(mantissa, scale, scanned.negative)
            .map_err(|Overflow| Invalid::TooManyDigits)
    }

    /// The value `mantissa / 10^scale`, as stored rows keep it.
    pub fn from_parts(mantissa: i128, scale: u8) -> Result<Exact, Overflow> {
        Exact::assemble(mantissa.unsigned_abs(), u32::from(scale), mantissa < 0)
    }

    /// Mantissa and scale without trailing zeros: equal values have equal parts.
    pub fn to_parts(self) -> (i128, u8) {
        let plain = self.0.normalize();
        (
            plain.mantissa(),
            u8::try_from(plain.scale()).unwrap_or(u8::MAX),
        )
    }

    /// Number of decimals, trailing zeros not counted.
    pub fn decimals(self) -> u32 {
        // A whole number or a freshly read value is in its shortest form already.
        if self.0.scale() == 0 {
            0
        } else {
            self.0.normalize().scale()
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.0.is_sign_positive() && !self.0.is_zero()
    }

    /// The same without its sign.
    #[must_use]
    pub fn magnitude(self) -> Exact {
        Exact(self.0.abs())
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negated(self) -> Exact {
        let mut other = self.0;
        other.set_sign_negative(self.is_positive());
        Exact(other)
    }

    /// The exact sum.
    pub fn plus(self, other: Exact) -> Result<Exact, Overflow> {
        if other.0.is_zero() {
            return Ok(self);
        }
        if self.0.is_zero() {
            return Ok(other);
        }
        let sum = self.0.checked_add(other.0).ok_or(Overflow)?;
        // rust_decimal drops decimals when they do not fit; only trailing zeros may go that way.
        let finest = self.0.scale().max(other.0.scale());
        if sum.scale() == finest || sum.scale() >= self.decimals().max(other.decimals()) {
            Ok(Exact(sum))
        } else {
            Err(Overflow)
        }
    }

    /// The exact difference.
    pub fn minus(self, other: Exact) -> Result<Exact, Overflow> {
        self.plus(other.negated())
    }

    /// The product, exact where it has at most `scale` decimals, else rounded to that many.
    pub fn times(self, other: Exact, scale: u32, rounding: Rounding) -> Result<Exact, Overflow> {
        let (left, right) = (
            self.0.mantissa().unsigned_abs(),
            other.0.mantissa().unsigned_abs(),
        );
        let negative = self.is_negative() != other.is_negative();
        // Both scales are at most 28.
        let full_scale = self.0.scale().saturating_add(other.0.scale());
        let surplus = full_scale.saturating_sub(scale);
        let kept_scale = full_scale.min(scale);
        let mantissa = match left.checked_mul(right) {
            Some(product) => cut(product, surplus, rounding),
            None => cut_wide(
                U256::from(left).wrapping_mul(U256::from(right)),
                surplus,
                rounding,
            )?,
        };
        Exact::assemble(mantissa, kept_scale, negative && mantissa != 0)
    }

    /// The quotient to 17 significant digits, for display; `None` for a division by zero.
    pub fn over(self, other: Exact) -> Option<Exact> {
        let quotient = self.0.checked_div(other.0)?;
        let rounded = quotient
            .round_sf_with_strategy(QUOTIENT_DIGITS, RoundingStrategy::MidpointAwayFromZero)?;
        Some(Exact(rounded.normalize()))
    }

    /// The largest number with at most `scale` decimals whose product with `other` is not above this; `None` where it is not
    /// to be had. For positive numbers only.
    pub fn divided_down(self, other: Exact, scale: u32) -> Option<Exact> {
        let quotient = self.0.checked_div(other.0)?;
        let cut = Exact(quotient.round_dp_with_strategy(scale, RoundingStrategy::ToZero));
        // The quotient was rounded at its last digit: where that reached the next step, it is one step too far.
        if cut.is_product_at_most(other, self) {
            return Some(cut);
        }
        let step = Exact::assemble(1, scale, false).ok()?;
        cut.minus(step).ok()
    }

    /// Whether `self × other <= bound`, to the last digit.
    fn is_product_at_most(self, other: Exact, bound: Exact) -> bool {
        let wide = |value: Decimal| U256::from(value.mantissa().unsigned_abs());
        let grown =
            |value: U256, decimals: u32| value.checked_mul(U256::from(10u8).checked_pow(decimals)?);
        let scale = self.0.scale().saturating_add(other.0.scale());
        let product = wide(self.0).checked_mul(wide(other.0));
        let product = product.and_then(|p| grown(p, bound.0.scale().saturating_sub(scale)));
        let bound = grown(wide(bound.0), scale.saturating_sub(bound.0.scale()));
        match (product, bound) {
            (Some(product), Some(bound)) => product <= bound,
            // What does not fit is the larger one.
            (product, _) => product.is_some(),
        }
    }

    /// The same to at most `scale` decimals.
    #[must_use]
    pub fn rounded(self, scale: u32, rounding: Rounding) -> Exact {
        let strategy = match rounding {
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        };
        Exact(self.0.round_dp_with_strategy(scale, strategy))
    }

    /// Whether the value can be kept to `decimals` decimals in 96 bits.
    pub fn fits(self, decimals: u32) -> bool {
        let bound = usize::try_from(decimals)
            .ok()
            .and_then(|index| WHOLE_MAX.get(index));
        // Up to the bound itself there is room for any fraction.
        bound.is_some_and(|&bound| self.0.abs() < Decimal::from_i128_with_scale(bound, 0))
    }

    /// Whether it has at most this many decimals.
    pub fn has_at_most(self, decimals: u32) -> bool {
        self.0.scale() <= decimals || self.decimals() <= decimals
    }

    /// The sum, without the last decimals where not all of them can be kept: for running totals that are only shown.
    #[must_use]
    pub fn plus_rounded(self, other: Exact) -> Exact {
        self.plus(other)
            .or_else(|_| {
                self.rounded(8, Rounding::HalfUp)
                    .plus(other.rounded(8, Rounding::HalfUp))
            })
            .unwrap_or(Exact(self.0.saturating_add(other.0)))
    }

    /// A number of milliseconds, thousandths or the like: the value times `factor`, if that is whole and fits.
    pub fn to_whole(self, factor: u32) -> Option<u64> {
        let scaled = self
            .times(Exact::whole(i64::from(factor)), SCALE_MAX, Rounding::Down)
            .ok()?;
        let plain = scaled.0.normalize();
        if plain.scale() == 0 {
            u64::try_from(plain.mantissa()).ok()
        } else {
            None
        }
    }

    fn assemble(mut mantissa: u128, mut scale: u32, negative: bool) -> Result<Exact, Overflow> {
        while (mantissa > MANTISSA_MAX || scale > SCALE_MAX)
            && scale > 0
            && mantissa.is_multiple_of(10)
        {
            mantissa /= 10;
            scale = scale.saturating_sub(1);
        }
        if mantissa > MANTISSA_MAX || scale > SCALE_MAX {
            return Err(Overflow);
        }
        let signed = i128::try_from(mantissa).map_err(|_| Overflow)?;
        let signed = if negative {
            signed.saturating_neg()
        } else {
            signed
        };
        Decimal::try_from_i128_with_scale(signed, scale)
            .map(Exact)
            .map_err(|_| Overflow)
    }
}

/// Takes the last `surplus` decimal digits off `mantissa`.
fn cut(mantissa: u128, surplus: u32, rounding: Rounding) -> u128 {
    if surplus == 0 {
        return mantissa;
    }
    // 10^39 and above exceed any u128: nothing is left of the mantissa then.
    let Some(power) = 10u128.checked_pow(surplus) else {
        return u128::from(mantissa != 0 && rounding == Rounding::Up);
    };
    let quotient = mantissa.checked_div(power).unwrap_or(0);
    let rest = mantissa.checked_rem(power).unwrap_or(0);
    let more = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest != 0,
        Rounding::HalfUp => rest >= power / 2,
    };
    quotient.saturating_add(u128::from(more))
}

/// The same for a product of more than 128 bits.
fn cut_wide(mantissa: U256, surplus: u32, rounding: Rounding) -> Result<u128, Overflow> {
    // surplus is at most 56, and 10^56 has 187 bits.
    let power = U256::new(10).checked_pow(surplus).ok_or(Overflow)?;
    let quotient = mantissa.checked_div(power).ok_or(Overflow)?;
    let rest = mantissa.checked_rem(power).ok_or(Overflow)?;
    let more = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest != U256::ZERO,
        Rounding::HalfUp => surplus > 0 && rest >= power.wrapping_shr(1),
    };
    let quotient = u128::try_from(quotient).map_err(|_| Overflow)?;
    Ok(quotient.saturating_add(u128::from(more)))
}

/// A number as written: `mantissa × 10^exponent`.
struct Scanned {
    negative: bool,
    mantissa: u128,
    exponent: i32,
}

impl Scanned {
    fn scan(text: &str) -> Result<Scanned, Invalid> {
        if text.len() > TEXT_MAX {
            return Err(Invalid::TooManyDigits);
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, power) = match unsigned.split_once(['e', 'E']) {
            Some((number, power)) => (number, Some(power)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (number, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !fraction.is_none_or(all_digits) {
            return Err(Invalid::NotANumber);
        }
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        let mut scanned = Scanned {
            negative,
            mantissa: 0,
            exponent: 0,
        };
        for digit in whole.bytes().chain(fraction.bytes()) {
            let value = u128::from(digit.saturating_sub(b'0'));
            scanned.mantissa = scanned
                .mantissa
                .checked_mul(10)
                .and_then(|grown| grown.checked_add(value))
                .ok_or(Invalid::TooManyDigits)?;
        }
        // A text has at most TEXT_MAX characters, so the lengths fit.
        let decimals = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        scanned.exponent = power.map_or(Ok(0), exponent_of)?.saturating_sub(decimals);
        scanned.shorten();
        Ok(scanned)
    }

    /// Moves trailing zeros of the mantissa into the exponent, as far as they are decimals.
    fn shorten(&mut self) {
        while self.exponent < 0 && self.mantissa != 0 && self.mantissa.is_multiple_of(10) {
            self.mantissa /= 10;
            self.exponent = self.exponent.saturating_add(1);
        }
    }
}

/// Reads the part behind `e`; absurd ones saturate and fail later by their size.
fn exponent_of(text: &str) -> Result<i32, Invalid> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Invalid::NotANumber);
    }
    let size: i32 = digits.parse().unwrap_or(100_000);
    Ok(if text.starts_with('-') {
        size.saturating_neg()
    } else {
        size
    })
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.normalize();
        if plain.is_zero() {
            f.pad("0")
        } else {
            fmt::Display::fmt(&plain, f)
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
