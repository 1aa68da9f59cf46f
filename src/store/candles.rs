//! Candles in the store: full chunks, those of one level and time side by side, so that an hour of all symbols fills few pages;
//! and slices, which go when their chunk is full.

use redb::{ReadTransaction, ReadableTable, Table, WriteTransaction};

use super::StoreError;
use super::load::opened;
use super::row::{ChunkRow, SliceRow, decode, encode};
use super::tables::{CANDLE_SLICES, CANDLES};
use crate::archive::CandleWalk;
use crate::candles::{CANDLE_SYMBOLS_MAX, Candle, Candles, Changes, Level, Slice, unpacked};
use crate::units::Timestamp;

/// Rows of a level that one commit drops: after a long time off, or a setting that keeps less, the next ones drop the rest.
const DROPPED_MAX: usize = 2 * CANDLE_SYMBOLS_MAX;

type Rows<'a> = Table<'a, &'static str, &'static [u8]>;

/// Writes what is new, and drops what is in full chunks now or older than what is kept.
pub(super) fn put(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    if !changes.chunks.is_empty() || !changes.begun.is_empty() {
        let mut table = transaction.open_table(CANDLES).map_err(StoreError::new)?;
        for chunk in &changes.chunks {
            let key = chunk_key(chunk.level, chunk.number, &chunk.symbol.to_string());
            let bytes = encode(&ChunkRow(chunk.packed.bytes().to_vec()))?;
            insert(&mut table, &key, &bytes)?;
        }
        for &(level, _, oldest) in &changes.begun {
            drop_before(&mut table, level, &chunk_key(level, oldest, ""))?;
        }
    }
    if !changes.slices.is_empty() || !changes.begun.is_empty() {
        let mut table = transaction
            .open_table(CANDLE_SLICES)
            .map_err(StoreError::new)?;
        for slice in &changes.slices {
            let bytes = encode(&SliceRow::of(&slice.candles))?;
            insert(&mut table, &slice_key(slice.level, slice.at), &bytes)?;
        }
        for &(level, present, _) in &changes.begun {
            let begin = level.chunk_start(present);
            drop_before(&mut table, level, &slice_key(level, begin))?;
        }
    }
    Ok(())
}

fn insert(table: &mut Rows<'_>, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
    table.insert(key, bytes).map_err(StoreError::new)?;
    Ok(())
}

/// Drops the rows of a level before a key, at most [`DROPPED_MAX`].
fn drop_before(table: &mut Rows<'_>, level: Level, key: &str) -> Result<(), StoreError> {
    for _ in 0..DROPPED_MAX {
        let Some(oldest) = first(table, level, key)? else {
            break;
        };
        table.remove(oldest.as_str()).map_err(StoreError::new)?;
    }
    Ok(())
}

/// The key of the first row of a level that lies before another key.
fn first(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    level: Level,
    before: &str,
) -> Result<Option<String>, StoreError> {
    let begin = level.number().to_string();
    let mut rows = table
        .range(begin.as_str()..before)
        .map_err(StoreError::new)?;
    let Some(row) = rows.next() else {
        return Ok(None);
    };
    let (key, _) = row.map_err(StoreError::new)?;
    Ok(Some(key.value().to_owned()))
}

fn chunk_key(level: Level, chunk: u32, symbol: &str) -> String {
    format!("{}{chunk:08x}{symbol}", level.number())
}

fn slice_key(level: Level, at: Timestamp) -> String {
    format!("{}{:016x}", level.number(), at.as_millis())
}

/// The level of a key and the number behind it.
fn numbers(key: &str, digits: usize) -> Result<(Level, u64), StoreError> {
    let parts = key.split_at_checked(1).and_then(|(level, rest)| {
        let level = Level::of(level.parse().ok()?)?;
        Some((level, u64::from_str_radix(rest.get(..digits)?, 16).ok()?))
    });
    parts.ok_or_else(|| StoreError(format!("candles under the unknown key {key:?}")))
}

/// What was in no full chunk when it was last written; nothing in a store that is older than candles are.
pub(super) fn load(transaction: &ReadTransaction) -> Result<Candles, StoreError> {
    let mut slices = Vec::new();
    if let Some(table) = opened(transaction.open_table(CANDLE_SLICES))? {
        for entry in table.iter().map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (level, at) = numbers(key.value(), 16)?;
            slices.push(Slice {
                level,
                at: Timestamp::from_millis(at),
                candles: decode::<SliceRow>(bytes.value())?.read()?,
            });
        }
    }
    Candles::restored(slices).map_err(StoreError::new)
}

/// Reads every row.
pub(super) fn check(transaction: &ReadTransaction) -> Result<(), StoreError> {
    load(transaction)?;
    if let Some(table) = opened(transaction.open_table(CANDLES))? {
        for entry in table.iter().map_err(StoreError::new)? {
            let (key, bytes) = entry.map_err(StoreError::new)?;
            let (level, chunk) = numbers(key.value(), 8)?;
            read_chunk(level, chunk, bytes.value())?;
        }
    }
    Ok(())
}

fn read_chunk(level: Level, chunk: u64, bytes: &[u8]) -> Result<Vec<Candle>, StoreError> {
    let chunk = u32::try_from(chunk).map_err(StoreError::new)?;
    let row: ChunkRow = decode(bytes)?;
    unpacked(level, chunk, &row.0).map_err(StoreError::new)
}

/// Candles of full chunks, oldest first.
pub(super) fn read(
    transaction: &ReadTransaction,
    walk: CandleWalk,
) -> Result<Vec<Candle>, StoreError> {
    let mut found: Vec<Vec<Candle>> = Vec::new();
    let CandleWalk { level, .. } = walk;
    let Some(table) = opened(transaction.open_table(CANDLES))? else {
        return Ok(Vec::new());
    };
    let last = level.chunk(walk.to);
    // Whatever is asked for, nothing is looked for before the oldest chunk that there is.
    let end = chunk_key(level, last, "\u{10ffff}");
    let Some(oldest) = first(&table, level, &end)? else {
        return Ok(Vec::new());
    };
    let oldest = u32::try_from(numbers(&oldest, 8)?.1).map_err(StoreError::new)?;
    let (name, mut count) = (walk.symbol.to_string(), 0);
    let mut chunks = oldest.max(level.chunk(walk.from))..=last;
    while let Some(chunk) = if walk.oldest_first {
        chunks.next()
    } else {
        chunks.next_back()
    } {
        let row = table.get(chunk_key(level, chunk, &name).as_str());
        if let Some(bytes) = row.map_err(StoreError::new)? {
            let mut candles = read_chunk(level, chunk.into(), bytes.value())?;
            candles.retain(|candle| candle.start >= walk.from && candle.start <= walk.to);
            count += candles.len();
            found.push(candles);
        }
        if count >= walk.most {
            break;
        }
    }
    if !walk.oldest_first {
        found.reverse();
    }
    Ok(found.into_iter().flatten().collect())
}
