//! Charts as inline SVG, made from numbers and nothing else.
//!
//! Coordinates are whole numbers: thousandths of the width and the height, so that a chart takes a few bytes a point and
//! looks the same on every machine. Labels are HTML beside the picture, for text inside one that is stretched would be
//! stretched too. Every chart has a title for whoever cannot see it; the page shows the numbers in a table behind it.

mod bars;
mod line;
mod ring;
mod spark;

use crate::units::{Exact, Rounding};

pub(super) use bars::{Bar, bars};
pub(super) use line::{Drawn, Line, ticks};
pub(super) use ring::{Part, Ring, ring};
pub(super) use spark::spark;

/// Width and height of a picture's own coordinates.
pub(super) const SIZE: u32 = 1000;

/// A piece of SVG made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Svg(pub(super) String);

impl std::fmt::Display for Svg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Numbers and texts of this module; what a caller gives is escaped.
impl askama::filters::HtmlSafe for Svg {}

/// The lowest and the highest of some numbers.
pub(super) fn bounds(values: impl IntoIterator<Item = Exact>) -> Option<(Exact, Exact)> {
    values
        .into_iter()
        .fold(None, |bounds: Option<(Exact, Exact)>, value| {
            let (low, high) = bounds.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
}

/// Where a number lies between two others, in parts of [`SIZE`]; in the middle where they are the same.
pub(super) fn place(value: Exact, low: Exact, high: Exact) -> u32 {
    let part = || {
        let share = value.minus(low).ok()?.over(high.minus(low).ok()?)?;
        let parts = share
            .times(Exact::whole(i64::from(SIZE)), 0, Rounding::HalfUp)
            .ok()?;
        parts.to_whole(1)
    };
    let part = part().unwrap_or(u64::from(SIZE / 2));
    u32::try_from(part).unwrap_or(SIZE).min(SIZE)
}

/// A text as it may stand in SVG.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
