//! The parts of the daemon, one line each: how each of them is doing.

use super::figure::Figure;
use super::time::{When, Zone, span_text};
use super::verdict::{Grade, bytes_text, lags};
use crate::status::{ClockTrust, MirrorStatus, SourceStatus, Status};

/// A part of the daemon.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: String,
    /// Nothing where nobody can tell.
    pub(super) grade: Option<Grade>,
    /// Its state in a word.
    pub(super) word: &'static str,
    /// More about it.
    pub(super) text: String,
    /// When it last did what it does.
    pub(super) last: Option<When>,
}

/// All parts.
pub(super) fn facts(status: &Status) -> Vec<Fact> {
    let mut facts: Vec<Fact> = status
        .sources
        .iter()
        .filter(|source| !source.name.is_empty())
        .map(|source| of_source(source, status))
        .collect();
    facts.push(of_store(status));
    facts.extend(status.mirror.as_ref().map(of_mirror));
    facts.push(of_books(status));
    facts.push(of_clock(status));
    facts
}

fn of_source(source: &SourceStatus, status: &Status) -> Fact {
    let (grade, word) = match (source.up, source.standby) {
        (_, true) => (Grade::Good, "stands by"),
        (true, false) => (Grade::Good, "delivers"),
        (false, false) => (Grade::Bad, "down"),
    };
    let polls = Figure::count(source.polls);
    let mut text = format!("{} deliveries", polls.text());
    if source.failures > 0 {
        text.extend([format!(
            ", {} failed",
            Figure::count(source.failures).text()
        )]);
    }
    if source.skipped > 0 {
        text.extend([format!(
            ", {} quotes skipped",
            Figure::count(source.skipped).text()
        )]);
    }
    if let (Some(error), false) = (&source.last_error, source.up) {
        text.extend([format!("; {error}")]);
    }
    Fact {
        name: format!("Prices: {}", source.name),
        grade: Some(grade),
        word,
        text,
        last: source.last_success.map(|at| Zone::ago(at, status.now)),
    }
}

fn of_store(status: &Status) -> Fact {
    let store = &status.store;
    let mut text = format!(
        "{} on disk, {} commits",
        bytes_text(store.file_bytes),
        Figure::count(store.commits).text()
    );
    if let Some(mean) = store.commit_time.as_millis().checked_div(store.commits) {
        text.extend([format!(" of {mean} ms")]);
    }
    if let Some(free) = store.disk_free {
        text.extend([format!(", {} free", bytes_text(free))]);
    }
    Fact {
        name: "Store".to_owned(),
        grade: Some(store.failure.as_ref().map_or(Grade::Good, |_| Grade::Bad)),
        word: if store.failure.is_some() {
            "refuses"
        } else {
            "writes"
        },
        text,
        last: None,
    }
}

fn of_mirror(mirror: &MirrorStatus) -> Fact {
    let poor = lags(mirror);
    let [written, queued] = [mirror.written, mirror.queued].map(Figure::count);
    let mut text = format!(
        "{}: {} rows written, {} wait",
        mirror.server,
        written.text(),
        queued.text()
    );
    if let Some(error) = &mirror.last_error {
        text.extend([format!("; {error}")]);
    }
    Fact {
        name: "Mirror".to_owned(),
        grade: Some(if poor { Grade::Poor } else { Grade::Good }),
        word: if poor { "lags" } else { mirror.state.as_str() },
        text,
        last: None,
    }
}

fn of_books(status: &Status) -> Fact {
    let broken = status.audit_failure.as_ref();
    Fact {
        name: "Books".to_owned(),
        grade: Some(broken.map_or(Grade::Good, |_| Grade::Bad)),
        word: if broken.is_some() { "broken" } else { "add up" },
        text: broken.cloned().unwrap_or_else(|| {
            let ticks = Figure::count(status.ticks);
            format!("{} ticks since the start", ticks.text())
        }),
        last: None,
    }
}

fn of_clock(status: &Status) -> Fact {
    let clock = status.clock;
    let grade = match clock.trust {
        ClockTrust::Synchronised => Some(Grade::Good),
        ClockTrust::Unverified => None,
        ClockTrust::Unsynchronised => Some(Grade::Poor),
        ClockTrust::Wrong => Some(Grade::Bad),
    };
    let text = if clock.steps == 0 {
        "no jump since the start".to_owned()
    } else {
        let last = crate::units::Span::from_millis(clock.last_step_ms.unsigned_abs());
        let way = if clock.last_step_ms < 0 {
            "back"
        } else {
            "forward"
        };
        format!("{} jumps, the last {} {way}", clock.steps, span_text(last))
    };
    Fact {
        name: "Clock".to_owned(),
        grade,
        word: clock.trust.as_str(),
        text,
        last: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{ClockStatus, StoreStatus};

    #[test]
    fn every_part_has_its_line() {
        let status = Status {
            sources: vec![SourceStatus {
                name: "okx".to_owned(),
                polls: 1200,
                failures: 3,
                last_error: Some("time-out".to_owned()),
                ..SourceStatus::default()
            }],
            store: StoreStatus {
                commits: 4,
                commit_time: crate::units::Span::from_millis(10),
                file_bytes: 1 << 21,
                ..StoreStatus::default()
            },
            mirror: Some(MirrorStatus {
                server: "redis://localhost:6379/0".to_owned(),
                written: 1234,
                last_error: Some("refused".to_owned()),
                ..MirrorStatus::default()
            }),
            clock: ClockStatus {
                steps: 2,
                last_step_ms: -65_000,
                trust: ClockTrust::Unsynchronised,
            },
            ..Status::default()
        };
        let lines: Vec<String> = facts(&status)
            .iter()
            .map(|fact| format!("{} {}: {}", fact.name, fact.word, fact.text))
            .collect();
        assert_eq!(
            lines,
            [
                "Prices: okx down: 1,200 deliveries, 3 failed; time-out",
                "Store writes: 2.0 MiB on disk, 4 commits of 2 ms",
                "Mirror lags: redis://localhost:6379/0: 1,234 rows written, 0 wait; refused",
                "Books add up: 0 ticks since the start",
                "Clock unsynchronised: 2 jumps, the last 1 min 5 s back",
            ]
        );
    }
}
