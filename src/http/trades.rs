//! Trades: `/trades`.

use std::ops::ControlFlow;

use super::fields::invalid;
use super::message::Response;
use super::names;
use super::problem::Problem;
use super::router::Call;
use crate::archive::{Archive, TradeWalk, Unreadable};
use crate::exchange::Trade;
use crate::shapes::json::array;
use crate::shapes::trade::{TRADE_BYTES, write_trade};
use crate::units::{OrderId, Timestamp};

/// The most trades in one answer.
const TRADES_MAX: u64 = 10_000;
/// How many are shown where nothing is said.
const TRADES_DEFAULT: u64 = 500;

/// Which trades are wanted.
#[derive(Debug, Clone, Copy)]
struct Filter {
    walk: TradeWalk,
    order: Option<OrderId>,
    since: Option<Timestamp>,
    rows: usize,
}

/// `GET /trades`: newest first.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let query = call.query();
    let rows = query.whole("limit", TRADES_MAX)?.unwrap_or(TRADES_DEFAULT);
    let order = query.get("order")?;
    let order = order.map(|text| OrderId::parse(&text));
    let symbol = match query.get("symbol")? {
        Some(name) => Some(names::known_case(call.context, "symbol", &name).await?),
        None => None,
    };
    let filter = Filter {
        walk: TradeWalk {
            symbol,
            before: query.whole("before", u64::MAX)?,
            ..TradeWalk::default()
        },
        order: order.transpose().map_err(|why| invalid("order", why))?,
        since: query.whole("since", u64::MAX)?.map(Timestamp::from_millis),
        // The bound is below that of any usize.
        rows: usize::try_from(rows).unwrap_or(usize::MAX),
    };
    // Whoever was told of a trade finds it: a look waits until all that it could see is on the disk.
    call.context.mailbox.look(|_| ()).await?;
    let read = move |archive: &dyn Archive| {
        let trades = filter.read(archive)?;
        let mut out = Vec::with_capacity(trades.len().saturating_mul(TRADE_BYTES));
        array(&mut out, |items| {
            for trade in &trades {
                write_trade(items.next(), trade);
            }
        });
        Ok(out)
    };
    Ok(Response::json(200, call.context.archive.read(read).await?))
}

impl Filter {
    fn read(&self, archive: &dyn Archive) -> Result<Vec<Trade>, Unreadable> {
        if let Some(order) = self.order {
            let mut trades = archive.trades_of(order)?;
            trades.retain(|trade| self.fits(trade));
            trades.reverse();
            trades.truncate(self.rows);
            return Ok(trades);
        }
        let mut trades = Vec::new();
        if self.rows == 0 {
            return Ok(trades);
        }
        archive.trades(self.walk, &mut |trade| {
            // Older trades have earlier times.
            if self.since.is_some_and(|since| trade.at < since) {
                return ControlFlow::Break(());
            }
            trades.push(trade);
            if trades.len() == self.rows {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok(trades)
    }

    fn fits(&self, trade: &Trade) -> bool {
        self.walk.symbol.is_none_or(|symbol| trade.symbol == symbol)
            && self.walk.before.is_none_or(|before| trade.id < before)
            && self.since.is_none_or(|since| trade.at >= since)
    }
}
