//! The exchange against a naive one, and against itself, with generated commands.
//!
//! `MOCKX_MODEL_COMMANDS` is how many commands are generated in all (100,000 where it is not set) and `MOCKX_SEED` is
//! the seed. A failure prints the seed and the shortest sequence that still fails.

mod compare;
mod follower;
mod naive;
mod number;
mod repeat;
mod special;
mod steps;

use mockx::exchange::{Command, Exchange, Rules};
use mockx::units::{Elapsed, Moment, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use follower::Follower;
use naive::Naive;
use steps::Step;

/// Steps of one generated sequence, on average; they begin at one, so that a failing sequence can shrink to that.
const LENGTH: usize = 250;
/// The state is restored from its snapshot after every so many commands.
const RESTORE_EVERY: usize = 4;
/// When the wall clock stands at the start: milliseconds since the epoch.
const START: i64 = 1_700_000_000_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A wall clock and the clock that deadlines count in, as a careless shell would pass them.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    wall: i64,
    elapsed: i64,
}

impl Clocks {
    fn new() -> Clocks {
        Clocks {
            wall: START,
            elapsed: 0,
        }
    }

    fn pass(&mut self, step: &Step) {
        if let Step::Pass { elapsed, wall } = step {
            self.elapsed += elapsed;
            self.wall += wall;
        }
    }

    fn moment(self) -> Moment {
        let millis = |clock: i64| u64::try_from(clock).unwrap_or(0);
        Moment {
            now: Timestamp::from_millis(millis(self.wall)),
            elapsed: Elapsed::from_millis(millis(self.elapsed)),
        }
    }
}

/// Runs `check` on as many generated sequences as make up a share of all commands.
fn generated<S: Strategy<Value = Rules>>(
    rules: S,
    percent: u64,
    check: impl Fn(&Rules, &[Step]) -> Result<(), String>,
) {
    let seed = setting("MOCKX_SEED", 1);
    let commands = setting("MOCKX_MODEL_COMMANDS", 100_000) * percent / 100;
    let cases = u32::try_from(commands.div_ceil(LENGTH as u64)).unwrap();
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let opened = vec(steps::step(), 1..2 * LENGTH);
    let result = runner.run(&(rules, opened), |(rules, generated)| {
        let steps: Vec<Step> = steps::opening().into_iter().chain(generated).collect();
        check(&rules, &steps).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (rules, steps))) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
            let steps = steps.join("\n");
            panic!("MOCKX_SEED={seed}: {reason}\nafter the opening, with {rules:?}:\n{steps}")
        }
        Err(TestError::Abort(reason)) => panic!("MOCKX_SEED={seed}: {reason}"),
    }
}

/// What must hold of any exchange after any command; tells the events of the command.
struct Watch {
    exchange: Exchange,
    follower: Follower,
    commands: usize,
}

impl Watch {
    fn new(rules: &Rules) -> Watch {
        Watch {
            exchange: Exchange::new(rules.clone()),
            follower: Follower::default(),
            commands: 0,
        }
    }

    fn wake(&mut self, moment: Moment) {
        self.exchange.handle(moment, Command::Wake).unwrap();
    }

    fn check(&mut self, events: &[mockx::exchange::Event]) -> Result<(), String> {
        let exchange = &self.exchange;
        exchange.audit().map_err(|broken| broken.to_string())?;
        self.follower.follow(exchange, events)?;
        self.follower.compare(exchange)?;
        self.commands += 1;
        if self.commands.is_multiple_of(RESTORE_EVERY) {
            let restored = Exchange::restore(exchange.rules().clone(), exchange.snapshot());
            let restored = restored.map_err(|broken| format!("not restored: {broken}"))?;
            if restored != *exchange || restored.digest() != exchange.digest() {
                return Err("the restored state differs".to_owned());
            }
        }
        Ok(())
    }
}

/// One command after what is due at its moment; a refused one leaves everything as it was.
fn run(
    watch: &mut Watch,
    moment: Moment,
    step: &Step,
    naive: Option<&mut Naive>,
) -> Result<(), String> {
    watch.wake(moment);
    let (before, untouched) = (watch.exchange.digest(), watch.exchange.clone());
    let command = step.command(watch.exchange.next_order(), moment);
    let expected = match &command {
        Command::Place(new) => Some(watch.exchange.check_order(*new)),
        Command::List(_)
        | Command::ApplyTickers(_)
        | Command::Deliver(..)
        | Command::SetTrading(_)
        | Command::SetPrice(_)
        | Command::SetRules(_)
        | Command::PlacePair(_)
        | Command::Cancel(_)
        | Command::CancelPair(_)
        | Command::CancelAll(_)
        | Command::Replace(_)
        | Command::Deposit(..)
        | Command::Withdraw(..)
        | Command::SetBalance(_)
        | Command::Reset
        | Command::Wake => None,
    };
    let naive_answer = naive.map(|naive| (naive.handle(moment, &command), naive));
    let answer = watch.exchange.handle(moment, command);
    if answer.is_err() && (watch.exchange.digest() != before || watch.exchange != untouched) {
        return Err(format!("{answer:?} changed something"));
    }
    let events = watch.exchange.take_events();
    watch.check(&events)?;
    if let Some(expected) = expected {
        compare::placing(&watch.exchange, &expected, &answer, &events)?;
    }
    if let Some((refusal, naive)) = naive_answer {
        compare::answers(&answer, refusal)?;
        compare::states(&watch.exchange, naive, &events)?;
    }
    Ok(())
}

#[test]
fn generated_commands_do_what_the_naive_exchange_does() {
    generated(steps::certain_rules(), 100, |rules, steps| {
        let (mut watch, mut naive) = (Watch::new(rules), Naive::new(rules.clone()));
        let mut clocks = Clocks::new();
        steps.iter().try_for_each(|step| {
            clocks.pass(step);
            run(&mut watch, clocks.moment(), step, Some(&mut naive))
        })
    });
}

#[test]
fn invariants_hold_with_random_delays_and_quantities() {
    generated(steps::chancy_rules(), 20, |rules, steps| {
        let mut watch = Watch::new(rules);
        let mut clocks = Clocks::new();
        steps.iter().try_for_each(|step| {
            clocks.pass(step);
            run(&mut watch, clocks.moment(), step, None)
        })
    });
}
