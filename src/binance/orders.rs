//! Orders that are asked for: one, the open ones of a market or of all, all of a market.

use std::ops::ControlFlow;

use super::fault::Fault;
use super::order_shape::{ORDER_BYTES, nameless, write_order};
use super::params::Params;
use super::route::Call;
use super::symbols;
use super::text::TimeUnit;
use crate::archive::{Archive, Unreadable, Walk};
use crate::exchange::{Exchange, Order};
use crate::shapes::json::array;
use crate::units::{ClientId, OrderId, Span, Symbol, Timestamp};

/// Rows of a list where nothing is said, and the most.
pub(super) const ROWS: (u64, u64) = (500, 1000);
/// The longest time that can be asked for.
const PERIOD_MAX: Span = Span::from_secs(24 * 3600);

/// Which order is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The one with this id.
    Id(OrderId),
    /// The latest one with this id of the client's.
    Client(ClientId),
}

impl Which {
    /// Reads `orderId` or, where that is not given, `origClientOrderId`.
    pub(super) fn read(params: &Params<'_>) -> Result<Which, Fault> {
        Which::named(params, "orderId", "origClientOrderId")?
            .ok_or_else(|| Fault::missing_both("orderId", "origClientOrderId"))
    }

    /// The same under other names.
    pub(super) fn named(
        params: &Params<'_>,
        id: &str,
        client: &str,
    ) -> Result<Option<Which>, Fault> {
        if let Some(sequence) = params.whole(id)? {
            return Ok(Some(Which::Id(OrderId::new(sequence))));
        }
        let Some(text) = params.get(client) else {
            return Ok(None);
        };
        // An id that no client can have given is the id of nothing.
        Ok(Some(match (nameless(text), ClientId::parse(text)) {
            (Some(id), _) => Which::Id(id),
            (None, Ok(client)) => Which::Client(client),
            (None, Err(_)) => return Err(Fault::no_such_order()),
        }))
    }

    /// The open order of a market.
    pub(super) fn open<'a>(&self, exchange: &'a Exchange, symbol: Symbol) -> Option<&'a Order> {
        let order = match *self {
            Which::Id(id) => exchange.order(id),
            Which::Client(client) => exchange.order_of_client(client),
        };
        order.filter(|order| order.symbol == symbol)
    }

    /// The closed order.
    fn closed(&self, archive: &dyn Archive, symbol: Symbol) -> Result<Option<Order>, Unreadable> {
        let found = match *self {
            Which::Id(id) => archive.order(id)?,
            Which::Client(client) => {
                let mut found = None;
                archive.walk(Walk::default(), &mut |order| {
                    if order.terms.client_id == Some(client) {
                        found = Some(order);
                        return ControlFlow::Break(());
                    }
                    ControlFlow::Continue(())
                })?;
                found
            }
        };
        Ok(found.filter(|order| order.symbol == symbol))
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
        let orders = exchange.open_orders_from(OrderId::new(0));
        let fits = |order: &&Order| symbol.is_none_or(|symbol| order.symbol == symbol);
        Ok(list(orders.filter(fits), unit))
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
        let orders = exchange.open_orders_from(from.unwrap_or(OrderId::new(0)));
        let fits = |order: &&Order| order.symbol == symbol && period.has(order.placed_at);
        let open: Vec<Order> = orders.filter(fits).cloned().collect();
        Ok::<_, Fault>((symbol, open))
    };
    let context = &call.facade.context;
    let (symbol, open) = context.mailbox.look(look).await??;
    let read = move |archive: &dyn Archive| {
        let mut orders = open;
        archive.walk(Walk::default(), &mut |order| {
            let fits = order.symbol == symbol
                && period.has(order.placed_at)
                && from.is_none_or(|from| order.id >= from);
            if fits {
                orders.push(order);
            }
            ControlFlow::Continue(())
        })?;
        // One that was closed meanwhile is there twice: closed is what it is now.
        orders.sort_by_key(|order| (order.id, order.is_open()));
        orders.dedup_by_key(|order| order.id);
        let forward = from.is_some() || period.from.is_some();
        let skipped = if forward {
            0
        } else {
            orders.len().saturating_sub(rows)
        };
        Ok(list(orders.iter().skip(skipped).take(rows), unit))
    };
    Ok(context.archive.read(read).await?)
}
