//! Candles of the real daemon: drawn from a recording as fast as it goes, kept over a restart, bounded.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Client, Daemon, Launch, wait_for};

/// Midnight.
const START: u64 = 1_790_035_200_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAYS: u64 = 12;

/// Three prices an hour of two symbols, which follow the time.
fn recording(directory: &TempDir) -> String {
    let mut text = "timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume\n".to_owned();
    for step in 0..DAYS * 24 * 3 {
        let at = START + step * 20 * MINUTE;
        writeln!(text, "{at},A/USDT,{step}.5,,,,\n{at},B/USDT,1{step},,,,").unwrap();
    }
    // The last one comes when everything is over.
    writeln!(text, "{},A/USDT,7,,,,", START + DAYS * 24 * HOUR).unwrap();
    let file = directory.path().join("prices.csv");
    fs::write(&file, text).unwrap();
    format!("replay:{}", file.display())
}

fn daemon(directory: &TempDir, source: &str, pace: &str) -> Daemon {
    let config = format!("[oracle]\nreplay_pace = \"{pace}\"\n[store]\ncandle_minutes = \"2d\"\n");
    Launch::new(&directory.path().join("data"), source)
        .config(&config)
        .start()
}

fn read(client: &mut Client, target: &str) -> Vec<Value> {
    serde_json::from_str(&client.get(target).ok().body).unwrap()
}

#[test]
fn candles_of_a_recording_outlive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let source = recording(&directory);
    let targets = [
        "/candles/A/USDT?interval=1h&limit=1000",
        "/candles/B/USDT?interval=1d",
        "/candles/A/USDT?interval=12h&limit=3",
    ];
    let running = daemon(&directory, &source, "fast");
    let mut client = running.client();
    wait_for("the end of the recording", || {
        let last = client.get("/tickers/A/USDT").json()["A/USDT"]["last"].clone();
        (last == 7).then_some(())
    });
    let hours = read(&mut client, targets[0]);
    // Every hour, and the one that has just begun.
    assert_eq!(hours.len(), usize::try_from(DAYS).unwrap() * 24 + 1);
    for (hour, candle) in (0u64..).zip(&hours[..hours.len() - 1]) {
        let price = |step: u64| format!("{}.5", hour * 3 + step);
        assert_eq!(candle["ts"], START + hour * HOUR);
        assert_eq!(candle["open"].to_string(), price(0));
        assert_eq!(candle["close"].to_string(), price(2));
        assert_eq!(candle["prices"], 3);
    }
    let days = read(&mut client, targets[1]);
    assert_eq!((days.len(), &days[1]["close"]), (13, &Value::from(1143)));
    let before: Vec<String> = targets.iter().map(|t| client.get(t).ok().body).collect();
    running.stop();
    // Time stands still until somebody steps.
    let running = daemon(&directory, &source, "stepped");
    let mut client = running.client();
    let after: Vec<String> = targets.iter().map(|t| client.get(t).ok().body).collect();
    assert_eq!(before, after);
    // Minutes are gone after two days, and the chunk of an hour that they lie in.
    let minutes = read(
        &mut client,
        &format!("/candles/A/USDT?since={START}&limit=1"),
    );
    let first = minutes[0]["ts"].as_u64().unwrap();
    let oldest = START + (DAYS - 2) * 24 * HOUR;
    assert!((oldest - HOUR..=oldest).contains(&first), "{first}");
    running.stop();
}
