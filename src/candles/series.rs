//! The candles of one symbol that are not on the disk yet: the present minute, and the open chunk of each level.

use super::candle::Candle;
use super::packed::Packed;
use super::{LEVELS, Level};
use crate::exchange::Trade;
use crate::units::{Price, Timestamp};

/// Candles of one level since its last full chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Chunk {
    number: u32,
    packed: Packed,
    /// How many of them are in slices on the disk.
    sliced: usize,
}

/// A chunk that has become full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) level: Level,
    pub(super) number: u32,
    pub(super) packed: Packed,
}

/// One symbol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Series {
    minute: Option<Candle>,
    chunks: [Chunk; LEVELS.len()],
    /// The last close, for minutes in which only fills are seen.
    close: Option<Price>,
}

impl Series {
    /// A price seen now; no time is before an earlier one.
    pub(super) fn price(&mut self, at: Timestamp, price: Price, full: &mut Vec<Full>) {
        self.close = Some(price);
        let start = Level::Minute.candle_start(at);
        match &mut self.minute {
            Some(minute) if minute.start >= start => minute.add_price(price),
            _ => {
                self.roll(at, full);
                self.minute = Some(Candle::of(start, price));
            }
        }
    }

    /// A fill of our own.
    pub(super) fn fill(&mut self, trade: &Trade, full: &mut Vec<Full>) {
        let start = Level::Minute.candle_start(trade.at);
        let in_minute = |minute: &Candle| minute.start >= start;
        if !self.minute.as_ref().is_some_and(in_minute) {
            self.roll(trade.at, full);
            // Fills come at prices that were seen, if before a restart.
            let close = self.close.unwrap_or(trade.price);
            self.minute = Some(Candle::flat(start, close));
        }
        if let Some(minute) = &mut self.minute {
            minute.volume.count(trade);
        }
    }

    /// Closes what is over by now, the shortest first.
    pub(super) fn roll(&mut self, now: Timestamp, full: &mut Vec<Full>) {
        let over = |minute: &Candle| minute.start < Level::Minute.candle_start(now);
        if self.minute.as_ref().is_some_and(over)
            && let Some(minute) = self.minute.take()
        {
            self.push(Level::Minute, &minute, full);
        }
        for level in LEVELS {
            if self.chunk(level).number < level.chunk(now) {
                self.close(level, full);
            }
        }
    }

    fn push(&mut self, level: Level, candle: &Candle, full: &mut Vec<Full>) {
        let number = level.chunk(candle.start);
        if self.chunk(level).number != number {
            self.close(level, full);
            self.chunk(level).number = number;
        }
        self.chunk(level).packed.push(level, candle);
    }

    /// Ends a chunk, which is one candle of the next level.
    fn close(&mut self, level: Level, full: &mut Vec<Full>) {
        let Chunk { number, packed, .. } = std::mem::take(self.chunk(level));
        if packed.len() == 0 {
            return;
        }
        if let (Some(next), Some(candle)) =
            (level.next(), level.summary(&packed.candles(level, number)))
        {
            self.push(next, &candle, full);
        }
        full.push(Full {
            level,
            number,
            packed,
        });
    }

    fn chunk(&mut self, level: Level) -> &mut Chunk {
        let [minutes, hours, days] = &mut self.chunks;
        match level {
            Level::Minute => minutes,
            Level::Hour => hours,
            Level::Day => days,
        }
    }

    fn closed(&self, level: Level) -> Vec<Candle> {
        let [minutes, hours, days] = &self.chunks;
        let chunk = match level {
            Level::Minute => minutes,
            Level::Hour => hours,
            Level::Day => days,
        };
        chunk.packed.candles(level, chunk.number)
    }

    /// The candles of a level that are in no full chunk, with the present one.
    pub(super) fn candles(&self, level: Level) -> Vec<Candle> {
        let mut candles = self.closed(level);
        match level.before() {
            None => candles.extend(self.minute),
            Some(shorter) => candles.extend(shorter.summary(&self.candles(shorter))),
        }
        candles
    }

    /// The candles of a level that are in no slice on the disk, with the present minute.
    pub(super) fn unsliced(&mut self, level: Level) -> Vec<Candle> {
        let candles = self.closed(level);
        let chunk = self.chunk(level);
        let known = std::mem::replace(&mut chunk.sliced, candles.len());
        let mut new = candles.get(known..).unwrap_or_default().to_vec();
        if level == Level::Minute {
            new.extend(self.minute);
        }
        new
    }

    /// What was sliced did not reach the disk.
    pub(super) fn unslice(&mut self) {
        for chunk in &mut self.chunks {
            chunk.sliced = 0;
        }
    }

    /// Takes a candle that was stored, the oldest of its level first.
    pub(super) fn restore(&mut self, level: Level, candle: Candle) {
        // Nothing is full that was stored as open; a chunk that an earlier run left behind is in the file already.
        let mut full = Vec::new();
        if level == Level::Minute {
            if let Some(minute) = self.minute.replace(candle) {
                self.push(level, &minute, &mut full);
            }
            self.close = Some(candle.close);
        } else {
            self.push(level, &candle, &mut full);
        }
    }
}
