//! What was committed comes back: after each commit, and from the file opened anew.

use proptest::prelude::*;

use super::play::{Play, SYMBOLS, TICK_LOOP_MILLIS, Told, rules};
use super::{CACHE_BYTES, commit, wait};
use crate::exchange::{
    Command, Event, Exchange, MarketRules, NewOrder, OrderKind, Side, Snapshot, Strict, Terms,
};
use crate::store::{Batch, FILE_NAME, Store};
use crate::units::{Amount, Quantity, Span, Symbol};

/// The store's state against the exchange's. Prices may be older in the store, unless they were written.
#[track_caller]
pub(super) fn assert_same(exchange: &Exchange, stored: &Snapshot, with_prices: bool) {
    let restored = Exchange::restore(exchange.rules().clone(), stored.clone()).unwrap();
    assert_eq!(restored.digest(), exchange.digest());
    let mut expected = as_stored(exchange).snapshot();
    if with_prices {
        assert_eq!(restored, as_stored(exchange));
    } else {
        expected.markets.clone_from(&stored.markets);
    }
    assert_eq!(stored, &expected);
}

/// An exchange without what is not kept: when prices arrived and from whom, for after a restart they are old.
pub(super) fn as_stored(exchange: &Exchange) -> Exchange {
    let mut snapshot = exchange.snapshot();
    for market in &mut snapshot.markets {
        market.received = None;
        market.source = None;
        market.trading = true;
    }
    Exchange::restore(exchange.rules().clone(), snapshot).unwrap()
}

#[test]
fn every_commit_can_be_loaded() {
    let directory = tempfile::tempdir().unwrap();
    for seed in 0..4 {
        let path = directory.path().join(format!("{seed}.redb"));
        let (mut store, empty) = Store::open(&path, CACHE_BYTES).unwrap();
        assert_eq!(empty, Snapshot::default());
        let mut play = Play::new(seed);
        for round in 0..40 {
            let count = 1 + play.chance.below(12);
            play.steps(count);
            let with_prices = play.chance.one_in(4);
            let events = play.exchange.take_events();
            let mut batch = Batch::collect(&play.exchange, events);
            if with_prices {
                batch = batch.with_prices(&play.exchange);
            }
            wait(store.commit(batch)).unwrap();
            assert_same(&play.exchange, &store.load().unwrap(), with_prices);
            if round % 10 == 9 {
                drop(store);
                let (opened, snapshot) = Store::open(&path, CACHE_BYTES).unwrap();
                assert_same(&play.exchange, &snapshot, with_prices);
                store = opened;
            }
        }
    }
}

#[test]
fn prices_are_kept_when_they_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let mut play = Play::new(7);
    play.exchange.take_events();
    wait(store.commit(Batch::prices(&play.exchange))).unwrap();
    assert_same(&play.exchange, &store.load().unwrap(), true);
}

/// A market's depth in the present tick is used up by fills; a reset does not bring it back.
#[test]
fn a_reset_keeps_what_fills_before_it_left_of_a_market() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut touched = 0;
    for seed in 0..30 {
        let mut play = Play::new(seed);
        commit(&store, &mut play.exchange).unwrap();
        wait(store.commit(Batch::prices(&play.exchange))).unwrap();
        play.steps(30);
        commit(&store, &mut play.exchange).unwrap();
        wait(store.commit(Batch::prices(&play.exchange))).unwrap();
        let before = play.exchange.snapshot().markets;
        // Both in one batch: a wake that fills what waits, and a reset.
        let loops = |play: &Play| play.moment.elapsed.as_millis() / TICK_LOOP_MILLIS;
        let loops_before = loops(&play);
        play.moment = play.moment.plus(Span::from_millis(300));
        if loops(&play) != loops_before {
            // The present prices counted once more are no fill, and a tick without one is not worth a row.
            continue;
        }
        play.handle(Command::Wake);
        play.handle(Command::Reset);
        touched += usize::from(before != play.exchange.snapshot().markets);
        commit(&store, &mut play.exchange).unwrap();
        assert_same(&play.exchange, &store.load().unwrap(), true);
    }
    assert!(touched > 0, "no seed fills anything");
}

/// A sale sets aside its base asset before it turns out that the fee is not there.
#[test]
fn an_order_that_is_rejected_leaves_no_trace_in_the_accounts() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut play = Play::new(1);
    let symbol = Symbol::parse("BTC/USDT").unwrap();
    play.handle(Command::Deposit(
        symbol.base(),
        Amount::parse_positive("1").unwrap(),
    ));
    commit(&store, &mut play.exchange).unwrap();
    play.handle(Command::Place(NewOrder {
        symbol,
        side: Side::Sell,
        kind: OrderKind::Market,
        terms: Terms::default(),
        quantity: Quantity::parse_positive("0.00000001").unwrap(),
        strict: Strict::default(),
    }));
    wait(store.commit(Batch::prices(&play.exchange))).unwrap();
    commit(&store, &mut play.exchange).unwrap();
    assert_eq!(play.exchange.open_count(), 0);
    assert_same(&play.exchange, &store.load().unwrap(), true);
}

#[test]
fn a_store_without_prices_restores_its_orders() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let mut play = Play::new(3);
    while play.exchange.open_count() == 0 {
        play.steps(5);
    }
    let mut told = Told::default();
    let events = play.exchange.take_events();
    told.note(&events);
    let mut batch = Batch::collect(&play.exchange, events);
    batch.markets.clear();
    wait(store.commit(batch)).unwrap();
    let restored = Exchange::restore(rules(), store.load().unwrap()).unwrap();
    assert_eq!(restored.digest(), play.exchange.digest());
    assert!(restored.open_orders().eq(play.exchange.open_orders()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// How events are cut into batches makes no difference.
    #[test]
    fn batches_may_be_cut_anywhere(seed in 1000u64..2000, cut in 1u64..60) {
        let directory = tempfile::tempdir().unwrap();
        let (one, _) = Store::open(&directory.path().join("one"), CACHE_BYTES).unwrap();
        let (many, _) = Store::open(&directory.path().join("many"), CACHE_BYTES).unwrap();
        let (mut whole, mut parts) = (Play::new(seed), Play::new(seed));
        for step in 0..60 {
            whole.steps(1);
            parts.steps(1);
            if step % cut == 0 {
                commit(&many, &mut parts.exchange).unwrap();
            }
        }
        commit(&one, &mut whole.exchange).unwrap();
        commit(&many, &mut parts.exchange).unwrap();
        let (one, many) = (one.load().unwrap(), many.load().unwrap());
        // A market that is touched early is written early in one of them.
        let pick = |snapshot: &Snapshot| (snapshot.orders.clone(), snapshot.accounts.clone(), snapshot.trades.clone());
        prop_assert_eq!(pick(&one), pick(&many));
        prop_assert_eq!(one.journal, many.journal);
        for symbol in SYMBOLS {
            let symbol = Symbol::parse(symbol).unwrap();
            prop_assert_eq!(whole.exchange.market(symbol), parts.exchange.market(symbol));
        }
    }
}

#[test]
fn what_markets_demand_outlives_a_restart_and_a_reset() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&directory.path().join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut play = Play::new(5);
    let rules = |most| MarketRules {
        max_orders: Some(most),
        ..MarketRules::default()
    };
    let named = |name| Symbol::parse(name).unwrap();
    let (known, new) = (named(SYMBOLS[0]), named("NEW/USDT"));
    play.handle(Command::SetRules(vec![(known, rules(7)), (new, rules(8))]));
    commit(&store, &mut play.exchange).unwrap();
    play.handle(Command::SetRules(vec![(known, rules(9))]));
    play.handle(Command::SetRules(vec![(known, rules(9)), (new, rules(8))]));
    let events = play.exchange.take_events();
    assert_eq!(events, [Event::RulesChanged(known)]);
    wait(store.commit(Batch::collect(&play.exchange, events))).unwrap();
    play.handle(Command::Reset);
    commit(&store, &mut play.exchange).unwrap();
    let restored = Exchange::restore(super::play::rules(), store.load().unwrap()).unwrap();
    assert_eq!(restored.market_rules(known), Some(&rules(9)));
    assert_eq!(restored.market_rules(new), Some(&rules(8)));
}
