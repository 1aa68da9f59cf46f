//! Whose price of a symbol counts, where there are several sources.
//!
//! Sources stand in an order of preference. Pure: times are given in. The rule, for each symbol by itself:
//!
//! 1. A source takes a symbol over when every source before it has been silent about it for a set time, counted from the
//!    start where it has never delivered. Until then what a later source says is passed over.
//! 2. A source takes a symbol back from a later one when it has delivered it for that time without being silent for as
//!    long in between, or when the later one is silent itself.
//!
//! So a symbol changes hands at most twice in that time, however a source stutters: a takeover needs a silence of it, and
//! a return as long a steady delivery. A price that is held back as out of proportion counts as silence of the source
//! whose turn it is: one that keeps sending nonsense loses the symbol.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::exchange::SYMBOLS_MAX;
use crate::units::Symbol;

/// A symbol passes from one source to another, each by its place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover {
    /// Which.
    pub symbol: Symbol,
    /// Whose price counted before; nobody's where it had none.
    pub from: Option<usize>,
    /// Whose price counts now.
    pub to: usize,
}

/// When a source was heard of a symbol.
#[derive(Debug, Clone, Copy)]
struct Heard {
    /// The last time.
    last: Instant,
    /// Since when without being silent for too long.
    since: Instant,
}

/// What is known of a symbol.
#[derive(Debug, Default)]
struct Held {
    /// Whose price counts.
    by: Option<usize>,
    /// By the places of the sources.
    heard: Vec<Option<Heard>>,
}

/// Chooses among sources.
#[derive(Debug)]
pub struct Choice {
    /// How long a silence is too long.
    after: Duration,
    started: Instant,
    symbols: BTreeMap<Symbol, Held>,
    /// Whether each source has ever delivered anything.
    known: Vec<bool>,
}

impl Choice {
    /// A choice among so many sources, of which none has delivered anything.
    pub fn new(sources: usize, after: Duration, started: Instant) -> Choice {
        Choice {
            after,
            started,
            symbols: BTreeMap::new(),
            known: vec![false; sources],
        }
    }

    /// Whether the price counts that `source` delivers now; where it does, and is believed, [`took`](Choice::took) follows.
    pub fn wants(&mut self, source: usize, symbol: Symbol, now: Instant) -> bool {
        if let Some(known) = self.known.get_mut(source) {
            *known = true;
        }
        let full = self.symbols.len() >= SYMBOLS_MAX;
        if full && !self.symbols.contains_key(&symbol) {
            // The exchange takes no more symbols either, and says so.
            return true;
        }
        let (after, started) = (self.after, self.started);
        let held = self.symbols.entry(symbol).or_default();
        let before_are_silent = held.are_silent_before(source, after, started, now);
        let wanted = match held.by {
            None => before_are_silent,
            Some(holder) if holder == source => return true,
            Some(holder) if source < holder => {
                let steady = held.hear(source, after, now);
                return steady || held.is_silent(holder, after, started, now);
            }
            Some(_) => before_are_silent,
        };
        if !wanted {
            held.hear(source, after, now);
        }
        wanted
    }

    /// The price of `source` is used; tells if another one's was before.
    pub fn took(&mut self, source: usize, symbol: Symbol, now: Instant) -> Option<Handover> {
        let held = self.symbols.get_mut(&symbol)?;
        held.hear(source, self.after, now);
        let from = held.by.replace(source);
        (from != Some(source)).then_some(Handover {
            symbol,
            from,
            to: source,
        })
    }

    /// Whether there is any use in asking `source`: it holds a symbol, or those before it are silent about one that it
    /// has, or it has yet to show what it has.
    pub fn is_needed(&self, source: usize, now: Instant) -> bool {
        if source == 0 || self.known.get(source) != Some(&true) {
            return true;
        }
        self.symbols.values().any(|held| {
            let has = held.heard.get(source).is_some_and(Option::is_some);
            held.by == Some(source)
                || has && held.are_silent_before(source, self.after, self.started, now)
        })
    }
}

impl Held {
    fn is_silent(&self, source: usize, after: Duration, started: Instant, now: Instant) -> bool {
        let heard = self.heard.get(source).copied().flatten();
        let last = heard.map_or(started, |heard| heard.last);
        now.saturating_duration_since(last) >= after
    }

    fn are_silent_before(
        &self,
        source: usize,
        after: Duration,
        started: Instant,
        now: Instant,
    ) -> bool {
        (0..source).all(|other| self.is_silent(other, after, started, now))
    }

    /// Notes that a source delivers; tells if it has done so for long enough to be relied on.
    fn hear(&mut self, source: usize, after: Duration, now: Instant) -> bool {
        if self.heard.len() <= source {
            self.heard.resize(source.saturating_add(1), None);
        }
        let Some(heard) = self.heard.get_mut(source) else {
            return false;
        };
        let steady = heard.filter(|heard| now.saturating_duration_since(heard.last) < after);
        let since = steady.map_or(now, |heard| heard.since);
        *heard = Some(Heard { last: now, since });
        now.saturating_duration_since(since) >= after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays lines such as `12 a X`: at second 12 the source `a` delivers `X`; `!` at the end: it is not believed. Tells who
    /// took what over from whom, as `a>b X@12`.
    fn played(sources: usize, lines: &[&str]) -> (Choice, Vec<String>, Instant) {
        let start = Instant::now();
        let mut choice = Choice::new(sources, Duration::from_secs(30), start);
        let name = |place: usize| ["a", "b", "c"][place];
        let mut told = Vec::new();
        for line in lines {
            let (line, believed) = match line.strip_suffix('!') {
                Some(line) => (line, false),
                None => (*line, true),
            };
            let [second, source, symbol] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let now = start + Duration::from_secs(second.parse().unwrap());
            let source = "abc".find(source).unwrap();
            let symbol = Symbol::parse(&format!("{symbol}/Q")).unwrap();
            if choice.wants(source, symbol, now)
                && believed
                && let Some(handover) = choice.took(source, symbol, now)
            {
                let from = handover.from.map_or("-", name);
                let base = symbol.base();
                told.push(format!("{from}>{} {base}@{second}", name(handover.to)));
            }
        }
        (choice, told, start)
    }

    #[test]
    fn a_symbol_changes_hands_by_the_rule() {
        let table: [(&str, &[&str], &[&str]); 9] = [
            (
                "the first has it at once, and the second does not",
                &["0 b X", "1 a X", "10 b X", "11 a X", "29 b X"],
                &["->a X@1"],
            ),
            (
                "silence for the time hands it over",
                &["0 a X", "29 b X", "30 b X"],
                &["->a X@0", "a>b X@30"],
            ),
            (
                "what the first never had is the second's after the time",
                &["0 a Y", "0 b X", "29 b X", "30 b X"],
                &["->a Y@0", "->b X@30"],
            ),
            (
                "it comes back after steady delivery, not before",
                &[
                    "0 a X", "30 b X", "40 a X", "41 b X", "55 a X", "69 a X", "69 b X", "70 a X",
                ],
                &["->a X@0", "a>b X@30", "b>a X@70"],
            ),
            (
                "a gap begins the count anew",
                &[
                    "0 a X", "30 b X", "40 a X", "60 b X", "70 a X", "80 b X", "90 a X", "99 b X",
                    "100 a X",
                ],
                &["->a X@0", "a>b X@30", "b>a X@100"],
            ),
            (
                "it comes back at once when the second is silent",
                &["0 a X", "30 b X", "60 a X"],
                &["->a X@0", "a>b X@30", "b>a X@60"],
            ),
            (
                "symbols are on their own",
                &["0 a X", "0 a Y", "20 a Y", "31 b X", "31 b Y"],
                &["->a X@0", "->a Y@0", "a>b X@31"],
            ),
            (
                "the third waits for both",
                &["0 a X", "20 b X", "30 c X", "49 c X", "50 c X", "51 b X"],
                &["->a X@0", "a>c X@50"],
            ),
            (
                "a price that is not believed is silence",
                &["0 a X", "20 a X!", "29 a X!", "30 b X!", "31 b X"],
                &["->a X@0", "a>b X@31"],
            ),
        ];
        for (what, lines, expected) in table {
            assert_eq!(played(3, lines).1, expected, "{what}");
        }
    }

    #[test]
    fn a_stuttering_source_changes_hands_seldom() {
        // It delivers once every 31 seconds, the other one every second.
        let lines: Vec<String> = (0..600)
            .flat_map(|second| {
                let stutter = (second % 31 == 0).then(|| format!("{second} a X"));
                stutter.into_iter().chain([format!("{second} b X")])
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(played(2, &lines).1, ["->a X@0", "a>b X@30"]);
    }

    #[test]
    fn a_source_is_asked_while_there_is_a_use_in_it() {
        let needed = |lines: &[&str], second: u64| {
            let (choice, _, start) = played(2, lines);
            choice.is_needed(1, start + Duration::from_secs(second))
        };
        // It has yet to show what it has.
        assert!(needed(&["0 a X"], 1));
        assert!(!needed(&["0 a X", "0 b X"], 29));
        assert!(needed(&["0 a X", "0 b X"], 30));
        // Of what it does not have it is not asked.
        assert!(!needed(&["0 a X", "0 a Y", "0 b X", "29 a X"], 40));
        // It is asked until the first has it back.
        let taken = [
            "0 a X", "0 b X", "30 b X", "40 a X", "55 a X", "60 b X", "69 a X",
        ];
        assert!(needed(&taken, 69));
        assert!(!needed(&[&taken[..], &["70 a X"]].concat(), 71));
    }
}
