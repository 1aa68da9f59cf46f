//! `replay`: prices from a recorded file, CSV or CSV.gz.
//!
//! The first line names the columns: `timestamp_ms`, `symbol`, and what there is of `last`, `bid`, `ask`, `bid_volume`,
//! `ask_volume`, in any order; others are ignored and an empty field is unknown. A row without `last` keeps the last one
//! of its symbol. Rows come in the order of the file, and their times never go back: a row that is dated before its
//! predecessor counts as simultaneous with it, and a further lap goes on where the one before ended. Rows that cannot
//! be used are skipped and counted; a file without any is an error. How fast rows are played is the caller's business.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::replay_file::{CHUNKS_WAITING, Chunk, Feeder, ReplayFile};
use super::replay_row::BadHeader;
use crate::exchange::Ticker;
use crate::units::{Symbol, Timestamp};

/// Why a file cannot be replayed, or no further.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its first line does not name the columns.
    #[error("{} is not a ticker file: {why}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is missing.
        why: BadHeader,
    },
    /// It cannot be read any further.
    #[error("cannot read {} beyond line {line}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// About where.
        line: u64,
        /// What the system, or the decompressor, says.
        source: io::Error,
    },
    /// No row can be used.
    #[error("{} has no usable row{}", path.display(), first_skipped(*skipped, first.as_ref()))]
    NoRows {
        /// The file.
        path: PathBuf,
        /// Rows that were skipped.
        skipped: u64,
        /// The first of them.
        first: Option<SkippedRow>,
    },
    /// The reading thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

fn first_skipped(skipped: u64, first: Option<&SkippedRow>) -> String {
    first.map_or_else(String::new, |row| {
        format!(" ({skipped} skipped; line {}: {})", row.line, row.reason)
    })
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedRow {
    /// Its line in the file; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The time of the row, shifted so that it never goes back; `ticker.at` is the same.
    pub at: Timestamp,
    /// Its prices.
    pub ticker: Ticker,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rows handed out, over all laps.
    pub rows: u64,
    /// Laps completed before the present one.
    pub lap: u64,
    /// Rows skipped, over all laps; may run ahead of `rows` by what has been read in advance.
    pub skipped: u64,
}

/// A file that is being replayed.
#[derive(Debug)]
pub struct Replay {
    chunks: mpsc::Receiver<Result<Chunk, ReplayError>>,
    rows: VecDeque<Row>,
    progress: Progress,
    skipped: Vec<SkippedRow>,
}

impl Replay {
    /// Opens a file of which every symbol is wanted, and checks its header. `looped` begins again at its end.
    pub fn open(path: impl AsRef<Path>, looped: bool) -> Result<Replay, ReplayError> {
        Replay::open_symbols(path, looped, &[])
    }

    /// The same for some symbols only; for all if none is named. Rows of others are passed over and not counted.
    pub fn open_symbols(
        path: impl AsRef<Path>,
        looped: bool,
        symbols: &[Symbol],
    ) -> Result<Replay, ReplayError> {
        let file = ReplayFile::open(path.as_ref())?;
        let first = file.lap()?;
        let (out, chunks) = mpsc::channel(CHUNKS_WAITING);
        let feeder = Feeder::new(file, symbols, looped, out);
        // The thread is not joined: it ends by itself when the channel is gone.
        std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || feeder.run(first))
            .map_err(ReplayError::Thread)?;
        Ok(Replay {
            chunks,
            rows: VecDeque::new(),
            progress: Progress::default(),
            skipped: Vec::new(),
        })
    }

    /// The next row; nothing after the end or after an error. Safe to drop before it is ready.
    pub async fn next(&mut self) -> Option<Result<Row, ReplayError>> {
        if let Err(end) = self.fill().await {
            return end.map(Err);
        }
        let row = self.rows.pop_front()?;
        self.progress.rows = self.progress.rows.saturating_add(1);
        Some(Ok(row))
    }

    /// The next rows: at least one and at most `max`, of one lap, as many as are at hand without waiting again.
    ///
    /// Nothing after the end or after an error. Safe to drop before it is ready.
    pub async fn next_chunk(&mut self, max: usize) -> Option<Result<Vec<Row>, ReplayError>> {
        if let Err(end) = self.fill().await {
            return end.map(Err);
        }
        let count = self.rows.len().min(max.max(1));
        let rows: Vec<Row> = self.rows.drain(..count).collect();
        let taken = u64::try_from(count).unwrap_or(u64::MAX);
        self.progress.rows = self.progress.rows.saturating_add(taken);
        Some(Ok(rows))
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The first few rows that were skipped.
    pub fn skipped_rows(&self) -> &[SkippedRow] {
        &self.skipped
    }

    /// Waits until there is a row; fails at the end, with the error if it is one.
    async fn fill(&mut self) -> Result<(), Option<ReplayError>> {
        while self.rows.is_empty() {
            let chunk = match self.chunks.recv().await {
                Some(Ok(chunk)) => chunk,
                Some(Err(why)) => return Err(Some(why)),
                None => return Err(None),
            };
            self.progress.lap = chunk.lap;
            self.progress.skipped = chunk.skipped;
            self.skipped.extend(chunk.reported);
            self.rows = chunk.rows.into();
        }
        Ok(())
    }
}
