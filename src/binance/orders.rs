//! Orders that are asked for: one, the open ones of a market or of all, all of a market.

use std::ops::ControlFlow;

use super::fault::Fault;
use super::order_shape::{ORDER_BYTES, client_id, nameless, write_order};
use super::params::Params;
use super::route::Call;
use super::symbols;
use super::text::TimeUnit;
use crate::archive::{Archive, Name, OrderWalk, Unreadable};
use crate::exchange::{Exchange, Order};
use crate::shapes::json::array;
use crate::units::{ClientId, OrderId, Span, Symbol, Timestamp};

/// Rows of a list where nothing is said, and the most.
pub(super) const ROWS: (u64, u64) = (500, 1000);
/// The longest time that can be asked for.
const PERIOD_MAX: Span = Span::from_secs(24 * 3600);

/// Which order is meant: by its id, by the client's, or by the one with the other having to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Which {
    id: Option<OrderId>,
    client: Option<ClientId>,
}

/// The id of an order or a list, and the client's id of it: one of them at least.
pub(super) fn ids(
    params: &Params<'_>,
    id: &str,
    client: &str,
    nothing: fn() -> Fault,
) -> Result<(Option<OrderId>, Option<ClientId>), Fault> {
    // An id that no client can have given is the id of nothing.
    let given = params.get(client).map(ClientId::parse).transpose();
    match (params.whole(id)?, given.map_err(|_| nothing())?) {
        (None, None) => Err(Fault::missing_both(id, client)),
        (own, given) => Ok((own.map(OrderId::new), given)),
    }
}

impl Which {
    /// Reads `orderId` and `origClientOrderId`, of which one must be there.
    pub(super) fn read(params: &Params<'_>) -> Result<Which, Fault> {
        Which::named(params, "orderId", "origClientOrderId", Fault::no_such_order)
    }

    /// The same under other names; `nothing` is what there is of the id of nothing.
    pub(super) fn named(
        params: &Params<'_>,
        id: &str,
        client: &str,
        nothing: fn() -> Fault,
    ) -> Result<Which, Fault> {
        let (id, client) = ids(params, id, client, nothing)?;
        Ok(Which { id, client })
    }

    fn fits(&self, order: &Order, symbol: Symbol) -> bool {
        let named = |client: ClientId| client_id(order) == client.as_str();
        order.symbol == symbol && self.client.is_none_or(named)
    }

    /// The id, where it is given or can be told from the client's.
    fn told_id(&self) -> Option<OrderId> {
        let made = || self.client.and_then(|client| nameless(client.as_str()));
        self.id.or_else(made)
    }

    /// The open order of a market.
    pub(super) fn open<'a>(&self, exchange: &'a Exchange, symbol: Symbol) -> Option<&'a Order> {
        let of_client = || exchange.order_of_client(self.client.filter(|_| self.id.is_none())?);
        let of_id = || exchange.order(self.told_id()?);
        let order = of_client().or_else(of_id);
        order.filter(|order| self.fits(order, symbol))
    }

    /// The closed order; of those with one id of the client's the one that was placed last.
    fn closed(&self, archive: &dyn Archive, symbol: Symbol) -> Result<Option<Order>, Unreadable> {
        let by_id = match self.told_id() {
            Some(id) => archive.order(id)?,
            None => None,
        };
        let by_id = by_id.filter(|order| self.fits(order, symbol));
        if by_id.is_some() || self.id.is_some() {
            return Ok(by_id);
        }
        let Some(client) = self.client else {
            return Ok(None);
        };
        let mut found = None;
        archive.named(OrderWalk::of(Name::Client(client)), &mut |order| {
            if self.fits(&order, symbol) {
                found = Some(order);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}

/// `GET /api/v3/order`.
pub(super) async fn one(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let name = symbols::checked(call.params.required("symbol")?)?.to_owned();
    let (which, unit) = (Which::read(&call.params)?, call.unit);
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &name)?;
        Ok::<_, Fault>((symbol, which.open(exchange, symbol).cloned()))
    };
    let context = &call.facade.context;
    let (symbol, open) = context.mailbox.look(look).await??;
    // The look has waited until all that is closed is in the archive.
    let order = if open.is_some() {
        open
    } else {
        let read = move |archive: &dyn Archive| which.closed(archive, symbol);
        context.archive.read(read).await?
    };
    let order = order.ok_or_else(Fault::no_such_order)?;
    let mut out = Vec::with_capacity(ORDER_BYTES);
    write_order(&mut out, &order, unit);
    Ok(out)
}

/// `GET /api/v3/openOrders`: by id.
pub(super) async fn open(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let name = match call.params.get("symbol") {
        Some(name) => Some(symbols::checked(name)?.to_owned()),
        None => None,
    };
    let unit = call.unit;
    let look = move |exchange: &Exchange| {
        let symbol = match &name {
            Some(name) => Some(symbols::find(exchange, name)?),
            None => None,
        };
        let first = OrderId::new(0);
        Ok(match symbol {
            Some(symbol) => list(exchange.open_orders_of(symbol, first), unit),
            None => list(exchange.open_orders_from(first), unit),
        })
    };
    call.facade.context.mailbox.look(look).await?
}

fn list<'a>(orders: impl Iterator<Item = &'a Order>, unit: TimeUnit) -> Vec<u8> {
    let mut out = Vec::new();
    array(&mut out, |items| {
        for order in orders {
            write_order(items.next(), order, unit);
        }
    });
    out
}

/// From when to when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Period {
    /// Reads `startTime` and `endTime`, at most a day apart.
    pub(super) fn read(params: &Params<'_>) -> Result<Period, Fault> {
        let (from, to) = (params.time("startTime")?, params.time("endTime")?);
        if let (Some(from), Some(to)) = (from, to) {
            if to < from {
                return Err(Fault::new(
                    -1128,
                    "Combination of optional parameters invalid.",
                ));
            }
            if to.since(from) > PERIOD_MAX {
                let message = "More than 24 hours between startTime and endTime.";
                return Err(Fault::new(-1127, message));
            }
        }
        Ok(Period { from, to })
    }

    /// Whether a time is in it, both ends included.
    pub(super) fn has(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }
}

/// `GET /api/v3/allOrders`: by id; the latest, or with `orderId` or `startTime` the first from there on.
pub(super) async fn all(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = symbols::checked(params.required("symbol")?)?.to_owned();
    let from = params.whole("orderId")?.map(OrderId::new);
    let (period, unit) = (Period::read(params)?, call.unit);
    let rows = params.limit(ROWS.0, ROWS.1)?;
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &name)?;
        let orders = exchange.open_orders_of(symbol, from.unwrap_or(OrderId::new(0)));
        let fits = |order: &&Order| period.has(order.placed_at);
        let open: Vec<Order> = orders.filter(fits).cloned().collect();
        Ok::<_, Fault>((symbol, open))
    };
    let context = &call.facade.context;
    let (symbol, open) = context.mailbox.look(look).await??;
    let read = move |archive: &dyn Archive| {
        let forward = from.is_some() || period.from.is_some();
        let walk = OrderWalk {
            from,
            since: period.from,
            until: period.to,
            oldest_first: forward,
            ..OrderWalk::of(Name::Market(symbol))
        };
        let (mut orders, mut closed) = (open, 0);
        archive.named(walk, &mut |order| {
            orders.push(order);
            closed += 1;
            if closed == rows {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        // One that was closed meanwhile is there twice: closed is what it is now.
        orders.sort_by_key(|order| (order.id, order.is_open()));
        orders.dedup_by_key(|order| order.id);
        let skipped = if forward {
            0
        } else {
            orders.len().saturating_sub(rows)
        };
        Ok(list(orders.iter().skip(skipped).take(rows), unit))
    };
    Ok(context.archive.read(read).await?)
}
