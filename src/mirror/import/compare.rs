//! In what the old system differs from what would be kept of it: its keys beside those of the new exchange.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Value};
use super::fetch::{Hash, Old};
use super::order::Found;
use super::state::State;
use crate::exchange::{Exchange, HistoryEntry, Order};
use crate::keyspace::{Key, Keyspace, Kind, Names, TICKER_FIELDS, order_text};
use crate::units::OrderId;

/// Ids that are named where many differ.
const IDS_SHOWN: usize = 5;

/// Everything that differs, in words that name the key.
pub(super) fn differences(
    old: &Old,
    names: &Names,
    exchange: &Exchange,
    state: &State,
) -> Vec<String> {
    let mut told = Vec::new();
    let space = Keyspace::new(names, exchange);
    let new = space
        .keys()
        .into_iter()
        .filter(|key| key.kind() == Kind::Hash);
    let keys: BTreeSet<Key> = new
        .chain(old.hashes.keys().copied())
        .filter(|key| *key != Key::Orders)
        .collect();
    let empty = Hash::new();
    for key in keys {
        let rows = old.hashes.get(&key).unwrap_or(&empty);
        let kept: Hash = space.rows(key).collect();
        let parts = hash(key, rows, &kept);
        if !parts.is_empty() {
            told.push(format!("{}: {}", names.name(key), parts.join("; ")));
        }
    }
    orders(old, exchange, state, names, &mut told);
    open_sets(old, state, names, &mut told);
    told
}

fn hash(key: Key, rows: &Hash, kept: &Hash) -> Vec<String> {
    let fields: BTreeSet<&String> = rows.keys().chain(kept.keys()).collect();
    let mut parts = Vec::new();
    for field in fields {
        let (old, new) = (rows.get(field), kept.get(field));
        if key == Key::Balances {
            let read = |row: Option<&Vec<u8>>| {
                row.and_then(|row| Document::parse(row)).unwrap_or_default()
            };
            let (mut old, mut new) = (read(old), read(new));
            // Rows of nothing are not listed.
            for row in [&mut old, &mut new] {
                row.0.remove("asset");
            }
            let differing = old.differences(&new);
            parts.extend(differing.into_iter().map(|what| format!("{field}: {what}")));
            continue;
        }
        let value = |value: Option<&Vec<u8>>| {
            let text = value.and_then(|value| str::from_utf8(value).ok());
            text.map_or(Value::Nothing, Value::of_text)
        };
        let (old, new) = (value(old), value(new));
        let told = match key {
            // What is not known is told as the last price, and times are kept in milliseconds.
            Key::Ticker(_) => {
                old != Value::Nothing
                    && field != "timestamp"
                    && TICKER_FIELDS.contains(&field.as_str())
            }
            Key::Balances
            | Key::Orders
            | Key::OpenSet
            | Key::Open(_)
            | Key::Trades(..)
            | Key::TradesIndex(_)
            | Key::Flow(..)
            | Key::FlowIndex(_) => true,
        };
        if told && !old.is_like(&new) {
            parts.push(format!(
                "{field} is {}, becomes {}",
                old.shown(),
                new.shown()
            ));
        }
    }
    parts
}

fn orders(old: &Old, exchange: &Exchange, state: &State, names: &Names, told: &mut Vec<String>) {
    let mut history: BTreeMap<OrderId, Vec<HistoryEntry>> = BTreeMap::new();
    for entry in &state.history {
        history.entry(entry.order).or_default().push(*entry);
    }
    let closed: BTreeMap<OrderId, &Order> =
        state.closed.iter().map(|order| (order.id, order)).collect();
    let name = names.name(Key::Orders);
    for (id, place) in &state.places {
        let order = exchange.order(*id).or_else(|| closed.get(id).copied());
        let (Some(found), Some(order)) = (old.orders.get(*place), order) else {
            continue;
        };
        let mut entries = history.remove(id).unwrap_or_default();
        entries.sort_by_key(|entry| entry.number);
        let parts = order_parts(found, &order_text(order, &entries));
        if !parts.is_empty() {
            told.push(format!("{name}: {}: {}", found.name, parts.join("; ")));
        }
    }
}

fn order_parts(found: &Found, text: &[u8]) -> Vec<String> {
    let mut kept = Document::parse(text).unwrap_or_default();
    // How ids become others is told by itself.
    kept.0
        .insert("id".to_owned(), found.fields.value("id").clone());
    let mut parts = found.fields.differences(&kept);
    let history = Document::numbered(text, "history").unwrap_or_default();
    if found.history.is_empty() {
        parts.push("it has no history".to_owned());
        return parts;
    }
    let numbers: BTreeSet<&u32> = found.history.keys().chain(history.keys()).collect();
    let empty = Document::default();
    for number in numbers {
        let old = found.history.get(number).unwrap_or(&empty);
        let new = history.get(number).unwrap_or(&empty);
        let differing = old.differences(new);
        parts.extend(
            differing
                .into_iter()
                .map(|what| format!("history {number}: {what}")),
        );
    }
    parts
}

/// Members of open sets that are not open, and open orders that are in none.
fn open_sets(old: &Old, state: &State, names: &Names, told: &mut Vec<String>) {
    let mut expected: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
    for order in &state.snapshot.orders {
        let place = state
            .places
            .get(&order.id)
            .and_then(|&place| old.orders.get(place));
        let Some(found) = place else { continue };
        for key in [Key::OpenSet, Key::Open(order.symbol)] {
            expected.entry(key).or_default().insert(&found.name);
        }
    }
    let sets = old
        .sets
        .keys()
        .filter(|key| matches!(key, Key::OpenSet | Key::Open(_)));
    let keys: BTreeSet<Key> = sets.chain(expected.keys()).copied().collect();
    for key in keys {
        let members = old.sets.get(&key);
        let there: BTreeSet<&str> = members.into_iter().flatten().map(String::as_str).collect();
        let wanted = expected.remove(&key).unwrap_or_default();
        let sides = [
            (there.difference(&wanted).collect::<Vec<_>>(), "not open"),
            (wanted.difference(&there).collect(), "open and missing"),
        ];
        for (ids, what) in sides.into_iter().filter(|(ids, _)| !ids.is_empty()) {
            let shown: Vec<&str> = ids.iter().take(IDS_SHOWN).map(|id| **id).collect();
            let more = if ids.len() > IDS_SHOWN { ", ..." } else { "" };
            let (name, count, shown) = (names.name(key), ids.len(), shown.join(", "));
            told.push(format!("{name}: {count} {what}: {shown}{more}"));
        }
    }
}
