//! Points in time and spans, in whole milliseconds.

use std::fmt;

/// Milliseconds since the Unix epoch: what orders are stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(u64);

/// Milliseconds that the exchange has seen pass since it was created, restarts included and down time left out.
///
/// Deadlines count in it, so that a wall clock which jumps by years expires nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Elapsed(u64);

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span(u64);

/// A point in time on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment {
    /// Wall clock.
    pub now: Timestamp,
    /// Time seen to pass.
    pub elapsed: Elapsed,
}

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// Later by `span`.
    #[must_use]
    pub fn plus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }

    /// Earlier by `span`.
    #[must_use]
    pub fn minus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }

    /// The time from `earlier` to this; nothing when it is later.
    pub fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Elapsed {
    /// From milliseconds.
    pub fn from_millis(millis: u64) -> Elapsed {
        Elapsed(millis)
    }

    /// Milliseconds.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// Later by `span`.
    #[must_use]
    pub fn plus(self, span: Span) -> Elapsed {
        Elapsed(self.0.saturating_add(span.0))
    }

    /// The time from `earlier` to this; nothing when it is later.
    pub fn since(self, earlier: Elapsed) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time.
    pub const ZERO: Span = Span(0);

    /// From milliseconds.
    pub const fn from_millis(millis: u64) -> Span {
        Span(millis)
    }

    /// From seconds.
    pub const fn from_secs(secs: u64) -> Span {
        Span(secs.saturating_mul(1000))
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Moment {
    /// Both clocks later by `span`.
    #[must_use]
    pub fn plus(self, span: Span) -> Moment {
        Moment {
            now: self.now.plus(span),
            elapsed: self.elapsed.plus(span),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0 / 1000;
        match self.0 % 1000 {
            0 => write!(f, "{whole} s"),
            millis => {
                let fraction = format!("{millis:03}");
                write!(f, "{whole}.{} s", fraction.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_in_seconds() {
        assert_eq!(Span::from_millis(1500).to_string(), "1.5 s");
        assert_eq!(Span::from_secs(60).to_string(), "60 s");
        assert_eq!(Span::from_millis(5).to_string(), "0.005 s");
    }
}
