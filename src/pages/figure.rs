//! Numbers for people: thousands separators, no more digits than mean something, the exact value in the title.
//!
//! Rounding here is for the eye alone and goes to the nearest. Whoever needs every digit finds it in the `title`, which is
//! the text that the REST API writes.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::exchange::Side;
use crate::units::{Amount, Asset, Exact, Price, Quantity, Rounding};

/// What stands where there is no number.
pub(super) const NOTHING: &str = "–";
/// Decimals of money of one unit or more.
const MONEY_DECIMALS: u32 = 2;
/// Digits that a price or a quantity shows, about.
const DIGITS: u32 = 6;
/// The most decimals that are shown.
const DECIMALS_MAX: u32 = 12;

/// A number as it is shown, with its exact value: `<data>` with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    text: String,
    exact: String,
    tone: Tone,
}

/// Whether a figure is good news; never told by its colour alone, for its sign says so too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Up,
    Down,
}

impl Figure {
    /// Money: two decimals, more where it is small.
    pub(super) fn money(amount: Amount) -> Figure {
        Figure::plain(amount.exact(), money_decimals(amount.exact()))
    }

    /// Money won or lost, with its sign.
    pub(super) fn gain(amount: Amount) -> Figure {
        Figure::signed(amount.exact(), money_decimals(amount.exact()), "")
    }

    /// A price: as many digits as tell it from its neighbours.
    pub(super) fn price(price: Price) -> Figure {
        Figure::plain(price.exact(), decimals_for(price.exact(), 2))
    }

    /// Decimals that a price shows, so that it can be shown beside others.
    pub(super) fn price_decimals(price: Price) -> u32 {
        let exact = price.exact();
        decimals_for(exact, 2).min(exact.decimals())
    }

    /// A number with exactly so many decimals.
    pub(super) fn padded(value: Exact, decimals: u32) -> Figure {
        let mut figure = Figure::plain(value, decimals);
        let present = figure
            .text
            .split_once('.')
            .map_or(0, |(_, rest)| rest.len());
        let missing = usize::try_from(decimals)
            .unwrap_or(0)
            .saturating_sub(present);
        if missing > 0 {
            if present == 0 {
                figure.text.push('.');
            }
            figure.text.extend(std::iter::repeat_n('0', missing));
        }
        figure
    }

    /// An amount of an asset.
    pub(super) fn quantity(quantity: Quantity) -> Figure {
        Figure::plain(quantity.exact(), decimals_for(quantity.exact(), 2))
    }

    /// An amount of an asset, which is money where that is the cash asset.
    pub(super) fn of_asset(amount: Amount, asset: Asset, cash: Asset) -> Figure {
        if asset == cash {
            Figure::money(amount)
        } else {
            Figure::amount(amount)
        }
    }

    /// An amount of an asset, as money of it.
    pub(super) fn amount(amount: Amount) -> Figure {
        Figure::plain(amount.exact(), decimals_for(amount.exact(), 2))
    }

    /// A share of a whole in percent.
    pub(super) fn share(part: Amount, whole: Amount) -> Option<Figure> {
        let percent = percent(part.exact(), whole.exact())?;
        Some(Figure {
            text: grouped(percent, 2) + " %",
            exact: percent.to_string() + " %",
            tone: Tone::Plain,
        })
    }

    /// The change from one number to another in percent, with its sign.
    pub(super) fn change(from: Exact, to: Exact) -> Option<Figure> {
        let percent = percent(to.minus(from).ok()?, from)?;
        Some(Figure::signed(percent, 2, " %"))
    }

    /// A number with that many decimals at most.
    pub(super) fn plain(value: Exact, decimals: u32) -> Figure {
        Figure {
            text: grouped(value, decimals),
            exact: value.to_string(),
            tone: Tone::Plain,
        }
    }

    /// A whole number.
    pub(super) fn count(value: u64) -> Figure {
        Figure::plain(Exact::whole(i64::try_from(value).unwrap_or(i64::MAX)), 0)
    }

    /// A number with its sign and its tone.
    pub(super) fn signed(value: Exact, decimals: u32, unit: &str) -> Figure {
        let tone = match (value.is_positive(), value.is_negative()) {
            (true, _) => Tone::Up,
            (_, true) => Tone::Down,
            _ => Tone::Plain,
        };
        let sign = if tone == Tone::Up { "+" } else { "" };
        Figure {
            text: format!("{sign}{}{unit}", grouped(value, decimals)),
            exact: format!("{value}{unit}"),
            tone,
        }
    }

    /// The exact value.
    pub(super) fn exact(&self) -> &str {
        &self.exact
    }

    /// The text alone, for a chart or a sentence.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.tone {
            Tone::Plain => "num",
            Tone::Up => "num up",
            Tone::Down => "num down",
        };
        let value = self.exact.split(' ').next().unwrap_or_default();
        write!(
            f,
            "<data class=\"{class}\" value=\"{value}\" title=\"{}\">{}</data>",
            self.exact, self.text
        )
    }
}

/// Digits, separators and units of this file: nothing that came from outside.
impl HtmlSafe for Figure {}

/// A figure, or a dash where there is none.
pub(super) fn or_dash(figure: Option<&Figure>) -> Figure {
    figure.cloned().unwrap_or_else(|| Figure {
        text: NOTHING.to_owned(),
        exact: String::new(),
        tone: Tone::Plain,
    })
}

/// `part` in percent of `whole`; none where there is nothing to be a share of.
pub(super) fn percent(part: Exact, whole: Exact) -> Option<Exact> {
    let share = part.over(whole)?;
    share.times(Exact::whole(100), 28, Rounding::HalfUp).ok()
}

/// The word for a side.
pub(super) fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "Buy",
        Side::Sell => "Sell",
    }
}

fn money_decimals(value: Exact) -> u32 {
    // Two digits of what is less than a hundredth.
    let hundredth = Exact::from_parts(1, 2).unwrap_or_default();
    if value.magnitude() < hundredth {
        decimals_for(value, DIGITS)
            .saturating_sub(DIGITS - MONEY_DECIMALS)
            .max(MONEY_DECIMALS)
    } else {
        MONEY_DECIMALS
    }
}

/// Decimals that leave a number [`DIGITS`] digits, but at least `least`.
fn decimals_for(value: Exact, least: u32) -> u32 {
    let size = value.magnitude();
    if size.is_zero() {
        return least;
    }
    let mut decimals = DIGITS;
    let mut bound = Exact::whole(1);
    let ten = Exact::whole(10);
    while size >= bound && decimals > 0 {
        decimals -= 1;
        bound = bound.times(ten, 0, Rounding::Down).unwrap_or(bound);
    }
    let tenth = Exact::from_parts(1, 1).unwrap_or_default();
    let mut bound = tenth;
    while size < bound && decimals < DECIMALS_MAX {
        decimals += 1;
        bound = bound.times(tenth, 28, Rounding::Down).unwrap_or(bound);
    }
    decimals.max(least)
}

/// A number to that many decimals, with a separator every three digits and a real minus sign.
fn grouped(value: Exact, decimals: u32) -> String {
    let rounded = value.rounded(decimals, Rounding::HalfUp);
    let digits = rounded.magnitude().to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut text = String::with_capacity(digits.len() + 8);
    if rounded.is_negative() {
        text.push('\u{2212}');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let shown = usize::try_from(decimals.min(MONEY_DECIMALS)).unwrap_or(0);
    if !fraction.is_empty() || shown > 0 {
        text.extend([format!(".{fraction:0<shown$}")]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn money(text: &str) -> String {
        Figure::money(Amount::from_stored(exact(text))).text
    }

    fn price(text: &str) -> String {
        Figure::price(Price::from_stored(exact(text))).text
    }

    #[test]
    fn no_more_digits_than_mean_something() {
        assert_eq!(money("1234567.891"), "1,234,567.89");
        assert_eq!(money("-1234.5"), "−1,234.50");
        assert_eq!(money("100000"), "100,000.00");
        assert_eq!(money("0"), "0.00");
        assert_eq!(money("0.00001234567"), "0.000012");
        assert_eq!(money("0.131064"), "0.13");
        assert_eq!(price("64780.123"), "64,780.12");
        assert_eq!(price("0.000012345678"), "0.0000123457");
        assert_eq!(price("1.23456789"), "1.23457");
        assert_eq!(Figure::count(1_234).text, "1,234");
    }

    #[test]
    fn the_exact_value_comes_along() {
        let amount = Amount::from_stored(exact("-12.3456789012345678"));
        assert_eq!(
            Figure::gain(amount).to_string(),
            "<data class=\"num down\" value=\"-12.3456789012345678\" title=\"-12.3456789012345678\">−12.35</data>"
        );
        let change = Figure::change(exact("64000"), exact("64640")).unwrap();
        assert_eq!(change.text(), "+1.00 %");
        assert_eq!(Figure::change(Exact::ZERO, exact("1")), None);
    }
}
