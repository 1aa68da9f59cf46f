//! What the port answers is what the HTTP API says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use redis::{Connection, RedisResult, Value};

use super::stage::Stage;
use crate::mirror::equal::assert_equal;
use crate::mirror::random::{operate, read_on};
use crate::mirror::stage::{fund, place, run};
use crate::support::Chance;

type Hash = BTreeMap<String, String>;

#[test]
fn every_key_is_there() {
    let stage = Stage::new("");
    let mut client = stage.daemon.client();
    let mut reader = stage.connect();
    assert_equal(&mut client, &mut reader, "");
    fund(&mut client);
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":3,"limit_price":0.03}"#,
    );
    assert_equal(&mut client, &mut reader, "");
    let mut chance = Chance::new(Chance::seed(11), 1);
    let mut open = Vec::new();
    for _ in 0..400 {
        operate(&mut client, &mut chance, &mut open);
    }
    assert_equal(&mut client, &mut reader, "");
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    assert_equal(&mut client, &mut reader, "");
    stage.daemon.stop();
}

#[test]
fn prefixes_are_those_of_the_settings() {
    let stage = Stage::new("key_prefix = \"x:\"\nticker_prefix = \"sym_\"");
    fund(&mut stage.daemon.client());
    let mut reader = stage.connect();
    assert_eq!(
        run::<String>(&mut reader, &["HGET", "x:sym_BTC/USDT", "price"]),
        "64000.5"
    );
    let names: BTreeSet<String> = run(&mut reader, &["KEYS", "x:deposits:*"]);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        run::<i64>(
            &mut reader,
            &["EXISTS", "balances", "x:balances", "x:balances"]
        ),
        2
    );
    stage.daemon.stop();
}

/// Orders of more than one page, open and closed.
#[test]
fn many_orders_are_found_whole_and_page_by_page() {
    // A third of them is closed, and more than 500 open ids are an answer of another kind.
    const ORDERS: usize = 930;
    let stage = Stage::new("");
    let mut client = stage.daemon.client();
    fund(&mut client);
    let mut ids = BTreeSet::new();
    for number in 0..ORDERS {
        let body =
            r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":0.01,"limit_price":1}"#;
        let id = place(&mut client, body);
        if number % 3 == 0 {
            client.post(&format!("/orders/{id}/cancel"), "");
        }
        ids.insert(id);
    }
    let mut reader = stage.connect();
    let whole: Hash = run(&mut reader, &["HGETALL", "orders"]);
    assert_eq!(whole.keys().cloned().collect::<BTreeSet<_>>(), ids);
    for (id, text) in &whole {
        let order: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(order["id"], id.as_str());
        assert_eq!(run::<String>(&mut reader, &["HGET", "orders", id]), *text);
    }
    assert_eq!(run::<usize>(&mut reader, &["HLEN", "orders"]), ORDERS);
    assert_eq!(
        run::<BTreeSet<String>>(&mut reader, &["HKEYS", "orders"]),
        ids
    );
    let values: Vec<String> = run(&mut reader, &["HVALS", "orders"]);
    assert_eq!(
        values.iter().collect::<BTreeSet<_>>(),
        whole.values().collect()
    );
    let mut paged = Hash::new();
    let pages = pages(&mut reader, &["HSCAN", "orders"], |page: Hash| {
        paged.extend(page);
    });
    assert!(pages > 1 && paged == whole);
    let open: BTreeSet<String> = run(&mut reader, &["SMEMBERS", "open:set"]);
    let mut members = BTreeSet::new();
    self::pages(
        &mut reader,
        &["SSCAN", "open:set"],
        |page: BTreeSet<String>| members.extend(page),
    );
    assert_eq!(
        (members.len(), &members),
        (ORDERS - ORDERS.div_ceil(3), &open)
    );
    let first = ids.first().unwrap();
    let found: (u64, Vec<String>) = run(
        &mut reader,
        &["HSCAN", "orders", "0", "MATCH", first, "NOVALUES"],
    );
    assert_eq!(found.1, std::slice::from_ref(first));
    stage.daemon.stop();
}

/// Walks to the end of a scan, and tells how many pages there were.
fn pages<T: redis::FromRedisValue>(
    reader: &mut Connection,
    words: &[&str],
    mut take: impl FnMut(T),
) -> usize {
    let (mut cursor, mut pages) = (0u64, 0);
    loop {
        let text = cursor.to_string();
        let (next, page): (u64, T) = run(reader, &[words, &[&text]].concat());
        take(page);
        pages += 1;
        if next == 0 {
            return pages;
        }
        cursor = next;
    }
}

/// Keys come and go while somebody scans; those that stay are all found.
#[test]
fn a_scan_finds_what_stays() {
    let stage = Stage::new("push = true");
    let mut client = stage.daemon.client();
    fund(&mut client);
    let mut reader = stage.connect();
    for number in 0..1200 {
        push_price(&mut reader, number);
    }
    let before: BTreeSet<String> = run(&mut reader, &["KEYS", "*"]);
    let mut found = BTreeSet::new();
    let scanned = pages(&mut reader, &["SCAN"], |page: BTreeSet<String>| {
        found.extend(page);
        deposit(&mut client, found.len());
        place(
            &mut client,
            r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":0.01,"limit_price":1}"#,
        );
    });
    assert!(scanned >= 3 && before.is_subset(&found), "{scanned}");
    let mut hashes = BTreeSet::new();
    let words = ["SCAN", "0", "TYPE", "hash", "COUNT", "10000"];
    hashes.extend(run::<(u64, Vec<String>)>(&mut reader, &words).1);
    assert!(hashes.contains("balances") && !hashes.contains("open:set"));
    stage.daemon.stop();
}

fn deposit(client: &mut crate::support::Client, number: usize) {
    let body = format!(r#"{{"amount":{number}}}"#);
    client.post("/balance/BTC/deposit", &body);
}

fn push_price(reader: &mut Connection, number: usize) {
    run::<i64>(
        reader,
        &["HSET", &format!("tickers:C{number}/USDT"), "price", "5"],
    );
}

/// In one transaction, which is one look, the open orders are those in the sets.
#[test]
fn a_reader_finds_every_open_order_at_any_moment() {
    let stage = Stage::new("");
    let mut client = stage.daemon.client();
    fund(&mut client);
    let (over, looks) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let reader = {
        let (over, looks, url) = (Arc::clone(&over), Arc::clone(&looks), stage.url());
        thread::spawn(move || read_on(&url, &over, &looks))
    };
    let mut chance = Chance::new(Chance::seed(5), 1);
    let mut open = Vec::new();
    for _ in 0..600 {
        operate(&mut client, &mut chance, &mut open);
    }
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    assert!(looks.load(Ordering::Relaxed) > 10);
    stage.daemon.stop();
}

#[test]
fn pipelines_are_answered_in_their_order() {
    let stage = Stage::new("push = true");
    let mut client = stage.daemon.client();
    fund(&mut client);
    let mut reader = stage.connect();
    let mut pipe = redis::pipe();
    for number in 0..3000 {
        pipe.cmd("ECHO").arg(number);
        pipe.cmd("HGET").arg("balances").arg("USDT");
        pipe.cmd("HSET")
            .arg("tickers:BTC/USDT")
            .arg("price")
            .arg(number + 1);
        pipe.cmd("HGET").arg("tickers:BTC/USDT").arg("price");
    }
    let answers: Vec<Value> = pipe.query(&mut reader).unwrap();
    for (number, answers) in answers.chunks(4).enumerate() {
        let text =
            |index: usize| redis::from_redis_value::<String>(answers[index].clone()).unwrap();
        assert_eq!(
            (text(0), text(3)),
            (number.to_string(), (number + 1).to_string())
        );
        assert!(text(1).contains("\"USDT\""));
    }
    stage.daemon.stop();
}

#[test]
fn prices_are_pushed_where_that_is_allowed() {
    let stage = Stage::new("push = true\nticker_prefix = \"sym_\"");
    let mut client = stage.daemon.client();
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    let mut reader = stage.connect();
    let words = [
        "HSET",
        "sym_BTC/USDT",
        "price",
        "100.5",
        "ask",
        "101",
        "askVolume",
        "2",
        "timestamp",
        "1700000000.25",
    ];
    assert_eq!(run::<i64>(&mut reader, &words), 4);
    assert_eq!(run::<i64>(&mut reader, &words), 0);
    let ticker = client.get("/tickers/BTC/USDT").body;
    for part in [
        "\"price\":100.5,",
        "\"timestamp\":1700000000.250",
        "\"ask\":101,",
        "\"ask_volume\":2",
    ] {
        assert!(ticker.contains(part), "{part}: {ticker}");
    }
    // An order meets it as it meets any price.
    let body = r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":1,"limit_price":90}"#;
    let id = place(&mut client, body);
    // A transaction may push and read.
    let (set, price): (i64, String) = redis::pipe()
        .atomic()
        .cmd("HSET")
        .arg("sym_BTC/USDT")
        .arg(&["price", "80"])
        .cmd("HGET")
        .arg("sym_BTC/USDT")
        .arg("price")
        .query(&mut reader)
        .unwrap();
    assert_eq!((set, price.as_str()), (0, "80"));
    assert_eq!(
        client.get(&format!("/orders/{id}")).json()["status"],
        "filled"
    );
    // Symbols that nobody has listed become listed, as with any feed.
    assert_eq!(
        run::<i64>(&mut reader, &["HSET", "sym_NEW/USDT", "price", "5"]),
        1
    );
    for (words, expected) in [
        (&["HSET", "sym_BTC/USDT", "price", "0"][..], "ERR"),
        (&["HSET", "sym_BTC/USDT", "price", "nan"], "ERR"),
        (&["HSET", "sym_BTC/USDT", "bid", "5"], "ERR"),
        (&["HSET", "sym_BTC/USDT", "price", "5", "odd"], "ERR"),
        (&["HSET", "sym_BTCUSDT", "price", "5"], "READONLY"),
        (&["HSET", "balances", "USDT", "{}"], "READONLY"),
        (&["HSET", "tickers:BTC/USDT", "price", "5"], "READONLY"),
        (&["DEL", "sym_BTC/USDT"], "READONLY"),
    ] {
        let answer: RedisResult<Value> = redis::cmd(words[0]).arg(&words[1..]).query(&mut reader);
        let code = answer.unwrap_err().code().map(str::to_owned);
        assert!(code.as_deref() == Some(expected), "{words:?}: {code:?}");
    }
    assert_eq!(
        run::<String>(&mut reader, &["HGET", "sym_BTC/USDT", "price"]),
        "80"
    );
    stage.daemon.stop();
}
