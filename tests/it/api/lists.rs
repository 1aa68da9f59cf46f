//! Lists of orders: order, filters, pages.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::stage::{START_MS, Stage};

/// Forty orders: open ones, canceled ones and rejected ones, several a millisecond.
fn busy() -> Stage {
    let stage = Stage::new();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 1000000}"#,
    );
    for turn in 0..10 {
        let limit = |symbol: &str, side: &str, amount: &str| {
            format!(
                r#"{{"symbol":"{symbol}","side":"{side}","type":"limit","amount":{amount},"limit_price":10}}"#
            )
        };
        let first = stage.place(&limit("BTC/USDT", "buy", "1"));
        stage.place(&limit("ETH/USDT", "buy", "1"));
        stage.place(&limit("BTC/USDT", "sell", "1"));
        let last = stage.place(&limit("BTC/USDT", "buy", "1"));
        if turn % 2 == 0 {
            stage.post(&format!("/orders/{last}/cancel"), "");
        }
        match turn % 3 {
            0 => stage.wait(1),
            // The wall clock stands still, or nothing passes at all.
            1 => stage.wait_unseen(7),
            _ => {}
        }
        stage.post(&format!("/orders/{first}/cancel"), "");
    }
    stage
}

fn ids(list: &Value) -> Vec<String> {
    let orders = list.as_array().unwrap().iter();
    orders
        .map(|order| order["id"].as_str().unwrap().to_owned())
        .collect()
}

fn places(list: &Value) -> Vec<(u64, String)> {
    let orders = list.as_array().unwrap().iter();
    orders
        .map(|order| {
            let at = order["ts_update"].as_u64().unwrap();
            (at, order["id"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn the_latest_update_comes_first_and_then_the_latest_created() {
    let stage = busy();
    let all = stage.read("/orders");
    let found = places(&all);
    assert_eq!(found.len(), 40);
    let mut sorted = found.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(found, sorted);
    for tail in 0..=41 {
        let some = stage.read(&format!("/orders?tail={tail}"));
        assert_eq!(places(&some), found[..tail.min(40)], "{tail}");
    }
    let listed = stage.read("/orders/list?tail=7");
    assert_eq!(listed["length"], 7);
    assert_eq!(listed["orders"].as_array().unwrap()[6], found[6].1.as_str());
}

#[test]
fn pages_join_without_a_gap() {
    let stage = busy();
    for filter in [
        "",
        "&status=new",
        "&status=canceled,rejected",
        "&symbol=BTC/USDT&side=buy",
    ] {
        let all = ids(&stage.read(&format!("/orders?x=1{filter}")));
        for size in [1, 3, 7] {
            let (mut pages, mut before) = (Vec::new(), String::new());
            loop {
                let page = stage.read(&format!("/orders?tail={size}{filter}{before}"));
                let page = ids(&page);
                let Some(last) = page.last() else { break };
                before = format!("&before={last}");
                pages.extend(page);
            }
            assert_eq!(pages, all, "{filter} by {size}");
        }
    }
}

#[test]
fn filters_choose() {
    let stage = busy();
    let count = |query: &str| ids(&stage.read(&format!("/orders?{query}"))).len();
    assert_eq!(count("status=new"), 15);
    assert_eq!(count("status=NEW,canceled"), 30);
    assert_eq!(count("status=new&status=canceled&status="), 30);
    assert_eq!(count("status=rejected&side=Sell"), 10);
    assert_eq!(count("status=filled"), 0);
    assert_eq!(count("symbol=ETH%2FUSDT"), 10);
    assert_eq!(count("symbol=ETH/USDT&type=market"), 0);
    assert_eq!(count("type=limit&tail="), 40);
    assert_eq!(count("symbol=NOT/LISTED"), 0);
    let since = START_MS + 2;
    let all = places(&stage.read("/orders"));
    let late = all.iter().filter(|(at, _)| *at >= since).count();
    assert_eq!(count(&format!("since={since}")), late);
    assert_eq!(
        count(&format!("since={since}&status=new,rejected&tail=4")),
        4
    );
    for order in stage
        .read("/orders?include_history=true")
        .as_array()
        .unwrap()
    {
        let entries = order["history"].as_object().unwrap().len() as u64;
        assert_eq!(order["history_count"], entries);
    }
}

#[test]
fn open_orders_need_no_archive() {
    let stage = busy();
    let before = stage.archive.reads.load(Ordering::Relaxed);
    assert_eq!(
        stage
            .read("/orders?status=new,partially_filled")
            .as_array()
            .unwrap()
            .len(),
        15
    );
    stage.read("/orders/list?status=new");
    stage.read("/orders?tail=0");
    stage.read("/orders/000000000002");
    assert_eq!(stage.archive.reads.load(Ordering::Relaxed), before);
}

#[test]
fn what_cannot_be_a_filter_is_named() {
    let stage = busy();
    for (query, field) in [
        ("tail=-1", "tail"),
        ("tail=99999999999", "tail"),
        ("tail=99999999999999999999999", "tail"),
        ("tail=abc", "tail"),
        ("tail=1.5", "tail"),
        ("tail=%2B1", "tail"),
        ("since=yesterday", "since"),
        ("before=x", "before"),
        ("status=open", "status"),
        ("status=new,fillled", "status"),
        ("side=long", "side"),
        ("type=stop", "type"),
        ("symbol=BTCUSDT", "symbol"),
        ("symbol=BTC/BTC", "symbol"),
        ("symbol=%ff", "symbol"),
        ("include_history=maybe", "include_history"),
    ] {
        for path in ["/orders", "/orders/list"] {
            if (path, field) == ("/orders/list", "include_history") {
                continue;
            }
            let answer = stage.get(&format!("{path}?{query}"));
            assert_eq!(answer.status, 422, "{query}: {}", answer.text);
            assert!(
                answer.detail().contains(&format!("`{field}`")),
                "{}",
                answer.text
            );
        }
    }
    let detail = stage.get("/orders?tail=-1").detail();
    assert_eq!(detail, "`tail` must be a whole number from 0 to 10000");
    let unknown = stage.get("/orders?before=000000000999");
    assert_eq!(
        (unknown.status, unknown.json()["code"].as_str()),
        (400, Some("unknown_order"))
    );
    let lower = stage.get("/orders?symbol=btc/usdt");
    assert_eq!(lower.status, 400);
    assert!(lower.detail().ends_with("did you mean BTC/USDT?"));
}
