//! Trades of the account: `myTrades`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;

use super::fault::Fault;
use super::order_shape::{NO_LIST, list_id};
use super::orders::{Period, ROWS};
use super::route::Call;
use super::symbols::{self, name_of};
use super::text::{Text, TimeUnit};
use crate::archive::{Archive, TradeWalk, Unreadable};
use crate::exchange::{Exchange, Side, Trade};
use crate::shapes::json::{Members, array, object};
use crate::units::{OrderId, Symbol};

/// Which trades are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) order: Option<OrderId>,
    pub(super) from: Option<u64>,
    pub(super) period: Period,
    pub(super) rows: usize,
}

/// `GET /api/v3/myTrades`: by id; the latest, or with `fromId` or `startTime` the first from there on.
pub(super) async fn mine(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = symbols::checked(params.required("symbol")?)?.to_owned();
    let wanted = Wanted {
        order: params.whole("orderId")?.map(OrderId::new),
        from: params.whole("fromId")?,
        period: Period::read(params)?,
        rows: params.limit(ROWS.0, ROWS.1)?,
    };
    let unit = call.unit;
    let context = &call.facade.context;
    // Whoever was told of a trade finds it: a look waits until all that it could see is on the disk.
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &name)?;
        Ok::<_, Fault>((symbol, lists_of_open(exchange, symbol)))
    };
    let (symbol, mut lists) = context.mailbox.look(look).await??;
    let read = move |archive: &dyn Archive| {
        let trades = wanted.read(archive, symbol)?;
        for trade in &trades {
            if let Entry::Vacant(unknown) = lists.entry(trade.order) {
                let order = archive.order(trade.order)?;
                unknown.insert(order.map_or(NO_LIST, |order| list_id(&order)));
            }
        }
        let mut out = Vec::with_capacity(trades.len() * 256 + 2);
        array(&mut out, |items| {
            for trade in &trades {
                let list = lists.get(&trade.order).copied();
                object(items.next(), |members| {
                    put_trade(members, trade, list.unwrap_or(NO_LIST), unit);
                });
            }
        });
        Ok(out)
    };
    Ok(context.archive.read(read).await?)
}

/// The lists of the open orders of a market that have made trades.
fn lists_of_open(exchange: &Exchange, symbol: Symbol) -> BTreeMap<OrderId, i64> {
    let open = exchange.open_orders_of(symbol, OrderId::new(0));
    let traded = open.filter(|order| order.filled.quantity.is_positive());
    traded.map(|order| (order.id, list_id(order))).collect()
}

impl Wanted {
    /// Reads them, the oldest first.
    pub(super) fn read(
        &self,
        archive: &dyn Archive,
        symbol: Symbol,
    ) -> Result<Vec<Trade>, Unreadable> {
        let forward = self.from.is_some() || self.period.from.is_some();
        if let Some(order) = self.order {
            let mut trades = archive.trades_of(order)?;
            trades.retain(|trade| trade.symbol == symbol && self.has(trade));
            if forward {
                trades.truncate(self.rows);
            } else {
                trades.drain(..trades.len().saturating_sub(self.rows));
            }
            return Ok(trades);
        }
        let walk = TradeWalk {
            symbol: Some(symbol),
            from: self.from,
            before: None,
            oldest_first: forward,
        };
        let mut trades = Vec::new();
        archive.trades(walk, &mut |trade| {
            // Later trades have no earlier times.
            let past = if forward {
                self.period.to.is_some_and(|to| trade.at > to)
            } else {
                self.period.from.is_some_and(|from| trade.at < from)
            };
            if past {
                return ControlFlow::Break(());
            }
            if self.has(&trade) {
                trades.push(trade);
            }
            if trades.len() == self.rows {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if !forward {
            trades.reverse();
        }
        Ok(trades)
    }

    fn has(&self, trade: &Trade) -> bool {
        self.period.has(trade.at) && self.from.is_none_or(|from| trade.id >= from)
    }
}

fn put_trade(members: &mut Members<'_>, trade: &Trade, list: i64, unit: TimeUnit) {
    members.put("symbol", &name_of(trade.symbol));
    members.put("id", trade.id);
    members.put("orderId", trade.order.sequence());
    members.put("orderListId", list);
    members.put("price", Text::from(trade.price));
    members.put("qty", Text::from(trade.quantity));
    members.put("quoteQty", Text::from(trade.notional));
    members.put("commission", Text::from(trade.fee));
    members.put("commissionAsset", trade.fee_asset);
    members.put("time", unit.of(trade.at));
    members.put("isBuyer", trade.side == Side::Buy);
    members.put("isMaker", trade.is_maker);
    members.put("isBestMatch", true);
}
