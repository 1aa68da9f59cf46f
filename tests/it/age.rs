//! Prices age while nobody changes anything, and old ones fill nothing: with the real binary.

use tempfile::TempDir;

use crate::support::{Launch, wait_for};

#[test]
fn a_price_ages_while_clients_only_read_and_then_fills_nothing() {
    let home = TempDir::new().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "push")
        .config("[oracle]\nmax_age = \"50ms\"\n[exchange]\nmarket_delay_max = 0\n")
        .start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100");
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    wait_for("an age above the bound", || {
        let ticker = client.get("/tickers/BTC/USDT").json();
        let age = ticker["BTC/USDT"]["age_s"].as_f64().unwrap();
        (age > 0.05).then_some(())
    });

    let body = r#"{"symbol":"BTC/USDT","side":"buy","amount":1}"#;
    let id = client.post("/orders", body).json()["id"].clone();
    let path = format!("/orders/{}", id.as_str().unwrap());
    let waiting = client.get(&path).json();
    assert_eq!(waiting["status"], "new");
    let comment = waiting["comment"].as_str().unwrap();
    assert!(
        comment.starts_with("waiting for a price: that of BTC/USDT is 0."),
        "{comment}"
    );

    client.set_price("BTC/USDT", "101");
    let filled = client.get(&path).json();
    assert_eq!(
        (&filled["status"], &filled["comment"]),
        (&"filled".into(), &().into())
    );
    daemon.stop();
}
