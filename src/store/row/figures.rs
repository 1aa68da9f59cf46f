//! The exchange's own figures in bytes.

use serde::{Deserialize, Serialize};

use super::{Row, decode, fields_of};
use crate::exchange::Digest;
use crate::store::StoreError;
use crate::units::{Elapsed, Moment, Timestamp};

/// The exchange's own figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Figures {
    pub(in crate::store) moment: Moment,
    pub(in crate::store) next_order: u64,
    pub(in crate::store) journal: Digest,
    pub(in crate::store) next_trade: u64,
}

/// The figures of version 1.
#[derive(Debug, Serialize, Deserialize)]
struct FirstRow {
    now: u64,
    elapsed: u64,
    next_order: u64,
    journal: u64,
}

/// The same with the id of the next trade.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ExchangeRow {
    first: FirstRow,
    next_trade: u64,
}

impl Row for ExchangeRow {
    const VERSION: u8 = 2;
}

impl From<Figures> for ExchangeRow {
    fn from(figures: Figures) -> ExchangeRow {
        ExchangeRow {
            first: FirstRow {
                now: figures.moment.now.as_millis(),
                elapsed: figures.moment.elapsed.as_millis(),
                next_order: figures.next_order,
                journal: figures.journal.bits(),
            },
            next_trade: figures.next_trade,
        }
    }
}

impl FirstRow {
    fn read(&self, next_trade: u64) -> Figures {
        Figures {
            moment: Moment {
                now: Timestamp::from_millis(self.now),
                elapsed: Elapsed::from_millis(self.elapsed),
            },
            next_order: self.next_order,
            journal: Digest::from_bits(self.journal),
            next_trade,
        }
    }
}

/// Reads figures of any version.
pub(in crate::store) fn read_figures(bytes: &[u8]) -> Result<Figures, StoreError> {
    if bytes.first() == Some(&1) {
        return Ok(fields_of::<FirstRow>(bytes)?.read(1));
    }
    let row: ExchangeRow = decode(bytes)?;
    Ok(row.first.read(row.next_trade))
}
