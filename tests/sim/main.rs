//! The simulator: the real exchange, turns, mailbox and store in one thread, over a clock, a disk, a source of prices and
//! clients that do their worst, all drawn from a seed.
//!
//! After every start and at the end: what was answered is there, nothing is half there, the books balance, the state is
//! that of a replay of what was committed, to the digest, and closed orders, histories and trades are those that it told
//! of. A seed that fails prints the shortest run that still shows it.
//!
//! It is a binary of its own, to be built alone: `cargo test --test sim`.
//!
//! `MOCKX_SIM_SEEDS=100000` runs so many seeds, `MOCKX_SIM_SEED=7` begins with that one (and runs it alone, if nothing says
//! how many). `RUST_TEST_THREADS` is of no use: a run is one thread; start several with seeds of their own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::print_stderr,
    reason = "a helper of a test reports by panicking, as the test itself does"
)]
#![allow(unreachable_pub, reason = "nothing outside can use a test binary")]
#![allow(missing_docs, reason = "names tell enough in a test; comments say why")]

#[path = "../it/support/chance.rs"]
#[allow(dead_code, reason = "its other users take their seed from elsewhere")]
mod chance;
mod disk;
mod ends;
mod model;
mod steps;
mod world;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use disk::{Disk, Fault};
use steps::Step;
use world::World;

/// Seeds in a run that does not say how many.
const SEEDS: u64 = 150;
/// Runs that looking for the shortest one may take.
const SHRINKS_MAX: usize = 400;

thread_local! {
    /// What this thread's last panic said, while they are expected.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Lets the panics of a simulated run go unsaid: they are told with their seed.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
}

/// What goes wrong in a run, if something does.
fn failure(seed: u64, steps: &[Step], empty: &Disk) -> Option<String> {
    QUIET.set(true);
    let played = catch_unwind(AssertUnwindSafe(|| World::new(seed, empty).play(steps)));
    QUIET.set(false);
    match played {
        Ok(result) => result.err(),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            Some(format!("panic: {}", said.unwrap_or_default()))
        }
    }
}

/// The shortest run that is found by leaving out steps, and what goes wrong in it.
fn shortest(seed: u64, mut steps: Vec<Step>, empty: &Disk) -> (Vec<Step>, String) {
    let mut said = failure(seed, &steps, empty).unwrap_or_default();
    let mut size = steps.len().div_ceil(2);
    let mut runs = 0;
    while size > 0 {
        let mut at = 0;
        let mut shrank = false;
        while at < steps.len() && runs < SHRINKS_MAX {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            runs += 1;
            match failure(seed, &fewer, empty) {
                Some(why) => (steps, said, shrank) = (fewer, why, true),
                None => at += size,
            }
        }
        if size == 1 && !shrank {
            break;
        }
        size = if size == 1 { 1 } else { size / 2 };
        if runs >= SHRINKS_MAX {
            break;
        }
    }
    (steps, said)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

#[test]
fn whatever_happens_nothing_that_was_answered_is_lost() {
    hush();
    let empty = Disk::with_store();
    let first = number("MOCKX_SIM_SEED");
    let count = number("MOCKX_SIM_SEEDS").unwrap_or(if first.is_some() { 1 } else { SEEDS });
    let first = first.unwrap_or(0);
    let mut failed = Vec::new();
    for seed in first..first + count {
        let steps = steps::draw(seed);
        if failure(seed, &steps, &empty).is_some() {
            let (shortest, why) = shortest(seed, steps, &empty);
            eprintln!("sim: MOCKX_SIM_SEED={seed}: {why}");
            for step in &shortest {
                eprintln!("  {step:?}");
            }
            failed.push(seed);
            assert!(failed.len() < 10, "so many seeds fail: {failed:?}");
        }
        if count > SEEDS && (seed - first + 1).is_multiple_of(10_000) {
            eprintln!("sim: {} seeds, {} failed", seed - first + 1, failed.len());
        }
    }
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
}

/// Plays steps that a seed has found.
#[track_caller]
fn play(steps: &[Step]) {
    World::new(2, &Disk::with_store()).play(steps).unwrap();
}

#[test]
fn time_does_not_run_back_when_a_commit_fails() {
    play(&[
        Step::Pass(11_310),
        Step::Fail(Fault::Full, 2, 1000),
        Step::Turn(9),
        Step::Store,
        Step::Hear,
    ]);
}

/// Nobody asks for a commit for a long time, and reads must go on.
#[test]
fn a_store_that_fails_while_nobody_asks_opens_its_file_again() {
    for times in [1, 3, 6] {
        play(&[
            Step::Pass(20_174),
            Step::Turn(5),
            Step::Store,
            Step::Fail(Fault::Read, 0, times),
            Step::Store,
            Step::Look,
        ]);
        play(&[
            Step::Pass(40_000),
            Step::Turn(9),
            Step::Store,
            Step::Hear,
            Step::Fail(Fault::Sync, 2, 1000),
            Step::Pass(27_000),
            Step::Turn(9),
            Step::Store,
            Step::Hear,
            Step::Store,
            Step::Store,
        ]);
    }
}

#[test]
fn what_a_sync_lost_is_written_by_the_next_process() {
    for times in [1, 3, 1000] {
        play(&[Step::Fail(Fault::Sync, 0, times), Step::Restart]);
        play(&[
            Step::Turn(9),
            Step::Fail(Fault::Sync, 0, times),
            Step::Store,
            Step::Kill,
            Step::Cut(4, 7),
        ]);
    }
}
