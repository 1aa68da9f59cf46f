//! Closed orders and histories as the events told them; pruning, and reset.

use std::ops::ControlFlow;

use super::desk::{Desk, by_hand};
use super::disk::{Disk, Fault};
use super::play::{Play, Told, rules};
use super::{CACHE_BYTES, commit, shown, wait};
use crate::archive::{Archive, TradeWalk, Walk};
use crate::exchange::{Command, Exchange, Order, Rules, Trade};
use crate::store::open::Place;
use crate::store::prune::PRUNE_ROWS_MAX;
use crate::store::{Batch, FILE_NAME, Reader, Store};
use crate::units::{Elapsed, OrderId, Span, Timestamp};

/// Closed orders of a walk, at most `most`.
fn walked(reader: &Reader, walk: Walk, most: usize) -> Vec<Order> {
    shown(most, |visit| reader.walk(walk, visit))
}

#[track_caller]
fn assert_archive(reader: &Reader, told: &Told, next_order: u64) {
    assert_eq!(reader.count().unwrap(), told.closed.len() as u64);
    for id in (0..=next_order).map(OrderId::new) {
        assert_eq!(reader.order(id).unwrap().as_ref(), told.closed.get(&id));
        let history = told.histories.get(&id).cloned().unwrap_or_default();
        assert_eq!(reader.history(id).unwrap(), history);
        let numbers: Vec<u32> = history.iter().map(|entry| entry.number).collect();
        let expected: Vec<u32> = (1..).take(history.len()).collect();
        assert_eq!(numbers, expected);
    }
    assert_eq!(
        walked(reader, Walk::default(), usize::MAX),
        told.in_walk_order()
    );
}

#[test]
fn the_archive_is_what_the_events_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    for seed in 20..26 {
        let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
        let (mut play, mut told) = (Play::new(seed), Told::default());
        play.handle(Command::Reset);
        for _ in 0..30 {
            play.steps(10);
            let events = play.exchange.take_events();
            told.note(&events);
            wait(store.commit(Batch::collect(&play.exchange, events))).unwrap();
        }
        assert_archive(&store.reader(), &told, play.exchange.next_order());
    }
}

#[test]
fn a_walk_goes_on_where_another_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut told = Told::default();
    let mut desk = Desk::new(rules());
    // Ties of five at a time.
    for round in 0..12 {
        desk.reject(5);
        told.note(&desk.commit(&store, None));
        desk.pass(Span::from_millis(round % 3));
    }
    let all = told.in_walk_order();
    assert_eq!(all.len(), 60);
    let reader = store.reader();
    for (index, order) in all.iter().enumerate() {
        let walk = Walk {
            after: Some((order.updated_at, order.id)),
            since: None,
        };
        assert_eq!(
            walked(&reader, walk, 7),
            all[index + 1..].iter().take(7).cloned().collect::<Vec<_>>()
        );
        let since = Walk {
            since: Some(order.updated_at),
            ..walk
        };
        let mut expected = all[index + 1..].to_vec();
        expected.retain(|other| other.updated_at >= order.updated_at);
        assert_eq!(walked(&reader, since, usize::MAX), expected);
    }
    let (first, last) = (&all[0], &all[59]);
    let nothing = [
        Walk {
            after: Some((last.updated_at, last.id)),
            since: None,
        },
        Walk {
            after: None,
            since: Some(first.updated_at.plus(Span::from_millis(1))),
        },
        Walk {
            after: Some((last.updated_at, last.id)),
            since: Some(first.updated_at.plus(Span::from_millis(9))),
        },
        Walk {
            after: Some((Timestamp::from_millis(0), OrderId::new(0))),
            since: None,
        },
    ];
    for walk in nothing {
        assert_eq!(walked(&reader, walk, usize::MAX), []);
    }
    let later = Walk {
        after: Some((Timestamp::from_millis(u64::MAX), OrderId::new(u64::MAX))),
        since: None,
    };
    assert_eq!(walked(&reader, later, usize::MAX), all);
}

#[test]
fn pruning_goes_in_chunks_between_commits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (mut writer, reader) = by_hand(Place::file(&path, CACHE_BYTES).unwrap());
    let mut desk = Desk::new(rules());
    let mut told = Told::default();
    let old = PRUNE_ROWS_MAX * 2 + 100;
    desk.cancel(600);
    desk.reject(old - 600);
    let batch = desk.batch(&mut told);
    writer.commit(&batch).unwrap();
    let count = |expected: usize| assert_eq!(reader.count().unwrap(), expected as u64);
    count(old);
    desk.pass(Span::from_secs(10));
    desk.cancel(50);
    let mut batch = desk.batch(&mut told);
    batch.prune_before = Some(desk.moment.elapsed);
    writer.commit(&batch).unwrap();
    count(old + 50);
    writer.prune();
    count(old + 50 - PRUNE_ROWS_MAX);
    desk.cancel(5);
    writer.commit(&desk.batch(&mut told)).unwrap();
    writer.prune();
    count(155);
    writer.prune();
    count(55);
    assert!(!writer.is_pruning());
    writer.prune();

    told.closed
        .retain(|_, order| order.updated_elapsed >= desk.moment.elapsed);
    let closed = told.closed.clone();
    told.histories.retain(|id, _| closed.contains_key(id));
    assert_archive(&reader, &told, desk.exchange.next_order());
}

/// Pruning that fails is nobody's commit, yet reads go on and the next commits know.
#[test]
fn pruning_that_fails_is_looked_after() {
    for fault in [Fault::Full, Fault::Sync] {
        let disk = Disk::with_store();
        let (mut writer, reader) = by_hand(disk.place());
        let (mut desk, mut told) = (Desk::new(rules()), Told::default());
        desk.cancel(200);
        writer.commit(&desk.batch(&mut told)).unwrap();
        desk.pass(Span::from_secs(1));
        let mut batch = desk.batch(&mut told);
        batch.prune_before = Some(desk.moment.elapsed);
        writer.commit(&batch).unwrap();
        disk.fail(fault, 0);
        writer.prune();
        let left = walked(&reader, Walk::default(), usize::MAX);
        // A commit whose sync fails can be there all the same.
        assert!(left == told.in_walk_order() || (left.is_empty() && fault == Fault::Sync));
        desk.cancel(1);
        let batch = desk.batch(&mut told);
        writer.commit(&batch).unwrap_err();
        disk.mend();
        writer.reopen().unwrap();
        writer.commit(&batch).unwrap();
        assert!(reader.count().unwrap() >= 1);
    }
}

#[test]
fn the_thread_prunes_while_nobody_asks_for_more() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut desk = Desk::new(Rules {
        prune_after: Some(Span::from_secs(60)),
        prune_every: Span::from_secs(30),
        ..rules()
    });
    desk.reject(PRUNE_ROWS_MAX + 20);
    desk.commit(&store, None);
    desk.pass(Span::from_secs(95));
    desk.reject(3);
    desk.commit(&store, None);
    let reader = store.reader();
    for _ in 0..100_000 {
        if reader.count().unwrap() == 3 {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(reader.count().unwrap(), 3);
    // Pruning that is under way does not keep the store from ending.
    desk.reject(PRUNE_ROWS_MAX * 3);
    let end = desk.moment.elapsed.plus(Span::from_secs(1));
    desk.commit(&store, Some(end));
    drop(store);
}

#[test]
fn a_reset_empties_the_archive() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let mut desk = Desk::new(rules());
    let mut told = Told::default();
    desk.cancel(30);
    desk.reject(30);
    told.note(&desk.commit(&store, Some(Elapsed::from_millis(0))));
    // In one batch: orders that come and go, a reset, and orders after it.
    desk.cancel(5);
    desk.handle(Command::Reset);
    desk.fund();
    desk.cancel(2);
    desk.place();
    told.note(&desk.commit(&store, None));
    assert_eq!(told.closed.len(), 2);
    assert_archive(&store.reader(), &told, desk.exchange.next_order());
    assert_eq!(store.load().unwrap().orders.len(), 1);
    // And nothing but a reset.
    desk.handle(Command::Reset);
    desk.commit(&store, None);
    assert_archive(
        &store.reader(),
        &Told::default(),
        desk.exchange.next_order(),
    );
    drop(store);
    let (_store, snapshot) = Store::open(&path, CACHE_BYTES).unwrap();
    let restored = Exchange::restore(rules(), snapshot).unwrap();
    assert_eq!(restored.digest(), desk.exchange.digest());
}

#[test]
fn an_empty_batch_is_a_commit_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut exchange = Exchange::new(rules());
    commit(&store, &mut exchange).unwrap();
    commit(&store, &mut exchange).unwrap();
    assert_eq!(store.reader().count().unwrap(), 0);
}

/// Trades of a walk.
fn trades(reader: &Reader, walk: TradeWalk) -> Vec<Trade> {
    let mut trades = Vec::new();
    let visit = &mut |trade| {
        trades.push(trade);
        ControlFlow::Continue(())
    };
    reader.trades(walk, visit).unwrap();
    trades
}

#[test]
fn trades_are_found_by_symbol_by_order_and_by_id() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let reader = store.reader();
    assert_eq!(trades(&reader, TradeWalk::default()), []);
    let (mut play, mut told) = (Play::new(3), Told::default());
    for _ in 0..30 {
        play.steps(20);
        let events = play.exchange.take_events();
        told.note(&events);
        wait(store.commit(Batch::collect(&play.exchange, events))).unwrap();
    }
    let mut all = told.trades.clone();
    assert!(all.len() > 20, "{}", all.len());
    let (first, middle) = (all[0], all[all.len() / 2]);
    let oldest_first = TradeWalk {
        oldest_first: true,
        ..TradeWalk::default()
    };
    assert_eq!(trades(&reader, oldest_first), all);
    for trade in &all {
        let of_order = reader.trades_of(trade.order).unwrap();
        assert!(of_order.contains(trade), "{trade:?}");
        assert!(of_order.iter().all(|other| other.order == trade.order));
    }
    all.reverse();
    assert_eq!(trades(&reader, TradeWalk::default()), all);
    let part = TradeWalk {
        symbol: Some(middle.symbol),
        from: Some(first.id + 1),
        before: Some(middle.id + 1),
        oldest_first: false,
    };
    all.retain(|trade| {
        trade.symbol == middle.symbol && trade.id > first.id && trade.id <= middle.id
    });
    assert_eq!(trades(&reader, part), all);
}

#[test]
fn old_trades_go_and_orders_stay() {
    let directory = tempfile::tempdir().unwrap();
    let place = Place::file(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let (mut writer, reader) = by_hand(place);
    let (mut play, mut told) = (Play::new(4), Told::default());
    play.steps(500);
    let events = play.exchange.take_events();
    told.note(&events);
    writer
        .commit(&Batch::collect(&play.exchange, events))
        .unwrap();
    let before = told.trades[told.trades.len() / 2].elapsed;
    let orders = reader.count().unwrap();
    let mut batch = Batch::collect(&play.exchange, Vec::new());
    batch.prune_trades_before = Some(before);
    writer.commit(&batch).unwrap();
    while writer.is_pruning() {
        writer.prune();
    }
    let mut left = trades(&reader, TradeWalk::default());
    left.reverse();
    told.trades.retain(|trade| trade.elapsed >= before);
    assert_eq!(left, told.trades);
    assert_eq!(reader.count().unwrap(), orders);
}
