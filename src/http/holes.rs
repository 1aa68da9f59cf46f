//! Which candles nobody saw here, and what a venue tells of them.

use std::collections::BTreeMap;

use crate::candles::{Candle, Interval};
use crate::units::Timestamp;

/// Candles of which some were not seen, or not from their beginning.
#[derive(Debug)]
pub(super) struct Holes<'a> {
    own: &'a [Candle],
    /// Whether there are older ones.
    goes_on: bool,
    pub(super) interval: Interval,
    pub(super) now: Timestamp,
}

impl Holes<'_> {
    /// Those of what was seen, oldest first.
    pub(super) fn of(
        own: &[Candle],
        goes_on: bool,
        interval: Interval,
        now: Timestamp,
    ) -> Holes<'_> {
        Holes {
            own,
            goes_on,
            interval,
            now,
        }
    }

    /// Whether a candle was seen, from its beginning on.
    fn is_known(&self, start: Timestamp) -> bool {
        let is_first = |at: usize| at == 0 && !self.goes_on;
        match self.own.binary_search_by_key(&start, |candle| candle.start) {
            Ok(at) => !is_first(at) && self.own.get(at).is_some_and(|candle| candle.prices > 0),
            // The present one has just begun where those before it were seen.
            Err(at) => start == self.interval.start(self.now) && (at > 0 || self.goes_on),
        }
    }

    /// The first and the last candle that was not seen of those from one to another.
    pub(super) fn within(&self, first: Timestamp, last: Timestamp) -> Option<[Timestamp; 2]> {
        let mut found: Option<[Timestamp; 2]> = None;
        let mut start = first;
        while start <= last {
            if !self.is_known(start) {
                found = Some([found.map_or(start, |[first, _]| first), start]);
            }
            start = self.interval.after(start);
        }
        found
    }

    /// What was seen, and in its holes what was told.
    pub(super) fn filled(&self, told: Vec<Candle>) -> Vec<Candle> {
        let own = self.own.iter().map(|&candle| (candle.start, candle));
        let mut all: BTreeMap<Timestamp, Candle> = own.collect();
        let present = self.interval.start(self.now);
        for candle in told {
            if self.is_known(candle.start) {
                continue;
            }
            let candle = match all.get(&candle.start) {
                // What was seen last goes before what the venue told some time ago.
                Some(own) if own.start == present && own.prices > 0 => Candle {
                    high: candle.high.max(own.high),
                    low: candle.low.min(own.low),
                    close: own.close,
                    ..candle
                },
                _ => candle,
            };
            all.insert(candle.start, candle);
        }
        all.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Price;

    fn at(minute: u64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn candle(minute: u64, price: &str) -> Candle {
        Candle::of(at(minute), Price::parse(price).unwrap())
    }

    #[test]
    fn a_hole_is_what_was_not_seen_whole() {
        let seen = [candle(3, "1"), candle(4, "1"), candle(6, "1")];
        for (own, goes_on, now, expected) in [
            // The first that was seen may have begun before.
            (&seen[..], false, 7, Some((0, 5))),
            (&seen[..], true, 7, Some((0, 5))),
            (&seen[..2], true, 4, Some((0, 2))),
            (&[][..], false, 7, Some((0, 7))),
            // The present one has no price yet.
            (&seen[..2], false, 5, Some((0, 3))),
            (&[][..], true, 2, Some((0, 1))),
        ] {
            let holes = Holes::of(own, goes_on, Interval::MINUTE, at(now));
            let found = holes.within(at(0), at(now));
            let expected = expected.map(|(first, last)| [at(first), at(last)]);
            assert_eq!(found, expected, "{goes_on} {now}");
        }
        let whole = Holes::of(&seen[..2], true, Interval::MINUTE, at(5));
        assert_eq!(whole.within(at(3), at(5)), None);
    }

    #[test]
    fn holes_are_filled_and_nothing_else() {
        let own = [candle(2, "5"), candle(3, "6"), candle(5, "7")];
        let holes = Holes::of(&own, false, Interval::MINUTE, at(5));
        let told = (0..6).map(|minute| candle(minute, "9")).collect();
        let closes: Vec<String> = holes
            .filled(told)
            .iter()
            .map(|c| c.close.to_string())
            .collect();
        assert_eq!(closes, ["9", "9", "9", "6", "9", "7"]);
        // The present one, which began before it was seen, is of both.
        let own = [candle(5, "7")];
        let holes = Holes::of(&own, false, Interval::MINUTE, at(5));
        let filled = holes.filled(vec![candle(5, "9")]);
        let prices = [
            filled[0].open,
            filled[0].high,
            filled[0].low,
            filled[0].close,
        ];
        assert_eq!(prices.map(|price| price.to_string()), ["9", "9", "7", "7"]);
    }
}
