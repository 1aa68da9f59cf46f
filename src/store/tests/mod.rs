//! The store over a real file, and over a disk that fails.
//!
//! | file | is about |
//! | --- | --- |
//! | `play` | a random play on an exchange, and what its events say |
//! | `desk` | orders by the dozen |
//! | `state` | what was committed comes back |
//! | `archive` | closed orders and histories, pruning, reset |
//! | `compact` | a file that becomes smaller |
//! | `names` | closed orders by their markets and clients |
//! | `files` | files that are no sound store |
//! | `disk` | a disk in memory that fails and loses power on demand |
//! | `faults` | the store on that disk |

mod archive;
mod candles;
mod compact;
mod desk;
mod disk;
mod faults;
mod files;
mod names;
mod play;
mod samples;
mod state;

use std::ops::ControlFlow;

use tokio::sync::oneshot;

use super::{Batch, Store, StoreError};
use crate::archive::Unreadable;
use crate::exchange::{Exchange, Order};

/// A cache that is smaller than what the tests write, so that reads reach the disk.
const CACHE_BYTES: usize = 256 << 10;

/// Waits for the thread's answer.
fn wait(answer: oneshot::Receiver<Result<(), StoreError>>) -> Result<(), StoreError> {
    answer.blocking_recv().map_err(StoreError::new)?
}

/// Orders as somebody is shown them who wants at most so many.
fn shown(
    most: usize,
    show: impl FnOnce(&mut dyn FnMut(Order) -> ControlFlow<()>) -> Result<(), Unreadable>,
) -> Vec<Order> {
    let mut orders = Vec::new();
    let visit = &mut |order| {
        orders.push(order);
        if orders.len() == most {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    show(visit).unwrap();
    orders
}

/// Commits what changed in an exchange.
fn commit(store: &Store, exchange: &mut Exchange) -> Result<(), StoreError> {
    let events = exchange.take_events();
    wait(store.commit(Batch::collect(exchange, events)))
}
