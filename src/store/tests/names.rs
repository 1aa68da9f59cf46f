//! Closed orders by their names: of the market, of the client, of the pair.

use std::collections::BTreeSet;

use super::play::{Play, SYMBOLS, Told};
use super::{CACHE_BYTES, shown, wait};
use crate::archive::{Archive, Name, OrderWalk};
use crate::exchange::Order;
use crate::store::tables::{CLOSED_BY_NAME, META, META_NAMED};
use crate::store::{Batch, FILE_NAME, Store, StoreError, check, prune};
use crate::units::{ClientId, Elapsed, OrderId, Symbol, Timestamp};

fn walked(store: &Store, walk: OrderWalk, most: usize) -> Vec<Order> {
    shown(most, |visit| store.reader().named(walk, visit))
}

/// What a walk has to show, from all orders that are closed.
fn expected(told: &Told, walk: OrderWalk, most: usize) -> Vec<Order> {
    let named = |order: &Order| match walk.name {
        Name::Market(symbol) => order.symbol == symbol,
        Name::Client(client) => order.terms.client_id == Some(client),
        Name::Pair(client) => order
            .pair
            .as_ref()
            .is_some_and(|pair| pair.client_id == Some(client) && pair.id == order.id),
    };
    let mut orders: Vec<Order> = told.closed.values().cloned().collect();
    orders.retain(|order| {
        named(order)
            && walk.from.is_none_or(|from| order.id >= from)
            && walk.since.is_none_or(|since| order.placed_at >= since)
            && walk.until.is_none_or(|until| order.placed_at <= until)
    });
    if !walk.oldest_first {
        orders.reverse();
    }
    orders.truncate(most);
    orders
}

/// Every name, from and until every so many ids and times.
fn assert_named(store: &Store, told: &Told) {
    let clients: BTreeSet<ClientId> = told
        .closed
        .values()
        .filter_map(|order| order.terms.client_id)
        .collect();
    assert!(clients.len() > 3, "the play names its orders");
    for client in clients {
        let walk = OrderWalk::of(Name::Client(client));
        assert_eq!(walked(store, walk, 9), expected(told, walk, 9));
    }
    let times: Vec<Option<Timestamp>> = told
        .closed
        .values()
        .step_by(17)
        .map(|order| Some(order.placed_at))
        .chain([None, Some(Timestamp::from_millis(0))])
        .collect();
    let ids = [None, Some(OrderId::new(0)), Some(OrderId::new(40))];
    for name in SYMBOLS {
        let symbol = Symbol::parse(name).unwrap();
        for &since in &times {
            for &until in &times {
                for (from, oldest_first) in ids.into_iter().zip([true, false, true]) {
                    let walk = OrderWalk {
                        name: Name::Market(symbol),
                        from,
                        since,
                        until,
                        oldest_first,
                    };
                    assert_eq!(walked(store, walk, 5), expected(told, walk, 5), "{walk:?}");
                }
            }
        }
    }
}

#[test]
fn closed_orders_are_found_by_their_names_also_in_a_store_of_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let (mut play, mut told) = (Play::new(5), Told::default());
    for _ in 0..40 {
        play.steps(10);
        let events = play.exchange.take_events();
        told.note(&events);
        wait(store.commit(Batch::collect(&play.exchange, events))).unwrap();
    }
    assert_named(&store, &told);

    // A third of them is forgotten.
    let mut updates: Vec<Elapsed> = told
        .closed
        .values()
        .map(|order| order.updated_elapsed)
        .collect();
    updates.sort_unstable();
    let before = updates[updates.len() / 3];
    let pruned = store
        .shared
        .with(|database| prune::prune(database, before))
        .unwrap();
    assert!(pruned.len() > 10);
    told.closed.retain(|id, _| !pruned.contains(id));
    assert_named(&store, &told);

    // What an earlier version has written knows no names.
    let forget = store.shared.with(|database| {
        let transaction = database.begin_write().map_err(StoreError::new)?;
        transaction
            .delete_table(CLOSED_BY_NAME)
            .map_err(StoreError::new)?;
        let mut meta = transaction.open_table(META).map_err(StoreError::new)?;
        meta.remove(META_NAMED).map_err(StoreError::new)?;
        drop(meta);
        transaction.commit().map_err(StoreError::new)
    });
    forget.unwrap();
    drop(store);
    check(&path).unwrap();
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    assert_named(&store, &told);
    drop(store);
    check(&path).unwrap();
}

#[test]
fn a_name_that_is_missing_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let mut play = Play::new(5);
    play.steps(100);
    let events = play.exchange.take_events();
    wait(store.commit(Batch::collect(&play.exchange, events))).unwrap();
    let forget = store.shared.with(|database| {
        let transaction = database.begin_write().map_err(StoreError::new)?;
        let mut names = transaction
            .open_table(CLOSED_BY_NAME)
            .map_err(StoreError::new)?;
        names.pop_first().map_err(StoreError::new)?;
        drop(names);
        transaction.commit().map_err(StoreError::new)
    });
    forget.unwrap();
    drop(store);
    let said = check(&path).unwrap_err().to_string();
    assert!(said.contains("is found by no name"), "{said}");
}
