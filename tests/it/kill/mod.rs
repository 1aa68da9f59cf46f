//! `kill -9` under load: what was answered is there after the restart, and no file needs repair by hand.
//!
//! Several clients trade while the daemon is killed at seeded moments, `MOCKX_KILLS` times (5 if not set). After each
//! restart every client compares the daemon with what it was told (`trader`). `MOCKX_SEED` repeats a run's choices; what
//! the threads of the machine make of them is never quite the same twice.

mod trader;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mockx::exchange::{Exchange, Rules};
use mockx::store::{FILE_NAME, Store};
use tempfile::TempDir;

use crate::support::{Chance, Client, Daemon, Launch, wait_for};
use trader::Trader;

/// Clients that trade at the same time.
const TRADERS: u64 = 4;
/// Kills in a run that does not say how many.
const KILLS: u64 = 5;

fn launch(directory: &Path) -> Launch {
    let traded = (0..TRADERS).map(|n| format!("{},{}", Trader::symbol(n), Trader::parked(n)));
    let symbols: Vec<String> = traded.collect();
    Launch::new(directory, "push")
        .env("SYMBOLS", &format!("{},LATE/USDT", symbols.join(",")))
        // Only a price that a client sets is a tick, so that a client knows what it fills.
        .env("TICK_LOOP_SEC", "0")
        .env("MIN_TIME_ANSWER_ORDER_MARKET", "0.4")
        .env("MAX_TIME_ANSWER_ORDER_MARKET", "0.4")
}

/// The books on the disk add up.
pub(crate) fn audit(directory: &Path) {
    let (store, snapshot) = Store::open(&directory.join(FILE_NAME), 1 << 20).unwrap();
    let exchange = Exchange::restore(Rules::default(), snapshot).unwrap();
    exchange.audit().unwrap();
    drop(store);
}

/// Prices that nobody buys at; a kill may have lost the last ones.
fn set_prices(client: &mut Client) {
    for trader in 0..TRADERS {
        client.set_price(&Trader::symbol(trader), "100");
        client.set_price(&Trader::parked(trader), "100");
    }
}

/// Lets the traders trade until the daemon is killed, about when `answers` answers have come.
fn trade_until_killed(daemon: &mut Daemon, traders: &mut [Trader], answers: u64, grace: Duration) {
    let answered = AtomicU64::new(0);
    let (address, key) = (daemon.address, daemon.key.clone());
    thread::scope(|scope| {
        let threads: Vec<_> = traders
            .iter_mut()
            .map(|trader| {
                let (key, answered) = (&key, &answered);
                scope.spawn(move || {
                    let mut client = Client::connect(address, key).unwrap();
                    trader.trade(&mut client, answered);
                })
            })
            .collect();
        wait_for("the load", || {
            let failed = threads.iter().any(thread::ScopedJoinHandle::is_finished);
            (failed || answered.load(Ordering::Relaxed) >= answers).then_some(())
        });
        // Not to wait for something: the moment of the kill is anywhere between two answers.
        thread::sleep(grace);
        daemon.kill().unwrap();
    });
}

#[test]
fn what_was_answered_is_there_after_kill_9() {
    let seed = Chance::seed(1);
    let kills = std::env::var("MOCKX_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    eprintln!("kill: MOCKX_SEED={seed} MOCKX_KILLS={kills}");
    let mut chance = Chance::new(seed, 0);
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let mut traders: Vec<Trader> = (0..TRADERS)
        .map(|number| Trader::new(seed, number))
        .collect();

    for kill in 0..kills {
        let mut daemon = launch(&directory).start();
        let mut client = daemon.client();
        assert_eq!(client.get("/admin/health").json()["status"], "ok");
        set_prices(&mut client);
        if kill == 0 {
            client.post("/balance/USDT/deposit", r#"{"amount":1000000000}"#);
        }
        for trader in &mut traders {
            trader.check_recent(&mut client);
        }
        let answers = chance.between(10, 300);
        let grace = Duration::from_micros(chance.between(0, 3000));
        trade_until_killed(&mut daemon, &mut traders, answers, grace);
    }

    let daemon = launch(&directory).start();
    let mut client = daemon.client();
    let mut ids = Vec::new();
    for trader in &mut traders {
        trader.check_recent(&mut client);
        trader.check_all(&mut client);
        ids.extend(trader.ids());
    }
    let orders = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), orders, "an id was given twice");
    eprintln!("kill: {orders} orders were answered and are there");
    daemon.stop();
    audit(&directory);
}

#[test]
fn a_delayed_market_order_fills_after_kill_9() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let daemon = launch(&directory).start();
    daemon.client().set_price("LATE/USDT", "12.5");
    daemon.stop();

    let mut daemon = launch(&directory).start();
    let mut client = daemon.client();
    let ticker = client.get("/tickers/LATE/USDT").json();
    assert_eq!(
        ticker["LATE/USDT"]["price"], 12.5,
        "prices survive a clean stop"
    );
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    let order = client.post(
        "/orders",
        r#"{"symbol":"LATE/USDT","side":"buy","amount":2}"#,
    );
    daemon.kill().unwrap();
    let order = order.json();
    assert_eq!(order["status"], "new");

    let restarted = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let daemon = launch(&directory).start();
    let mut client = daemon.client();
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    let filled = wait_for("the fill", || {
        let order = client.get(&path).json();
        (order["status"] == "filled").then_some(order)
    });
    assert_eq!(filled["price"], 12.5);
    assert!(u128::from(filled["ts_finish"].as_u64().unwrap()) >= restarted);
    daemon.stop();
    audit(&directory);
}
