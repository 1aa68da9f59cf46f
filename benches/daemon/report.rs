//! Figures with their targets, one a line.

use std::io::{self, Write as _};

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// This or less.
    Most(f64),
    /// This or more.
    Least(f64),
}

/// Counts what was met and missed.
#[derive(Debug)]
pub(crate) struct Report {
    out: io::Stdout,
    met: usize,
    missed: usize,
}

impl Report {
    pub(crate) fn new() -> Report {
        Report {
            out: io::stdout(),
            met: 0,
            missed: 0,
        }
    }

    /// The name of a part.
    pub(crate) fn heading(&mut self, name: &str) {
        writeln!(self.out, "\n{name}").unwrap();
    }

    /// A figure that has no target.
    pub(crate) fn figure(&mut self, what: &str, value: f64, unit: &str) {
        writeln!(self.out, "  {what:<52} {:>10} {unit}", digits(value)).unwrap();
    }

    /// A figure that has one.
    pub(crate) fn check(&mut self, what: &str, value: f64, unit: &str, target: Target) {
        let (met, word, bound) = match target {
            Target::Most(most) => (value <= most, "<=", most),
            Target::Least(least) => (value >= least, ">=", least),
        };
        let verdict = if met { "pass" } else { "MISS" };
        if met {
            self.met += 1;
        } else {
            self.missed += 1;
        }
        let value = digits(value);
        let bound = digits(bound);
        writeln!(
            self.out,
            "  {what:<52} {value:>10} {unit:<10} {word} {bound:<8} {verdict}"
        )
        .unwrap();
    }

    /// A line of text.
    pub(crate) fn note(&mut self, text: &str) {
        writeln!(self.out, "  {text}").unwrap();
    }

    /// The last line; tells whether all targets were met.
    pub(crate) fn end(mut self) -> bool {
        let targets = self.met + self.missed;
        writeln!(self.out, "\n{} of {targets} targets missed", self.missed).unwrap();
        self.missed == 0
    }
}

/// Three significant digits, or all before the point.
fn digits(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The middle value; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
