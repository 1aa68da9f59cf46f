//! Several orders in one step: a pair, an order in the place of another, all that are open.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fields::{Field, body, flag, invalid, object, required, text};
use super::message::Response;
use super::names;
use super::order_terms::{client_id, word};
use super::orders::{new_order, not_canceled, order_id, put_canceled};
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{
    Command, Exchange, NewPair, OnlyIf, Order, Outcome, Rejection, Replaced, Replacement,
};
use crate::shapes::json::document;
use crate::shapes::order::{write_id, write_order};

/// The two orders of a pair, each as `POST /orders` takes it, and the client's own id of the pair.
#[derive(Deserialize)]
struct PairBody<'a> {
    #[serde(borrow)]
    orders: Field<'a>,
    #[serde(borrow)]
    client_id: Field<'a>,
}

/// `POST /orders/pair`: both orders, of which one ends the other; or neither.
pub(super) async fn place_pair(call: &Call<'_>) -> Result<Response, Problem> {
    let PairBody {
        orders,
        client_id: client,
    } = body(call.request)?;
    let orders = required("orders", orders)?;
    let Ok::<[&RawValue; 2], _>([one, two]) = serde_json::from_str(orders.get()) else {
        return Err(invalid("orders", "must be a list of two orders"));
    };
    let (one, two) = (object("orders", one)?, object("orders", two)?);
    let pair = NewPair {
        client_id: client_id(client)?,
        orders: [new_order(call, one).await?, new_order(call, two).await?],
    };
    let render = |_: &Exchange, outcome| {
        let Outcome::PairPlaced(orders) = outcome else {
            return Vec::new();
        };
        pair_document(orders.each_ref())
    };
    let command = Command::PlacePair(Box::new(pair));
    let answer = call.context.mailbox.submit(command, render).await??;
    Ok(Response::json(200, answer))
}

/// A pair has the id of its first order.
fn pair_document([first, second]: [&Order; 2]) -> Vec<u8> {
    document(|members| {
        write_id(members.name("pair"), first.id);
        members.array("orders", |items| {
            write_order(items.next(), first, None, None);
            write_order(items.next(), second, None, None);
        });
    })
}

/// What an order is replaced by: an order, and how strictly.
#[derive(Deserialize)]
struct ReplaceBody<'a> {
    #[serde(borrow)]
    order: Field<'a>,
    #[serde(borrow)]
    only_if: Field<'a>,
    #[serde(borrow)]
    in_any_case: Field<'a>,
}

/// `POST /orders/{id}/replace`: an order is taken back and another placed. Where the first cannot be taken back and the other is not
/// wanted in any case, the answer is that of a cancellation.
pub(super) async fn replace(call: &Call<'_>) -> Result<Response, Problem> {
    let id = order_id(&call.parameter)?;
    let sent: ReplaceBody<'_> = body(call.request)?;
    let states = [
        ("open", OnlyIf::Open),
        ("new", OnlyIf::New),
        ("partially_filled", OnlyIf::PartiallyFilled),
    ];
    let replacement = Replacement {
        cancel: id,
        only_if: word("only_if", sent.only_if, &states)?.unwrap_or_default(),
        in_any_case: flag("in_any_case", sent.in_any_case)?.unwrap_or(false),
        new: new_order(call, object("order", required("order", sent.order)?)?).await?,
    };
    let render = |_: &Exchange, outcome| {
        let Outcome::Replaced(replaced) = outcome else {
            return Ok(Vec::new());
        };
        match *replaced {
            Replaced {
                canceled: Err(why),
                placed: None,
            } => Err(why),
            replaced => Ok(replaced_document(&replaced)),
        }
    };
    let command = Command::Replace(Box::new(replacement));
    match call.context.mailbox.submit(command, render).await?? {
        Ok(answer) => Ok(Response::json(200, answer)),
        Err(why) => Err(not_canceled(call, why).await?),
    }
}

fn replaced_document(replaced: &Replaced) -> Vec<u8> {
    let Replaced { canceled, placed } = replaced;
    let reason = |why: Option<&Rejection>| why.map(ToString::to_string);
    document(|members| {
        if let Ok((order, freed)) = canceled {
            put_canceled(members, order, *freed);
        } else {
            members.put("canceled_order", None::<&str>);
            members.put("freed", None::<&str>);
        }
        members.put("cancel_reason", reason(canceled.as_ref().err()).as_ref());
        if let Some(Ok(order)) = placed {
            write_order(members.name("order"), order, None, None);
        } else {
            members.put("order", None::<&str>);
        }
        let refused = placed.as_ref().and_then(|placed| placed.as_ref().err());
        members.put("reason", reason(refused).as_ref());
    })
}

#[derive(Deserialize)]
struct AllBody<'a> {
    #[serde(borrow)]
    symbol: Field<'a>,
}

/// `POST /orders/cancel`: all open orders, or those of a symbol, the oldest first.
pub(super) async fn cancel_all(call: &Call<'_>) -> Result<Response, Problem> {
    let sent: AllBody<'_> = body(call.request)?;
    let symbol = match text("symbol", sent.symbol)? {
        Some(name) => Some(names::known_case(call.context, "symbol", &name).await?),
        None => None,
    };
    let render = |_: &Exchange, outcome| {
        let Outcome::AllCanceled { orders, more } = outcome else {
            return Vec::new();
        };
        canceled_document(&orders, more)
    };
    let command = Command::CancelAll(symbol);
    let answer = call.context.mailbox.submit(command, render).await??;
    Ok(Response::json(200, answer))
}

fn canceled_document(orders: &[Order], more: bool) -> Vec<u8> {
    document(|members| {
        members.put("length", u64::try_from(orders.len()).unwrap_or(u64::MAX));
        members.array("orders", |items| {
            for order in orders {
                write_id(items.next(), order.id);
            }
        });
        members.put("more", more);
    })
}
