//! Lists of orders as the API answers with them; which orders those are is for the filter to say.

use std::collections::BTreeMap;

use super::context::Context;
use super::message::Response;
use super::order_filter::Filter;
use super::problem::Problem;
use crate::archive::{Archive, Unreadable};
use crate::exchange::{Exchange, HistoryEntry, Order, Waiting};
use crate::shapes::json::{array, document};
use crate::shapes::order::{ORDER_BYTES, write_id, write_order};
use crate::units::OrderId;

/// No order is added to an answer of this many bytes.
const LIST_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Up to this many orders are written on the executor's thread, more elsewhere.
const WRITTEN_HERE_MAX: usize = 64;

/// What an answer shows of each order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All of it.
    Orders {
        /// And its history.
        history: bool,
    },
    /// Its id.
    Ids,
}

/// Answers with the list of a filter.
pub(super) async fn answer_list(
    context: &Context,
    filter: Filter,
    shown: Shown,
) -> Result<Response, Problem> {
    // Also where no open order is wanted: what is closed by now is in the archive afterwards.
    let look = move |exchange: &Exchange| {
        let open = filter.open(exchange);
        let waits = |order: &Order| Some((order.id, exchange.waiting(order)?));
        let waiting: BTreeMap<OrderId, Waiting> = open.iter().filter_map(waits).collect();
        (open, waiting)
    };
    let (open, waiting) = context.mailbox.look(look).await?;
    let closed_too = filter.wants_closed();
    let with_history = shown == Shown::Orders { history: true };
    let answer = if closed_too || with_history || open.len() > WRITTEN_HERE_MAX {
        let read = move |archive: &dyn Archive| {
            let orders = if closed_too {
                filter.merge(open, archive)?
            } else {
                open
            };
            write_list(&orders, &waiting, shown, |id| archive.history(id))
        };
        context.archive.read(read).await?
    } else {
        write_list(&open, &waiting, shown, |_| Ok(Vec::new()))?
    };
    Ok(Response::json(200, answer))
}

fn write_list(
    orders: &[Order],
    waiting: &BTreeMap<OrderId, Waiting>,
    shown: Shown,
    history_of: impl Fn(OrderId) -> Result<Vec<HistoryEntry>, Unreadable>,
) -> Result<Vec<u8>, Unreadable> {
    let Shown::Orders { history } = shown else {
        return Ok(ids(orders));
    };
    let mut out = Vec::with_capacity(ORDER_BYTES * orders.len().min(WRITTEN_HERE_MAX));
    let mut failure = None;
    array(&mut out, |items| {
        for order in orders {
            if items.length() >= LIST_BYTES_MAX {
                break;
            }
            let entries = match history.then(|| history_of(order.id)).transpose() {
                Ok(entries) => entries,
                Err(unreadable) => {
                    failure = Some(unreadable);
                    break;
                }
            };
            let waiting = waiting.get(&order.id).copied();
            write_order(items.next(), order, waiting, entries.as_deref());
        }
    });
    failure.map_or(Ok(out), Err)
}

fn ids(orders: &[Order]) -> Vec<u8> {
    document(|members| {
        members.put("length", orders.len());
        members.array("orders", |items| {
            for order in orders {
                write_id(items.next(), order.id);
            }
        });
    })
}
