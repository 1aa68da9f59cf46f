//! Candles: written along with the prices, read back after a restart, pruned.

use super::{CACHE_BYTES, wait};
use crate::archive::{Archive, CandleWalk};
use crate::candles::{Candle, Candles, INTERVALS, Level, merged};
use crate::exchange::{Exchange, Rules, Seen};
use crate::store::{Batch, FILE_NAME, Store, check};
use crate::units::{Price, Symbol, Timestamp};

const START: u64 = 1_709_164_800_000;

fn write(store: &Store, candles: &mut Candles, now: u64) {
    let changes = candles.take_changes(Timestamp::from_millis(now));
    let exchange = Exchange::new(Rules::default());
    let batch = Batch::collect(&exchange, Vec::new()).with_candles(changes);
    wait(store.commit(batch)).unwrap();
    candles.landed(true);
}

fn all(store: &Store, candles: &Candles, symbol: Symbol, level: Level) -> Vec<Candle> {
    let (first, last) = (Timestamp::default(), Timestamp::from_millis(START * 2));
    let walk = CandleWalk {
        symbol,
        level,
        from: first,
        to: last,
        most: usize::MAX,
        oldest_first: false,
    };
    let mut all = store.reader().candles(walk).unwrap();
    all.extend(candles.of(symbol, level));
    all
}

#[test]
fn candles_outlive_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let symbols = ["BTC/USDT", "ETH/USDT"].map(|name| Symbol::parse(name).unwrap());
    let (mut kept, mut restarted) = (Candles::default(), Candles::default());
    let (mut store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    // Two prices a minute for three days, written every 50 minutes, with a restart each time.
    for step in 0..3 * 2880u64 {
        let now = START + step * 30_000;
        for symbol in symbols {
            let price = Price::parse(&format!("{}.5", 100 + step % 37)).unwrap();
            let seen = || vec![Seen::Price(symbol, Timestamp::from_millis(now), price)];
            kept.take(seen());
            restarted.take(seen());
        }
        if step % 100 == 99 {
            write(&store, &mut restarted, now);
            drop(store);
            (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
            restarted = store.load_candles().unwrap();
        }
    }
    let waiting = |level| kept.of(symbols[1], level);
    for interval in INTERVALS {
        let level = interval.level();
        let found = merged(&all(&store, &restarted, symbols[1], level), interval);
        assert_eq!(found, merged(&waiting(level), interval), "{interval}");
    }
    assert_eq!(
        all(&store, &restarted, symbols[0], Level::Minute).len(),
        3 * 1440
    );
}

#[test]
fn minutes_go_after_a_week() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let symbol = Symbol::parse("BTC/USDT").unwrap();
    let mut candles = Candles::default();
    for hour in 0..24 * 9u64 {
        let now = START + hour * 3_600_000;
        let price = Price::parse("2").unwrap();
        candles.take(vec![Seen::Price(
            symbol,
            Timestamp::from_millis(now),
            price,
        )]);
        write(&store, &mut candles, now);
    }
    assert_eq!(
        all(&store, &candles, symbol, Level::Minute).len(),
        24 * 7 + 1
    );
    assert_eq!(all(&store, &candles, symbol, Level::Hour).len(), 24 * 9);
    assert_eq!(all(&store, &candles, symbol, Level::Day).len(), 9);
}

#[test]
fn a_walk_ends_with_the_chunk_that_has_enough() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let symbol = Symbol::parse("BTC/USDT").unwrap();
    let mut candles = Candles::default();
    for minute in 0..300u64 {
        let at = Timestamp::from_millis(START + minute * 60_000);
        let price = Price::parse("2").unwrap();
        candles.take(vec![Seen::Price(symbol, at, price)]);
    }
    write(&store, &mut candles, START + 300 * 60_000);
    let starts = |from: u64, to: u64, most, oldest_first| {
        let walk = CandleWalk {
            symbol,
            level: Level::Minute,
            from: Timestamp::from_millis(START + from * 60_000),
            to: Timestamp::from_millis(START + to * 60_000),
            most,
            oldest_first,
        };
        let read = store.reader().candles(walk).unwrap();
        let minute = |candle: &Candle| (candle.start.as_millis() - START) / 60_000;
        read.iter().map(minute).collect::<Vec<u64>>()
    };
    assert_eq!(starts(0, 130, 1, false), (120..=130).collect::<Vec<_>>());
    assert_eq!(starts(0, 130, 12, false), (60..=130).collect::<Vec<_>>());
    assert_eq!(starts(58, 61, 1000, false), [58, 59, 60, 61]);
    assert_eq!(starts(5, 130, 1, true), (5..60).collect::<Vec<_>>());
    assert!(starts(400, 500, 1, false).is_empty());
    // They pass the audit of a file at rest.
    drop(store);
    check(&path).unwrap();
}
