//! The average price of a market over its last minutes, which venues hold orders against.
//!
//! Each price that arrived in the present minute, or in one of those before it, counts once; so it follows the clock of time
//! seen to pass, and is exact to sixteen decimals. A restart forgets it, as it forgets when prices arrived.

use std::collections::VecDeque;

use crate::units::{Elapsed, Exact, Price};

/// The most minutes that are kept.
pub(super) const MINUTES_MAX: u16 = 60;
/// Decimals of the average.
const DECIMALS: u32 = 16;
const MINUTE_MILLIS: u64 = 60_000;

/// The prices of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Minute {
    number: u64,
    sum: Exact,
    prices: u32,
}

/// The prices of the last minutes, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Average(VecDeque<Minute>);

fn minute(at: Elapsed) -> u64 {
    at.as_millis() / MINUTE_MILLIS
}

/// The first of so many minutes of which the last is this one.
fn first_of(last: u64, minutes: u16) -> u64 {
    last.saturating_add(1).saturating_sub(u64::from(minutes))
}

impl Average {
    /// Adds a price, and forgets what is older than so many minutes.
    pub(super) fn add(&mut self, now: Elapsed, price: Price, minutes: u16) {
        let number = minute(now);
        match self.0.back_mut() {
            Some(last) if last.number == number => {
                last.sum = last.sum.plus_rounded(price.exact());
                last.prices = last.prices.saturating_add(1);
            }
            Some(_) | None => self.0.push_back(Minute {
                number,
                sum: price.exact(),
                prices: 1,
            }),
        }
        let first = first_of(number, minutes.min(MINUTES_MAX));
        while self.0.front().is_some_and(|oldest| oldest.number < first) {
            self.0.pop_front();
        }
    }

    /// The average of the prices of so many minutes; none if none arrived in them.
    pub(super) fn over(&self, now: Elapsed, minutes: u16) -> Option<Price> {
        let first = first_of(minute(now), minutes.min(MINUTES_MAX));
        let kept = self.0.iter().filter(|minute| minute.number >= first);
        let add = |(sum, prices): (Exact, u64), minute: &Minute| {
            let prices = prices.saturating_add(u64::from(minute.prices));
            (sum.plus_rounded(minute.sum), prices)
        };
        let (sum, prices) = kept.fold((Exact::ZERO, 0), add);
        let prices = i64::try_from(prices).ok().filter(|prices| *prices > 0)?;
        let average = sum.divided_down(Exact::whole(prices), DECIMALS)?;
        Price::try_new(average).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Elapsed {
        Elapsed::from_millis(seconds * 1000)
    }

    #[test]
    fn each_price_of_the_last_minutes_counts_once() {
        let mut average = Average::default();
        let told = |average: &Average, seconds| {
            let price = average.over(at(seconds), 5);
            price.map(|price| price.exact().to_string())
        };
        assert_eq!(told(&average, 0), None);
        for (seconds, price) in [(0, "1"), (59, "2"), (60, "4"), (299, "8")] {
            average.add(at(seconds), Price::parse(price).unwrap(), 5);
        }
        let five = [
            (299, Some("3.75")),
            // The first minute is not one of the last five any more, then the second one.
            (300, Some("6")),
            (359, Some("6")),
            (360, Some("8")),
            (539, Some("8")),
            (540, None),
        ];
        for (seconds, expected) in five {
            assert_eq!(told(&average, seconds).as_deref(), expected, "{seconds}");
        }
        average.add(at(700), Price::parse("3").unwrap(), 5);
        assert_eq!(average.0.len(), 1);
    }

    #[test]
    fn no_more_minutes_are_kept_than_are_bounded() {
        let mut average = Average::default();
        for minute in 0..200 {
            average.add(at(minute * 60), Price::parse("1").unwrap(), u16::MAX);
        }
        assert_eq!(average.0.len(), usize::from(MINUTES_MAX));
        let three = Price::parse("3").unwrap();
        average.add(at(199 * 60), three, 1);
        let third = average.over(at(199 * 60), 1).unwrap();
        assert_eq!(third.exact().to_string(), "2");
    }
}
