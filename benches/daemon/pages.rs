//! The longest pages: how long the daemon takes for them, and how large they are.
//!
//! What is measured is from the request to the last byte of the answer, over loopback, so the server's time is less.

use std::time::Instant;

use crate::report::{Report, Target, median};
use crate::support::{Client, Launch};
use crate::workspace;

/// Assets of the account, and closed orders; a page shows all of the one and most of the other.
const ASSETS: usize = 200;
const ORDERS: usize = 1_200;
/// Times that each page is asked for.
const REPEATS: usize = 50;
const MS_MAX: f64 = 30.0;
const KB_MAX: f64 = 300.0;

/// What is looked at; the first two are what the targets were made for.
const PATHS: [&str; 6] = [
    "/ui/orders?rows=1000",
    "/ui/portfolio",
    "/ui",
    "/ui?from=0",
    "/ui/performance?span=all",
    "/ui/orders/000000000001",
];

/// The part `pages`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let symbols: Vec<String> = (0..ASSETS).map(|n| format!("A{n:03}/USDT")).collect();
    let daemon = Launch::new(&directory.path().join("data"), "push")
        .config("[exchange]\nmarket_delay_max = 0\n")
        .env("SYMBOLS", &symbols.join(","))
        .env("LOG_LEVEL", "warn")
        .start();
    let mut client = daemon.client();
    fill(&mut client, &symbols);
    for path in PATHS {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..REPEATS {
            let begun = Instant::now();
            bytes = client.get(path).body.len();
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        #[allow(clippy::cast_precision_loss, reason = "bytes of a page")]
        let kilobytes = bytes as f64 / 1000.0;
        report.check(path, median(times), "ms", Target::Most(MS_MAX));
        let what = format!("{path}, size");
        report.check(&what, kilobytes, "kB", Target::Most(KB_MAX));
    }
    daemon.stop();
}

/// Many assets with many digits, and orders of all of them that were filled.
fn fill(client: &mut Client, symbols: &[String]) {
    client.post("/balance/USDT/deposit", r#"{"amount":100000000}"#);
    for (at, symbol) in symbols.iter().enumerate() {
        client.set_price(symbol, &format!("{}.{:03}", at * 7 + 1, 999 - at));
        let amount = format!("{{\"amount\":{}.{:06}}}", at + 1, 999_999 - at);
        let asset = symbol.split('/').next().unwrap();
        client.post(&format!("/balance/{asset}/deposit"), &amount);
    }
    for number in 0..ORDERS {
        let symbol = &symbols[number % symbols.len()];
        let side = ["buy", "buy", "sell"][number % 3];
        let amount = format!("0.0{:06}", number * 977 % 999_983 + 1);
        let body = format!(r#"{{"symbol":"{symbol}","side":"{side}","amount":{amount}}}"#);
        client.post("/orders", &body);
    }
}
