//! Names there and back, and what the keys of a small exchange hold.

use super::*;
use crate::exchange::{Command, Exchange, HistoryEntry, NewOrder, OrderKind, Rules, Side, Strict};
use crate::exchange::{Event, Outcome};
use crate::units::{Amount, Asset, Moment, Price, Quantity, Rate, Span};

fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).unwrap()
}

fn asset(text: &str) -> Asset {
    Asset::parse(text).unwrap()
}

fn text(value: Option<Vec<u8>>) -> String {
    String::from_utf8(value.unwrap()).unwrap()
}

#[test]
fn names_read_back() {
    let older = Names::new("exchange:", "sym_").unwrap();
    let bare = Names::new("", "").unwrap();
    for names in [Names::default(), older, bare] {
        let mut keys = vec![
            Key::Ticker(symbol("BTC/USDT")),
            Key::Balances,
            Key::Orders,
            Key::OpenSet,
            Key::Open(symbol("BTC/USDT")),
        ];
        for figure in Figure::ALL {
            keys.push(Key::Trades(Side::Sell, asset("BTC"), figure));
            keys.push(Key::TradesIndex(figure));
        }
        for direction in Direction::ALL {
            keys.extend([
                Key::Flow(direction, asset("BTC")),
                Key::FlowIndex(direction),
            ]);
        }
        for key in keys {
            assert_eq!(names.key(&names.name(key)), Some(key));
        }
    }
}

#[test]
fn names_of_others_are_no_keys() {
    let names = Names::default();
    for name in [
        "",
        "open",
        "open:",
        "open:foo",
        "open:btc/usdt",
        "open:A/A",
        "open:A/B/C",
        "balance",
        "balances:",
        "orders:1",
        "tickers:",
        "tickers:BTC",
        "sym_BTC/USDT",
        "trades:buy:BTC",
        "trades:buy:BTC:sum",
        "trades:hold:BTC:count",
        "trades:index",
        "trades:index:sum",
        "deposits",
        "deposits:usdt",
        "deposits:A:B",
        "other:BTC/USDT",
    ] {
        assert_eq!(names.key(name), None, "{name}");
    }
    let names = Names::new("p:", "tickers:").unwrap();
    assert_eq!(names.key("balances"), None);
    assert_eq!(names.key("p:balances"), Some(Key::Balances));
    assert_eq!(Names::new("p:", "open:"), Err(BadTickerPrefix));
}

#[test]
fn keys_hold_what_readers_know() {
    let (exchange, history) = traded();
    let names = Names::default();
    let space = Keyspace::new(&names, &exchange);
    let found: Vec<String> = space
        .keys()
        .into_iter()
        .map(|key| names.name(key))
        .collect();
    let expected = "tickers:BTC/USDT balances orders open:set open:BTC/USDT trades:buy:BTC:count \
                    trades:buy:BTC:amount trades:buy:BTC:notional trades:buy:BTC:fee trades:index:count \
                    trades:index:amount trades:index:notional trades:index:fee deposits:USDT deposits:index";
    assert_eq!(found.join(" "), expected);
    let ticker = Key::Ticker(symbol("BTC/USDT"));
    assert_eq!(text(space.field(ticker, "timestamp")), "1700000000.000");
    assert_eq!(text(space.field(ticker, "bid")), "100");
    assert_eq!(text(space.field(ticker, "askVolume")), "0.5");
    assert_eq!(space.field(ticker, "bidVolume"), None);
    assert_eq!(space.rows(ticker).count(), 6);
    assert_eq!(
        text(space.field(Key::Balances, "BTC")),
        r#"{"asset":"BTC","free":0.5,"used":0,"total":0.5}"#
    );
    let count = Key::Trades(Side::Buy, asset("BTC"), Figure::Count);
    assert_eq!(text(space.field(count, "USDT")), "1");
    let flow = Key::Flow(Direction::In, asset("USDT"));
    assert_eq!(text(space.field(flow, "ref_symbol")), "USDT");
    assert_eq!(text(space.field(flow, "asset_quantity")), "1000");
    let members: Vec<String> = space.members(Key::OpenSet).collect();
    assert_eq!(members, ["000000000001"]);
    assert!(space.has_member(Key::Open(symbol("BTC/USDT")), "000000000001"));
    assert!(!space.has_member(Key::OpenSet, "000000000002"));
    for key in space.keys() {
        let rows: Vec<Row> = space.rows(key).collect();
        for (field, value) in rows {
            assert_eq!(space.field(key, &field), Some(value));
        }
        assert!(space.exists(key));
        assert!(
            space
                .members(key)
                .all(|member| space.has_member(key, &member))
        );
    }
    assert!(!space.exists(Key::Open(symbol("ETH/USDT"))));

    let order = exchange.open_orders().next().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&order_text(order, &history)).unwrap();
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert!(names.iter().any(|name| *name == "history"));
    for alias in [
        "filled",
        "remaining",
        "cost",
        "average",
        "created_at",
        "updated_at",
    ] {
        assert!(!names.iter().any(|name| *name == alias), "{alias}");
    }
    assert_eq!(json["history"].as_object().unwrap().len(), 2);
    assert_eq!(json["history"]["1"]["status"], "partially_filled");
    assert_eq!(json["comment"], serde_json::Value::Null);
}

/// An order that is filled in part, and its history.
fn traded() -> (Exchange, Vec<HistoryEntry>) {
    let mut exchange = Exchange::new(Rules {
        fill_sigma_ppm: 0,
        fee_rate: Rate::from_millionths(1000),
        ..Rules::default()
    });
    let start = Moment {
        now: Timestamp::from_millis(1_700_000_000_000),
        ..Moment::default()
    };
    let ticker = Ticker {
        symbol: symbol("BTC/USDT"),
        last: Price::parse("100").unwrap(),
        bid: None,
        ask: None,
        bid_quantity: None,
        ask_quantity: Some(Quantity::parse_positive("0.5").unwrap()),
        at: start.now,
    };
    let order = NewOrder {
        symbol: ticker.symbol,
        side: Side::Buy,
        kind: OrderKind::Limit { price: ticker.last },
        quantity: Quantity::parse_positive("2").unwrap(),
        terms: crate::exchange::Terms::default(),
        strict: Strict::default(),
    };
    let commands = [
        Command::ApplyTickers(vec![ticker]),
        Command::Deposit(asset("USDT"), Amount::parse_positive("1000").unwrap()),
        Command::Place(order),
        Command::ApplyTickers(vec![ticker]),
    ];
    for command in commands {
        let outcome: Outcome = exchange
            .handle(start.plus(Span::from_secs(1)), command)
            .unwrap();
        drop(outcome);
    }
    let history = exchange.take_events().into_iter().filter_map(|event| {
        if let Event::History(entry) = event {
            Some(*entry)
        } else {
            None
        }
    });
    let history = history.collect();
    (exchange, history)
}
