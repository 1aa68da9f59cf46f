//! What is pruned goes back to the disk.

use std::fs;

use super::CACHE_BYTES;
use super::desk::{Desk, by_hand};
use super::play::{Told, rules};
use crate::archive::Archive as _;
use crate::exchange::Exchange;
use crate::store::open::Place;
use crate::store::{FILE_NAME, Store};
use crate::units::Span;

/// Orders that fill a file of some megabytes.
const ORDERS: usize = 10_000;
/// Of which so many are recent.
const RECENT: usize = 100;
/// More idle moments than pruning them all and making the file smaller takes.
const IDLE_MAX: usize = 50;

#[test]
fn a_file_of_pruned_orders_becomes_small_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let length = || fs::metadata(&path).unwrap().len();
    let (mut writer, reader) = by_hand(Place::file(&path, CACHE_BYTES).unwrap());
    let (mut desk, mut told) = (Desk::new(rules()), Told::default());
    for _ in 0..ORDERS / 500 {
        desk.cancel(500);
        writer.commit(&desk.batch(&mut told)).unwrap();
    }
    let full = length();
    // Nothing is free yet: it stays as it is.
    writer.compact();
    assert_eq!(length(), full);

    desk.pass(Span::from_secs(10));
    desk.cancel(RECENT);
    let mut batch = desk.batch(&mut told);
    batch.prune_before = Some(desk.moment.elapsed);
    writer.commit(&batch).unwrap();
    let mut idle = 0;
    while writer.is_pruning() || writer.may_compact() {
        writer.idle();
        idle += 1;
        assert!(idle < IDLE_MAX);
    }
    assert_eq!(reader.count().unwrap(), RECENT as u64);
    let small = length();
    assert!(small * 4 < full, "{full} bytes became {small}");

    writer.close();
    let (store, restored) = Store::open(&path, CACHE_BYTES).unwrap();
    let restored = Exchange::restore(rules(), restored).unwrap();
    assert_eq!(restored.digest(), desk.exchange.digest());
    assert_eq!(store.reader().count().unwrap(), RECENT as u64);
}

/// Somebody who reads keeps the pages that he sees: it is tried again when he has done.
#[test]
fn a_reader_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (mut writer, _) = by_hand(Place::file(&path, CACHE_BYTES).unwrap());
    let (mut desk, mut told) = (Desk::new(rules()), Told::default());
    desk.cancel(ORDERS);
    writer.commit(&desk.batch(&mut told)).unwrap();
    desk.pass(Span::from_secs(10));
    let mut batch = desk.batch(&mut told);
    batch.prune_before = Some(desk.moment.elapsed);
    writer.commit(&batch).unwrap();
    while writer.is_pruning() {
        writer.idle();
    }
    let full = fs::metadata(&path).unwrap().len();
    let view = writer.shared().view().unwrap();
    writer.idle();
    assert_eq!(fs::metadata(&path).unwrap().len(), full);
    assert!(writer.may_compact());
    drop(view);
    writer.idle();
    assert!(fs::metadata(&path).unwrap().len() * 4 < full);
}
