//! What is written, what is left alone, and what `mockx mirror verify` says.

use std::process::{Command, Output};

use super::equal::assert_equal;
use super::stage::{Stage, fund, mirror, place, wait_in_step};
use crate::support::{Daemon, wait_for};

/// Runs `mockx mirror verify` against a daemon.
pub(super) fn verify(daemon: &Daemon) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mockx"))
        .args(["mirror", "verify"])
        .env_clear()
        .env("API_URL", format!("http://{}", daemon.address))
        .env("API_KEY", &daemon.key)
        .output()
        .unwrap()
}

/// All keys must be equal.
pub(super) fn assert_verified(daemon: &Daemon) {
    let output = verify(daemon);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", daemon.log());
    assert!(said.ends_with(" keys equal\n"), "{said}");
}

const RESTING: &str =
    r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":3,"limit_price":0.03}"#;
const FILLED: &str = r#"{"symbol":"BTC/USDT","side":"buy","amount":0.125}"#;

#[test]
fn every_change_is_mirrored() {
    let Some(stage) = Stage::new(&[]) else { return };
    let daemon = stage.daemon();
    let mut client = daemon.client();
    let mut reader = stage.reader();
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut reader, "");
    fund(&mut client);
    let resting = place(&mut client, RESTING);
    let bought = place(&mut client, FILLED);
    wait_for("the fill", || {
        let order = client.get(&format!("/orders/{bought}")).json();
        (order["status"] == "filled").then_some(())
    });
    // Filled in part, more than once: its history is longer than one change tells.
    let body = r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":9,"limit_price":2400}"#;
    let partly = place(&mut client, body);
    for price in ["2390", "2380.5"] {
        let body = format!(r#"{{"price":{price},"ask_volume":2}}"#);
        client
            .request("PATCH", "/admin/tickers/ETH/USDT/price", &body)
            .unwrap()
            .ok();
    }
    client.set_price("ETH/USDT", "2500");
    client.post("/balance/USDT/withdrawal", r#"{"amount":1000.5}"#);
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"sell","amount":100000}"#,
    );
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut reader, "");
    let image: String = stage.run(&["HGET", "orders", &partly]);
    let image: serde_json::Value = serde_json::from_str(&image).unwrap();
    assert!(image["history"].as_object().unwrap().len() >= 3, "{image}");
    assert_verified(&daemon);
    for id in [resting, partly] {
        client.post(&format!("/orders/{id}/cancel"), "");
    }
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut reader, "");
    // What is forgotten goes, prices stay, foreign keys stay.
    stage.tell(&["SADD", "open:foreign", "x"]);
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    place_again(&mut client);
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut reader, "");
    assert_verified(&daemon);
    assert_eq!(stage.run::<i64>(&["EXISTS", "open:foreign"]), 1);
    assert_eq!(mirror(&mut client)["resyncs"], 1);
    // The last changes are out when the daemon has ended.
    client.post("/balance/BTC/deposit", r#"{"amount":0.125}"#);
    daemon.stop();
    let row: String = stage.run(&["HGET", "balances", "BTC"]);
    assert!(row.contains("\"free\":0.125"), "{row}");
}

fn place_again(client: &mut crate::support::Client) {
    client.post("/balance/USDT/deposit", r#"{"amount":10}"#);
}

#[test]
fn at_the_start_what_differs_is_written_and_what_is_ours_no_more_goes() {
    let Some(stage) = Stage::new(&[]) else { return };
    let daemon = stage.launch("[log]\nlevel = \"info\"").start();
    let mut client = daemon.client();
    fund(&mut client);
    let open = place(&mut client, RESTING);
    wait_in_step(&daemon);
    daemon.stop();
    for words in [
        &["HSET", "orders", "9999999999999_old", "{}", &open, "{}"][..],
        &["HSET", "balances", "XRP", "{}", "USDT", "{}"],
        &["SADD", "open:set", "000000009999", "nonsense"],
        &["SADD", "open:XRP/USDT", "000000000001"],
        &["SADD", "open:ETH/BTC", "000000000777"],
        &["SREM", "open:ETH/BTC", &open],
        &["HSET", "trades:buy:XRP:count", "USDT", "7"],
        &["SADD", "trades:index:count", "trades:buy:XRP:count"],
        &["HSET", "deposits:XRP", "asset_quantity", "1"],
        &["HSET", "tickers:XRP/USDT", "price", "1"],
        &["HSET", "tickers:BTC/USDT", "price", "1", "odd", "2"],
        &["SADD", "open:foreign", "x"],
        &["HSET", "trades:foreign", "x", "y"],
        &["SET", "foreign:balances", "x"],
        &["SET", "withdrawals:XRP", "foreign kind"],
    ] {
        stage.tell(words);
    }
    let foreign = [
        "open:foreign",
        "trades:foreign",
        "foreign:balances",
        "withdrawals:XRP",
    ];
    let daemon = stage.daemon();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "65000");
    wait_in_step(&daemon);
    for name in foreign {
        assert_eq!(stage.run::<i64>(&["EXISTS", name]), 1, "{name}");
    }
    stage.tell(&["DEL", "withdrawals:XRP"]);
    assert_equal(&mut client, &mut stage.reader(), "");
    assert_verified(&daemon);
    daemon.stop();
}

#[test]
fn what_differs_is_told() {
    let Some(stage) = Stage::new(&[]) else { return };
    let daemon = stage.daemon();
    let mut client = daemon.client();
    fund(&mut client);
    let open = place(&mut client, RESTING);
    wait_in_step(&daemon);
    assert_verified(&daemon);
    stage.tell(&["HSET", "balances", "USDT", "{}"]);
    stage.tell(&["HDEL", "orders", &open]);
    stage.tell(&["SADD", "open:set", "000000009999"]);
    stage.tell(&["HSET", "tickers:BTC/USDT", "price", "5"]);
    stage.tell(&["HSET", "deposits:XRP", "asset_quantity", "1"]);
    let output = verify(&daemon);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for words in [
        "balances: USDT is {}, the exchange has {\"asset\":\"USDT\"",
        &format!("orders: {open} is nothing, the exchange has {{\"id\""),
        "open:set: 000000009999 is not open",
        "tickers:BTC/USDT: price is 5, the exchange has 64000.5",
        "deposits:XRP: the exchange has no such key",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("5 differences, the exchange has "), "{why}");
    daemon.stop();
    // Without a mirror there is nothing to compare.
    let other = crate::support::Launch::new(&stage.home.path().join("other"), "push").start();
    let output = verify(&other);
    assert_eq!(output.status.code(), Some(1));
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.contains("There is no mirror"), "{why}");
    other.stop();
}

#[test]
fn pruned_orders_disappear() {
    let Some(stage) = Stage::new(&[]) else { return };
    let socket = stage.socket();
    let config = format!(
        "[oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n[exchange]\nprune_after = \"300ms\"\nprune_every = \"100ms\"\n[mirror]\nurl = \"unix://{}\"\n\
         key_prefix = \"x:\"\nticker_prefix = \"sym_\"",
        socket.display()
    );
    let launch = crate::support::Launch::new(&stage.home.path().join("data"), "push");
    let daemon = launch.config(&config).start();
    let mut client = daemon.client();
    fund(&mut client);
    let open = place(
        &mut client,
        r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":1,"limit_price":1}"#,
    );
    for _ in 0..20 {
        let id = place(
            &mut client,
            r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":1,"limit_price":1}"#,
        );
        client.post(&format!("/orders/{id}/cancel"), "");
    }
    wait_for("pruning", || {
        let left: Vec<String> = stage.run(&["HKEYS", "x:orders"]);
        (left == [open.clone()]).then_some(())
    });
    let price: String = stage.run(&["HGET", "x:sym_BTC/USDT", "price"]);
    assert_eq!(price, "64000.5");
    assert_verified(&daemon);
    daemon.stop();
}
