//! An order in the place of another: `order/cancelReplace`.

use super::cancel::{only_if, write_gone};
use super::fault::Fault;
use super::order_params::{Draft, Told, client_id};
use super::order_shape::{ORDER_BYTES, write_placed};
use super::orders::Which;
use super::params::Params;
use super::place::trades_since;
use super::route::Call;
use super::symbols;
use super::text::TimeUnit;
use crate::exchange::{Command, Exchange, Outcome, Replaced, Replacement};
use crate::shapes::json::object;
use crate::units::{ClientId, Moment, OrderId};

const SUCCESS: &str = "SUCCESS";
const FAILURE: &str = "FAILURE";
const NOT_ATTEMPTED: &str = "NOT_ATTEMPTED";

/// Whether the new order is tried although the other could not be taken back.
fn in_any_case(params: &Params<'_>) -> Result<bool, Fault> {
    match params.required("cancelReplaceMode")? {
        "STOP_ON_FAILURE" => Ok(false),
        "ALLOW_FAILURE" => Ok(true),
        _ => Err(Fault::not_valid("cancelReplaceMode")),
    }
}

/// How the answer is written.
#[derive(Debug, Clone, Copy)]
struct Shape {
    told: Told,
    canceled_as: Option<ClientId>,
    unit: TimeUnit,
}

/// `POST /api/v3/order/cancelReplace`. The new order is held to the rules of its market before anything is taken back.
pub(super) async fn replace(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let draft = Draft::read(params, call.facade.terms())?;
    let in_any_case = in_any_case(params)?;
    let which = Which::named(
        params,
        "cancelOrderId",
        "cancelOrigClientOrderId",
        Fault::unknown_order,
    )?;
    let only_if = only_if(params)?;
    match params.get("orderRateLimitExceededMode") {
        None | Some("DO_NOTHING" | "CANCEL_ONLY") => {}
        Some(_) => return Err(Fault::not_valid("orderRateLimitExceededMode")),
    }
    let shape = Shape {
        told: draft.told,
        canceled_as: client_id(params, "cancelNewClientOrderId")?,
        unit: call.unit,
    };
    let work = move |exchange: &mut Exchange, moment: Moment| {
        exchange.handle(moment, Command::Wake)?;
        let symbol = symbols::find(exchange, &draft.symbol)?;
        // No order has the id 0.
        let open = which.open(exchange, symbol).map(|order| order.id);
        let replacement = Replacement {
            cancel: open.unwrap_or(OrderId::new(0)),
            only_if,
            new: draft.on(symbol),
            in_any_case,
        };
        let before = exchange.events().len();
        let command = Command::Replace(Box::new(replacement));
        let Outcome::Replaced(replaced) = exchange.handle(moment, command)? else {
            return Err(Fault::unknown());
        };
        shape.answer(exchange, before, &replaced)
    };
    call.facade.context.mailbox.act(work).await?
}

impl Shape {
    /// What became of both: an answer where both succeeded, else a fault with the same figures.
    fn answer(
        self,
        exchange: &Exchange,
        before: usize,
        replaced: &Replaced,
    ) -> Result<Vec<u8>, Fault> {
        let events = exchange.events().get(before..).unwrap_or_default();
        let Replaced { canceled, placed } = replaced;
        let mut both = Vec::with_capacity(2 * ORDER_BYTES);
        object(&mut both, |members| {
            let result = |fine: bool| if fine { SUCCESS } else { FAILURE };
            members.put("cancelResult", result(canceled.is_ok()));
            let placed_result = placed.as_ref().map(|placed| result(placed.is_ok()));
            members.put("newOrderResult", placed_result.unwrap_or(NOT_ATTEMPTED));
            let out = members.name("cancelResponse");
            match canceled {
                Ok((order, _)) => {
                    write_gone(out, events, order, self.canceled_as.as_ref(), self.unit);
                }
                Err(why) => out.extend(Fault::from(*why).to_json()),
            }
            let out = members.name("newOrderResponse");
            match placed {
                Some(Ok(order)) => {
                    let trades = trades_since(exchange, before, order.id);
                    write_placed(out, order, &trades, self.told, self.unit);
                }
                Some(Err(why)) => out.extend(Fault::from(*why).to_json()),
                None => out.extend_from_slice(b"null"),
            }
        });
        let placed = placed.as_ref().map(Result::is_ok);
        let (status, code, message) = match (canceled.is_ok(), placed) {
            (true, Some(true)) => return Ok(both),
            (false, Some(true)) | (true, _) => {
                (409, -2021, "Order cancel-replace partially failed.")
            }
            (false, _) => (400, -2022, "Order cancel-replace failed."),
        };
        let fault = Fault::new(code, message).status(status);
        Err(fault.with_data(both, placed == Some(true)))
    }
}
