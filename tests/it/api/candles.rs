//! Candles, statistics and the book, of prices and trades that are known.

use mockx::exchange::Command;
use serde_json::{Value, json};

use super::stage::{START_MS, Stage};

const MINUTE: u64 = 60_000;

/// Prices in the minutes after the start, 49000 in the second, with a trade of 2 in the fourth.
fn some_minutes(stage: &Stage) {
    stage.change("POST", "/balance/USDT/deposit", r#"{"amount":1000000}"#);
    stage.wait(MINUTE);
    stage.tick("BTC/USDT", "50100.5", Some(("50100", "50101", "2")));
    stage.wait(1000);
    stage.tick("BTC/USDT", "49000", Some(("48990", "49010", "2")));
    stage.wait(1000);
    stage.tick("BTC/USDT", "49500", Some(("49490", "49510", "2")));
    stage.wait(2 * MINUTE);
    stage.place(r#"{"symbol":"BTC/USDT","side":"buy","type":"market","amount":2}"#);
    stage.tick("BTC/USDT", "49600", Some(("49590", "49510", "2")));
    pass(stage, MINUTE);
}

/// Lets time pass, and the exchange see it.
fn pass(stage: &Stage, millis: u64) {
    stage.wait(millis);
    stage.command(Command::Wake);
}

fn column(list: &Value, name: &str) -> Vec<Value> {
    let rows = list.as_array().unwrap();
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn candles_are_those_of_the_prices() {
    let stage = Stage::new();
    some_minutes(&stage);
    let minutes = stage.read("/candles/BTC/USDT");
    let starts: Vec<u64> = (0..5).map(|minute| START_MS + minute * MINUTE).collect();
    assert_eq!(column(&minutes, "ts"), starts);
    assert_eq!(
        minutes[1],
        json!({"ts": starts[1], "open": 50100.5, "high": 50100.5, "low": 49000, "close": 49500,
            "amount": 0, "notional": 0, "trades": 0, "prices": 3})
    );
    assert_eq!(column(&minutes, "prices"), [1, 3, 0, 1, 0]);
    assert_eq!(
        column(&minutes, "close"),
        [50000, 49500, 49500, 49600, 49600]
    );
    // Bought at the ask that was there.
    assert_eq!(column(&minutes, "notional"), [0, 0, 0, 99020, 0]);
    let hour = stage.read("/candles/BTC%2FUSDT?interval=1h");
    assert_eq!(
        hour,
        json!([{"ts": START_MS, "open": 50000, "high": 50100.5, "low": 49000, "close": 49600,
            "amount": 2, "notional": 99020, "trades": 1, "prices": 5}])
    );
    assert_eq!(stage.read("/candles/NEW/USDT"), json!([]));
}

#[test]
fn candles_are_chosen_by_time_and_number() {
    let stage = Stage::new();
    some_minutes(&stage);
    let minute = |n: u64| START_MS + n * MINUTE;
    for (query, expected) in [
        ("limit=2".to_owned(), vec![3, 4]),
        (format!("limit=2&since={}", minute(1)), vec![1, 2]),
        (format!("since={}", minute(1) + 1), vec![2, 3, 4]),
        (
            format!("since={}&until={}", minute(1), minute(2)),
            vec![1, 2],
        ),
        (format!("until={}&limit=1", minute(2) + 5), vec![2]),
        (format!("since={}", minute(9)), vec![]),
        // What is asked for from before the first price begins with it.
        (
            format!("since={}&limit=2", minute(0) - 30 * MINUTE),
            vec![0, 1],
        ),
        (format!("until={}", minute(0) - 1), vec![]),
        ("limit=0".to_owned(), vec![]),
    ] {
        let found = stage.read(&format!("/candles/BTC/USDT?{query}"));
        let expected: Vec<u64> = expected.into_iter().map(minute).collect();
        assert_eq!(column(&found, "ts"), expected, "{query}");
    }
}

#[test]
fn what_is_no_candle_is_named() {
    let stage = Stage::new();
    for (target, status, code, words) in [
        ("/candles/NO/NE", 400, "unknown_symbol", "NO/NE"),
        ("/candles/btc/usdt", 400, "unknown_symbol", "BTC/USDT"),
        (
            "/candles/BTC/USDT?interval=7m",
            422,
            "invalid_value",
            "1m, 3m",
        ),
        ("/candles/BTC/USDT?limit=1001", 422, "invalid_value", "1000"),
        ("/candles/BTC/USDT?since=x", 422, "invalid_value", "since"),
        ("/stats/NO/NE", 400, "unknown_symbol", "NO/NE"),
        ("/depth/NO/NE", 400, "unknown_symbol", "NO/NE"),
    ] {
        let answer = stage.get(target);
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.json()["code"], code, "{target}");
        assert!(answer.detail().contains(words), "{}", answer.text);
    }
}

#[test]
fn a_day_is_summed_up() {
    let stage = Stage::new();
    stage.wait(30 * MINUTE);
    some_minutes(&stage);
    let stats = stage.read("/stats/BTC/USDT");
    let expected = |open: u64| {
        json!({"BTC/USDT": {"open": open, "high": 50100.5, "low": 49000, "last": 49600,
            "change": -400, "change_percent": -0.8, "amount": 2, "notional": 99020, "trades": 1,
            "average": 49510, "ts_open": stats["BTC/USDT"]["ts_open"], "ts_close": stats["BTC/USDT"]["ts_close"]}})
    };
    assert_eq!(stats, expected(50000));
    // A day and a minute after the start what was first is out, and what came later is not.
    pass(&stage, 24 * 60 * MINUTE - 33 * MINUTE);
    let later = stage.read("/stats/BTC/USDT")["BTC/USDT"].clone();
    assert_eq!(
        (&later["open"], &later["ts_open"]),
        (&json!(50100.5), &json!(START_MS + MINUTE))
    );
    assert_eq!(
        (&later["change"], &later["trades"]),
        (&json!(-500.5), &json!(1))
    );
    pass(&stage, 40 * MINUTE);
    let quiet = stage.read("/stats")["BTC/USDT"].clone();
    assert_eq!(
        (&quiet["open"], &quiet["high"]),
        (&json!(49600), &json!(49600))
    );
    assert_eq!(
        (&quiet["average"], &quiet["trades"]),
        (&json!(null), &json!(0))
    );
    let all = stage.read("/stats");
    let symbols: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(symbols, ["BTC/USDT", "ETH/BTC", "ETH/USDT"]);
    assert_eq!(stage.read("/stats/NEW/USDT"), json!({}));
}

#[test]
fn the_book_is_the_best_bid_and_ask() {
    let stage = Stage::new();
    assert_eq!(
        stage.read("/depth/BTC/USDT"),
        json!({"symbol": "BTC/USDT", "ts": START_MS, "bids": [[49990, 2]], "asks": [[50010, 2]]})
    );
    let empty = json!({"symbol": "ETH/BTC", "ts": START_MS, "bids": [], "asks": []});
    assert_eq!(stage.read("/depth/ETH/BTC"), empty);
    assert_eq!(stage.read("/depth/NEW/USDT")["ts"], json!(null));
}
