//! An order and its history, in the words of the wire.

use super::json::{Members, object};
use crate::exchange::{
    CloseReason, HistoryEntry, Level, Order, OrderKind, RejectReason, TimeInForce, TriggerKind,
    Waiting,
};
use crate::units::OrderId;

/// Bytes of a rendered order, about.
pub(crate) const ORDER_BYTES: usize = 1024;

/// An order in a buffer of its own.
pub(crate) fn order_document(order: &Order, waiting: Option<Waiting>) -> Vec<u8> {
    let mut out = Vec::with_capacity(ORDER_BYTES);
    write_order(&mut out, order, waiting, None);
    out
}

/// Appends an order, with what it waits for if it does, and with its history where that is given, the creation not
/// among the entries.
pub(crate) fn write_order(
    out: &mut Vec<u8>,
    order: &Order,
    waiting: Option<Waiting>,
    history: Option<&[HistoryEntry]>,
) {
    object(out, |members| {
        what_was_asked(members, order);
        what_became_of_it(members, order, waiting);
        other_names(members, order);
        write_terms(members, order);
        if let Some(entries) = history {
            members.object("history", |numbers| write_history(numbers, order, entries));
        }
    });
}

/// Appends an order as a keyspace holds it: with its history, without what only the clients of the HTTP API know, and
/// without what it waits for, which changes while the order does not.
pub(crate) fn write_stored_order(out: &mut Vec<u8>, order: &Order, history: &[HistoryEntry]) {
    object(out, |members| {
        what_was_asked(members, order);
        what_became_of_it(members, order, None);
        members.object("history", |numbers| write_history(numbers, order, history));
    });
}

/// Appends an id, which is digits.
pub(crate) fn write_id(out: &mut Vec<u8>, id: OrderId) {
    out.push(b'"');
    out.extend_from_slice(id.to_string().as_bytes());
    out.push(b'"');
}

/// The word for the kind of an order.
pub(crate) fn kind_word(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
    }
}

fn what_was_asked(members: &mut Members<'_>, order: &Order) {
    write_id(members.name("id"), order.id);
    members.put("symbol", order.symbol);
    members.put("side", order.side.as_str());
    members.put("type", kind_word(order.kind));
    members.put("amount", order.quantity);
    members.put("notion_currency", order.symbol.quote());
    members.put("fee_currency", order.fee_asset());
    members.put("fee_rate", order.fee_rate);
}

/// What an order asks for beyond the usual; nothing where it asks for nothing.
fn write_terms(members: &mut Members<'_>, order: &Order) {
    let terms = &order.terms;
    let until_cancelled = [TimeInForce::GoodTillCancelled, TimeInForce::Unlimited];
    if !until_cancelled.contains(&terms.time_in_force) {
        members.put("time_in_force", time_in_force_word(terms.time_in_force));
    }
    if let TimeInForce::GoodTill(date) = terms.time_in_force {
        members.put("good_till", date);
    }
    if terms.post_only {
        members.put("post_only", true);
    }
    if let Some(trigger) = terms.trigger {
        members.put("trigger", trigger_word(trigger.kind));
        match trigger.level {
            Level::At(price) => members.put("trigger_price", price),
            Level::Trail { bips, from } => {
                members.put("trigger_price", from);
                members.put("trailing_delta", u32::from(bips));
            }
        }
    }
    if let Some(amount) = terms.quote_amount {
        members.put("quote_amount", amount);
    }
    if let Some(id) = terms.client_id {
        members.put("client_id", id.as_str());
    }
    if let Some(pair) = order.pair.as_deref() {
        write_id(members.name("pair"), pair.id);
        if let Some(id) = pair.client_id {
            members.put("pair_client_id", id.as_str());
        }
    }
}

fn time_in_force_word(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTillCancelled | TimeInForce::Unlimited => "GTC",
        TimeInForce::ImmediateOrCancel => "IOC",
        TimeInForce::FillOrKill => "FOK",
        TimeInForce::GoodTill(_) => "GTD",
    }
}

/// The word for why an order waits for a price.
fn trigger_word(kind: TriggerKind) -> &'static str {
    match kind {
        TriggerKind::StopLoss => "stop_loss",
        TriggerKind::TakeProfit => "take_profit",
    }
}

fn what_became_of_it(members: &mut Members<'_>, order: &Order, waiting: Option<Waiting>) {
    members.put("actual_filled", order.filled.quantity);
    members.put("price", order.average_price());
    members.put("limit_price", order.limit_price());
    members.put("status", order.status().as_str());
    members.put("initial_booked_notion", order.booked.notional);
    members.put("reserved_notion_left", order.notional_left());
    members.put("actual_notion", order.filled.notional);
    members.put("initial_booked_fee", order.booked.fee);
    members.put("reserved_fee_left", order.hold().fee);
    members.put("actual_fee", order.filled.fee);
    members.put("ts_create", order.placed_at);
    members.put("ts_update", order.updated_at);
    members.put("ts_finish", order.closed_at());
    match waiting {
        Some(waiting) if order.is_open() => members.put("comment", &waiting.to_string()),
        _ => put_comment(members, order.close_reason().and_then(CloseReason::reject)),
    }
    members.put("history_count", order.history_count);
}

/// What some clients call it.
fn other_names(members: &mut Members<'_>, order: &Order) {
    members.put("filled", order.filled.quantity);
    members.put("remaining", order.remaining());
    members.put("cost", order.filled.notional);
    members.put("average", order.average_price());
    members.put("created_at", order.placed_at);
    members.put("updated_at", order.updated_at);
}

/// The reason in words, where something was rejected.
fn put_comment(members: &mut Members<'_>, reject: Option<RejectReason>) {
    let comment = reject.map(|reason| reason.to_string());
    members.put("comment", comment.as_ref());
}

/// Entries that came after the state that `order` shows are left out, so that the two always agree.
fn write_history(numbers: &mut Members<'_>, order: &Order, entries: &[HistoryEntry]) {
    let creation = order.creation();
    write_entry(numbers, &creation);
    for entry in entries {
        if entry.number > 0 && entry.number < order.history_count {
            write_entry(numbers, entry);
        }
    }
}

fn write_entry(numbers: &mut Members<'_>, entry: &HistoryEntry) {
    numbers.object(&entry.number.to_string(), |members| {
        members.put("ts", entry.at);
        members.put("status", entry.status.as_str());
        members.put("price", entry.price);
        members.put("amount_remain", entry.remaining);
        members.put("actual_filled", entry.quantity);
        members.put("actual_notion", entry.notional);
        members.put("actual_fee", entry.fee);
        members.put("reserved_notion_left", entry.notional_left);
        members.put("reserved_fee_left", entry.fee_left);
        put_comment(members, entry.reject);
    });
}
