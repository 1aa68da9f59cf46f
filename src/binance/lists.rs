//! Lists of orders that are asked for, or taken back.

use std::ops::ControlFlow;

use super::fault::Fault;
use super::list_shape::{LIST_BYTES, list_client_id, nameless, write_canceled_list, write_list};
use super::order_params::client_id;
use super::order_shape::ORDER_BYTES;
use super::params::Params;
use super::route::Call;
use super::{orders, symbols};
use crate::archive::{Archive, Name, OrderWalk, Unreadable};
use crate::exchange::{Command, Exchange, Order, Pair, closed_among};
use crate::shapes::json::array;
use crate::units::{ClientId, Moment, OrderId};

/// Which list is meant; where both are given, both have to fit.
#[derive(Debug, Clone, Copy)]
struct Which {
    id: Option<OrderId>,
    client: Option<ClientId>,
}

/// The orders of a list, as far as they are known.
#[derive(Debug, Clone)]
struct Found {
    id: OrderId,
    orders: [Option<Order>; 2],
}

impl Which {
    fn read(params: &Params<'_>, client: &str, nothing: fn() -> Fault) -> Result<Which, Fault> {
        let (id, client) = orders::ids(params, "orderListId", client, nothing)?;
        Ok(Which { id, client })
    }

    fn fits(&self, pair: &Pair) -> bool {
        let named = |client: ClientId| list_client_id(pair) == client.as_str();
        self.id.is_none_or(|id| id == pair.id) && self.client.is_none_or(named)
    }

    /// The open orders of the list. Of one that goes on with one order the name is looked for among all that are open.
    fn open(&self, exchange: &Exchange) -> Option<Found> {
        let told = || self.id.or_else(|| nameless(self.client?.as_str()));
        let whole = || exchange.pair_of_client(self.client?).map(|order| order.id);
        let half = || {
            let open = exchange.open_orders_from(OrderId::new(0));
            let mut pairs = open.filter_map(|order| order.pair.as_deref());
            pairs.find(|pair| self.fits(pair)).map(|pair| pair.id)
        };
        let id = told().or_else(whole).or_else(half)?;
        Found::open(exchange, id, self)
    }

    /// The list in the archive, of which nothing is open.
    fn closed(&self, archive: &dyn Archive) -> Result<Option<Found>, Unreadable> {
        let told = self.id.or_else(|| nameless(self.client?.as_str()));
        let mut id = told;
        if told.is_none()
            && let Some(client) = self.client
        {
            archive.named(OrderWalk::of(Name::Pair(client)), &mut |order| {
                id = Some(order.id);
                ControlFlow::Break(())
            })?;
        }
        let none = |id| Found {
            id,
            orders: [None, None],
        };
        id.map(|id| none(id).completed(archive)).transpose()
    }
}

impl Found {
    fn open(exchange: &Exchange, id: OrderId, which: &Which) -> Option<Found> {
        let orders = ids(id).map(|id| exchange.order(id).cloned());
        let fits = |order: &Order| order.pair.as_deref().is_some_and(|pair| which.fits(pair));
        let any = orders.iter().flatten().any(fits);
        any.then_some(Found { id, orders })
    }

    /// With those that are closed.
    fn completed(self, archive: &dyn Archive) -> Result<Found, Unreadable> {
        let [one, two] = ids(self.id);
        let [first, second] = self.orders;
        let complete = |order: Option<Order>, id| match order {
            Some(order) => Ok(Some(order)),
            None => archive.order(id),
        };
        Ok(Found {
            id: self.id,
            orders: [complete(first, one)?, complete(second, two)?],
        })
    }

    /// Both orders, if they are those of a list.
    fn both(&self) -> Option<[&Order; 2]> {
        let [one, two] = &self.orders;
        let orders = [one.as_ref()?, two.as_ref()?];
        let of_list = |order: &&Order| order.pair.as_ref().is_some_and(|pair| pair.id == self.id);
        orders.iter().all(of_list).then_some(orders)
    }
}

/// The ids of the orders of a list: they are placed one after the other.
fn ids(list: OrderId) -> [OrderId; 2] {
    [list, OrderId::new(list.sequence().saturating_add(1))]
}

/// `GET /api/v3/orderList`.
pub(super) async fn one(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let which = Which::read(&call.params, "origClientOrderId", Fault::no_such_list)?;
    let context = &call.facade.context;
    let open = context
        .mailbox
        .look(move |exchange| which.open(exchange))
        .await?;
    let read = move |archive: &dyn Archive| match open {
        Some(found) => found.completed(archive).map(Some),
        None => which.closed(archive),
    };
    let found = context.archive.read(read).await?;
    let both = found.as_ref().and_then(Found::both);
    let fits = |orders: &[&Order; 2]| {
        let [first, _] = orders;
        first.pair.as_deref().is_some_and(|pair| which.fits(pair))
    };
    let orders = both.filter(fits).ok_or_else(Fault::no_such_list)?;
    let mut out = Vec::with_capacity(LIST_BYTES);
    write_list(&mut out, &orders, call.unit);
    Ok(out)
}

/// `GET /api/v3/openOrderList`: those of which something is open, by id.
pub(super) async fn open(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let look = |exchange: &Exchange| {
        let open = exchange.open_orders_from(OrderId::new(0));
        let mut lists: Vec<OrderId> = open
            .filter_map(|order| Some(order.pair.as_deref()?.id))
            .collect();
        // Of a list whose first order is closed the second may stand behind those of other lists.
        lists.sort_unstable();
        lists.dedup();
        let found = |id: OrderId| Found {
            id,
            orders: ids(id).map(|id| exchange.order(id).cloned()),
        };
        lists.into_iter().map(found).collect::<Vec<Found>>()
    };
    let (context, unit) = (&call.facade.context, call.unit);
    let lists = context.mailbox.look(look).await?;
    let read = move |archive: &dyn Archive| {
        let mut out = Vec::with_capacity(lists.len() * LIST_BYTES + 2);
        let mut failed = None;
        array(&mut out, |items| {
            for list in lists {
                match list.completed(archive) {
                    Ok(list) => {
                        if let Some(orders) = list.both() {
                            write_list(items.next(), &orders, unit);
                        }
                    }
                    Err(why) => failed = Some(why),
                }
            }
        });
        failed.map_or(Ok(out), Err)
    };
    Ok(context.archive.read(read).await?)
}

/// `DELETE /api/v3/orderList`: what is open of it.
pub(super) async fn cancel(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = symbols::checked(params.required("symbol")?)?.to_owned();
    let which = Which::read(params, "listClientOrderId", Fault::unknown_list)?;
    let new_id = client_id(params, "newClientOrderId")?;
    let unit = call.unit;
    let work = move |exchange: &mut Exchange, moment: Moment| {
        exchange.handle(moment, Command::Wake)?;
        let symbol = symbols::find(exchange, &name)?;
        let found = which.open(exchange);
        let found = found.filter(|found| {
            let mut orders = found.orders.iter().flatten();
            orders.any(|order| order.symbol == symbol)
        });
        let mut found = found.ok_or_else(Fault::unknown_list)?;
        let before = exchange.events().len();
        // The other one goes with it.
        let first = found.orders.iter().flatten().map(|order| order.id).next();
        let first = first.ok_or_else(Fault::unknown_list)?;
        exchange.handle(moment, Command::Cancel(first))?;
        let events = exchange.events().get(before..).unwrap_or_default();
        for order in found.orders.iter_mut().flatten() {
            let id = order.id;
            if let Some(closed) = closed_among(events, id) {
                *order = closed.clone();
            }
        }
        Ok::<Found, Fault>(found)
    };
    let context = &call.facade.context;
    let found = context.mailbox.act(work).await??;
    // One that had ended before is in the archive.
    let read = move |archive: &dyn Archive| found.completed(archive);
    let found = context.archive.read(read).await?;
    let orders = found.both().ok_or_else(Fault::unknown_list)?;
    let mut out = Vec::with_capacity(LIST_BYTES + 2 * ORDER_BYTES);
    write_canceled_list(
        &mut out,
        &orders,
        new_id.as_ref().map(ClientId::as_str),
        unit,
    );
    Ok(out)
}
