//! A line over time, with ticks beside it.

use super::{SIZE, Svg, bounds, escaped, place};
use crate::units::{Exact, Rounding};

/// Room between ticks of the value axis, about.
const ROWS: u32 = 4;

/// A line over time.
#[derive(Debug)]
pub(in crate::pages) struct Line<'a> {
    /// Times in milliseconds, ascending, with their values.
    pub(in crate::pages) points: &'a [(u64, Exact)],
    /// A second line at the same times, dashed.
    pub(in crate::pages) second: Option<&'a [(u64, Exact)]>,
    /// What it shows, for whoever cannot see it.
    pub(in crate::pages) title: &'a str,
    /// Begin and end of the time axis in milliseconds.
    pub(in crate::pages) from: u64,
    pub(in crate::pages) to: u64,
    /// The style of the area.
    pub(in crate::pages) falling: bool,
}

/// A picture and the ticks of its value axis, the highest first.
#[derive(Debug)]
pub(in crate::pages) struct Drawn {
    pub(in crate::pages) svg: Svg,
    pub(in crate::pages) rows: Vec<Exact>,
}

impl Line<'_> {
    /// Draws it; nothing for fewer than two points.
    pub(in crate::pages) fn draw(&self) -> Option<Drawn> {
        if self.points.len() < 2 || self.to <= self.from {
            return None;
        }
        let all = self.points.iter().chain(self.second.unwrap_or_default());
        let (low, high) = bounds(all.map(|&(_, value)| value))?;
        let ticks = ticks(low, high);
        let (&bottom, &top) = (ticks.first()?, ticks.last()?);
        let y = |value| SIZE - place(value, bottom, top);
        let mut out = format!(
            "<svg role=\"img\" viewBox=\"0 0 {SIZE} {SIZE}\" preserveAspectRatio=\"none\"><title>{}</title>",
            escaped(self.title)
        );
        for tick in &ticks {
            let at = y(*tick);
            out.extend([format!("<path class=\"rule\" d=\"M0 {at}H{SIZE}\"/>")]);
        }
        let line = self.path(self.points, y);
        let first = self.x(self.points.first()?.0);
        let last = self.x(self.points.last()?.0);
        let (ground, class) = if self.falling {
            (0, " fall")
        } else {
            (SIZE, "")
        };
        out.extend([format!(
            "<path class=\"area{class}\" d=\"M{first} {ground}L{line}L{last} {ground}Z\"/>"
        )]);
        if let Some(second) = self.second {
            let line = self.path(second, y);
            out.extend([format!("<path class=\"line second\" d=\"M{line}\"/>")]);
        }
        out.extend([format!("<path class=\"line{class}\" d=\"M{line}\"/></svg>")]);
        Some(Drawn {
            svg: Svg(out),
            rows: ticks.into_iter().rev().collect(),
        })
    }

    fn x(&self, at: u64) -> u64 {
        let width = u64::from(SIZE);
        let within = at.clamp(self.from, self.to) - self.from;
        within.saturating_mul(width) / (self.to - self.from).max(1)
    }

    fn path(&self, points: &[(u64, Exact)], y: impl Fn(Exact) -> u32) -> String {
        let steps = points
            .iter()
            .map(|&(at, value)| format!("{} {}", self.x(at), y(value)));
        steps.collect::<Vec<_>>().join("L")
    }
}

/// Round numbers at equal distances that enclose two others, ascending.
pub(in crate::pages) fn ticks(low: Exact, high: Exact) -> Vec<Exact> {
    let span = high.plus_rounded(low.negated());
    let step = if span.is_zero() {
        // A flat line lies in the middle.
        let size = low.magnitude();
        let part = size.times(
            Exact::from_parts(1, 2).unwrap_or_default(),
            28,
            Rounding::Up,
        );
        round_step(
            part.ok()
                .filter(|part| part.is_positive())
                .unwrap_or(Exact::whole(1)),
        )
    } else {
        let part = span.over(Exact::whole(i64::from(ROWS)));
        round_step(part.unwrap_or(Exact::whole(1)))
    };
    let times = |factor: Exact| step.times(factor, 28, Rounding::HalfUp).unwrap_or(low);
    let quotient = |value: Exact| value.over(step).unwrap_or_default();
    let floor = |value: Exact| {
        let cut = value.rounded(0, Rounding::Down);
        if cut > value {
            cut.plus_rounded(Exact::whole(-1))
        } else {
            cut
        }
    };
    let mut number = floor(quotient(low));
    if span.is_zero() {
        number = number.plus_rounded(Exact::whole(-1));
    }
    let mut ticks = vec![times(number)];
    while ticks.last().is_some_and(|last| *last < high) || ticks.len() < 2 {
        number = number.plus_rounded(Exact::whole(1));
        ticks.push(times(number));
        if ticks.len() > 12 {
            break;
        }
    }
    if span.is_zero() && ticks.len() < 3 {
        ticks.push(times(number.plus_rounded(Exact::whole(1))));
    }
    ticks
}

/// The least of 1, 2 and 5 times a power of ten that is not below a number above zero.
fn round_step(part: Exact) -> Exact {
    let ten = Exact::whole(10);
    let mut power = Exact::whole(1);
    let tenth = Exact::from_parts(1, 1).unwrap_or_default();
    while power > part {
        match power.times(tenth, 28, Rounding::Down) {
            Ok(less) if less.is_positive() => power = less,
            _ => break,
        }
    }
    while power
        .times(ten, 28, Rounding::Down)
        .is_ok_and(|more| more <= part)
    {
        power = power.times(ten, 28, Rounding::Down).unwrap_or(power);
    }
    for factor in [1, 2, 5, 10] {
        if let Ok(step) = power.times(Exact::whole(factor), 28, Rounding::Down)
            && step >= part
        {
            return step;
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn texts(low: &str, high: &str) -> String {
        let ticks = ticks(exact(low), exact(high));
        let texts: Vec<String> = ticks.iter().map(Exact::to_string).collect();
        texts.join(" ")
    }

    #[test]
    fn ticks_are_round_and_enclose() {
        assert_eq!(texts("99990.5", "100020"), "99990 100000 100010 100020");
        assert_eq!(texts("-3", "7"), "-5 0 5 10");
        assert_eq!(
            texts("0.00012", "0.00019"),
            "0.0001 0.00012 0.00014 0.00016 0.00018 0.0002".trim_start_matches("0.0001 ")
        );
        assert_eq!(texts("0", "0"), "-1 0 1");
        assert_eq!(texts("100000", "100000"), "99000 100000 101000");
    }

    #[test]
    fn a_line_fills_its_box() {
        let points = [(1000, exact("0")), (2000, exact("10")), (3000, exact("5"))];
        let line = Line {
            points: &points,
            second: None,
            title: "x",
            from: 1000,
            to: 3000,
            falling: false,
        };
        let drawn = line.draw().unwrap();
        assert!(
            drawn.svg.to_string().contains("M0 1000L500 0L1000 500"),
            "{}",
            drawn.svg
        );
        assert_eq!(drawn.rows.len(), 3);
    }
}
