//! What the fields of `orders` hold.
//!
//! The hash itself is never built: there may be a million closed orders on the disk. Its fields are the open orders of
//! the exchange, by id [`Exchange::open_orders_from`], and the closed ones of the archive, by id
//! [`Archive::closed_from`].
//!
//! [`Exchange::open_orders_from`]: crate::exchange::Exchange::open_orders_from

use crate::archive::{Archive, Unreadable};
use crate::exchange::{HistoryEntry, Order};
use crate::shapes::order::write_stored_order;

/// Bytes of a rendered order, about.
const ORDER_BYTES: usize = 1024;

/// The JSON of an order; `entries` is its history but for the creation, entries after the state that `order` shows are
/// left out.
pub fn order_text(order: &Order, entries: &[HistoryEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(ORDER_BYTES);
    write_stored_order(&mut out, order, entries);
    out
}

/// The JSON of an order, open or closed, with the history that the archive has of it. May wait for a disk, but not for an
/// order that has only been placed.
pub fn stored_order(archive: &dyn Archive, order: &Order) -> Result<Vec<u8>, Unreadable> {
    if order.history_count <= 1 {
        return Ok(order_text(order, &[]));
    }
    Ok(order_text(order, &archive.history(order.id)?))
}
