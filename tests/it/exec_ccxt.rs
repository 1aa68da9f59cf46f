//! The example for ccxt in the docs, with the real ccxt, which is only told another address for its venues.

use std::env;
use std::fs;

use tempfile::TempDir;

use crate::feed_stage::{wait_log, wait_price, wait_source};
use crate::support::{Daemon, Launch, python_with};
use crate::venue_server::{Answers, answer};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exec-ccxt.py");

/// Python reads a module of this name before any program of the user's.
const ADDRESS: &str = r#"
import os
import ccxt

def redirect(venue):
    describe = venue.describe
    def redirected(self):
        told = describe(self)
        told["urls"]["api"] = dict.fromkeys(told["urls"]["api"], os.environ["VENUE_URL"])
        return told
    venue.describe = redirected

redirect(ccxt.kraken)
redirect(ccxt.btcmarkets)
"#;

/// Kraken, which is away for the second time that it is asked for prices; Dogecoin has not been traded there yet.
fn kraken() -> Answers {
    let list = include_str!("../fixtures/venues/kraken_list.json");
    let mut asked = 0;
    Answers::by(move |_, path| {
        if path.contains("/AssetPairs") {
            return answer(200, &[], list);
        }
        if !path.contains("/Ticker") {
            return answer(200, &[], r#"{"error":[],"result":{}}"#);
        }
        asked += 1;
        if asked == 2 {
            return answer(503, &[], "down for a moment");
        }
        let tickers = format!(
            r#"{{"error":[],"result":{{
                "XXBTZUSD":{{"a":["64001.00000","1","0.500"],"b":["64000.00000","2","1.250"],"c":["64000.50000","0.01"]}},
                "XDGUSD":{{"a":["0.13","1","1.000"],"b":["0.1{asked}","1","1.000"]}}}}}}"#
        );
        answer(200, &[], tickers)
    })
}

/// BTC Markets, whose tickers ccxt asks for one by one.
fn btcmarkets() -> Answers {
    Answers::by(|_, path| {
        if path.ends_with("/ticker") {
            answer(
                200,
                &[],
                r#"{"marketId":"ETH-AUD","bestBid":"3000.1","bestAsk":"3000.3","lastPrice":"3000.2","volume24h":"5",
                    "timestamp":"2020-08-09T18:28:23.280000Z"}"#,
            )
        } else {
            answer(
                200,
                &[],
                r#"[{"marketId":"ETH-AUD","baseAssetName":"ETH","quoteAssetName":"AUD","minOrderAmount":"0.001",
                    "maxOrderAmount":"1000","amountDecimals":"8","priceDecimals":"2","status":"Online"}]"#,
            )
        }
    })
}

/// A daemon whose prices come from the example.
fn start(python: &str, home: &TempDir, venue: &str, arguments: &[&str]) -> Daemon {
    fs::write(home.path().join("sitecustomize.py"), ADDRESS).unwrap();
    let command = [&[python, EXAMPLE], arguments].concat();
    Launch::new(&home.path().join("data"), "exec")
        .config(&format!("[oracle]\ncommand = {command:?}\n"))
        .env("PATH", &env::var("PATH").unwrap())
        .env("PYTHONPATH", home.path().to_str().unwrap())
        .env("VENUE_URL", venue)
        .start()
}

#[test]
fn the_example_brings_the_prices_of_a_venue_that_ccxt_knows() {
    let Some(python) = python_with("ccxt") else {
        return;
    };
    let (home, venue) = (TempDir::new().unwrap(), kraken());
    let daemon = start(&python, &home, &venue.url, &["kraken", "0.1"]);
    let ticker = wait_price(&daemon, "BTC/USD", "64000.5");
    assert_eq!(
        (&ticker["bid"], &ticker["ask"]),
        (&64000.into(), &64001.into())
    );
    assert_eq!(
        (&ticker["bid_volume"], &ticker["ask_volume"]),
        (&1.25.into(), &0.5.into())
    );
    assert_eq!(ticker["source"], "exec");
    // Without a last price it is the middle of bid and ask; the third call comes after one that failed.
    wait_price(&daemon, "DOGE/USD", "0.13");
    wait_log(&daemon, "exec: kraken: ExchangeNotAvailable: kraken");
    let source = wait_source(&daemon, "prices", |source| source["up"] == true);
    assert_eq!(
        (&source["failures"], &source["skipped"]),
        (&0.into(), &0.into())
    );
    daemon.stop();
}

#[test]
fn the_example_asks_one_by_one_where_it_must() {
    let Some(python) = python_with("ccxt") else {
        return;
    };
    let (home, venue) = (TempDir::new().unwrap(), btcmarkets());
    let daemon = start(
        &python,
        &home,
        &venue.url,
        &["btcmarkets", "0.1", "ETH/AUD"],
    );
    let ticker = wait_price(&daemon, "ETH/AUD", "3000.2");
    assert_eq!(ticker["timestamp"].as_f64(), Some(1_596_997_703.28));
    daemon.stop();
}

#[test]
fn a_venue_that_ccxt_does_not_know_is_named() {
    let Some(python) = python_with("ccxt") else {
        return;
    };
    let home = TempDir::new().unwrap();
    let daemon = start(&python, &home, "http://127.0.0.1:9", &["nowhere"]);
    let source = wait_source(&daemon, "the end", |source| source["up"] == false);
    let error = source["last_error"].as_str().unwrap();
    assert!(error.contains("has no attribute 'nowhere'"), "{error}");
    daemon.stop();
}
