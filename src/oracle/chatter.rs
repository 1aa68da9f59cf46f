//! What a program writes to stderr: into the log, line by line, within bounds.

use std::io::Read;
use std::time::{Duration, Instant};

use super::lines::Lines;

/// What is kept of a line.
const LINE_BYTES_MAX: usize = 500;
/// So many lines are logged in so long a time; the others are counted.
const LINES_MAX: u32 = 50;
const WINDOW: Duration = Duration::from_secs(10);

/// Logs lines until the stream ends, and gives the last one that said anything. Blocks.
pub(super) fn log_lines(name: &str, stream: impl Read) -> Option<String> {
    let mut lines = Lines::new(stream, LINE_BYTES_MAX);
    let mut budget = Budget::new(Instant::now());
    let mut last = None;
    // A stream that cannot be read is at its end.
    while let Ok(Some(line)) = lines.next() {
        let text = plain(line.text, line.is_cut);
        if text.is_empty() {
            continue;
        }
        if let Some(left_out) = budget.spend(Instant::now()) {
            tell(name, left_out);
            log::info!("{name}: {text}");
        }
        last = Some(text);
    }
    tell(name, budget.left_out);
    last
}

fn tell(name: &str, left_out: u64) {
    if left_out > 0 {
        log::warn!("{name}: {left_out} lines of its stderr were left out");
    }
}

/// A line that cannot harm a terminal or pretend to be two.
pub(super) fn plain(line: &[u8], is_cut: bool) -> String {
    let text = String::from_utf8_lossy(line);
    let mut text = text.replace(char::is_control, " ");
    text.truncate(text.trim_end().len());
    if is_cut {
        text.push_str(" ...");
    }
    text
}

/// How many lines may still be logged.
#[derive(Debug)]
struct Budget {
    since: Instant,
    lines: u32,
    left_out: u64,
}

impl Budget {
    fn new(now: Instant) -> Budget {
        Budget {
            since: now,
            lines: 0,
            left_out: 0,
        }
    }

    /// Whether a line may be logged; if so, how many were not since the last one that was.
    fn spend(&mut self, now: Instant) -> Option<u64> {
        if now.saturating_duration_since(self.since) >= WINDOW {
            self.since = now;
            self.lines = 0;
        }
        if self.lines >= LINES_MAX {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.lines = self.lines.saturating_add(1);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_counted_and_not_logged() {
        let begun = Instant::now();
        let mut budget = Budget::new(begun);
        let logged = (0..1000).filter(|_| budget.spend(begun).is_some()).count();
        assert_eq!(logged, 50);
        assert_eq!(budget.spend(begun + WINDOW), Some(950));
        assert_eq!(budget.spend(begun + WINDOW), Some(0));
    }

    #[test]
    fn lines_are_made_harmless_and_the_last_is_kept() {
        assert_eq!(plain(b"a\x1b[31mb\xff\t", false), "a [31mb\u{fffd}");
        let text = format!("first\nlast {}\n  \n", "x".repeat(1000));
        let last = log_lines("test", text.as_bytes()).unwrap();
        assert!(
            last.starts_with("last xxx") && last.ends_with("x ..."),
            "{last}"
        );
        assert_eq!(last.len(), 504);
        assert_eq!(log_lines("test", &b""[..]), None);
    }
}
