//! Random operations while the server is killed and started again, and a reader that looks at any moment.
//!
//! `MOCKX_MIRROR_OPERATIONS=10000 MOCKX_MIRROR_KILLS=20` is the long run; what runs by itself is shorter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use redis::RedisResult;
use serde_json::Value;

use super::equal::assert_equal;
use super::stage::{Stage, fund, wait_in_step};
use super::verify::assert_verified;
use crate::support::{Chance, Client};

/// `open:set`, `orders`, and the sets of two symbols.
type Both = (
    BTreeSet<String>,
    BTreeMap<String, String>,
    BTreeSet<String>,
    BTreeSet<String>,
);

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn after_kills_at_random_moments_all_keys_are_equal() {
    let Some(mut stage) = Stage::new(&[]) else {
        return;
    };
    let operations = number("MOCKX_MIRROR_OPERATIONS", 1500);
    let kills = number("MOCKX_MIRROR_KILLS", 5);
    let daemon = stage.daemon();
    let mut client = daemon.client();
    fund(&mut client);
    wait_in_step(&daemon);
    let (over, looks) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let reader = {
        let (over, looks) = (Arc::clone(&over), Arc::clone(&looks));
        let url = format!("unix://{}", stage.socket().display());
        thread::spawn(move || read_on(&url, &over, &looks))
    };
    let mut chance = Chance::new(Chance::seed(4), 1);
    let mut open = Vec::new();
    let every = operations / (kills + 1);
    for operation in 1..=operations {
        operate(&mut client, &mut chance, &mut open);
        if operation % every == 0 && operation / every <= kills {
            // Now and then it comes back before anybody has noticed, now and then much later.
            stage.kill_server();
            for _ in 0..chance.between(0, 39) {
                operate(&mut client, &mut chance, &mut open);
            }
            stage.start_server();
        }
    }
    wait_in_step(&daemon);
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    assert!(looks.load(Ordering::Relaxed) > 10);
    assert_equal(&mut client, &mut stage.reader(), "");
    assert_verified(&daemon);
    daemon.stop();
}

pub(crate) fn operate(client: &mut Client, chance: &mut Chance, open: &mut Vec<String>) {
    let symbols = [("BTC/USDT", 64000), ("ETH/USDT", 2500)];
    let (symbol, middle) = symbols[usize::try_from(chance.between(0, 1)).unwrap()];
    let price = middle * (950 + chance.between(0, 99)) / 1000;
    let side = ["buy", "sell"][usize::try_from(chance.between(0, 1)).unwrap()];
    let amount = format!("0.0{}", 1 + chance.between(0, 8));
    match chance.between(0, 9) {
        0..4 => {
            let body = format!(
                r#"{{"symbol":"{symbol}","side":"{side}","type":"limit","amount":{amount},"limit_price":{price}}}"#
            );
            open.push(super::stage::place(client, &body));
        }
        4 => {
            let body = format!(r#"{{"symbol":"{symbol}","side":"{side}","amount":{amount}}}"#);
            super::stage::place(client, &body);
        }
        5 if !open.is_empty() => {
            let index = usize::try_from(chance.between(0, open.len() as u64 - 1)).unwrap();
            let id = open.swap_remove(index);
            // It may have been filled.
            client
                .request("POST", &format!("/orders/{id}/cancel"), "")
                .unwrap();
        }
        6 => {
            client.post("/balance/USDT/deposit", r#"{"amount":12.5}"#);
        }
        7 => {
            let body = format!(r#"{{"amount":{amount}}}"#);
            client
                .request("POST", "/balance/BTC/withdrawal", &body)
                .unwrap();
        }
        _ => {
            let body = format!(r#"{{"price":{price},"ask_volume":0.05,"bid_volume":0.05}}"#);
            let path = format!("/admin/tickers/{symbol}/price");
            client.request("PATCH", &path, &body).unwrap().ok();
        }
    }
}

/// Looks again and again, with a new connection after each loss.
pub(crate) fn read_on(url: &str, over: &AtomicBool, looks: &AtomicUsize) {
    while !over.load(Ordering::Relaxed) {
        let connection = redis::Client::open(url).and_then(|client| client.get_connection());
        let Ok(mut connection) = connection else {
            thread::yield_now();
            continue;
        };
        while !over.load(Ordering::Relaxed) && look(&mut connection).is_ok() {
            looks.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Every id in `open:set` has its order, and in one transaction the open orders are those in the sets.
fn look(connection: &mut redis::Connection) -> RedisResult<()> {
    let ids: Vec<String> = redis::cmd("SMEMBERS").arg("open:set").query(connection)?;
    if !ids.is_empty() {
        let orders: Vec<Option<String>> = redis::cmd("HMGET")
            .arg("orders")
            .arg(&ids)
            .query(connection)?;
        for (id, order) in ids.iter().zip(orders) {
            assert!(order.is_some(), "{id} is in open:set without its order");
        }
    }
    let (ids, orders, bitcoin, ether): Both = redis::pipe()
        .atomic()
        .cmd("SMEMBERS")
        .arg("open:set")
        .cmd("HGETALL")
        .arg("orders")
        .cmd("SMEMBERS")
        .arg("open:BTC/USDT")
        .cmd("SMEMBERS")
        .arg("open:ETH/USDT")
        .query(connection)?;
    let open = orders.iter().filter(|(_, text)| {
        let order: Value = serde_json::from_str(text).unwrap();
        order["ts_finish"].is_null()
    });
    let open: BTreeSet<String> = open.map(|(id, _)| id.clone()).collect();
    assert_eq!(open, ids);
    assert_eq!(&bitcoin | &ether, ids);
    Ok(())
}
