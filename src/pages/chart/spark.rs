//! A small line without axes, for a row of a table.

use super::{SIZE, Svg, bounds, escaped, place};
use crate::units::Exact;

/// A line through some numbers at equal distances; nothing for fewer than two.
pub(in crate::pages) fn spark(values: &[Exact], title: &str) -> Option<Svg> {
    let (first, last) = (values.first()?, values.last()?);
    if values.len() < 2 {
        return None;
    }
    let (low, high) = bounds(values.iter().copied())?;
    let steps = u32::try_from(values.len() - 1).unwrap_or(SIZE).max(1);
    let mut points = String::with_capacity(values.len() * 9);
    for (at, value) in (0..).zip(values) {
        let (x, y) = (at * SIZE / steps, SIZE - place(*value, low, high));
        points.extend([format!("{x},{y} ")]);
    }
    let class = if last < first { "fall" } else { "rise" };
    Some(Svg(format!(
        "<svg class=\"spark\" role=\"img\" viewBox=\"0 -60 {SIZE} 1120\" preserveAspectRatio=\"none\"><title>{}</title>\
         <polyline class=\"line {class}\" points=\"{}\"/></svg>",
        escaped(title),
        points.trim_end()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_edge_to_edge() {
        let values = ["1", "3", "2"].map(|text| Exact::parse(text).unwrap());
        let svg = spark(&values, "a <b>").unwrap().to_string();
        assert!(svg.contains("points=\"0,1000 500,0 1000,500\""), "{svg}");
        assert!(svg.contains("<title>a &lt;b&gt;</title>"), "{svg}");
        assert!(svg.contains("line rise"), "{svg}");
        assert_eq!(spark(&values[..1], ""), None);
    }

    #[test]
    fn a_flat_line_lies_in_the_middle() {
        let svg = spark(&[Exact::whole(5); 2], "flat").unwrap().to_string();
        assert!(svg.contains("points=\"0,500 1000,500\""), "{svg}");
    }
}
