//! Orders that are taken back.

use super::fault::Fault;
use super::order_params::client_id;
use super::order_shape::{ORDER_BYTES, write_canceled};
use super::orders::Which;
use super::params::Params;
use super::route::Call;
use super::symbols;
use crate::exchange::{Command, Exchange, Order, OrderStatus, Outcome};
use crate::shapes::json::array;
use crate::units::{ClientId, Moment, OrderId};

/// In which state an order must be to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnlyIf {
    New,
    PartiallyFilled,
}

impl OnlyIf {
    pub(super) fn read(params: &Params<'_>) -> Result<Option<OnlyIf>, Fault> {
        match params.get("cancelRestrictions") {
            None => Ok(None),
            Some("ONLY_NEW") => Ok(Some(OnlyIf::New)),
            Some("ONLY_PARTIALLY_FILLED") => Ok(Some(OnlyIf::PartiallyFilled)),
            Some(_) => Err(Fault::not_valid("cancelRestrictions")),
        }
    }

    fn allows(self, order: &Order) -> bool {
        let wanted = match self {
            OnlyIf::New => OrderStatus::New,
            OnlyIf::PartiallyFilled => OrderStatus::PartiallyFilled,
        };
        order.status() == wanted
    }
}

/// `DELETE /api/v3/order`.
pub(super) async fn one(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = symbols::checked(params.required("symbol")?)?.to_owned();
    let (which, only_if) = (Which::read(params), OnlyIf::read(params)?);
    // An id that cannot be one is that of nothing open.
    let which = which.map_err(|fault| match fault.code {
        -2013 => Fault::unknown_order(),
        _ => fault,
    })?;
    let new_id = client_id(params, "newClientOrderId")?;
    let unit = call.unit;
    let work = move |exchange: &mut Exchange, moment: Moment| {
        exchange.handle(moment, Command::Wake)?;
        let symbol = symbols::find(exchange, &name)?;
        let order = which.open(exchange, symbol);
        let order = order.ok_or_else(Fault::unknown_order)?;
        if only_if.is_some_and(|only_if| !only_if.allows(order)) {
            let message = "Order was not canceled due to cancel restrictions.";
            return Err(Fault::new(-2011, message));
        }
        let id = order.id;
        let order = canceled(exchange, moment, id)?;
        let mut out = Vec::with_capacity(ORDER_BYTES);
        write_canceled(
            &mut out,
            &order,
            new_id.as_ref().map(ClientId::as_str),
            unit,
        );
        Ok(out)
    };
    call.facade.context.mailbox.act(work).await?
}

fn canceled(exchange: &mut Exchange, moment: Moment, id: OrderId) -> Result<Order, Fault> {
    let Outcome::Canceled(order, _) = exchange.handle(moment, Command::Cancel(id))? else {
        return Err(Fault::unknown_order());
    };
    Ok(*order)
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
        let mut out = Vec::new();
        array(&mut out, |items| {
            for order in &orders {
                write_canceled(items.next(), order, None, unit);
            }
        });
        Ok(out)
    };
    call.facade.context.mailbox.act(work).await?
}
