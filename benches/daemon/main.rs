//! What the daemon does per second, per order, per byte and per hour: the real binary, on this machine's disk.
//!
//! ```text
//! cargo bench --bench daemon                      all of it
//! cargo bench --bench daemon -- orders reads      parts of it
//! cargo bench --bench daemon -- --check           ends with 1 if a target is missed
//! ```
//!
//! | part | measures |
//! | --- | --- |
//! | `orders` | orders acknowledged durably, beside redis on the same disk in turns; bytes written per order |
//! | `binance` | signed orders of clients of Binance, beside the same on mockx's own API |
//! | `reads` | small reads |
//! | `history` | whether a million closed orders make anything slower than a thousand |
//! | `pages` | the longest status pages: time and size |
//! | `streams` | orders beside 50 pages that are open; memory, threads and CPU of these |
//! | `memory` | resident memory with 500 symbols |
//! | `disk` | bytes written per idle hour |
//! | `venue` | a minute of a large answer every second: memory, CPU, the longest gap between two turns |
//! | `faults` | latency while the venue fails in every way, beside one that is well, in turns |
//! | `mirror` | latency of orders with a mirror that is healthy, dead, or not there; its speed and lag |
//! | `idle` | CPU of a minute in which 500 symbols are updated every 10 s |
//!
//! Data goes to a directory under `target/`, which must not be on a tmpfs for the figures to mean anything.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a benchmark reports on the terminal, and stops where it cannot go on"
)]

mod binance;
mod history;
mod idle;
mod load;
mod mirror;
mod orders;
mod pages;
mod process;
mod reads;
mod redis;
mod report;
mod streams;
#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod support;
mod venue;

use std::process::ExitCode;

use report::Report;
use tempfile::TempDir;

type Part = fn(&mut Report);

const PARTS: [(&str, Part); 12] = [
    ("orders", orders::run),
    ("binance", binance::run),
    ("reads", reads::run),
    ("history", history::run),
    ("pages", pages::run),
    ("streams", streams::run),
    ("memory", idle::memory),
    ("disk", idle::disk),
    ("venue", venue::soak),
    ("faults", venue::faults),
    ("mirror", mirror::run),
    ("idle", idle::cpu),
];

/// A directory on the disk that is measured.
fn workspace() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let (options, parts): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .partition(|argument| argument.starts_with('-'));
    let known = |name: &str| PARTS.iter().any(|(part, _)| *part == name);
    if options.iter().any(|option| *option != "--check") || !parts.iter().all(|part| known(part)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: [--check] [{}]", names.join("|"));
        return ExitCode::from(2);
    }
    let mut report = Report::new();
    for (name, part) in PARTS {
        if parts.is_empty() || parts.iter().any(|wanted| *wanted == name) {
            report.heading(name);
            part(&mut report);
        }
    }
    if !report.end() && !options.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
