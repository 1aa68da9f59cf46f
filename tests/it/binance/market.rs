//! Candles, what a time brought, trades and the average price, as clients of Binance are told.

use serde_json::{Value, json};

use super::stage::{Stage, told};

const MINUTE: u64 = 60_000;
const DAY: u64 = 1440 * MINUTE;

fn read(stage: &mut Stage, target: &str) -> Value {
    stage.open(&format!("/api/v3/{target}")).ok().json()
}

/// Prices of BTC, and two trades: a buyer took 0.2 at 50100, a seller gave 0.1 at 49000.
fn traded() -> Stage {
    let mut stage = Stage::new("");
    stage.set_price("BTC%2FUSDT", "50100", "5");
    stage.place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.2");
    stage.set_price("BTC%2FUSDT", "49000", "3");
    stage.place("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1");
    stage
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn candles_have_twelve_figures() {
    let mut stage = traded();
    // A month holds it all, whenever this runs but at its very end.
    let months = read(&mut stage, "klines?symbol=BTCUSDT&interval=1M");
    let month = months
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .as_array()
        .unwrap();
    assert_eq!(month.len(), 12);
    let (open, close) = (whole(&month[0]), whole(&month[6]));
    assert!((28..=31).contains(&((close + 1 - open) / DAY)), "{month:?}");
    let texts: Vec<&str> = [1, 2, 3, 4, 5, 7, 9, 10, 11]
        .map(|at: usize| month[at].as_str().unwrap())
        .to_vec();
    assert_eq!(
        texts,
        [
            "50000.00000000",
            "50100.00000000",
            "49000.00000000",
            "49000.00000000",
            "0.30000000",
            "14920.00000000",
            "0.20000000",
            "10020.00000000",
            "0",
        ]
    );
    assert_eq!(month[8], 2);
    let micros = stage.send(
        "GET",
        "/api/v3/uiKlines?symbol=BTCUSDT&interval=1M",
        "X-MBX-TIME-UNIT: MICROSECOND\r\n",
        "",
    );
    let last = micros
        .ok()
        .json()
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (whole(&last[0]), whole(&last[6])),
        (open * 1000, close * 1000 + 999)
    );
}

#[test]
fn candles_are_chosen_by_time() {
    let mut stage = traded();
    let now = whole(&read(&mut stage, "time")["serverTime"]);
    let count = |stage: &mut Stage, query: &str| {
        let list = read(stage, &format!("klines?symbol=BTCUSDT&interval=1m&{query}"));
        list.as_array().unwrap().len()
    };
    // Before the first price there is nothing, and the future has not begun.
    assert_eq!(
        count(&mut stage, &format!("endTime={}", now - 10 * MINUTE)),
        0
    );
    assert_eq!(
        count(&mut stage, &format!("startTime={}", now + 10 * MINUTE)),
        0
    );
    assert!((1..=2).contains(&count(
        &mut stage,
        &format!("startTime={}", now - 10 * MINUTE)
    )));
    assert_eq!(count(&mut stage, "limit=1"), 1);
    assert_eq!(
        count(&mut stage, "limit=5000&timeZone=0"),
        count(&mut stage, "")
    );
}

#[test]
fn a_day_is_told_whole_or_in_short() {
    let mut stage = traded();
    let day = read(&mut stage, "ticker/24hr?symbol=BTCUSDT");
    let trades = read(&mut stage, "trades?symbol=BTCUSDT");
    let expected = json!({
        "symbol": "BTCUSDT", "priceChange": "-1000.00000000", "priceChangePercent": "-2.000",
        "weightedAvgPrice": "49733.333333333333", "prevClosePrice": "50000.00000000",
        "lastPrice": "49000.00000000", "lastQty": "0.10000000", "bidPrice": "49000.00000000",
        "bidQty": "3.00000000", "askPrice": "49000.00000000", "askQty": "3.00000000",
        "openPrice": "50000.00000000", "highPrice": "50100.00000000", "lowPrice": "49000.00000000",
        "volume": "0.30000000", "quoteVolume": "14920.00000000", "openTime": day["openTime"],
        "closeTime": day["closeTime"], "firstId": trades[0]["id"], "lastId": trades[1]["id"], "count": 2,
    });
    assert_eq!(day, expected);
    assert!((DAY..DAY + MINUTE).contains(&(whole(&day["closeTime"]) - whole(&day["openTime"]))));
    let short = read(&mut stage, "ticker/24hr?symbol=BTCUSDT&type=MINI");
    let names: Vec<&String> = short.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| expected.get(name.as_str()).is_some())
    );
    let all = read(&mut stage, "ticker/24hr");
    let symbols: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["symbol"])
        .collect();
    assert_eq!(symbols, ["BTCUSDT", "ETHBTC", "ETHUSDT"]);
    assert_eq!(
        (&all[2]["count"], &all[2]["firstId"]),
        (&json!(0), &json!(-1))
    );
    let two = read(
        &mut stage,
        "ticker/24hr?symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D",
    );
    assert_eq!(
        (&two[0]["symbol"], &two[1]["symbol"]),
        (&json!("ETHUSDT"), &json!("BTCUSDT"))
    );
}

#[test]
fn other_times_are_told_as_well() {
    let mut stage = traded();
    let hours = read(&mut stage, "ticker?symbol=BTCUSDT&windowSize=2h");
    let long = whole(&hours["closeTime"]) - whole(&hours["openTime"]);
    assert!((120 * MINUTE..121 * MINUTE).contains(&long), "{long}");
    assert_eq!(
        (&hours["count"], &hours["bidPrice"]),
        (&json!(2), &Value::Null)
    );
    let today = read(&mut stage, "ticker/tradingDay?symbols=%5B%22BTCUSDT%22%5D");
    let (open, close) = (whole(&today[0]["openTime"]), whole(&today[0]["closeTime"]));
    assert_eq!((open % DAY, close - open), (0, DAY - 1));
}

#[test]
fn trades_are_those_of_this_exchange() {
    let mut stage = traded();
    let trades = read(&mut stage, "trades?symbol=BTCUSDT");
    let (first, last) = (trades[0].clone(), trades[1].clone());
    assert_eq!(
        first,
        json!({"id": first["id"], "price": "50100.00000000", "qty": "0.20000000",
            "quoteQty": "10020.00000000", "time": first["time"], "isBuyerMaker": false, "isBestMatch": true})
    );
    // The seller met the book: it was the buyer there who had rested.
    assert_eq!(last["isBuyerMaker"], true);
    assert_eq!(
        read(&mut stage, "trades?symbol=BTCUSDT&limit=1"),
        json!([last])
    );
    let from = format!(
        "historicalTrades?symbol=BTCUSDT&limit=1&fromId={}",
        first["id"]
    );
    assert_eq!(read(&mut stage, &from), json!([first]));
    let aggregates = read(&mut stage, "aggTrades?symbol=BTCUSDT");
    assert_eq!(
        aggregates[0],
        json!({"a": first["id"], "p": "50100.00000000", "q": "0.20000000", "f": first["id"],
            "l": first["id"], "T": first["time"], "m": false, "M": true})
    );
    let at = whole(&last["time"]);
    for (query, expected) in [
        (
            format!("startTime={at}&endTime={}", at + 1),
            Some(&last["id"]),
        ),
        (
            format!("startTime={}&limit=1", at - 60 * MINUTE),
            Some(&first["id"]),
        ),
        (format!("endTime={}", at - 60 * MINUTE), None),
        (format!("startTime={}", at + 1), None),
    ] {
        let found = read(&mut stage, &format!("aggTrades?symbol=BTCUSDT&{query}"));
        let ids: Vec<&Value> = found.as_array().unwrap().iter().map(|t| &t["a"]).collect();
        // Both may be of the same millisecond.
        assert_eq!(
            ids.first().copied(),
            expected.filter(|_| !ids.is_empty()),
            "{query}"
        );
        assert_eq!(ids.is_empty(), expected.is_none(), "{query}");
    }
    assert_eq!(read(&mut stage, "trades?symbol=ETHUSDT"), json!([]));
}

#[test]
fn the_average_is_of_five_minutes() {
    let mut stage = traded();
    let average = read(&mut stage, "avgPrice?symbol=BTCUSDT");
    assert_eq!(average["mins"], 5);
    // All prices came within a minute, or two.
    let price = average["price"].as_str().unwrap();
    assert!(
        ["49000.00000000", "49500.00000000", "49550.00000000"].contains(&price),
        "{price}"
    );
}

#[test]
fn what_is_wrong_is_told_as_binance_does() {
    let mut stage = Stage::new("");
    for (target, code, words) in [
        (
            "klines?symbol=BTCUSDT",
            -1102,
            "Mandatory parameter 'interval' was not sent",
        ),
        ("klines?interval=1m", -1102, "'symbol'"),
        (
            "klines?symbol=BTCUSDT&interval=7m",
            -1120,
            "Invalid interval.",
        ),
        (
            "klines?symbol=BTCUSDT&interval=1s",
            -1120,
            "Invalid interval.",
        ),
        ("klines?symbol=NONE&interval=1m", -1121, "Invalid symbol."),
        (
            "klines?symbol=BTCUSDT&interval=1m&limit=x",
            -1100,
            "'limit'",
        ),
        (
            "klines?symbol=BTCUSDT&interval=1m&limit=0",
            -1130,
            "'limit'",
        ),
        (
            "uiKlines?symbol=BTCUSDT&interval=1d&timeZone=8",
            -1130,
            "'timeZone'",
        ),
        ("ticker/24hr?symbol=BTCUSDT&type=HUGE", -1130, "'type'"),
        ("ticker/24hr?symbol=NEWUSDT", -1121, "Invalid symbol."),
        (
            "ticker/24hr?symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D",
            -1128,
            "Combination",
        ),
        (
            "ticker/tradingDay",
            -1102,
            "Param 'symbol' or 'symbols' must be sent",
        ),
        ("ticker", -1102, "Param 'symbol' or 'symbols' must be sent"),
        ("ticker?symbol=BTCUSDT&windowSize=8d", -1130, "'windowSize'"),
        ("trades", -1102, "'symbol'"),
        (
            "historicalTrades?symbol=BTCUSDT&fromId=-1",
            -1100,
            "'fromId'",
        ),
        (
            "aggTrades?symbol=BTCUSDT&startTime=yesterday",
            -1100,
            "'startTime'",
        ),
        ("avgPrice?symbol=NEWUSDT", -1121, "Invalid symbol."),
    ] {
        let answer = stage.open(&format!("/api/v3/{target}"));
        let told = told(&answer);
        assert_eq!((answer.status, told.0), (400, code), "{target}: {}", told.1);
        assert!(told.1.contains(words), "{target}: {}", told.1);
    }
    let names: Vec<String> = (0..101).map(|n| format!("%22A{n}%22")).collect();
    let many = stage.open(&format!("/api/v3/ticker?symbols=%5B{}%5D", names.join(",")));
    assert_eq!(told(&many).0, -1101);
}
