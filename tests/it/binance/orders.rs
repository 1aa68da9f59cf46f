//! Orders: each kind, how it ends, and what is told of it.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::wait_for;

const BUY: &str = "symbol=BTCUSDT&side=BUY";
const SELL: &str = "symbol=ETHUSDT&side=SELL";

fn status(order: &Value) -> (&str, &str) {
    let text = |name: &str| order[name].as_str().unwrap();
    (text("status"), text("executedQty"))
}

fn id(order: &Value) -> u64 {
    order["orderId"].as_u64().unwrap()
}

#[test]
fn a_market_order_is_told_with_its_fills_and_pays_out_of_what_it_gets() {
    let mut stage = Stage::new("");
    let order = stage.place(&format!("{BUY}&type=MARKET&quantity=0.1"));
    assert_eq!(status(&order), ("FILLED", "0.10000000"));
    assert_eq!(
        order["fills"],
        json!([{
            "price": "50000.00000000", "qty": "0.10000000", "commission": "0.00010000",
            "commissionAsset": "BTC", "tradeId": 1
        }])
    );
    assert_eq!(
        stage.balance("BTC"),
        ("0.09990000".into(), "0.00000000".into())
    );
    assert_eq!(
        stage.balance("USDT"),
        ("95000.00000000".into(), "0.00000000".into())
    );
    let sold = stage.place(&format!("{SELL}&type=MARKET&quoteOrderQty=2500"));
    assert_eq!(status(&sold), ("FILLED", "1.00000000"));
    assert_eq!(sold["origQuoteOrderQty"], "2500.00000000");
    assert_eq!(sold["fills"][0]["commissionAsset"], "USDT");
    assert_eq!(stage.balance("USDT").0, "97497.50000000");
}

#[test]
fn what_is_not_on_offer_expires_or_waits() {
    let mut stage = Stage::new("[exchange]\nfill_sigma = 0\ntick_loop = 0\n");
    stage
        .own
        .post("/balance/USDT/deposit", r#"{"amount":100000}"#);
    let mut place = |volume: &str, query: &str| {
        stage.set_price("BTC%2FUSDT", "50000", volume);
        stage.place(&format!("{BUY}&newOrderRespType=FULL&{query}"))
    };
    let limit = "type=LIMIT&quantity=1&price=50000&timeInForce";
    for (volume, query, end) in [
        (
            "0.4",
            "type=MARKET&quantity=1".to_owned(),
            ("EXPIRED", "0.40000000"),
        ),
        (
            "0",
            "type=MARKET&quantity=0.1".to_owned(),
            ("EXPIRED", "0.00000000"),
        ),
        ("0.4", format!("{limit}=IOC"), ("EXPIRED", "0.40000000")),
        ("0.4", format!("{limit}=FOK"), ("EXPIRED", "0.00000000")),
        ("1", format!("{limit}=FOK"), ("FILLED", "1.00000000")),
        (
            "0.02",
            format!("{limit}=GTC"),
            ("PARTIALLY_FILLED", "0.02000000"),
        ),
    ] {
        let order = place(volume, &query);
        assert_eq!(status(&order), end, "{query}");
    }
}

#[test]
fn each_kind_is_told_as_it_was_asked_for() {
    let mut stage = Stage::new("");
    for (query, kind, working) in [
        ("type=LIMIT&timeInForce=GTC&price=3000", "LIMIT", true),
        ("type=LIMIT_MAKER&price=3000", "LIMIT_MAKER", true),
        ("type=STOP_LOSS&stopPrice=2000", "STOP_LOSS", false),
        (
            "type=STOP_LOSS_LIMIT&stopPrice=2000&price=1990&timeInForce=GTC",
            "STOP_LOSS_LIMIT",
            false,
        ),
        ("type=TAKE_PROFIT&stopPrice=3000", "TAKE_PROFIT", false),
        (
            "type=TAKE_PROFIT_LIMIT&stopPrice=3000&price=3000&timeInForce=GTC",
            "TAKE_PROFIT_LIMIT",
            false,
        ),
        ("type=STOP_LOSS&trailingDelta=100", "STOP_LOSS", false),
    ] {
        let placed = stage.place(&format!(
            "{SELL}&quantity=0.5&{query}&newOrderRespType=RESULT"
        ));
        assert_eq!(
            (&placed["type"], &placed["status"]),
            (&json!(kind), &json!("NEW"))
        );
        let asked = format!("symbol=ETHUSDT&orderId={}", id(&placed));
        let order = stage.done("GET", "/api/v3/order", &asked);
        assert_eq!(order["isWorking"], working, "{query}");
        assert_eq!(
            order["workingTime"].as_i64() == Some(-1),
            !working,
            "{query}"
        );
        assert_eq!(order["clientOrderId"], placed["clientOrderId"]);
        let by_client = format!(
            "symbol=ETHUSDT&origClientOrderId={}",
            order["clientOrderId"].as_str().unwrap()
        );
        assert_eq!(stage.done("GET", "/api/v3/order", &by_client), order);
    }
    let open = stage.done("GET", "/api/v3/openOrders", "symbol=ETHUSDT");
    assert_eq!(open.as_array().unwrap().len(), 7);
    assert_eq!(stage.done("GET", "/api/v3/openOrders", ""), open);
    assert_eq!(
        stage.balance("ETH"),
        ("6.50000000".into(), "3.50000000".into())
    );
    // The stops are reached.
    stage.set_price("ETH%2FUSDT", "1995", "100");
    let left = stage.done("GET", "/api/v3/openOrders", "symbol=ETHUSDT");
    let left: Vec<&str> = left
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        left,
        ["LIMIT", "LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]
    );
    let canceled = stage.done("DELETE", "/api/v3/openOrders", "symbol=ETHUSDT");
    assert_eq!(canceled.as_array().unwrap().len(), 4);
    assert_eq!(stage.balance("ETH").1, "0.00000000");
}

/// What is placed while BTC is at 50000 and ETH at 2500, the code and the text.
const REFUSED: &[(&str, i64, &str)] = &[
    (
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=10",
        -2010,
        "Account has insufficient balance for requested action.",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=50000",
        -2010,
        "Order would immediately match and take.",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS_LIMIT&quantity=1&price=2500&stopPrice=2600&timeInForce=GTC",
        -2010,
        "Order would trigger immediately.",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=30000&newClientOrderId=mine",
        -2010,
        "Duplicate order sent.",
    ),
    (
        "symbol=NEWUSDT&side=BUY&type=MARKET&quantity=1",
        -1013,
        "Market is closed.",
    ),
    (
        "symbol=NOUSDT&side=BUY&type=MARKET&quantity=1",
        -1121,
        "Invalid symbol.",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.000000001",
        -1111,
        "Parameter 'quantity' has too much precision.",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=6000",
        -1013,
        "Filter failure: TRAILING_DELTA",
    ),
];

#[test]
fn orders_are_refused_in_the_words_of_binance() {
    let mut stage = Stage::new("");
    let resting = stage.place(&format!(
        "{BUY}&type=LIMIT&timeInForce=GTC&quantity=0.1&price=40000&newClientOrderId=mine"
    ));
    for &(query, code, text) in REFUSED {
        let refusal = stage.refused("POST", "/api/v3/order", query);
        assert_eq!(refusal, (code, text.to_owned()), "{query}");
    }
    // None of them has left a trace.
    let all = stage.done("GET", "/api/v3/allOrders", "symbol=BTCUSDT");
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(id(&all[0]), id(&resting));
    for (query, code) in [
        ("symbol=BTCUSDT&orderId=999", -2011),
        ("symbol=ETHUSDT&origClientOrderId=mine", -2011),
        ("symbol=BTCUSDT", -1102),
        (
            "symbol=BTCUSDT&origClientOrderId=mine&cancelRestrictions=ONLY_PARTIALLY_FILLED",
            -2011,
        ),
    ] {
        assert_eq!(
            stage.refused("DELETE", "/api/v3/order", query).0,
            code,
            "{query}"
        );
    }
    let gone = stage.refused("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=999");
    assert_eq!(gone, (-2013, "Order does not exist.".to_owned()));
    let canceled = stage.done(
        "DELETE",
        "/api/v3/order",
        "symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=away",
    );
    assert_eq!(
        (
            &canceled["status"],
            &canceled["origClientOrderId"],
            &canceled["clientOrderId"]
        ),
        (&json!("CANCELED"), &json!("mine"), &json!("away"))
    );
    // Closed, so its name is free again.
    stage.place(&format!(
        "{BUY}&type=LIMIT_MAKER&quantity=0.1&price=30000&newClientOrderId=mine"
    ));
    let none = stage.refused("DELETE", "/api/v3/openOrders", "symbol=ETHUSDT");
    assert_eq!(none, (-2011, "Unknown order sent.".to_owned()));
}

#[test]
fn good_till_cancelled_means_just_that_unless_it_is_set_otherwise() {
    for (setting, end) in [("", "NEW"), ("[binance]\nexpire = true\n", "EXPIRED")] {
        let mut stage = Stage::new(&format!("{setting}[exchange]\nexpire_after = \"200ms\"\n"));
        let orders: Vec<u64> = ["type=LIMIT&timeInForce=GTC", "type=LIMIT_MAKER"]
            .iter()
            .map(|kind| id(&stage.place(&format!("{BUY}&{kind}&quantity=0.1&price=40000"))))
            .collect();
        // An order of the own API, placed later, has expired.
        let own =
            r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.1,"limit_price":100}"#;
        let own = stage.own.post("/orders", own).json();
        let path = format!("/orders/{}", own["id"].as_str().unwrap());
        wait_for("the end of the order", || {
            let order = stage.own.request("GET", &path, "").unwrap().ok().json();
            (order["status"] == "expired").then_some(())
        });
        for id in orders {
            let query = format!("symbol=BTCUSDT&orderId={id}");
            let order = stage.done("GET", "/api/v3/order", &query);
            assert_eq!(
                (&order["status"], &order["timeInForce"]),
                (&json!(end), &json!("GTC")),
                "{setting}"
            );
        }
    }
}

#[test]
fn orders_and_trades_are_listed_by_id() {
    let mut stage = Stage::new("");
    for _ in 0..3 {
        stage.place(&format!("{BUY}&type=MARKET&quantity=0.01"));
        stage.place(&format!("{SELL}&type=MARKET&quantity=0.01"));
    }
    let open = stage.place(&format!("{BUY}&type=LIMIT_MAKER&quantity=0.1&price=30000"));
    let mut ids = |path: &str, field: &str, query: &str| {
        let list = stage.done("GET", path, &format!("symbol=BTCUSDT&{query}"));
        let list = list.as_array().unwrap().iter();
        list.map(|row| row[field].as_u64().unwrap())
            .collect::<Vec<u64>>()
    };
    let orders = |query: &'static str| ("/api/v3/allOrders", "orderId", query);
    let trades = |query: &'static str| ("/api/v3/myTrades", "id", query);
    let future = "startTime=9999999999999";
    for ((path, field, query), expected) in [
        (orders(""), vec![1, 3, 5, 7]),
        (orders("limit=2"), vec![5, 7]),
        (orders("orderId=3&limit=2"), vec![3, 5]),
        (orders(future), vec![]),
        (trades(""), vec![1, 3, 5]),
        (trades("limit=2"), vec![3, 5]),
        (trades("fromId=3&limit=1"), vec![3]),
        (trades("orderId=3"), vec![3]),
        (trades("endTime=1"), vec![]),
        (trades(future), vec![]),
    ] {
        assert_eq!(ids(path, field, query), expected, "{path} {query}");
    }
    assert_eq!(id(&open), 7);
    let day = "symbol=BTCUSDT&startTime=1700000000000&endTime=1700086400001";
    assert_eq!(stage.refused("GET", "/api/v3/myTrades", day).0, -1127);
    let fees = stage.done("GET", "/sapi/v1/asset/tradeFee", "symbol=BTCUSDT");
    assert_eq!(
        fees,
        json!([{"symbol": "BTCUSDT", "makerCommission": "0.00100000", "takerCommission": "0.00100000"}])
    );
    let rates = stage.done("GET", "/api/v3/rateLimit/order", "");
    assert!(rates[1]["count"].as_u64().unwrap() >= 7, "{rates}");
}
