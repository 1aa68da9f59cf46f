//! An order, as the different calls tell of it.

use super::order_params::{Told, Word};
use super::symbols::name_of;
use super::text::{Text, TimeUnit};
use crate::exchange::{Level, Order, OrderStatus, Side, Stage, TimeInForce, Trade};
use crate::shapes::json::{Members, object};
use crate::units::OrderId;

/// Bytes of a rendered order, about.
pub(super) const ORDER_BYTES: usize = 768;
/// What begins the client order id of an order whose client gave none; the order's id follows.
const NAMELESS: &str = "mockx-";
/// The same of a cancellation.
const CANCELLATION: &str = "mockx-cancel-";
/// There is no list of orders that it belongs to.
pub(super) const NO_LIST: i64 = -1;

/// The id of the list that an order belongs to.
pub(super) fn list_id(order: &Order) -> i64 {
    let id = order.pair.as_ref().map(|pair| pair.id.sequence());
    id.and_then(|id| i64::try_from(id).ok()).unwrap_or(NO_LIST)
}

/// `BUY` or `SELL`.
pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// The word for how an order is.
fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::New => "NEW",
        OrderStatus::PartiallyFilled => "PARTIALLY_FILLED",
        OrderStatus::Filled => "FILLED",
        OrderStatus::Canceled | OrderStatus::PartiallyCanceled => "CANCELED",
        OrderStatus::Expired | OrderStatus::PartiallyExpired => "EXPIRED",
        OrderStatus::Rejected | OrderStatus::PartiallyRejected => "REJECTED",
    }
}

/// One that is good till a date, which this API cannot place, waits until it is cancelled as far as anybody can tell.
fn time_in_force(time: TimeInForce) -> &'static str {
    match time {
        TimeInForce::GoodTillCancelled | TimeInForce::Unlimited | TimeInForce::GoodTill(_) => "GTC",
        TimeInForce::ImmediateOrCancel => "IOC",
        TimeInForce::FillOrKill => "FOK",
    }
}

/// The client order id; made from the order's id where the client gave none, so that it is the same every time.
pub(super) fn client_id(order: &Order) -> String {
    match order.terms.client_id {
        Some(id) => id.to_string(),
        None => format!("{NAMELESS}{}", order.id),
    }
}

/// The order that such a made id is of.
pub(super) fn nameless(client_id: &str) -> Option<OrderId> {
    OrderId::parse(client_id.strip_prefix(NAMELESS)?).ok()
}

/// Appends the answer to a new order, with the trades that it has made.
pub(super) fn write_placed(
    out: &mut Vec<u8>,
    order: &Order,
    trades: &[Trade],
    told: Told,
    unit: TimeUnit,
) {
    object(out, |members| {
        put_names(members, order);
        members.put("clientOrderId", &client_id(order));
        members.put("transactTime", unit.of(order.placed_at));
        if told == Told::Ack {
            return;
        }
        put_figures(members, order);
        put_working(members, order, unit);
        if told == Told::Full {
            members.array("fills", |items| {
                for trade in trades {
                    object(items.next(), |members| put_fill(members, trade));
                }
            });
        }
    });
}

/// Appends an order that is asked for.
pub(super) fn write_order(out: &mut Vec<u8>, order: &Order, unit: TimeUnit) {
    object(out, |members| {
        put_names(members, order);
        members.put("clientOrderId", &client_id(order));
        put_figures(members, order);
        if order.terms.trigger.is_none() {
            members.put("stopPrice", Text::ZERO);
        }
        members.put("icebergQty", Text::ZERO);
        members.put("time", unit.of(order.placed_at));
        members.put("updateTime", unit.of(order.updated_at));
        members.put("isWorking", order.stage() != Some(Stage::Armed));
        put_working(members, order, unit);
    });
}

/// Appends an order that was taken back; `new_id` is the client's id of that.
pub(super) fn write_canceled(
    out: &mut Vec<u8>,
    order: &Order,
    new_id: Option<&str>,
    unit: TimeUnit,
) {
    object(out, |members| {
        members.put("symbol", &name_of(order.symbol));
        members.put("origClientOrderId", &client_id(order));
        members.put("orderId", order.id.sequence());
        members.put("orderListId", list_id(order));
        let made = || format!("{CANCELLATION}{}", order.id);
        members.put("clientOrderId", &new_id.map_or_else(made, str::to_owned));
        members.put("transactTime", unit.of(order.updated_at));
        put_figures(members, order);
        members.put("selfTradePreventionMode", "NONE");
    });
}

fn put_names(members: &mut Members<'_>, order: &Order) {
    members.put("symbol", &name_of(order.symbol));
    members.put("orderId", order.id.sequence());
    members.put("orderListId", list_id(order));
}

fn put_figures(members: &mut Members<'_>, order: &Order) {
    members.put("price", Text::from(order.limit_price()));
    members.put("origQty", Text::from(order.quantity));
    members.put("executedQty", Text::from(order.filled.quantity));
    members.put("origQuoteOrderQty", Text::from(order.terms.quote_amount));
    members.put("cummulativeQuoteQty", Text::from(order.filled.notional));
    members.put("status", status(order.status()));
    members.put("timeInForce", time_in_force(order.terms.time_in_force));
    members.put("type", Word::of(order.kind, &order.terms).as_str());
    members.put("side", side(order.side));
    match order.terms.trigger.map(|trigger| trigger.level) {
        None => {}
        Some(Level::At(price)) => members.put("stopPrice", Text::from(price)),
        Some(Level::Trail { bips, from }) => {
            members.put("stopPrice", Text::from(from));
            members.put("trailingDelta", u64::from(bips));
        }
    }
}

/// Since when it is in the book; -1 before that. When a trigger was reached is not kept: it is told as the last change then.
fn put_working(members: &mut Members<'_>, order: &Order, unit: TimeUnit) {
    if order.stage() == Some(Stage::Armed) {
        members.put("workingTime", -1i64);
    } else if order.terms.trigger.is_some() {
        members.put("workingTime", unit.of(order.updated_at));
    } else {
        members.put("workingTime", unit.of(order.placed_at));
    }
    members.put("selfTradePreventionMode", "NONE");
}

fn put_fill(members: &mut Members<'_>, trade: &Trade) {
    members.put("price", Text::from(trade.price));
    members.put("qty", Text::from(trade.quantity));
    members.put("commission", Text::from(trade.fee));
    members.put("commissionAsset", trade.fee_asset);
    members.put("tradeId", trade.id);
}
