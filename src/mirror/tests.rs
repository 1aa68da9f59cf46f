//! What waits for the thread, in which order, and for how long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::changes::Changes;
use super::queue::{BATCH_ROWS_MAX, Feed, LINGER, Next, QUEUE_ROWS_MAX, Queue};
use crate::exchange::{Account, Ticker};
use crate::status::MirrorState;
use crate::units::{Asset, OrderId, Price, Symbol, Timestamp};

fn queue() -> (Arc<Queue>, Feed) {
    let queue = Arc::new(Queue::new("here/0".to_owned(), true));
    queue.begin();
    (Arc::clone(&queue), Feed::new(queue))
}

/// What is there, as long as nothing lingers.
fn next(queue: &Queue) -> Next {
    queue.next(Duration::ZERO, false, false)
}

fn changes(accounts: usize) -> Changes {
    let asset = Asset::parse("USDT").unwrap();
    Changes {
        reset: None,
        orders: Vec::new(),
        accounts: vec![(asset, Account::default()); accounts],
        trades: Vec::new(),
        base_fees: BTreeMap::new(),
        cash: asset,
    }
}

fn ticker(symbol: &str, price: &str) -> Ticker {
    Ticker::of_last(
        Symbol::parse(symbol).unwrap(),
        Price::parse(price).unwrap(),
        Timestamp::default(),
    )
}

#[test]
fn changes_come_in_order_and_prices_only_the_newest() {
    let (queue, feed) = queue();
    feed.tickers([ticker("A/B", "1"), ticker("C/B", "2")].into_iter());
    feed.changed(changes(1));
    feed.changed(changes(2));
    feed.pruned(vec![OrderId::new(7)]);
    feed.changed(changes(0));
    feed.changed(changes(3));
    feed.tickers([ticker("A/B", "3")].into_iter());
    assert_eq!(feed.status().queued, 9);
    let Next::Changes(batch) = next(&queue) else {
        panic!()
    };
    let rows: Vec<usize> = batch.iter().map(Changes::rows).collect();
    assert_eq!(rows, [1, 2]);
    let Next::Tickers(tickers) = queue.next(Duration::ZERO, true, false) else {
        panic!()
    };
    assert_eq!(tickers, [ticker("A/B", "3"), ticker("C/B", "2")]);
    assert!(matches!(next(&queue), Next::Pruned(ids) if ids == [OrderId::new(7)]));
    assert!(matches!(next(&queue), Next::Changes(batch) if batch.len() == 1));
    assert!(matches!(next(&queue), Next::Nothing));
    assert_eq!(feed.status().queued, 0);
}

#[test]
fn what_overflows_is_dropped_until_it_begins_anew() {
    let (queue, feed) = queue();
    feed.changed(changes(QUEUE_ROWS_MAX));
    assert!(feed.wants_changes());
    feed.changed(changes(1));
    assert!(!feed.wants_changes());
    assert!(matches!(next(&queue), Next::Lost));
    feed.changed(changes(1));
    feed.tickers([ticker("A/B", "1")].into_iter());
    assert_eq!(feed.status().queued, 0);
    queue.begin();
    feed.changed(changes(1));
    assert!(matches!(next(&queue), Next::Changes(_)));
    let status = feed.status();
    assert_eq!((status.resyncs, status.state), (2, MirrorState::Syncing));
    assert!(queue.in_step() && !queue.in_step());
    assert_eq!(feed.status().words(), "mirror: in step");
    queue.failed("OOM");
    assert_eq!(feed.status().words(), "mirror: lagging 0 s: OOM");
}

#[test]
fn at_the_end_what_waits_comes_first() {
    let (queue, feed) = queue();
    feed.changed(changes(1));
    feed.finish(Duration::ZERO);
    feed.changed(changes(1));
    assert!(matches!(next(&queue), Next::Changes(batch) if batch.len() == 1));
    assert!(matches!(next(&queue), Next::End));
    assert!(queue.rest(Duration::from_secs(60)));
}

#[test]
fn what_comes_lingers_unless_it_is_much_or_somebody_waits() {
    let (queue, feed) = queue();
    let long = Duration::from_secs(60);
    let begun = Instant::now();
    feed.changed(changes(1));
    feed.tickers([ticker("A/B", "1")].into_iter());
    assert!(matches!(queue.next(long, false, true), Next::Changes(_)));
    assert!(matches!(queue.next(long, false, true), Next::Tickers(_)));
    assert!(begun.elapsed() >= LINGER);
    // None of these waits at all: each would be asked for nothing else before.
    feed.changed(changes(BATCH_ROWS_MAX));
    assert!(matches!(
        queue.next(Duration::ZERO, false, true),
        Next::Changes(_)
    ));
    feed.changed(changes(1));
    feed.finish(Duration::ZERO);
    assert!(matches!(
        queue.next(Duration::ZERO, false, true),
        Next::Changes(_)
    ));
}
