//! A venue that fails in every way, the real daemon beside it: what it says, and that everything else goes on.
//!
//! How fast it goes on is measured by `cargo bench --bench daemon -- faults`.

use std::thread;

use crate::support::{Fault, Launch, wait_for};

/// Above any number of polls that back-off leaves room for here.
const LINES_MAX: usize = 3;

#[test]
fn whatever_a_venue_does_orders_go_on() {
    // Some take as long as their time-out; together they take as long as one.
    let runs: Vec<_> = Fault::ALL
        .into_iter()
        .map(|(fault, words)| thread::spawn(move || survive(fault, words)))
        .collect();
    for run in runs {
        run.join().unwrap();
    }
}

fn survive(fault: Fault, words: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "binance")
        .config(&format!(
            "[oracle]\ninterval = \"50ms\"\nbase_urls = {{ binance = \"{}\" }}\n",
            fault.start()
        ))
        .env("SYMBOLS", "BTC/USDT")
        .start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "64000");
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    let order = r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.1,"limit_price":5}"#;
    let mut placed = 0;
    let source = wait_for("a second failure", || {
        client.post("/orders", order);
        placed += 1;
        let health = client.get("/admin/health").json();
        let source = health["sources"][0].clone();
        // Those that take their time-out, or are left alone for a minute, are not waited for twice.
        let slow = words[0].contains("in time") || matches!(fault, Fault::Dns | Fault::Blocked);
        let enough = if slow { 1 } else { 2 };
        (source["failures"].as_u64() >= Some(enough)).then_some(source)
    });
    let told = source["last_error"].to_string();
    assert!(
        words.iter().any(|words| told.contains(words)),
        "{fault:?}: {told}"
    );
    assert_eq!(source["up"], false, "{fault:?}: {source}");
    let orders = client.get("/admin/health").json()["open_orders"].as_u64();
    assert_eq!(orders, Some(placed), "{fault:?}");
    let log = daemon.log();
    let lines = log.lines().filter(|line| line.contains("binance"));
    assert!((1..=LINES_MAX).contains(&lines.count()), "{fault:?}: {log}");
    daemon.stop();
}
