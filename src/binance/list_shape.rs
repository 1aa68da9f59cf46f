//! A list of orders, which is a pair of which one cancels the other, as the different calls tell of it.

use super::order_params::Told;
use super::order_shape::{client_id, write_canceled, write_placed};
use super::symbols::name_of;
use super::text::TimeUnit;
use crate::exchange::{CloseReason, Order, Pair};
use crate::shapes::json::{Members, object};
use crate::units::OrderId;

/// Bytes of a rendered list without reports, about.
pub(super) const LIST_BYTES: usize = 512;
/// What begins the client id of a list whose client gave none; the list's id follows.
const NAMELESS: &str = "mockx-list-";

/// The list that such a made id is of.
pub(super) fn nameless(client_id: &str) -> Option<OrderId> {
    OrderId::parse(client_id.strip_prefix(NAMELESS)?).ok()
}

/// The client id of a list.
pub(super) fn list_client_id(pair: &Pair) -> String {
    match pair.client_id {
        Some(id) => id.to_string(),
        None => format!("{NAMELESS}{}", pair.id),
    }
}

/// Both orders of a list, the older one first.
pub(super) fn in_order([one, two]: [&Order; 2]) -> [&Order; 2] {
    if one.id < two.id {
        [one, two]
    } else {
        [two, one]
    }
}

/// Appends the answer to a new list.
pub(super) fn write_placed_list(
    out: &mut Vec<u8>,
    orders: [&Order; 2],
    told: Told,
    unit: TimeUnit,
) {
    object(out, |members| {
        put_list(members, &orders, unit);
        members.array("orderReports", |items| {
            for order in orders {
                write_placed(items.next(), order, &[], told, unit);
            }
        });
    });
}

/// Appends a list that is asked for.
pub(super) fn write_list(out: &mut Vec<u8>, orders: &[&Order; 2], unit: TimeUnit) {
    object(out, |members| put_list(members, orders, unit));
}

/// Appends a list that was taken back; `new_id` is the client's id of that.
pub(super) fn write_canceled_list(
    out: &mut Vec<u8>,
    orders: &[&Order; 2],
    new_id: Option<&str>,
    unit: TimeUnit,
) {
    object(out, |members| {
        put_list(members, orders, unit);
        members.array("orderReports", |items| {
            // Of a list that one order was left of, the other one had expired before.
            let canceled = |order: &&&Order| order.close_reason() == Some(CloseReason::Canceled);
            for order in orders.iter().filter(canceled) {
                write_canceled(items.next(), order, new_id, unit);
            }
        });
    });
}

fn put_list(members: &mut Members<'_>, orders: &[&Order; 2], unit: TimeUnit) {
    let [first, second] = orders;
    let Some(pair) = first.pair.as_deref() else {
        return;
    };
    let open = first.is_open() || second.is_open();
    let changed = first.updated_at.max(second.updated_at);
    members.put("orderListId", pair.id.sequence());
    members.put("contingencyType", "OCO");
    let (kind, status) = if open {
        ("EXEC_STARTED", "EXECUTING")
    } else {
        ("ALL_DONE", "ALL_DONE")
    };
    members.put("listStatusType", kind);
    members.put("listOrderStatus", status);
    members.put("listClientOrderId", &list_client_id(pair));
    members.put("transactionTime", unit.of(changed));
    members.put("symbol", &name_of(first.symbol));
    members.array("orders", |items| {
        for order in orders {
            object(items.next(), |members| {
                members.put("symbol", &name_of(order.symbol));
                members.put("orderId", order.id.sequence());
                members.put("clientOrderId", &client_id(order));
            });
        }
    });
}
