//! Orders that are taken back.

use super::fault::Fault;
use super::list_shape::{in_order, write_canceled_list};
use super::order_params::client_id;
use super::order_shape::{ORDER_BYTES, write_canceled};
use super::orders::Which;
use super::params::Params;
use super::route::Call;
use super::symbols;
use super::text::TimeUnit;
use crate::exchange::{Command, Event, Exchange, OnlyIf, Order, Outcome, Rejection, closed_among};
use crate::shapes::json::array;
use crate::units::{ClientId, Moment};

/// In which state an order must be to be taken back.
pub(super) fn only_if(params: &Params<'_>) -> Result<OnlyIf, Fault> {
    match params.get("cancelRestrictions") {
        None => Ok(OnlyIf::Open),
        Some("ONLY_NEW") => Ok(OnlyIf::New),
        Some("ONLY_PARTIALLY_FILLED") => Ok(OnlyIf::PartiallyFilled),
        Some(_) => Err(Fault::not_valid("cancelRestrictions")),
    }
}

/// `DELETE /api/v3/order`: one, and with it the other order of its list.
pub(super) async fn one(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = symbols::checked(params.required("symbol")?)?.to_owned();
    let which = Which::named(params, "orderId", "origClientOrderId", Fault::unknown_order)?;
    let only_if = only_if(params)?;
    let new_id = client_id(params, "newClientOrderId")?;
    let unit = call.unit;
    let work = move |exchange: &mut Exchange, moment: Moment| {
        exchange.handle(moment, Command::Wake)?;
        let symbol = symbols::find(exchange, &name)?;
        let order = which.open(exchange, symbol);
        let order = order.ok_or_else(Fault::unknown_order)?;
        if !only_if.allows(order.status()) {
            return Err(Rejection::Restricted.into());
        }
        let (id, before) = (order.id, exchange.events().len());
        let Outcome::Canceled(order, _) = exchange.handle(moment, Command::Cancel(id))? else {
            return Err(Fault::unknown_order());
        };
        let mut out = Vec::with_capacity(ORDER_BYTES);
        let events = exchange.events().get(before..).unwrap_or_default();
        write_gone(&mut out, events, &order, new_id.as_ref(), unit);
        Ok(out)
    };
    call.facade.context.mailbox.act(work).await?
}

/// Appends an order that was just taken back, or its list where the other order went with it, as these events tell.
pub(super) fn write_gone(
    out: &mut Vec<u8>,
    events: &[Event],
    order: &Order,
    new_id: Option<&ClientId>,
    unit: TimeUnit,
) {
    let other = order.pair.as_ref().map(|pair| pair.other);
    let closed = other.and_then(|other| closed_among(events, other));
    let new_id = new_id.map(ClientId::as_str);
    match closed {
        Some(other) => write_canceled_list(out, &in_order([order, other]), new_id, unit),
        None => write_canceled(out, order, new_id, unit),
    }
}

/// `DELETE /api/v3/openOrders`: all of a market.
pub(super) async fn all(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let name = symbols::checked(call.params.required("symbol")?)?.to_owned();
    let unit = call.unit;
    let work = move |exchange: &mut Exchange, moment: Moment| {
        let symbol = symbols::find(exchange, &name)?;
        let mut orders = Vec::new();
        // One command takes so many; here all go in one turn.
        while let Outcome::AllCanceled {
            orders: canceled,
            more,
        } = exchange.handle(moment, Command::CancelAll(Some(symbol)))?
        {
            orders.extend(canceled);
            if !more {
                break;
            }
        }
        if orders.is_empty() {
            return Err(Fault::unknown_order());
        }
        let mut out = Vec::with_capacity(orders.len() * ORDER_BYTES);
        array(&mut out, |items| {
            // The orders of a list lie beside each other.
            let listed = |one: &Order, two: &Order| {
                one.pair.as_ref().is_some_and(|pair| pair.other == two.id)
            };
            for together in orders.chunk_by(listed) {
                match together {
                    [one, two] => write_canceled_list(items.next(), &[one, two], None, unit),
                    alone => {
                        for order in alone {
                            write_canceled(items.next(), order, None, unit);
                        }
                    }
                }
            }
        });
        Ok(out)
    };
    call.facade.context.mailbox.act(work).await?
}
