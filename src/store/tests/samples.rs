//! Samples: written along with the prices, thinned in the file as in memory, forgotten by a reset.

use super::{CACHE_BYTES, wait};
use crate::exchange::{Command, Exchange, NewPrice, Rules};
use crate::samples::Samples;
use crate::store::{Batch, FILE_NAME, Store};
use crate::units::{Amount, Asset, Moment, Price, Span, Symbol, Timestamp};

fn symbol() -> Symbol {
    Symbol::parse("BTC/USDT").unwrap()
}

fn asset(name: &str) -> Asset {
    Asset::parse(name).unwrap()
}

/// An exchange with something in it.
fn exchange() -> Exchange {
    let mut exchange = Exchange::new(Rules::default());
    let start = Moment {
        now: Timestamp::from_millis(1_723_075_200_000),
        ..Moment::default()
    };
    let deposit = Command::Deposit(asset("USDT"), Amount::parse_positive("1000").unwrap());
    exchange
        .handle(start, Command::List(vec![symbol()]))
        .unwrap();
    exchange.handle(start, deposit).unwrap();
    exchange
}

fn set_price(exchange: &mut Exchange, after: Span, price: u64) {
    let new = NewPrice {
        symbol: symbol(),
        price: Price::parse(&price.to_string()).unwrap(),
        bid_quantity: None,
        ask_quantity: None,
    };
    let moment = exchange.moment().plus(after);
    exchange.handle(moment, Command::SetPrice(new)).unwrap();
}

fn flush(store: &Store, exchange: &mut Exchange, samples: &mut Samples) {
    let events = exchange.take_events();
    let batch = Batch::collect(exchange, events).with_prices(exchange);
    if batch.resets() {
        samples.reset();
    }
    wait(store.commit(batch.with_samples(samples.take_changes()))).unwrap();
}

/// What both hold of equity and prices.
fn assert_same(store: &Store, samples: &Samples) {
    let stored = store.load_samples().unwrap();
    assert_eq!(stored.curve, samples.curve);
    let prices = |samples: &Samples| samples.prices.of(symbol()).collect::<Vec<_>>();
    assert_eq!(prices(&stored), prices(samples));
}

#[test]
fn the_file_holds_what_memory_holds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    assert_eq!(store.load_samples().unwrap(), Samples::default());
    let (mut exchange, mut samples) = (exchange(), Samples::default());
    for round in 0..40 {
        // Some rounds are half minutes and some are days.
        let after = if round % 8 == 7 { 86_400 } else { 40 };
        for step in 0..12 {
            set_price(
                &mut exchange,
                Span::from_secs(after),
                100 + round * 12 + step,
            );
            samples.observe(&exchange);
        }
        flush(&store, &mut exchange, &mut samples);
        assert_same(&store, &samples);
    }
    assert!(samples.curve.len() > 100);
    drop(store);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    assert_same(&store, &samples);
}

#[test]
fn a_reset_forgets_the_curve_and_keeps_the_prices() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let (mut exchange, mut samples) = (exchange(), Samples::default());
    set_price(&mut exchange, Span::from_secs(40), 100);
    samples.observe(&exchange);
    flush(&store, &mut exchange, &mut samples);
    exchange.handle(exchange.moment(), Command::Reset).unwrap();
    flush(&store, &mut exchange, &mut samples);
    assert!(samples.curve.is_empty());
    assert_same(&store, &samples);
    assert_eq!(samples.prices.of(symbol()).count(), 1);
}
