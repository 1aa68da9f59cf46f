//! Keeps requests below what a venue allows.
//!
//! Pure: the time is given in. Half of the published limit is used, because the limit is that of an address, behind which
//! there may be other programs of the same person. That half may come at once, and then flows back evenly: in no span of
//! the limit's time is more than the whole limit used. Where the venue itself says how much of a minute is used up, by
//! whomever, that counts.

use std::time::{Duration, Instant};

use super::venue::Limit;

/// What venues count for an address, they count by the minute where they tell it.
const MINUTE: Duration = Duration::from_secs(60);

/// What has been used of a limit.
#[derive(Debug)]
pub(super) struct Pacer {
    limit: Limit,
    /// When everything will have flowed back.
    full: Option<Instant>,
}

impl Pacer {
    /// Nothing has been used.
    pub(super) fn new(limit: Limit) -> Pacer {
        Pacer { limit, full: None }
    }

    /// Takes so much weight; gives how long to wait before it may be used.
    pub(super) fn take(&mut self, weight: u32, now: Instant) -> Duration {
        let wait = self.wait(weight, now);
        self.full = self.filled(weight, now).or(self.full);
        wait
    }

    /// How long to wait before so much weight may be used, without taking it.
    pub(super) fn wait(&self, weight: u32, now: Instant) -> Duration {
        self.filled(weight, now).map_or(self.limit.per, |full| {
            full.saturating_duration_since(now)
                .saturating_sub(self.limit.per)
        })
    }

    /// When all will have flowed back once so much weight is used.
    fn filled(&self, weight: u32, now: Instant) -> Option<Instant> {
        let cost =
            self.limit.per.saturating_mul(weight).saturating_mul(2) / self.limit.weight.max(1);
        let start = self.full.map_or(now, |full| full.max(now));
        start.checked_add(cost)
    }

    /// The venue says that so much of the present minute is used up: from half of it on, what comes waits the longer the
    /// more that is, up to a minute.
    pub(super) fn told(&mut self, used: u32, now: Instant) {
        if self.limit.per != MINUTE {
            return;
        }
        let used = used.min(self.limit.weight);
        let cost = self.limit.per.saturating_mul(used).saturating_mul(2) / self.limit.weight.max(1);
        let Some(full) = now.checked_add(cost) else {
            return;
        };
        self.full = Some(self.full.map_or(full, |known| known.max(full)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_comes_at_once_and_the_rest_evenly() {
        let mut pacer = Pacer::new(Limit::of(10, 1));
        let begin = Instant::now();
        let waits: Vec<u128> = (0..8).map(|_| pacer.take(1, begin).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 200, 400, 600]);
        let later = begin + Duration::from_secs(60);
        assert_eq!(pacer.take(5, later), Duration::ZERO);
        assert_eq!(pacer.take(1, later), Duration::from_millis(200));
    }

    #[test]
    fn what_others_have_used_slows_down() {
        let now = Instant::now();
        let wait = |used: u32| {
            let mut pacer = Pacer::new(Limit::of(1200, 60));
            pacer.told(used, now);
            // A later and lower figure takes nothing back: it flows back by itself.
            pacer.told(0, now);
            pacer.take(1, now).as_millis()
        };
        let waits = [0, 300, 599, 601, 900, 1200, u32::MAX].map(wait);
        assert_eq!(waits, [0, 0, 0, 200, 30_100, 60_100, 60_100]);
        let mut other = Pacer::new(Limit::of(300, 10));
        other.told(300, now);
        assert_eq!(other.take(1, now), Duration::ZERO);
    }

    #[test]
    fn in_no_span_is_more_used_than_allowed() {
        let (limit, begin) = (Limit::of(20, 2), Instant::now());
        let mut pacer = Pacer::new(limit);
        let mut now = begin;
        let mut used = Vec::new();
        for _ in 0..200 {
            now += pacer.take(1, now);
            used.push(now);
        }
        for start in &used {
            let inside = used
                .iter()
                .filter(|at| *at >= start && **at < *start + limit.per);
            assert!(inside.count() <= 20);
        }
    }

    #[test]
    fn a_heavy_request_waits_and_an_odd_limit_does_no_harm() {
        let mut pacer = Pacer::new(Limit::of(10, 1));
        let now = Instant::now();
        assert_eq!(pacer.take(10, now), Duration::from_secs(1));
        let mut odd = Pacer::new(Limit::of(0, u64::MAX));
        odd.take(u32::MAX, now);
    }
}
