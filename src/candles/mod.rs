//! Candles of the prices that the exchange has seen: open, high, low, close, and what our own fills traded.
//!
//! Every price goes into the candle of its minute. There are three levels; a chunk of one is a candle of the next, so that
//! nothing is counted twice. What is longer or between (5m, 4h, 1w, ...) is put together when somebody asks.
//!
//! | level | a candle is | a chunk is | is kept, see [`Kept`] |
//! | --- | --- | --- | --- |
//! | `Minute` | 1 min | 1 h | 7 days |
//! | `Hour` | 1 h | 1 day | 180 days |
//! | `Day` | 1 day | 32 days | 10 years |
//!
//! In memory is what belongs to the open chunks, packed: some 2 KB a symbol. The store writes a full chunk once, as a row of
//! its own; what has been added to an open chunk it writes along with the prices, one row (a slice) for all symbols, which
//! goes when the chunk is full. A power cut loses what came since the last such write.
//!
//! Time is the exchange's, which never goes back: a clock that jumps ahead leaves a gap.

mod candle;
mod interval;
mod packed;
mod series;

use std::collections::BTreeMap;

pub use candle::{Candle, Volume, merged, without_gaps};
pub use interval::{INTERVALS, Interval};
pub use packed::{Packed, unpacked};
use series::{Full, Series};

use crate::exchange::Seen;
use crate::units::{Span, Symbol, Timestamp};

/// Symbols that candles are made of, the first that come; bounds the memory.
pub const CANDLE_SYMBOLS_MAX: usize = 2000;
/// Full chunks that wait for a disk which takes no writes; beyond that the oldest go.
pub const WAITING_CHUNKS_MAX: usize = 3 * CANDLE_SYMBOLS_MAX;

const MINUTE: u64 = 60_000;

/// Stored candles that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("candles that cannot be read")]
pub struct Unsound;

/// A length of candle that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Minutes, in chunks of an hour.
    Minute,
    /// Hours, in chunks of a day.
    Hour,
    /// Days, in chunks of 32.
    Day,
}

/// All levels, the shortest first.
pub const LEVELS: [Level; 3] = [Level::Minute, Level::Hour, Level::Day];

impl Level {
    /// Its number in stored keys.
    pub fn number(self) -> u8 {
        match self {
            Level::Minute => 0,
            Level::Hour => 1,
            Level::Day => 2,
        }
    }

    /// The level of this number.
    pub fn of(number: u8) -> Option<Level> {
        LEVELS.into_iter().find(|level| level.number() == number)
    }

    fn next(self) -> Option<Level> {
        Level::of(self.number() + 1)
    }

    fn before(self) -> Option<Level> {
        Level::of(self.number().checked_sub(1)?)
    }

    /// Length of a candle in milliseconds.
    pub(crate) fn span(self) -> u64 {
        match self {
            Level::Minute => MINUTE,
            Level::Hour => 60 * MINUTE,
            Level::Day => 24 * 60 * MINUTE,
        }
    }

    /// Candles of a chunk.
    fn slots(self) -> u64 {
        match self {
            Level::Minute => 60,
            Level::Hour => 24,
            Level::Day => 32,
        }
    }

    /// The number of the chunk that a point in time falls into.
    pub fn chunk(self, at: Timestamp) -> u32 {
        let number = at.as_millis() / (self.span() * self.slots());
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn slot_in_chunk(self, at: Timestamp) -> u64 {
        at.as_millis() / self.span() % self.slots()
    }

    /// When the candle begins that a point in time falls into.
    pub fn candle_start(self, at: Timestamp) -> Timestamp {
        Timestamp::from_millis(at.as_millis() - at.as_millis() % self.span())
    }

    /// When a chunk begins.
    pub fn chunk_start(self, chunk: u32) -> Timestamp {
        self.start(chunk, 0)
    }

    fn start(self, chunk: u32, slot: u64) -> Timestamp {
        Timestamp::from_millis((u64::from(chunk) * self.slots() + slot).saturating_mul(self.span()))
    }

    /// Candles of a chunk as one candle of the next level.
    fn summary(self, candles: &[Candle]) -> Option<Candle> {
        let (first, later) = candles.split_first()?;
        let start = self.chunk_start(self.chunk(first.start));
        let mut sum = Candle { start, ..*first };
        for candle in later {
            sum.append(candle);
        }
        Some(sum)
    }
}

/// How long candles of each level are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Those of a minute.
    pub minutes: Span,
    /// Those of an hour.
    pub hours: Span,
    /// Those of a day.
    pub days: Span,
}

impl Default for Kept {
    fn default() -> Kept {
        let days = |days: u64| Span::from_secs(days * 86_400);
        Kept {
            minutes: days(7),
            hours: days(180),
            days: days(3653),
        }
    }
}

impl Kept {
    /// How long those of a level are.
    pub fn of(self, level: Level) -> Span {
        match level {
            Level::Minute => self.minutes,
            Level::Hour => self.hours,
            Level::Day => self.days,
        }
    }
}

/// What is added to the open chunks of a level since the last time, of all symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The level.
    pub level: Level,
    /// When it was taken, in the chunk that was open then; a later slice of a chunk goes before an earlier one.
    pub at: Timestamp,
    /// The candles, packed.
    pub candles: Vec<(Symbol, Vec<u8>)>,
}

/// A full chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkOf {
    /// Whose.
    pub symbol: Symbol,
    /// Of which level.
    pub level: Level,
    /// Which.
    pub number: u32,
    /// Its candles.
    pub packed: Packed,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Full chunks.
    pub chunks: Vec<ChunkOf>,
    /// What was added to open ones.
    pub slices: Vec<Slice>,
    /// Of each level whose chunk is another than before: the present chunk, before which no slice is needed any more, and the
    /// oldest that is kept.
    pub begun: Vec<(Level, u32, u32)>,
}

/// The candles of all symbols that are in no full chunk on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candles {
    series: BTreeMap<Symbol, Series>,
    /// Full chunks that are not known to be on the disk, oldest first.
    waiting: Vec<ChunkOf>,
    /// How many of them are on their way.
    sent: usize,
    /// The chunk of each level when it was last written.
    present: [Option<u32>; LEVELS.len()],
    kept: Kept,
}

impl Candles {
    /// The same, but kept for so long.
    #[must_use]
    pub fn kept(self, kept: Kept) -> Candles {
        Candles { kept, ..self }
    }

    /// Whether so much waits for the disk that it is not to wait for the prices: time may run fast in a recording.
    pub fn is_pressing(&self) -> bool {
        self.waiting.len().saturating_sub(self.sent) >= WAITING_CHUNKS_MAX / 2
    }

    /// Takes what the exchange has seen.
    pub fn take(&mut self, seen: Vec<Seen>) {
        let mut full = Vec::new();
        for seen in seen {
            let symbol = seen.symbol();
            let room = self.series.len() < CANDLE_SYMBOLS_MAX;
            if !room && !self.series.contains_key(&symbol) {
                continue;
            }
            let series = self.series.entry(symbol).or_default();
            match seen {
                Seen::Price(_, at, price) => series.price(at, price, &mut full),
                Seen::Fill(trade) => series.fill(&trade, &mut full),
            }
            if !full.is_empty() {
                self.keep(symbol, &mut full);
            }
        }
    }

    fn keep(&mut self, symbol: Symbol, full: &mut Vec<Full>) {
        self.waiting.extend(full.drain(..).map(|full| ChunkOf {
            symbol,
            level: full.level,
            number: full.number,
            packed: full.packed,
        }));
        let surplus = self.waiting.len().saturating_sub(WAITING_CHUNKS_MAX);
        if surplus > 0 {
            self.waiting.drain(..surplus);
            self.sent = self.sent.saturating_sub(surplus);
        }
    }

    /// What is to be written now; [`Candles::landed`] is to be told how that ended.
    pub fn take_changes(&mut self, now: Timestamp) -> Changes {
        let symbols: Vec<Symbol> = self.series.keys().copied().collect();
        let mut full = Vec::new();
        for symbol in symbols {
            if let Some(series) = self.series.get_mut(&symbol) {
                series.roll(now, &mut full);
            }
            self.keep(symbol, &mut full);
        }
        self.sent = self.waiting.len();
        let mut changes = Changes {
            chunks: self.waiting.clone(),
            ..Changes::default()
        };
        for (level, present) in LEVELS.into_iter().zip(&mut self.present) {
            let chunk = level.chunk(now);
            let mut candles = Vec::new();
            for (&symbol, series) in &mut self.series {
                let new = series.unsliced(level);
                if !new.is_empty() {
                    candles.push((symbol, Packed::of(level, &new).into_bytes()));
                }
            }
            if !candles.is_empty() {
                changes.slices.push(Slice {
                    level,
                    at: now,
                    candles,
                });
            }
            if *present != Some(chunk) {
                *present = Some(chunk);
                let oldest = level.chunk(now.minus(self.kept.of(level)));
                changes.begun.push((level, chunk, oldest));
            }
        }
        changes
    }

    /// What was taken last is on the disk, or is not.
    pub fn landed(&mut self, durable: bool) {
        let sent = std::mem::take(&mut self.sent);
        if durable {
            self.waiting.drain(..sent.min(self.waiting.len()));
        } else {
            self.series.values_mut().for_each(Series::unslice);
            self.present = Default::default();
        }
    }

    /// The candles of a level that need not be on the disk yet, oldest first, with the present one.
    pub fn of(&self, symbol: Symbol, level: Level) -> Vec<Candle> {
        let waiting = self
            .waiting
            .iter()
            .filter(|chunk| chunk.symbol == symbol && chunk.level == level);
        let mut candles: Vec<Candle> = waiting
            .flat_map(|chunk| chunk.packed.candles(level, chunk.number))
            .collect();
        if let Some(series) = self.series.get(&symbol) {
            candles.extend(series.candles(level));
        }
        candles
    }

    /// A copy of what there is of some symbols, to be looked at elsewhere: reading it takes longer than copying it.
    #[must_use]
    pub fn copied(&self, symbols: impl Iterator<Item = Symbol>) -> Candles {
        let one = |symbol| Some((symbol, self.series.get(&symbol)?.clone()));
        Candles {
            series: symbols.filter_map(one).collect(),
            waiting: self.waiting.clone(),
            ..Candles::default()
        }
    }

    /// What slices hold, of which a later one goes before an earlier one of the same chunk.
    pub fn restored(slices: Vec<Slice>) -> Result<Candles, Unsound> {
        let mut found: BTreeMap<(Symbol, Level, Timestamp), Candle> = BTreeMap::new();
        for slice in slices {
            let chunk = slice.level.chunk(slice.at);
            for (symbol, packed) in slice.candles {
                for candle in unpacked(slice.level, chunk, &packed)? {
                    found.insert((symbol, slice.level, candle.start), candle);
                }
            }
        }
        let mut candles = Candles::default();
        for ((symbol, level, _), candle) in found {
            let series = candles.series.entry(symbol).or_default();
            series.restore(level, candle);
        }
        Ok(candles)
    }
}

#[cfg(test)]
mod tests;
