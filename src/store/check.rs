//! The audit of a store at rest: pages, rows, indexes, books. It writes nothing.

use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase as _, ReadableTable as _};

use super::row::{read_entry, read_order};
use super::tables::{ARCHIVE, CLOSED_BY_UPDATE, CLOSED_ORDER, OPEN_ORDERS};
use super::{OpenError, Place, StoreError, candles, load, named, trades};
use crate::archive::TradeWalk;
use crate::exchange::{Digest, Exchange, Rules};

/// Memory for pages.
const CACHE_BYTES: usize = 8 << 20;

/// What a sound store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Open orders.
    pub open: usize,
    /// Closed orders.
    pub closed: u64,
    /// Trades.
    pub trades: u64,
    /// Fingerprint of the state.
    pub digest: Digest,
}

/// Checks every page and every row of a file that nobody has open.
pub fn check(path: &Path) -> Result<Checked, OpenError> {
    let place = Place {
        checks_all: true,
        ..Place::existing_file(path, CACHE_BYTES)
    };
    let opened = place.open(None)?;
    let view = opened.database.begin_read();
    let view = view.map_err(|error| place.damaged(error))?;
    place.check_format(&view)?;
    let snapshot = load::load(&view).map_err(|error| place.damaged(error))?;
    let open = snapshot.orders.len();
    let exchange = Exchange::restore(Rules::default(), snapshot);
    let exchange = exchange.map_err(|broken| place.damaged(broken))?;
    load::load_samples(&view).map_err(|error| place.damaged(error))?;
    candles::check(&view).map_err(|error| place.damaged(error))?;
    let closed = check_archive(&view).map_err(|error| place.damaged(error))?;
    let trades = count_trades(&view).map_err(|error| place.damaged(error))?;
    Ok(Checked {
        open,
        closed,
        trades,
        digest: exchange.digest(),
    })
}

/// Every row of the archive can be read, and the index names the closed orders and nothing else; tells how many.
fn check_archive(view: &ReadTransaction) -> Result<u64, StoreError> {
    let archive = view.open_table(ARCHIVE).map_err(StoreError::new)?;
    let index = view.open_table(CLOSED_BY_UPDATE).map_err(StoreError::new)?;
    let open = view.open_table(OPEN_ORDERS).map_err(StoreError::new)?;
    let named = named::is_marked(view)?;
    let mut closed = 0;
    for entry in archive.iter().map_err(StoreError::new)? {
        let (key, bytes) = entry.map_err(StoreError::new)?;
        let (sequence, number) = key.value();
        if number != CLOSED_ORDER {
            read_entry(bytes.value(), sequence, number)?;
            continue;
        }
        closed += 1;
        let order = read_order(bytes.value(), sequence)?;
        let place = (order.updated_at.as_millis(), sequence);
        if order.stage().is_some() || open.get(sequence).map_err(StoreError::new)?.is_some() {
            return Err(StoreError(format!("order {sequence} is open and closed")));
        }
        if named && !named::has(view, &order)? {
            return Err(StoreError(format!("order {sequence} is found by no name")));
        }
        if index.get(place).map_err(StoreError::new)?.is_none() {
            return Err(StoreError(format!("order {sequence} is in no index")));
        }
    }
    for entry in index.iter().map_err(StoreError::new)? {
        let (_, sequence) = entry.map_err(StoreError::new)?.0.value();
        let row = archive.get((sequence, CLOSED_ORDER));
        if row.map_err(StoreError::new)?.is_none() {
            return Err(StoreError(format!(
                "the index names order {sequence}, which is not there"
            )));
        }
    }
    Ok(closed)
}

fn count_trades(view: &ReadTransaction) -> Result<u64, StoreError> {
    let mut count = 0;
    trades::walk(view, TradeWalk::default(), &mut |_| {
        count += 1;
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(count)
}
