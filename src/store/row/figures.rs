//! The exchange's own figures in bytes.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::exchange::Digest;
use crate::units::{Elapsed, Moment, Timestamp};

/// The exchange's own figures.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ExchangeRow {
    now: u64,
    elapsed: u64,
    next_order: u64,
    journal: u64,
}

impl Row for ExchangeRow {
    const VERSION: u8 = 1;
}

impl ExchangeRow {
    pub(in crate::store) fn new(moment: Moment, next_order: u64, journal: Digest) -> ExchangeRow {
        ExchangeRow {
            now: moment.now.as_millis(),
            elapsed: moment.elapsed.as_millis(),
            next_order,
            journal: journal.bits(),
        }
    }

    pub(in crate::store) fn read(&self) -> (Moment, u64, Digest) {
        let moment = Moment {
            now: Timestamp::from_millis(self.now),
            elapsed: Elapsed::from_millis(self.elapsed),
        };
        (moment, self.next_order, Digest::from_bits(self.journal))
    }
}
