//! A ring of shares.

use super::{Svg, escaped};
use crate::pages::figure::Figure;
use crate::units::{Amount, Exact, Rounding};

/// Shares below this many thousandths are put together as Other.
const LEAST: u64 = 10;
/// Colours that there are; the last is for Other.
const COLOURS: usize = 8;

/// A part of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Part {
    pub(in crate::pages) name: String,
    pub(in crate::pages) value: Amount,
}

/// An entry of the legend and of the table behind the picture.
#[derive(Debug)]
pub(in crate::pages) struct Slice {
    pub(in crate::pages) name: String,
    pub(in crate::pages) value: Figure,
    pub(in crate::pages) share: Figure,
    /// Number of its colour, from 1.
    pub(in crate::pages) colour: usize,
}

/// A picture and its legend.
#[derive(Debug)]
pub(in crate::pages) struct Ring {
    pub(in crate::pages) svg: Svg,
    pub(in crate::pages) slices: Vec<Slice>,
}

/// Draws the parts in their order; those below one percent, or beyond the colours, become Other. Nothing without a whole
/// above zero.
pub(in crate::pages) fn ring(parts: &[Part], title: &str) -> Option<Ring> {
    let whole = parts
        .iter()
        .fold(Amount::ZERO, |sum, part| sum.plus_rounded(part.value));
    if !whole.is_positive() {
        return None;
    }
    let (mut shown, mut other) = (Vec::new(), Amount::ZERO);
    for part in parts.iter().filter(|part| part.value.is_positive()) {
        if thousandths(part.value, whole) >= LEAST && shown.len() < COLOURS - 1 {
            shown.push(part.clone());
        } else {
            other = other.plus_rounded(part.value);
        }
    }
    let mut colours: Vec<usize> = (1..=shown.len()).collect();
    if other.is_positive() {
        shown.push(Part {
            name: "Other".to_owned(),
            value: other,
        });
        colours.push(COLOURS);
    }
    let mut svg = format!(
        "<svg class=\"ring\" role=\"img\" viewBox=\"0 0 42 42\"><title>{}</title>",
        escaped(title)
    );
    let mut begun = 0;
    let mut slices = Vec::with_capacity(shown.len());
    for (part, colour) in shown.into_iter().zip(colours) {
        let share = thousandths(part.value, whole);
        let rest = 1000_u64.saturating_sub(share);
        // The circle begins at three o'clock; a quarter back is noon.
        let offset = (1250 - begun % 1000) % 1000;
        svg.extend([format!(
            "<circle class=\"s{colour}\" cx=\"21\" cy=\"21\" r=\"18\" pathLength=\"1000\" \
             stroke-dasharray=\"{share} {rest}\" stroke-dashoffset=\"{offset}\"/>"
        )]);
        begun += share;
        slices.push(Slice {
            share: Figure::share(part.value, whole)?,
            value: Figure::money(part.value),
            name: part.name,
            colour,
        });
    }
    svg.push_str("</svg>");
    Some(Ring {
        svg: Svg(svg),
        slices,
    })
}

fn thousandths(part: Amount, whole: Amount) -> u64 {
    part.exact()
        .over(whole.exact())
        .and_then(|share| share.times(Exact::whole(1000), 0, Rounding::HalfUp).ok())
        .and_then(|parts| parts.to_whole(1))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, value: i64) -> Part {
        Part {
            name: name.to_owned(),
            value: Amount::from_stored(Exact::whole(value)),
        }
    }

    #[test]
    fn crumbs_become_other() {
        let parts = [
            part("BTC", 500),
            part("ETH", 490),
            part("A", 6),
            part("B", 4),
        ];
        let ring = ring(&parts, "by asset").unwrap();
        let names: Vec<&str> = ring
            .slices
            .iter()
            .map(|slice| slice.name.as_str())
            .collect();
        assert_eq!(names, ["BTC", "ETH", "Other"]);
        assert_eq!(ring.slices[2].share.text(), "1.00 %");
        assert_eq!(ring.slices[2].colour, COLOURS);
        let svg = ring.svg.to_string();
        assert!(
            svg.contains("stroke-dasharray=\"500 500\" stroke-dashoffset=\"250\""),
            "{svg}"
        );
        assert!(
            svg.contains("stroke-dasharray=\"490 510\" stroke-dashoffset=\"750\""),
            "{svg}"
        );
    }

    #[test]
    fn there_is_no_ring_of_nothing() {
        assert!(ring(&[part("BTC", 0)], "").is_none());
        assert!(ring(&[], "").is_none());
    }
}
