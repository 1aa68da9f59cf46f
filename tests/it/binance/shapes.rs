//! The recorded answers of Binance: the same call here gives the same members with the same types.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::stage::Stage;

/// Answers of Binance in `$MOCKX_TEST_DATA`, or beside the source tree in `../shared/data`; without them the test is skipped.
const RECORDED: &str = "binance/rest_responses.json";
/// What only orders of another kind have, or a venue with smart order routing.
const ELSEWHERE: [&str; 2] = [
    "POST /api/v3/order.icebergQty",
    "GET /api/v3/exchangeInfo.sors",
];

/// Places what the calls tell of, and tells the query of each.
fn target(stage: &mut Stage, endpoint: &str) -> Option<(String, String, String)> {
    let endpoint = endpoint.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let (method, target) = endpoint.split_once(' ')?;
    let path = target.split('?').next()?.replace("/api/v1/", "/api/v3/");
    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=40000";
    let query = match (method, path.as_str()) {
        ("POST", "/api/v3/order") => {
            "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&newOrderRespType=FULL".to_owned()
        }
        ("GET" | "DELETE", "/api/v3/order") => {
            let order = stage.place(limit);
            format!("symbol=BTCUSDT&orderId={}", order["orderId"])
        }
        ("DELETE" | "GET", "/api/v3/openOrders" | "/api/v3/allOrders") => {
            stage.place(limit);
            "symbol=BTCUSDT".to_owned()
        }
        (_, "/api/v3/account" | "/api/v3/ping" | "/api/v3/time") => String::new(),
        (_, "/api/v3/klines" | "/api/v3/uiKlines") => {
            "symbol=BTCUSDT&interval=1h&limit=3".to_owned()
        }
        _ => "symbol=BTCUSDT".to_owned(),
    };
    Some((method.to_owned(), path, query))
}

/// Whether a text is a number, as ccxt quotes those of its recordings.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.parse::<f64>().is_ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// What of an answer is not as it was recorded.
fn differences(place: &str, recorded: &Value, ours: &Value, quoted: bool, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                let place = format!("{place}.{name}");
                match ours.get(name) {
                    Some(own) => differences(&place, value, own, quoted, found),
                    None if ELSEWHERE.contains(&place.as_str()) => {}
                    None => found.push(format!("{place} is missing")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            let of_rows = recorded
                .first()
                .is_some_and(|row| row.is_object() || row.is_array());
            // A list of orders that is taken back is another kind of row, which has tests of its own.
            let of_orders = |row: &&Value| row.get("contingencyType").is_none();
            for (at, value) in recorded.iter().filter(of_orders).enumerate() {
                // Rows are held against our first one, where there is any; the figures of a row each against its own.
                let own = ours.get(if of_rows { 0 } else { at });
                let place = format!("{place}[{at}]");
                match own {
                    Some(own) => differences(&place, value, own, quoted, found),
                    None if of_rows || recorded.iter().all(Value::is_string) => {}
                    None => found.push(format!("{place} is missing")),
                }
            }
        }
        (recorded, ours) => {
            let same = std::mem::discriminant(recorded) == std::mem::discriminant(ours);
            let quoted = quoted && is_number(recorded) && is_number(ours);
            if !same && !quoted {
                found.push(format!("{place}: {recorded} there, {ours} here"));
            }
        }
    }
}

/// Holds every answer of a list against ours.
fn hold(text: &str) -> (Vec<String>, usize) {
    let recorded: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut stage = Stage::new("");
    stage.place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
    let mut found = Vec::new();
    for entry in &recorded {
        let endpoint = entry["endpoint"].as_str().unwrap();
        let (method, path, query) = target(&mut stage, endpoint).unwrap();
        let answer = stage.signed(&method, &path, &query);
        assert_eq!(answer.status, 200, "{endpoint}: {}", answer.body);
        let note = entry["note"].as_str();
        let quoted = note.is_some_and(|note| note.contains("quoted"));
        differences(
            endpoint,
            &entry["response"],
            &answer.json(),
            quoted,
            &mut found,
        );
    }
    (found, recorded.len())
}

#[test]
fn answers_have_the_shapes_that_binance_documents() {
    let (found, held) = hold(include_str!("../../fixtures/binance_answers.json"));
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(held, 23);
}

#[test]
fn answers_have_the_shapes_that_were_recorded() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let directory = std::env::var_os("MOCKX_TEST_DATA").map_or(beside, PathBuf::from);
    let path = directory.join(RECORDED);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {RECORDED} is missing: recorded answers, kept beside the repository");
        return;
    };
    let (found, held) = hold(&text);
    assert_eq!(found, Vec::<String>::new());
    assert!(held > 20, "{held}");
}

#[test]
fn another_shape_is_found() {
    let recorded = json!({"id": 1, "rows": [["1.0", 2]], "on": true});
    for (ours, expected) in [
        (
            json!({"id": 7, "rows": [["0.5", 3], ["x", 4]], "on": false, "more": 1}),
            0,
        ),
        (json!({"id": "7", "rows": [["0.5", 3]], "on": false}), 1),
        (json!({"id": 7, "rows": [["0.5"]], "on": false}), 1),
        (json!({"id": 7, "rows": [[0.5, 3]], "on": null}), 2),
        (json!({"rows": {}, "on": true}), 2),
    ] {
        let mut found = Vec::new();
        differences("", &recorded, &ours, false, &mut found);
        assert_eq!(found.len(), expected, "{ours}: {found:?}");
    }
}
