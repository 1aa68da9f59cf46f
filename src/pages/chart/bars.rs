//! Horizontal bars from zero or from where the one before ended.

use super::{SIZE, Svg, bounds, escaped, place};
use crate::units::Exact;

/// Height of a row in the picture's own coordinates.
const ROW: usize = 40;
/// Height of a bar in it.
const BAR: usize = 26;

/// One bar.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Bar {
    pub(in crate::pages) from: Exact,
    pub(in crate::pages) to: Exact,
    /// Number of its colour.
    pub(in crate::pages) colour: u8,
}

/// Rows of bars, with a mark across all of them where one is given. The scale holds zero.
pub(in crate::pages) fn bars(rows: &[&[Bar]], mark: Option<Exact>, title: &str) -> Option<Svg> {
    let ends = rows.iter().flat_map(|row| row.iter());
    let ends = ends.flat_map(|bar| [bar.from, bar.to]);
    let (low, high) = bounds(ends.chain(mark).chain([Exact::ZERO]))?;
    if low == high {
        return None;
    }
    let x = |value| place(value, low, high);
    let height = ROW * rows.len();
    let mut out = format!(
        "<svg class=\"bars\" role=\"img\" viewBox=\"0 0 {SIZE} {height}\" preserveAspectRatio=\"none\" height=\"{height}\"><title>{}</title>\
         <path class=\"rule\" d=\"M{1} 0V{height}\"/>",
        escaped(title),
        x(Exact::ZERO)
    );
    for (at, row) in rows.iter().enumerate() {
        for bar in *row {
            let (one, other) = (x(bar.from), x(bar.to));
            let (start, width) = (one.min(other), one.abs_diff(other));
            let y = at * ROW + (ROW - BAR) / 2;
            out.extend([format!(
                "<rect class=\"f{}\" x=\"{start}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\"/>",
                bar.colour,
                width.max(2)
            )]);
        }
    }
    if let Some(mark) = mark {
        out.extend([format!(
            "<path class=\"mark\" d=\"M{} 0V{height}\"/>",
            x(mark)
        )]);
    }
    out.push_str("</svg>");
    Some(Svg(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_a_scale_with_zero() {
        let bar = |from, to| Bar {
            from: Exact::whole(from),
            to: Exact::whole(to),
            colour: 1,
        };
        let svg = bars(
            &[&[bar(0, 100)], &[bar(100, 50)]],
            Some(Exact::whole(200)),
            "x",
        );
        let svg = svg.unwrap().to_string();
        assert!(svg.contains("x=\"0\" y=\"7\" width=\"500\""), "{svg}");
        assert!(svg.contains("x=\"250\" y=\"47\" width=\"250\""), "{svg}");
        assert!(svg.contains("d=\"M1000 0V80\""), "{svg}");
        assert!(bars(&[], None, "").is_none());
    }
}
