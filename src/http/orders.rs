//! Orders: `/orders`.

use super::fields::{body, invalid, number, required, text};
use super::message::Response;
use super::names;
use super::order_filter::Filter;
use super::order_list::{Shown, answer_list};
use super::order_terms::OrderBody;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{
    Command, Exchange, Freed, NewOrder, Order, OrderKind, Outcome, Rejection, Side, Strict,
};
use crate::shapes::json::{Members, document, object};
use crate::shapes::order::{ORDER_BYTES, order_document, write_order};
use crate::units::{OrderId, Price, Quantity};

/// `POST /orders`: the order; also one that ended rejected for want of money.
pub(super) async fn place(call: &Call<'_>) -> Result<Response, Problem> {
    let order = new_order(call, body(call.request)?).await?;
    // Placing is answered with the order.
    let render = |_: &Exchange, outcome| {
        let Outcome::Placed(order) = outcome else {
            return Vec::new();
        };
        order_document(&order, None)
    };
    let command = Command::Place(order);
    let answer = call.context.mailbox.submit(command, render).await??;
    Ok(Response::json(200, answer))
}

/// `POST /orders/can_execute`: whether money could be set aside for the order now.
pub(super) async fn can_execute(call: &Call<'_>) -> Result<Response, Problem> {
    let order = new_order(call, body(call.request)?).await?;
    let check = move |exchange: &Exchange| match exchange.check_order(order) {
        Ok(checked) => Ok(checked.err().map(|reason| reason.to_string())),
        Err(full @ Rejection::TooManyOpenOrders(_)) => Ok(Some(full.to_string())),
        Err(rejection) => Err(rejection),
    };
    let checked: Result<Option<String>, Rejection> = call.context.mailbox.look(check).await?;
    let reason = checked?;
    let answer = document(|members| {
        members.put("ok", reason.is_none());
        members.put("reason", reason.as_ref());
    });
    Ok(Response::json(200, answer))
}

/// Reads an order.
pub(super) async fn new_order(call: &Call<'_>, body: OrderBody<'_>) -> Result<NewOrder, Problem> {
    let name = required("symbol", text("symbol", body.symbol)?)?;
    let symbol = match names::symbol("symbol", &name)? {
        names::Named::Symbol(symbol) => Ok(symbol),
        // Said last: a value that can never be right is the better hint.
        names::Named::OtherCase(_) => Err(name),
    };
    let side = side(&required("side", text("side", body.side)?)?)?;
    let is_limit = match text("type", body.kind)? {
        None => false,
        Some(word) => is_limit(&word)?,
    };
    let terms = body.terms(call.context.fee_mode)?;
    let quantity = number("amount", body.amount, Quantity::parse_positive)?;
    let quantity = match (terms.quote_amount, quantity) {
        (None, quantity) => required("amount", quantity)?,
        (Some(_), None) => Quantity::ZERO,
        (Some(_), Some(_)) => {
            return Err(invalid("quote_amount", "stands in the place of `amount`"));
        }
    };
    let kind = if is_limit {
        let price = number("limit_price", body.limit_price, Price::parse)?;
        let other_name = number("price", body.price, Price::parse)?;
        let price = price.or(other_name);
        let price = price.ok_or_else(|| invalid("limit_price", "is required by a limit order"))?;
        OrderKind::Limit { price }
    } else {
        OrderKind::Market
    };
    let symbol = match symbol {
        Ok(symbol) => symbol,
        Err(name) => names::known_case(call.context, "symbol", &name).await?,
    };
    Ok(NewOrder {
        symbol,
        side,
        kind,
        quantity,
        terms,
        strict: Strict {
            rules: call.context.enforce_rules,
            funds: false,
        },
    })
}

/// Reads `buy` or `sell` in either case.
pub(super) fn side(word: &str) -> Result<Side, Problem> {
    Side::ALL
        .into_iter()
        .find(|side| side.as_str().eq_ignore_ascii_case(word))
        .ok_or_else(|| invalid("side", "must be buy or sell"))
}

/// Reads `market` or `limit` in either case.
pub(super) fn is_limit(word: &str) -> Result<bool, Problem> {
    if word.eq_ignore_ascii_case("limit") {
        Ok(true)
    } else if word.eq_ignore_ascii_case("market") {
        Ok(false)
    } else {
        Err(invalid("type", "must be market or limit"))
    }
}

/// `GET /orders`.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let history = call.query().flag("include_history", false)?;
    let filter = Filter::read(call.context, call.query()).await?;
    answer_list(call.context, filter, Shown::Orders { history }).await
}

/// `GET /orders/list`.
pub(super) async fn ids(call: &Call<'_>) -> Result<Response, Problem> {
    let filter = Filter::read(call.context, call.query()).await?;
    answer_list(call.context, filter, Shown::Ids).await
}

/// `GET /orders/{id}`.
pub(super) async fn one(call: &Call<'_>) -> Result<Response, Problem> {
    let id = order_id(&call.parameter)?;
    let history = call.query().flag("include_history", false)?;
    let open = move |exchange: &Exchange| {
        let order = exchange.order(id).cloned();
        let waiting = order.as_ref().and_then(|order| exchange.waiting(order));
        (order, waiting)
    };
    let (open, waiting) = call.context.mailbox.look(open).await?;
    if let (Some(order), false) = (&open, history) {
        return Ok(Response::json(200, order_document(order, waiting)));
    }
    // The look above has waited until all that is closed is in the archive.
    let read = move |archive: &dyn crate::archive::Archive| {
        let found = match open {
            Some(order) => Some(order),
            None => archive.order(id)?,
        };
        let Some(order) = found else { return Ok(None) };
        let entries = if history {
            Some(archive.history(id)?)
        } else {
            None
        };
        let mut out = Vec::with_capacity(ORDER_BYTES);
        write_order(&mut out, &order, waiting, entries.as_deref());
        Ok(Some(out))
    };
    match call.context.archive.read(read).await? {
        Some(answer) => Ok(Response::json(200, answer)),
        None => Err(Rejection::UnknownOrder(id).into()),
    }
}

/// `POST /orders/{id}/cancel`.
pub(super) async fn cancel(call: &Call<'_>) -> Result<Response, Problem> {
    let id = order_id(&call.parameter)?;
    // Canceling is answered with the order.
    let render = |_: &Exchange, outcome| {
        let Outcome::Canceled(order, freed) = outcome else {
            return Vec::new();
        };
        canceled(&order, freed)
    };
    let answer = call
        .context
        .mailbox
        .submit(Command::Cancel(id), render)
        .await?;
    match answer {
        Ok(answer) => Ok(Response::json(200, answer)),
        Err(why) => Err(not_canceled(call, why).await?),
    }
}

/// Why an order was not taken back: the exchange knows that the id was given, the archive whether the order is still remembered.
pub(super) async fn not_canceled(call: &Call<'_>, why: Rejection) -> Result<Problem, Problem> {
    let Rejection::OrderNotOpen(id) = why else {
        return Ok(why.into());
    };
    let read = move |archive: &dyn crate::archive::Archive| archive.order(id);
    Ok(match call.context.archive.read(read).await? {
        Some(_) => Rejection::OrderNotOpen(id).into(),
        None => Rejection::UnknownOrder(id).into(),
    })
}

fn canceled(order: &Order, freed: Freed) -> Vec<u8> {
    let mut out = Vec::with_capacity(ORDER_BYTES);
    object(&mut out, |members| put_canceled(members, order, freed));
    out
}

/// An order that was taken back, and what that freed.
pub(super) fn put_canceled(members: &mut Members<'_>, order: &Order, freed: Freed) {
    write_order(members.name("canceled_order"), order, None, None);
    members.object("freed", |assets| {
        assets.put(order.symbol.base().as_str(), freed.base);
        assets.put(order.symbol.quote().as_str(), freed.quote);
    });
}

/// Something that is no id names no order.
pub(super) fn order_id(text: &str) -> Result<OrderId, Problem> {
    let missing = |_| Problem::new(404, "unknown_order", format!("Order {text} not found"));
    OrderId::parse(text).map_err(missing)
}
