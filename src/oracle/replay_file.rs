//! Reading a replay file, lap after lap, on a thread of its own.
//!
//! The thread sends rows in chunks of at most [`CHUNK_ROWS`] through a channel that holds [`CHUNKS_WAITING`] of them:
//! the executor never waits for a disk, and a large file is never in memory. No row may be longer than
//! [`ROW_BYTES_MAX`], so a quote that is left open cannot swallow the rest of the file either. The thread ends with the
//! file, with the first error, or when nobody listens any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc;

use super::replay::{ReplayError, Row, SkippedRow};
use super::replay_row::{BadRow, Columns};
use crate::units::{Exact, Symbol, Timestamp};

/// Rows that travel together.
pub(super) const CHUNK_ROWS: usize = 512;
/// Chunks that are read ahead.
pub(super) const CHUNKS_WAITING: usize = 2;
/// The longest row.
const ROW_BYTES_MAX: usize = 64 * 1024;
/// How much is read from the disk at once.
const READ_BYTES: usize = 32 * 1024;
/// Skipped rows that are kept with line number and reason; the others are only counted.
const SKIPPED_KEPT: usize = 5;
/// What a gzip file begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Rows of one lap, with the state of the counters after them.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) lap: u64,
    pub(super) rows: Vec<Row>,
    pub(super) skipped: u64,
    /// Skipped rows that were not reported before.
    pub(super) reported: Vec<SkippedRow>,
}

/// The file, open for as many laps as are wanted.
#[derive(Debug)]
pub(super) struct ReplayFile {
    path: PathBuf,
    file: File,
}

/// One lap's reader, behind the header.
pub(super) struct Lap {
    reader: csv::Reader<RowBound<Box<dyn Read + Send>>>,
    columns: Columns,
    /// Bytes that were read since the last row was complete.
    unfinished: Arc<AtomicUsize>,
}

impl ReplayFile {
    pub(super) fn open(path: &Path) -> Result<ReplayFile, ReplayError> {
        let file = File::open(path).map_err(|source| ReplayError::Open {
            path: path.to_owned(),
            source,
        })?;
        Ok(ReplayFile {
            path: path.to_owned(),
            file,
        })
    }

    /// Reads on from where the file stands, up to and with the header.
    pub(super) fn lap(&self) -> Result<Lap, ReplayError> {
        let input = self.input().map_err(|source| self.broken(1, source))?;
        let unfinished = Arc::new(AtomicUsize::new(0));
        let bound = RowBound {
            input,
            unfinished: Arc::clone(&unfinished),
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bound);
        let header = reader
            .byte_headers()
            .map_err(|why| self.broken(1, why.into()))?;
        let columns = Columns::find(header).map_err(|why| ReplayError::Header {
            path: self.path.clone(),
            why,
        })?;
        Ok(Lap {
            reader,
            columns,
            unfinished,
        })
    }

    fn rewind(&mut self) -> Result<(), ReplayError> {
        match self.file.seek(SeekFrom::Start(0)) {
            Ok(_) => Ok(()),
            Err(source) => Err(self.broken(1, source)),
        }
    }

    fn input(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut plain = BufReader::with_capacity(READ_BYTES, self.file.try_clone()?);
        // The name of a file may say anything; its first bytes do not lie.
        if plain.fill_buf()?.starts_with(&GZIP_MAGIC) {
            Ok(Box::new(MultiGzDecoder::new(plain)))
        } else {
            Ok(Box::new(plain))
        }
    }

    fn broken(&self, line: u64, source: io::Error) -> ReplayError {
        ReplayError::Read {
            path: self.path.clone(),
            line,
            source,
        }
    }
}

/// A reader that fails when a row does not end.
struct RowBound<R> {
    input: R,
    unfinished: Arc<AtomicUsize>,
}

impl<R: Read> Read for RowBound<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        let before = self.unfinished.fetch_add(length, Ordering::Relaxed);
        if before > ROW_BYTES_MAX {
            return Err(io::Error::other(format!(
                "a row is longer than {ROW_BYTES_MAX} bytes; is a quote left open?"
            )));
        }
        Ok(length)
    }
}

/// Times of rows: never going back, and going on from lap to lap.
#[derive(Debug, Default)]
struct LapClock {
    latest: Option<u64>,
    /// The last step that was more than nothing: it also separates two laps.
    step: u64,
    shift: u64,
    new_lap: bool,
}

impl LapClock {
    fn at(&mut self, millis: u64) -> Timestamp {
        let Some(latest) = self.latest else {
            self.latest = Some(millis);
            return Timestamp::from_millis(millis);
        };
        if std::mem::take(&mut self.new_lap) {
            let begin = latest.saturating_add(self.step.max(1));
            self.shift = begin.saturating_sub(millis);
        }
        let at = millis.saturating_add(self.shift).max(latest);
        if at > latest {
            self.step = at.saturating_sub(latest);
        }
        self.latest = Some(at);
        Timestamp::from_millis(at)
    }
}

/// What the thread works on.
pub(super) struct Feeder {
    file: ReplayFile,
    /// Only these symbols; all where there are none.
    symbols: BTreeSet<Symbol>,
    looped: bool,
    out: mpsc::Sender<Result<Chunk, ReplayError>>,
    clock: LapClock,
    /// The last price that was seen of each symbol in this lap.
    lasts: BTreeMap<Symbol, Exact>,
    skipped: u64,
    reported: Vec<SkippedRow>,
    reported_count: usize,
}

/// Nobody listens any more.
struct Gone;

impl Feeder {
    pub(super) fn new(
        file: ReplayFile,
        symbols: &[Symbol],
        looped: bool,
        out: mpsc::Sender<Result<Chunk, ReplayError>>,
    ) -> Feeder {
        Feeder {
            file,
            symbols: symbols.iter().copied().collect(),
            looped,
            out,
            clock: LapClock::default(),
            lasts: BTreeMap::new(),
            skipped: 0,
            reported: Vec::new(),
            reported_count: 0,
        }
    }

    /// Feeds until there is no more to feed, or nobody to feed it to.
    pub(super) fn run(mut self, first: Lap) {
        let mut next = Ok(first);
        let mut number = 0;
        loop {
            let end = match next {
                Ok(lap) => self.feed(lap, number),
                Err(why) => Ok(Some(why)),
            };
            match end {
                Err(Gone) => return,
                Ok(Some(why)) => {
                    // If nobody is left to hear it, nobody needs it.
                    self.out.blocking_send(Err(why)).ok();
                    return;
                }
                Ok(None) if !self.looped => return,
                Ok(None) => {}
            }
            number = number.saturating_add(1);
            self.lasts.clear();
            self.clock.new_lap = true;
            next = self.file.rewind().and_then(|()| self.file.lap());
        }
    }

    /// Feeds one lap; gives the error that ended it, if one did.
    fn feed(&mut self, mut lap: Lap, number: u64) -> Result<Option<ReplayError>, Gone> {
        let mut record = ByteRecord::new();
        let mut rows = Vec::with_capacity(CHUNK_ROWS);
        let mut any = false;
        let end = loop {
            lap.unfinished.store(0, Ordering::Relaxed);
            match lap.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) if any => break None,
                Ok(false) => break Some(self.no_rows()),
                Err(why) => {
                    let line = lap.reader.position().line();
                    break Some(self.file.broken(line, why.into()));
                }
            }
            match self.row(&lap.columns, &record) {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => {}
                Err(why) => self.skip(&record, why),
            }
            if rows.len() == CHUNK_ROWS {
                any = true;
                let full = std::mem::replace(&mut rows, Vec::with_capacity(CHUNK_ROWS));
                self.send(number, full)?;
            }
            any |= !rows.is_empty();
        };
        self.send(number, rows)?;
        Ok(end)
    }

    /// The row, unless it is of a symbol that nobody wants.
    fn row(&mut self, columns: &Columns, record: &ByteRecord) -> Result<Option<Row>, BadRow> {
        let symbol = columns.symbol(record)?;
        if !self.symbols.is_empty() && !self.symbols.contains(&symbol) {
            return Ok(None);
        }
        let mut quote = columns.quote(record, symbol)?;
        quote.last = quote.last.or_else(|| self.lasts.get(&symbol).copied());
        let told = quote.at.unwrap_or_default();
        let mut ticker = quote.ticker(told)?;
        if let Some(last) = quote.last {
            self.lasts.insert(symbol, last);
        }
        let at = self.clock.at(told.as_millis());
        ticker.at = at;
        Ok(Some(Row { at, ticker }))
    }

    fn skip(&mut self, record: &ByteRecord, why: BadRow) {
        self.skipped = self.skipped.saturating_add(1);
        if self.reported_count < SKIPPED_KEPT {
            self.reported_count = self.reported_count.saturating_add(1);
            self.reported.push(SkippedRow {
                line: record.position().map_or(0, csv::Position::line),
                reason: why.to_string(),
            });
        }
    }

    fn send(&mut self, lap: u64, rows: Vec<Row>) -> Result<(), Gone> {
        let chunk = Chunk {
            lap,
            rows,
            skipped: self.skipped,
            reported: std::mem::take(&mut self.reported),
        };
        self.out.blocking_send(Ok(chunk)).map_err(|_| Gone)
    }

    fn no_rows(&self) -> ReplayError {
        ReplayError::NoRows {
            path: self.file.path.clone(),
            skipped: self.skipped,
            first: self.reported.first().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back_and_laps_go_on() {
        let mut clock = LapClock::default();
        let at = |clock: &mut LapClock, millis| clock.at(millis).as_millis();
        assert_eq!(
            [100, 100, 90, 160].map(|t| at(&mut clock, t)),
            [100, 100, 100, 160]
        );
        clock.new_lap = true;
        assert_eq!([100, 160].map(|t| at(&mut clock, t)), [220, 280]);
        clock.new_lap = true;
        assert_eq!(at(&mut clock, 100), 340);
    }

    #[test]
    fn a_lap_of_one_moment_takes_a_millisecond() {
        let mut clock = LapClock::default();
        clock.at(5);
        clock.new_lap = true;
        assert_eq!(clock.at(5), Timestamp::from_millis(6));
    }
}
