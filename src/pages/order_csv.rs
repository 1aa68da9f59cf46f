//! `/ui/orders.csv`: all orders that a filter selects, as a file.
//!
//! It is written in pieces as the client takes them, so that a long history needs no memory. An order that changes while
//! the file is written moves to the beginning of the list, which is behind the writer: such orders are written once more
//! at the end, as they are then. So none is missing, and of two lines with the same id the later one holds.

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::order_search::Search;
use super::order_terms::trigger_word;
use super::route::Visit;
use super::time::iso;
use crate::archive::{Archive, Unreadable};
use crate::exchange::{CloseReason, Exchange, Order};
use crate::http::{Context, Filter, Position, Problem, Response, place_of};

/// Orders in a piece.
const PIECE_ORDERS: usize = 500;
/// Pieces that are written and not yet taken.
const PIECES_MAX: usize = 1;
/// Orders that changed while the file was written; any more are left out.
const CHANGED_MAX: usize = 10_000;
/// Files that are written at the same time.
pub(super) const FILES_MAX: usize = 4;

const HEAD: &str = "id,symbol,side,type,status,amount,limit_price,filled,average_price,notional,fee,currency,created,\
     updated,finished,comment,fee_currency,trigger,client_id\r\n";

/// The file.
pub(super) async fn file(visit: &Visit<'_>) -> Result<Response, Problem> {
    let (search, filter) = Search::read(visit).await;
    let refused = || {
        let detail = search.error.clone().unwrap_or_default();
        Problem::new(422, "invalid_value", detail)
    };
    let filter = filter.ok_or_else(refused)?.rows(PIECE_ORDERS);
    let busy = |_| {
        let detail = "Too many files are being written; try again in a moment.";
        Problem::new(503, "busy", detail).with_header("retry-after", "5")
    };
    let permit = Arc::clone(&visit.pages.files)
        .try_acquire_owned()
        .map_err(busy)?;
    let (pieces, taken) = mpsc::channel(PIECES_MAX);
    let context = Rc::clone(&visit.pages.context);
    spawn_local(async move {
        let _permit = permit;
        // A client that sees the end of the stream before the end of the list cannot tell, so it is said in the log.
        if let Err(problem) = write(&context, filter, &pieces).await {
            log::warn!("a list of orders ends early: {problem}");
        }
    });
    Ok(Response::stream("text/csv; charset=utf-8", taken)
        .with_header("content-disposition", "attachment; filename=\"orders.csv\""))
}

async fn write(
    context: &Context,
    filter: Filter,
    pieces: &mpsc::Sender<Vec<u8>>,
) -> Result<(), Problem> {
    if pieces.send(HEAD.as_bytes().to_vec()).await.is_err() {
        return Ok(());
    }
    let (begun, mut after) = (context.mailbox.look(newest(filter)).await?, None);
    let mut first = None;
    loop {
        let step = after.map_or(filter, |place| filter.after(place));
        let (text, places) = piece(context, step, None).await?;
        first = first.or(places.map(|(first, _)| first));
        if pieces.send(text).await.is_err() {
            return Ok(());
        }
        match places {
            Some((_, last)) => after = Some(last),
            None => break,
        }
    }
    // Those that have changed since.
    let Some(first) = first.or(begun) else {
        return Ok(());
    };
    let since = filter.within(Some(first.0), None).rows(CHANGED_MAX);
    let (text, _) = piece(context, since, Some(first)).await?;
    // A client that has gone needs no more.
    drop(pieces.send(text).await);
    Ok(())
}

/// Where the list begins, if it begins with an open order.
fn newest(filter: Filter) -> impl Fn(&Exchange) -> Option<Position> {
    move |exchange| filter.rows(1).open(exchange).first().map(place_of)
}

/// The lines of some orders, those before `above` alone where it is given, and the places of the first and last.
async fn piece(
    context: &Context,
    filter: Filter,
    above: Option<Position>,
) -> Result<(Vec<u8>, Option<(Position, Position)>), Problem> {
    let open = context
        .mailbox
        .look(move |exchange| filter.open(exchange))
        .await?;
    let read = move |archive: &dyn Archive| -> Result<_, Unreadable> {
        let orders = filter.merge(open, archive)?;
        let mut text = String::new();
        let wanted = |order: &&Order| above.is_none_or(|above| place_of(order) > above);
        for order in orders.iter().take_while(wanted) {
            line(&mut text, order);
        }
        let ends = orders.first().zip(orders.last());
        let places = ends.map(|(first, last)| (place_of(first), place_of(last)));
        Ok((text.into_bytes(), places))
    };
    context.archive.read(read).await
}

fn line(out: &mut String, order: &Order) {
    let optional = |value: Option<String>| value.unwrap_or_default();
    let comment = order.close_reason().and_then(CloseReason::reject);
    let cells = [
        order.id.to_string(),
        order.symbol.to_string(),
        order.side.as_str().to_owned(),
        if order.limit_price().is_some() {
            "limit"
        } else {
            "market"
        }
        .to_owned(),
        order.status().as_str().to_owned(),
        order.quantity.to_string(),
        optional(order.limit_price().map(|price| price.to_string())),
        order.filled.quantity.to_string(),
        optional(order.average_price().map(|price| price.to_string())),
        order.filled.notional.to_string(),
        order.filled.fee.to_string(),
        order.symbol.quote().to_string(),
        iso(order.placed_at),
        iso(order.updated_at),
        optional(order.closed_at().map(iso)),
        optional(comment.map(|reason| reason.to_string())),
        order.fee_asset().to_string(),
        optional(order.terms.trigger.map(|it| trigger_word(it).to_owned())),
        optional(order.terms.client_id.map(|id| id.to_string())),
    ];
    for (at, text) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        cell(out, text);
    }
    out.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula, quoted where it must be.
fn cell(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.contains(['"', ',', '\r', '\n']);
    if quoted {
        out.push('"');
    }
    if formula {
        out.push('\'');
    }
    if quoted {
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for (text, written) in [
            ("0.1", "0.1"),
            ("-A/B", "'-A/B"),
            ("=1+1", "'=1+1"),
            ("=A,\"B\"", "\"'=A,\"\"B\"\"\""),
            (
                "Insufficient USDT: 5 needed, 3 free",
                "\"Insufficient USDT: 5 needed, 3 free\"",
            ),
        ] {
            let mut out = String::new();
            cell(&mut out, text);
            assert_eq!(out, written);
        }
    }
}
