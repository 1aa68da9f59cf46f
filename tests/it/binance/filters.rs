//! What a market demands of orders: an `exchangeInfo` is served to the daemon as its venue; the filters are those, and orders are
//! held to each, at both sides of every bound.
//!
//! The recording is `binance/exchangeInfo_2024-09-08.json` in `$MOCKX_TEST_DATA`, or beside the repository; `tests/fixtures` has one in
//! the same shape, with more kinds of filters.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::filter_rows::{COMMON, OTHER, Row};
use super::stage::{Key, Stage};
use crate::support::{Launch, wait_for};
use crate::venue_server::{Answers, answer};

const RECORDING: &str = "binance/exchangeInfo_2024-09-08.json";

fn fixture() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/exchange_info.json"
    );
    std::fs::read(path).unwrap()
}

fn recording() -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let folder = std::env::var_os("MOCKX_TEST_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let found = std::fs::read(folder.join(RECORDING)).ok();
    if found.is_none() {
        eprintln!("skipped: there is no {RECORDING} in $MOCKX_TEST_DATA");
    }
    found
}

/// A venue with this list. BTC is at 200000, DOGE at 0.00005, LTC at 100, all else at 2500.
fn venue(list: Vec<u8>) -> Answers {
    Answers::by(move |_, path| {
        if path.starts_with("/api/v3/exchangeInfo") {
            return answer(200, &[], list.clone());
        }
        let (_, names) = path.split_once("%22").unwrap_or_default();
        let tickers: Vec<Value> = names
            .trim_end_matches("%22%5D")
            .split("%22%2C%22")
            .map(|name| {
                let price = match name {
                    "BTCUSDT" => "200000",
                    "DOGEUSDT" => "0.00005",
                    "LTCUSDT" => "100",
                    _ => "2500",
                };
                json!({"symbol": name, "lastPrice": price, "bidPrice": price, "bidQty": "1000", "askPrice": price, "askQty": "1000"})
            })
            .collect();
        answer(200, &[], serde_json::to_vec(&tickers).unwrap())
    })
}

/// A daemon that has polled the venue once, and has the money for everything.
fn stage(venue: &Answers, symbols: &str, config: &str) -> Stage {
    let url = &venue.url;
    let directory = tempfile::tempdir().unwrap();
    let daemon = Launch::new(&directory.path().join("data"), "binance")
        .env("SYMBOLS", symbols)
        .config(&format!(
            "[oracle]\ninterval = \"1h\"\nbase_urls = {{ binance = \"{url}\" }}\n[exchange]\nfill_sigma = 0\n{config}\n"
        ))
        .start();
    let mut own = daemon.client();
    let count = symbols.split(',').count();
    wait_for("prices of all symbols", || {
        let priced = own.request("GET", "/tickers", "").unwrap().ok().json();
        (priced.as_array().unwrap().len() == count).then_some(())
    });
    for (asset, amount) in [
        ("USDT", "100000000000"),
        ("BTC", "100000"),
        ("ETH", "100000"),
        ("DOGE", "100000000"),
        ("LTC", "1000"),
    ] {
        let body = json!({ "amount": amount }).to_string();
        own.request("POST", &format!("/balance/{asset}/deposit"), &body)
            .unwrap();
    }
    let key = Key::new(&mut own, "{}");
    let stage = Stage::of(directory, daemon, own, key);
    wait_filters(stage)
}

/// Rules arrive with the list, and may come after the prices.
fn wait_filters(mut stage: Stage) -> Stage {
    wait_for("filters of the venue", || {
        let info = stage.open("/api/v3/exchangeInfo").ok().json();
        let filters = info["symbols"][0]["filters"].as_array().unwrap().len();
        (filters > 2).then_some(())
    });
    stage
}

fn check_rows(stage: &mut Stage, rows: &[Row]) {
    for &(query, filter) in rows {
        let answer = stage.signed("POST", "/api/v3/order/test", query);
        if filter.is_empty() {
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, "{}"),
                "{query}"
            );
        } else {
            let refusal = super::stage::told(&answer);
            assert_eq!(
                refusal,
                (-1013, format!("Filter failure: {filter}")),
                "{query}"
            );
        }
    }
}

/// The most open orders of a market, and the most that wait for a price.
fn check_crowds(stage: &mut Stage) {
    let refused = |filter: &str| (-1013, format!("Filter failure: {filter}"));
    let stop = "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001&stopPrice=190000";
    for _ in 0..5 {
        stage.place(stop);
    }
    let sixth = stage.refused("POST", "/api/v3/order", stop);
    assert_eq!(sixth, refused("MAX_NUM_ALGO_ORDERS"));
    let pair = "symbol=BTCUSDT&side=SELL&quantity=0.001&aboveType=LIMIT_MAKER&abovePrice=210000&belowType=STOP_LOSS&belowStopPrice=190000";
    let pair = stage.refused("POST", "/api/v3/orderList/oco", pair);
    assert_eq!(pair, refused("MAX_NUM_ALGO_ORDERS"));
    let rest = "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.001&price=210000";
    let mut last = Value::Null;
    for _ in 5..200 {
        last = stage.place(rest);
    }
    let one_more = stage.refused("POST", "/api/v3/order", rest);
    assert_eq!(one_more, refused("MAX_NUM_ORDERS"));
    // Another market has room, and so has this one when one of them has gone.
    stage.place("symbol=ETHUSDT&side=SELL&type=LIMIT_MAKER&quantity=1&price=2600");
    let query = format!("symbol=BTCUSDT&orderId={}", last["orderId"]);
    stage.done("DELETE", "/api/v3/order", &query);
    stage.place(rest);
    // It is looked at before the other order is taken back, which then stays.
    let open = stage.done("GET", "/api/v3/openOrders", "symbol=BTCUSDT");
    let id = &open[199]["orderId"];
    let query = format!("{rest}&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId={id}");
    let replaced = stage.refused("POST", "/api/v3/order/cancelReplace", &query);
    assert_eq!(replaced, refused("MAX_NUM_ORDERS"));
    let gone = stage.done("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
    assert_eq!(gone.as_array().unwrap().len(), 200);
}

/// The filters of a symbol that are nothing to orders here are not told.
fn told_filters(symbol: &Value) -> Vec<Value> {
    let filters = symbol["filters"].as_array().unwrap().iter();
    let told = filters.filter(|filter| filter["filterType"] != "ICEBERG_PARTS");
    told.map(plain).collect()
}

/// A filter without zeros at the end of its numbers: how many there are differs from market to market.
fn plain(filter: &Value) -> Value {
    let mut filter = filter.clone();
    for value in filter.as_object_mut().unwrap().values_mut() {
        let text = value.as_str().unwrap_or("").to_owned();
        if text.contains('.') {
            *value = json!(text.trim_end_matches('0').trim_end_matches('.'));
        }
    }
    filter
}

#[test]
fn the_filters_are_those_of_the_venue() {
    let Some(list) = recording() else { return };
    let recorded: Value = serde_json::from_slice(&list).unwrap();
    let recorded = recorded["symbols"].as_array().unwrap();
    let names: Vec<String> = recorded
        .iter()
        .map(|s| {
            format!(
                "{}/{}",
                s["baseAsset"].as_str().unwrap(),
                s["quoteAsset"].as_str().unwrap()
            )
        })
        .collect();
    let venue = venue(list);
    let mut stage = stage(&venue, &names.join(","), "");
    let info = stage.open("/api/v3/exchangeInfo").ok().json();
    let ours = info["symbols"].as_array().unwrap();
    assert_eq!(ours.len(), recorded.len());
    for symbol in recorded {
        let own = ours.iter().find(|own| own["symbol"] == symbol["symbol"]);
        assert_eq!(
            json!(told_filters(own.unwrap())),
            json!(told_filters(symbol)),
            "{}",
            symbol["symbol"]
        );
    }
}

#[test]
fn orders_are_held_to_the_recorded_filters_at_both_sides_of_every_bound() {
    let Some(list) = recording() else { return };
    let venue = venue(list);
    let mut stage = stage(&venue, "BTC/USDT,ETH/USDT,DOGE/USDT", "");
    check_rows(&mut stage, COMMON);
    check_crowds(&mut stage);
}

#[test]
fn orders_are_held_to_every_kind_of_filter() {
    let venue = venue(fixture());
    let symbols = "BTC/USDT,DOGE/USDT,ETH/USDT,LTC/USDT";
    let mut stage = stage(&venue, symbols, "");
    check_rows(&mut stage, COMMON);
    check_rows(&mut stage, OTHER);
    check_crowds(&mut stage);
    // One list of orders at a time, and what open buys may bring counts.
    let pair = "symbol=LTCUSDT&side=SELL&quantity=1&aboveType=LIMIT_MAKER&abovePrice=110&belowType=STOP_LOSS&belowStopPrice=90";
    stage.done("POST", "/api/v3/orderList/oco", pair);
    let second = stage.refused("POST", "/api/v3/orderList/oco", pair);
    assert_eq!(
        second,
        (-1013, "Filter failure: MAX_NUM_ORDER_LISTS".into())
    );
    stage.done("DELETE", "/api/v3/openOrders", "symbol=LTCUSDT");
    let buy = "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=90&quantity=6";
    stage.place(buy);
    let more = stage.refused("POST", "/api/v3/order", buy);
    assert_eq!(more, (-1013, "Filter failure: MAX_POSITION".into()));
    // Orders of the own API are not held to them.
    let own = r#"{"symbol":"LTC/USDT","side":"sell","amount":0.01}"#;
    stage.own.post("/orders", own);
}

#[test]
fn the_band_is_round_the_average_of_five_minutes() {
    let venue = venue(fixture());
    let mut stage = stage(&venue, "ETH/USDT,LTC/USDT", "enforce_market_rules = true");
    // The venue has told 2500; the average is 3750 now, and the last price 5000.
    stage.set_price("ETH%2FUSDT", "5000", "1000");
    let average = stage.open("/api/v3/avgPrice?symbol=ETHUSDT").ok().json();
    assert_eq!(
        (&average["mins"], &average["price"]),
        (&json!(5), &json!("3750.00000000"))
    );
    let order = |price: &str| {
        format!("symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price={price}")
    };
    for (price, fits) in [
        ("18750", true),
        ("18750.01", false),
        ("750", true),
        ("749.99", false),
    ] {
        let answer = stage.signed("POST", "/api/v3/order/test", &order(price));
        assert_eq!(answer.status == 200, fits, "{price}: {}", answer.body);
    }
    // A market order is worth the average too: 5 / 3750 is 0.00133.
    for (quantity, fits) in [("0.0014", true), ("0.0013", false)] {
        let query = format!("symbol=ETHUSDT&side=BUY&type=MARKET&quantity={quantity}");
        let answer = stage.signed("POST", "/api/v3/order/test", &query);
        assert_eq!(answer.status == 200, fits, "{quantity}: {}", answer.body);
    }
    // The other market looks at the last price only.
    stage.set_price("LTC%2FUSDT", "200", "1000");
    let query = "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=300";
    assert_eq!(stage.done("POST", "/api/v3/order/test", query), json!({}));
    // Here the own API is held to them as well.
    let order =
        r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":1,"limit_price":18750.01}"#;
    let refusal = stage.own.request("POST", "/orders", order).unwrap();
    let told = refusal.json();
    assert_eq!(
        (refusal.status, &told["code"]),
        (400, &json!("filter_failure"))
    );
    assert_eq!(told["detail"], "Filter failure: PERCENT_PRICE_BY_SIDE");
}

#[test]
fn rules_are_there_at_the_next_start_or_come_from_a_file_or_there_are_none() {
    let venue = venue(fixture());
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let rules = directory.path().join("rules.json");
    let own = r#"{"symbols":[{"baseAsset":"BTC","quoteAsset":"USDT","filters":[
        {"filterType":"LOT_SIZE","minQty":"0.5","maxQty":"2","stepSize":"0.5"}]}]}"#;
    std::fs::write(&rules, own).unwrap();
    let launch = |source: &str, more: &str| {
        let url = &venue.url;
        Launch::new(&data, source).env("SYMBOLS", "BTC/USDT").config(&format!(
            "[oracle]\ninterval = \"1h\"\nbase_urls = {{ binance = \"{url}\" }}\n[exchange]\n{more}\n"
        ))
    };
    let lot = |daemon: &crate::support::Daemon| {
        let answer = daemon
            .client()
            .request("GET", "/api/v3/exchangeInfo", "")
            .unwrap();
        let filters = answer.ok().json()["symbols"][0]["filters"].clone();
        filters[1]["maxQty"].as_str().unwrap().to_owned()
    };
    let daemon = launch("binance", "").start();
    wait_for("rules of the venue", || {
        (lot(&daemon) == "9000.00000000").then_some(())
    });
    daemon.stop();
    for (setting, expected) in [
        ("", "9000.00000000"),
        ("market_rules = \"rules.json\"", "2.00000000"),
        ("market_rules = \"off\"", "1000000000000000.00000000"),
        ("market_rules = \"venue\"", "9000.00000000"),
    ] {
        let daemon = launch("push", setting).start();
        assert_eq!(lot(&daemon), expected, "{setting}");
        daemon.stop();
    }
    std::fs::write(&rules, own.replace("LOT_SIZE", "LOTS")).unwrap();
    let output = launch("push", "market_rules = \"rules.json\"").output();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("rules.json are wrong: BTC/USDT: there is no filter LOTS"),
        "{said}"
    );
}
