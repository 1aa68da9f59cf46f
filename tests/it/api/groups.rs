//! Several orders in one step, and what markets demand of them.

use mockx::exchange::{Command, MarketRules, Range};
use mockx::units::{Exact, Symbol};
use serde_json::json;

use super::stage::Stage;

const REST: &str = r#"{"symbol":"BTC/USDT","side":"sell","type":"limit","amount":0.5,"limit_price":60000,"post_only":true}"#;
const STOP: &str = r#"{"symbol":"BTC/USDT","side":"sell","amount":0.5,"trigger":"stop_loss","trigger_price":40000}"#;

/// BTC is at 50000; there is one of it.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.tick("BTC/USDT", "50000", None);
    stage.change("POST", "/balance/BTC/deposit", r#"{"amount":1}"#);
    stage.change("POST", "/balance/USDT/deposit", r#"{"amount":1000}"#);
    stage
}

#[test]
fn one_order_of_a_pair_ends_the_other() {
    let stage = stage();
    let pair = stage.change(
        "POST",
        "/orders/pair",
        &format!(r#"{{"orders":[{STOP},{REST}],"client_id":"p"}}"#),
    );
    let (first, second) = (&pair["orders"][0], &pair["orders"][1]);
    assert_eq!(pair["pair"], first["id"]);
    assert_eq!(
        (&second["pair"], &second["pair_client_id"]),
        (&first["id"], &json!("p"))
    );
    assert_eq!(stage.read("/balance/BTC")["used"], 0.5);
    let twice = stage.post(
        "/orders/pair",
        &format!(r#"{{"orders":[{STOP},{REST}],"client_id":"p"}}"#),
    );
    assert_eq!(
        (twice.status, &twice.json()["code"]),
        (400, &json!("duplicate_client_order_id"))
    );
    stage.tick("BTC/USDT", "60000", None);
    let told = |order: &serde_json::Value| {
        let path = format!("/orders/{}", order["id"].as_str().unwrap());
        stage.read(&path)["status"].clone()
    };
    assert_eq!(
        (told(first), told(second)),
        (json!("expired"), json!("filled"))
    );
    for (body, status, code) in [
        (format!(r#"{{"orders":[{STOP}]}}"#), 422, "invalid_value"),
        (
            format!(r#"{{"orders":[{STOP},["BTC/USDT"]]}}"#),
            422,
            "invalid_value",
        ),
        ("{}".to_owned(), 422, "invalid_value"),
        (format!(r#"{{"orders":[{STOP},{STOP}]}}"#), 422, "terms"),
        (
            format!(r#"{{"orders":[{STOP},{REST}]}}"#).replace("0.5", "5"),
            400,
            "would_match",
        ),
    ] {
        let answer = stage.post("/orders/pair", &body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
}

#[test]
fn an_order_takes_the_place_of_another_or_is_told_why_not() {
    let stage = stage();
    let order = |price: u32| {
        format!(
            r#"{{"symbol":"BTC/USDT","side":"sell","type":"limit","amount":1,"limit_price":{price},"post_only":true}}"#
        )
    };
    let first = stage.place(&order(60000));
    let path = format!("/orders/{first}/replace");
    let replaced = stage.change("POST", &path, &format!(r#"{{"order":{}}}"#, order(61000)));
    assert_eq!(replaced["canceled_order"]["status"], "canceled");
    assert_eq!(replaced["freed"], json!({"BTC": 1, "USDT": 60}));
    assert_eq!(
        (&replaced["order"]["limit_price"], &replaced["reason"]),
        (&json!(61000), &json!(null))
    );
    // The first is closed now.
    let again = stage.post(&path, &format!(r#"{{"order":{}}}"#, order(62000)));
    assert_eq!(
        (again.status, &again.json()["code"]),
        (400, &json!("order_not_open"))
    );
    let body = format!(r#"{{"order":{},"in_any_case":true}}"#, order(100));
    let anyway = stage.change("POST", &path, &body);
    assert_eq!(
        (&anyway["canceled_order"], &anyway["order"]),
        (&json!(null), &json!(null))
    );
    assert!(
        anyway["cancel_reason"]
            .as_str()
            .unwrap()
            .contains("Only *open* orders")
    );
    assert_eq!(anyway["reason"], "Order would immediately match and take.");
    let second = replaced["order"]["id"].as_str().unwrap();
    let path = format!("/orders/{second}/replace");
    let body = format!(
        r#"{{"order":{},"only_if":"partially_filled"}}"#,
        order(62000)
    );
    let refused = stage.post(&path, &body);
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (400, &json!("restricted"))
    );
    let unknown = stage.post("/orders/000000009999/replace", &body);
    assert_eq!(unknown.status, 404, "{}", unknown.text);
    let nothing = stage.post(&path, "{}");
    assert_eq!(nothing.status, 422, "{}", nothing.text);
    assert_eq!(
        stage.read("/orders/list?status=new")["orders"],
        json!([second])
    );
}

#[test]
fn all_orders_are_canceled_or_those_of_a_symbol() {
    let stage = stage();
    stage.tick("ETH/USDT", "10", None);
    let btc = stage.place(REST);
    let eth: Vec<String> = (1..4)
        .map(|price| {
            let body = format!(r#"{{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":1,"limit_price":{price}}}"#);
            stage.place(&body)
        })
        .collect();
    let answer = stage.change("POST", "/orders/cancel", r#"{"symbol":"ETH/USDT"}"#);
    assert_eq!(answer, json!({"length": 3, "orders": eth, "more": false}));
    let answer = stage.change("POST", "/orders/cancel", "");
    assert_eq!(answer, json!({"length": 1, "orders": [btc], "more": false}));
    assert_eq!(stage.change("POST", "/orders/cancel", "{}")["length"], 0);
    assert_eq!(
        stage
            .post("/orders/cancel", r#"{"symbol":"btc/usdt"}"#)
            .status,
        400
    );
}

#[test]
fn the_rules_of_markets_are_told_where_they_are_known() {
    let stage = stage();
    assert_eq!(
        stage.read("/rules"),
        json!({"enforced": false, "markets": {}})
    );
    let symbol = Symbol::parse("BTC/USDT").unwrap();
    let step = Exact::parse("0.00001").unwrap();
    let rules = MarketRules {
        lot: Range {
            step: Some(step),
            ..Range::default()
        },
        max_orders: Some(200),
        ..MarketRules::default()
    };
    stage.command(Command::SetRules(vec![(symbol, rules)]));
    let told = stage.read("/rules?symbol=BTC/USDT");
    let market = &told["markets"]["BTC/USDT"];
    assert_eq!(
        market["amount"],
        json!({"min": null, "max": null, "step": 0.00001})
    );
    assert_eq!(
        (&market["max_open_orders"], &market["max_pairs"]),
        (&json!(200), &json!(null))
    );
    assert_eq!(stage.read("/rules?symbol=ETH/USDT")["markets"], json!({}));
    assert_eq!(stage.get("/rules?symbol=x").status, 422);
}
