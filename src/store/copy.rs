//! All rows of a store, one after the other: what a backup is made of, and a store again of that.
//!
//! The rows are those of one read transaction, so they are the state of one moment, whatever is committed meanwhile; they are
//! passed on as they are, whatever their version. A stream of them ends with their number and a fingerprint, without which
//! it is not whole:
//!
//! | bytes | are |
//! | --- | --- |
//! | `mockx backup 1\n` | the beginning |
//! | `1`, table (1), length of the key (4), of the value (4), key, value | a row; lengths little endian |
//! | `0`, number of rows (8), fingerprint (8) | the end |

use std::io::Read;
use std::ops::ControlFlow;

use redb::{
    Database, Key, ReadTransaction, ReadableTable as _, TableDefinition, Value, WriteTransaction,
};

use super::StoreError;
use super::load::opened;
use super::tables::{
    ARCHIVE, CANDLE_SLICES, CANDLES, CLOSED_BY_NAME, CLOSED_BY_UPDATE, MARKET_RULES, MARKETS, META,
    OPEN_ORDERS, PRICE_SLOTS, SAMPLES, STATE, TRADES,
};
use crate::exchange::Digest;

/// What a stream begins with.
const MAGIC: &[u8] = b"mockx backup 1\n";
/// Rows travel in pieces of about this size.
const PIECE_BYTES: usize = 64 << 10;
/// No key is longer.
const KEY_BYTES_MAX: u32 = 1 << 10;
/// No value is longer.
const VALUE_BYTES_MAX: u32 = 64 << 20;

/// Does something with every table there is, by its number in a stream.
macro_rules! with_every_table {
    ($do:ident($($argument:expr),*)) => {{
        $do(META, 0, $($argument),*)?;
        $do(STATE, 1, $($argument),*)?;
        $do(MARKETS, 2, $($argument),*)?;
        $do(OPEN_ORDERS, 3, $($argument),*)?;
        $do(ARCHIVE, 4, $($argument),*)?;
        $do(CLOSED_BY_UPDATE, 5, $($argument),*)?;
        $do(SAMPLES, 6, $($argument),*)?;
        $do(PRICE_SLOTS, 7, $($argument),*)?;
        $do(TRADES, 8, $($argument),*)?;
        $do(MARKET_RULES, 9, $($argument),*)?;
        $do(CANDLES, 10, $($argument),*)?;
        $do(CANDLE_SLICES, 11, $($argument),*)?;
        $do(CLOSED_BY_NAME, 12, $($argument),*)?;
    }};
}

/// Where a stream goes; it may break off.
pub(super) type Send<'a> = &'a mut dyn FnMut(Vec<u8>) -> ControlFlow<()>;

struct Out<'a> {
    send: Send<'a>,
    piece: Vec<u8>,
    rows: u64,
    digest: Digest,
    /// Nobody wants the rest.
    is_over: bool,
}

impl Out<'_> {
    fn row(&mut self, table: u8, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.piece.extend([1, table]);
        for part in [key, value] {
            let length = u32::try_from(part.len()).map_err(StoreError::new)?;
            self.piece.extend(length.to_le_bytes());
        }
        self.piece.extend(key);
        self.piece.extend(value);
        self.rows += 1;
        fold(&mut self.digest, table, key, value);
        if self.piece.len() >= PIECE_BYTES {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        let piece = std::mem::take(&mut self.piece);
        self.is_over |= (self.send)(piece).is_break();
    }
}

fn fold(digest: &mut Digest, table: u8, key: &[u8], value: &[u8]) {
    digest.word(u64::from(table));
    digest.text(key);
    digest.text(value);
}

/// Sends all rows.
pub(super) fn send(transaction: &ReadTransaction, send: Send<'_>) -> Result<(), StoreError> {
    let mut out = Out {
        send,
        piece: MAGIC.to_vec(),
        rows: 0,
        digest: Digest::default(),
        is_over: false,
    };
    with_every_table!(send_table(transaction, &mut out));
    out.piece.push(0);
    out.piece.extend(out.rows.to_le_bytes());
    out.piece.extend(out.digest.bits().to_le_bytes());
    out.flush();
    Ok(())
}

fn send_table<K: Key + 'static, V: Value + 'static>(
    table: TableDefinition<'static, K, V>,
    number: u8,
    transaction: &ReadTransaction,
    out: &mut Out<'_>,
) -> Result<(), StoreError> {
    let Some(table) = opened(transaction.open_table(table))? else {
        return Ok(());
    };
    for entry in table.iter().map_err(StoreError::new)? {
        if out.is_over {
            return Ok(());
        }
        let (key, value) = entry.map_err(StoreError::new)?;
        let (key, value) = (key.value(), value.value());
        out.row(
            number,
            K::as_bytes(&key).as_ref(),
            V::as_bytes(&value).as_ref(),
        )?;
    }
    Ok(())
}

/// The rows of a stream.
struct Rows<'a> {
    stream: &'a mut dyn Read,
    /// Table, key and value of the row that comes next.
    next: Option<(u8, Vec<u8>, Vec<u8>)>,
    count: u64,
    digest: Digest,
}

impl Rows<'_> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        let read = self.stream.read_exact(&mut bytes);
        read.map_err(|error| StoreError(format!("the backup breaks off: {error}")))?;
        Ok(bytes)
    }

    fn part(&mut self, length: u32, most: u32) -> Result<Vec<u8>, StoreError> {
        if length > most {
            return Err(StoreError("this is no backup".to_owned()));
        }
        let mut part = Vec::new();
        let read = self.stream.take(u64::from(length)).read_to_end(&mut part);
        read.map_err(|error| StoreError(format!("the backup breaks off: {error}")))?;
        if part.len() != usize::try_from(length).unwrap_or(usize::MAX) {
            return Err(StoreError("the backup breaks off".to_owned()));
        }
        Ok(part)
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        self.next = None;
        let [kind] = self.bytes()?;
        if kind == 0 {
            let rows = u64::from_le_bytes(self.bytes()?);
            let digest = u64::from_le_bytes(self.bytes()?);
            if (rows, digest) != (self.count, self.digest.bits()) {
                return Err(StoreError("the backup is damaged".to_owned()));
            }
            return Ok(());
        }
        let [table] = self.bytes()?;
        let key_length = u32::from_le_bytes(self.bytes()?);
        let value_length = u32::from_le_bytes(self.bytes()?);
        let key = self.part(key_length, KEY_BYTES_MAX)?;
        let value = self.part(value_length, VALUE_BYTES_MAX)?;
        fold(&mut self.digest, table, &key, &value);
        self.count += 1;
        self.next = Some((table, key, value));
        Ok(())
    }
}

/// Puts the rows of a stream into an empty database: all of them, or nothing.
pub(super) fn receive(database: &Database, stream: &mut dyn Read) -> Result<u64, StoreError> {
    let mut rows = Rows {
        stream,
        next: None,
        count: 0,
        digest: Digest::default(),
    };
    if rows.bytes::<{ MAGIC.len() }>()? != MAGIC {
        return Err(StoreError("this is no backup".to_owned()));
    }
    rows.advance()?;
    let transaction = database.begin_write().map_err(StoreError::new)?;
    with_every_table!(receive_table(&transaction, &mut rows));
    if let Some((table, ..)) = rows.next {
        return Err(StoreError(format!(
            "the backup has an unknown table {table}"
        )));
    }
    transaction.commit().map_err(StoreError::new)?;
    Ok(rows.count)
}

fn receive_table<K: Key + 'static, V: Value + 'static>(
    table: TableDefinition<'static, K, V>,
    number: u8,
    transaction: &WriteTransaction,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(table).map_err(StoreError::new)?;
    while let Some((_, key, value)) = rows.next.take_if(|(table, ..)| *table == number) {
        table
            .insert(K::from_bytes(&key), V::from_bytes(&value))
            .map_err(StoreError::new)?;
        rows.advance()?;
    }
    Ok(())
}
