//! One candle, how prices and fills go into it, and how candles become a longer one.

use super::Interval;
use crate::exchange::{Side, Trade};
use crate::units::{Amount, Price, Quantity, Timestamp};

/// What our own fills traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volume {
    /// How many fills.
    pub trades: u64,
    /// Base asset.
    pub base: Quantity,
    /// Quote asset.
    pub quote: Amount,
    /// Base asset that buyers took who met a waiting price.
    pub taken_base: Quantity,
    /// What they paid for it.
    pub taken_quote: Amount,
}

/// Prices of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// When it begins.
    pub start: Timestamp,
    /// The first price seen in it.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
    /// The last.
    pub close: Price,
    /// How many prices were seen; none in a candle that only repeats the last close before it.
    pub prices: u64,
    /// In how many minutes of it a price was seen.
    pub minutes: u64,
    /// What our own fills traded.
    pub volume: Volume,
}

impl Volume {
    /// Whether nothing was traded.
    pub fn is_none(&self) -> bool {
        self.trades == 0
    }

    /// Counts a fill.
    pub(super) fn count(&mut self, trade: &Trade) {
        let taken = trade.side == Side::Buy && !trade.is_maker;
        self.add(&Volume {
            trades: 1,
            base: trade.quantity,
            quote: trade.notional,
            taken_base: if taken {
                trade.quantity
            } else {
                Quantity::ZERO
            },
            taken_quote: if taken { trade.notional } else { Amount::ZERO },
        });
    }

    fn add(&mut self, other: &Volume) {
        let sum =
            |a: Quantity, b: Quantity| Quantity::from_stored(a.exact().plus_rounded(b.exact()));
        self.trades = self.trades.saturating_add(other.trades);
        self.base = sum(self.base, other.base);
        self.quote = self.quote.plus_rounded(other.quote);
        self.taken_base = sum(self.taken_base, other.taken_base);
        self.taken_quote = self.taken_quote.plus_rounded(other.taken_quote);
    }
}

impl Candle {
    /// The candle of one price.
    pub fn of(start: Timestamp, price: Price) -> Candle {
        Candle {
            prices: 1,
            minutes: 1,
            ..Candle::flat(start, price)
        }
    }

    /// A candle in which no price was seen, after one that closed at this one.
    pub fn flat(start: Timestamp, price: Price) -> Candle {
        Candle {
            start,
            open: price,
            high: price,
            low: price,
            close: price,
            prices: 0,
            minutes: 0,
            volume: Volume::default(),
        }
    }

    /// Another price, later than those before it, in the same minute.
    pub(super) fn add_price(&mut self, price: Price) {
        if self.prices == 0 {
            *self = Candle {
                volume: self.volume,
                ..Candle::of(self.start, price)
            };
            return;
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.prices = self.prices.saturating_add(1);
    }

    /// What comes after it within the same longer candle.
    pub fn append(&mut self, later: &Candle) {
        self.volume.add(&later.volume);
        if later.prices == 0 {
            return;
        }
        if self.prices == 0 {
            self.open = later.open;
            (self.high, self.low) = (later.high, later.low);
        }
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.prices = self.prices.saturating_add(later.prices);
        self.minutes = self.minutes.saturating_add(later.minutes);
    }
}

/// Makes longer candles out of shorter ones, which come in their order.
pub fn merged(shorter: &[Candle], interval: Interval) -> Vec<Candle> {
    let mut longer: Vec<Candle> = Vec::new();
    for candle in shorter {
        let start = interval.start(candle.start);
        match longer.last_mut() {
            Some(last) if last.start == start => last.append(candle),
            _ => longer.push(Candle { start, ..*candle }),
        }
    }
    longer
}

/// Puts flat candles between others, and behind the last up to the one of `now`; at most `most`, the newest.
pub fn without_gaps(
    candles: &[Candle],
    interval: Interval,
    until: Timestamp,
    most: usize,
) -> Vec<Candle> {
    let mut filled = Vec::new();
    // From the newest back, so that a gap of years costs no more than what is asked for.
    let mut start = interval.start(until);
    for candle in candles.iter().rev() {
        while start > candle.start && filled.len() < most {
            filled.push(Candle::flat(start, candle.close));
            let Some(before) = interval.before(start) else {
                break;
            };
            start = before;
        }
        if filled.len() >= most {
            break;
        }
        filled.push(*candle);
        match interval.before(candle.start) {
            Some(before) => start = before,
            None => break,
        }
    }
    filled.reverse();
    filled
}
