//! The time that turns are stamped with. Nothing here asks the system what time it is: see [`Reading`].
//!
//! Wall time for people, and beside it the time that the daemon has seen pass, which deadlines count in. Neither ever
//! goes back. A Pi has no clock battery: its wall clock may be years late at the start and jump when the network tells
//! the time. A jump forward is adopted and said; a jump back is not followed: the stamps go on from where they were.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::status::{ClockStatus, ClockTrust};
use crate::units::{Elapsed, Moment, Rate, Span, Timestamp};

/// What the wall clock shows, in microseconds since the epoch.
pub(super) fn wall_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

/// A wall clock that is off by more than this from what was expected has jumped.
const JUMP: Span = Span::from_secs(2);
/// No clock that is right shows a time before this (1 January 2026, when there was no mockx).
const FLOOR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// What the system's clocks showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Time since the start, which never goes back.
    pub run: Duration,
    /// The wall clock, which may show anything.
    pub wall: Timestamp,
}

impl Reading {
    /// Looks at the clocks of the system.
    pub(super) fn take(started: Instant) -> Reading {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Reading {
            run: started.elapsed(),
            wall: Timestamp::from_millis(millis(wall)),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The system's clocks.
    System(SystemClock),
    /// The time stamps of a replay.
    Market(MarketClock),
}

impl Clock {
    /// The present moment.
    pub(super) fn now(&mut self, reading: Reading) -> Moment {
        match self {
            Clock::System(clock) => clock.now(reading),
            Clock::Market(clock) => clock.now(reading.run),
        }
    }

    /// Takes over the moment of a job that brings its own.
    pub(super) fn observe(&mut self, reading: Reading, moment: Moment) {
        if let Clock::Market(clock) = self {
            clock.last = Moment {
                now: moment.now.max(clock.last.now),
                elapsed: moment.elapsed.max(clock.last.elapsed),
            };
            clock.observed = reading.run;
        }
    }

    /// How long to wait for a deadline; none if time does not pass by itself.
    pub(super) fn until(&mut self, reading: Reading, deadline: Elapsed) -> Option<Duration> {
        let left = deadline.since(self.now(reading).elapsed).as_millis();
        match self {
            Clock::System(_) => Some(Duration::from_millis(left)),
            Clock::Market(clock) => clock
                .speed
                .map(|speed| Duration::from_millis(slowed(left, speed))),
        }
    }

    /// Jumps so far.
    pub(super) fn status(&self) -> ClockStatus {
        match self {
            Clock::System(clock) => ClockStatus {
                trust: clock.trust(),
                ..clock.status
            },
            Clock::Market(_) => ClockStatus::default(),
        }
    }
}

/// Follows the system's wall clock, with the monotonic clock as its witness.
#[derive(Debug)]
pub struct SystemClock {
    base: Elapsed,
    last: Moment,
    /// Whether a reading of this run has been taken.
    running: bool,
    /// Whether the wall clock is behind what was stamped already.
    behind: bool,
    status: ClockStatus,
}

impl SystemClock {
    /// Goes on from the last moment of an earlier run.
    pub fn new(last: Moment) -> SystemClock {
        SystemClock {
            base: last.elapsed,
            last,
            running: false,
            behind: false,
            status: ClockStatus::default(),
        }
    }

    fn now(&mut self, reading: Reading) -> Moment {
        self.read(Span::from_millis(millis(reading.run)), reading.wall)
    }

    /// What speaks against the wall clock at the last reading.
    fn trust(&self) -> ClockTrust {
        if self.behind || self.last.now < FLOOR {
            ClockTrust::Wrong
        } else {
            ClockTrust::Unverified
        }
    }

    /// A reading: the time since the start, and the wall clock.
    fn read(&mut self, run: Span, wall: Timestamp) -> Moment {
        let elapsed = self.base.plus(run).max(self.last.elapsed);
        let expected = self.last.now.plus(elapsed.since(self.last.elapsed));
        let (ahead, behind) = (wall.since(expected), expected.since(wall));
        let now = if behind > JUMP {
            if !self.behind {
                self.jumped(behind, -1);
            }
            expected
        } else {
            if self.running && ahead > JUMP {
                self.jumped(ahead, 1);
            }
            wall.max(self.last.now)
        };
        self.behind = behind > JUMP;
        self.running = true;
        self.last = Moment { now, elapsed };
        self.last
    }

    fn jumped(&mut self, by: Span, sign: i64) {
        let millis = i64::try_from(by.as_millis())
            .unwrap_or(i64::MAX)
            .saturating_mul(sign);
        self.status.steps += 1;
        self.status.last_step_ms = millis;
        if sign > 0 {
            log::warn!("the wall clock jumped forward by {by}; nothing expires because of it");
        } else {
            log::warn!(
                "the wall clock is {by} behind the last time stamp; stamps go on from there"
            );
        }
    }
}

/// Follows the time stamps of a replay.
#[derive(Debug)]
pub struct MarketClock {
    last: Moment,
    observed: Duration,
    /// How fast time passes between two rows; none if only rows move it.
    speed: Option<Rate>,
}

impl MarketClock {
    /// Stands at the last moment of an earlier run until the first row.
    pub fn new(last: Moment, speed: Option<Rate>) -> MarketClock {
        MarketClock {
            last,
            observed: Duration::ZERO,
            speed,
        }
    }

    fn now(&mut self, run: Duration) -> Moment {
        let Some(speed) = self.speed else {
            return self.last;
        };
        let passed = millis(run.saturating_sub(self.observed));
        self.last.plus(Span::from_millis(quickened(passed, speed)))
    }
}

/// Market time that passes in `millis` of real time.
pub(super) fn quickened(millis: u64, speed: Rate) -> u64 {
    let millionths = speed.exact().to_whole(1_000_000).unwrap_or(1_000_000);
    let product = u128::from(millis) * u128::from(millionths) / 1_000_000;
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// Real time in which `millis` of market time pass.
pub(super) fn slowed(millis: u64, speed: Rate) -> u64 {
    let millionths = speed
        .exact()
        .to_whole(1_000_000)
        .unwrap_or(1_000_000)
        .max(1);
    let quotient = (u128::from(millis) * 1_000_000).div_ceil(u128::from(millionths));
    u64::try_from(quotient).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: u64 = 365 * 24 * 3600 * 1000;

    fn at(clock: &mut SystemClock, run: u64, wall: u64) -> (u64, u64) {
        let moment = clock.read(Span::from_millis(run), Timestamp::from_millis(wall));
        (moment.now.as_millis(), moment.elapsed.as_millis())
    }

    #[test]
    fn the_first_reading_is_no_jump_and_down_time_does_not_count() {
        let earlier = Moment {
            now: Timestamp::from_millis(YEAR),
            elapsed: Elapsed::from_millis(5000),
        };
        let mut clock = SystemClock::new(earlier);
        assert_eq!(at(&mut clock, 10, 2 * YEAR), (2 * YEAR, 5010));
        assert_eq!(clock.status.steps, 0);
    }

    #[test]
    fn a_jump_forward_is_adopted_and_moves_no_deadline() {
        let mut clock = SystemClock::new(Moment::default());
        assert_eq!(at(&mut clock, 0, 1000), (1000, 0));
        assert_eq!(at(&mut clock, 10, 56 * YEAR), (56 * YEAR, 10));
        assert_eq!(
            clock.status,
            ClockStatus {
                steps: 1,
                last_step_ms: i64::try_from(56 * YEAR - 1010).unwrap(),
                ..ClockStatus::default()
            }
        );
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_not_believed() {
        let mut clock = SystemClock::new(Moment::default());
        at(&mut clock, 0, 1000);
        assert_eq!(clock.trust(), ClockTrust::Wrong);
        at(&mut clock, 10, 57 * YEAR);
        assert_eq!(clock.trust(), ClockTrust::Unverified);
        at(&mut clock, 20, 56 * YEAR + 40 * YEAR / 365);
        assert_eq!(clock.trust(), ClockTrust::Wrong);
        at(&mut clock, 30, 57 * YEAR + 20);
        assert_eq!(clock.trust(), ClockTrust::Unverified);
    }

    #[test]
    fn a_jump_back_is_said_once_and_not_followed() {
        let mut clock = SystemClock::new(Moment::default());
        at(&mut clock, 0, 2 * YEAR);
        assert_eq!(at(&mut clock, 10, YEAR), (2 * YEAR + 10, 10));
        assert_eq!(at(&mut clock, 30, YEAR + 20), (2 * YEAR + 30, 30));
        assert_eq!(clock.status.steps, 1);
        // Once the wall clock has caught up it is followed again.
        assert_eq!(at(&mut clock, 40, 2 * YEAR + 100), (2 * YEAR + 100, 40));
        assert_eq!(clock.status.steps, 1);
    }

    #[test]
    fn a_small_step_back_holds_the_stamps() {
        let mut clock = SystemClock::new(Moment::default());
        at(&mut clock, 0, 10_000);
        assert_eq!(at(&mut clock, 10, 9_500), (10_000, 10));
        assert_eq!(at(&mut clock, 700, 10_200), (10_200, 700));
        assert_eq!(clock.status.steps, 0);
    }

    #[test]
    fn market_time_passes_at_its_speed() {
        let double = Rate::parse("2.5", 1000).unwrap();
        assert_eq!(quickened(100, double), 250);
        assert_eq!(slowed(250, double), 100);
        assert_eq!(slowed(251, double), 101);
    }
}
