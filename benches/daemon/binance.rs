//! Orders of a client of Binance, signed, beside the same orders on mockx's own API, in turns on the same daemon.
//!
//! Both are limit orders that rest, durable when they are answered. A signed request is good for a minute, and no round takes
//! that long, so one request is made a round and sent again and again.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;

use crate::load::{self, Outcome};
use crate::report::{Report, Target, median};
use crate::support::{Daemon, Launch};
use crate::workspace;

/// Connections, and orders a round.
const ROUNDS: [(usize, usize); 2] = [(1, 2_000), (32, 20_000)];
/// Rounds of each kind.
const REPEATS: usize = 5;
/// How much slower a signed order may be.
const SLOWER_MAX: f64 = 1.3;

const OWN: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":61234.5}"#;
const SIGNED: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.125&price=61234.5&recvWindow=60000";

/// The part `binance`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "push")
        .env("LOG_LEVEL", "warn")
        .start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "64780.25");
    let key = client.post("/admin/keys", "{}").json();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let (public, secret) = (text("api_key"), text("secret"));
    for (connections, count) in ROUNDS {
        let (mut own, mut signed) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            let bytes = load::request("POST", "/orders", &daemon.key, OWN);
            own.push(round(&daemon, connections, count, &bytes));
            signed.push(round(
                &daemon,
                connections,
                count,
                &request(&public, &secret),
            ));
        }
        tell(report, connections, &own, &signed);
    }
    daemon.stop();
}

/// A round on an exchange that has nothing but money.
fn round(daemon: &Daemon, connections: usize, count: usize, bytes: &[u8]) -> Outcome {
    let mut client = daemon.client();
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    client.post("/balance/USDT/deposit", r#"{"amount":1000000000000}"#);
    load::run(daemon.address, connections, count, bytes)
}

/// A signed order as ccxt sends it.
fn request(public: &str, secret: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let message = format!("{SIGNED}&timestamp={}", now.as_millis());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, message.as_bytes());
    let signature = tag.as_ref().iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    });
    let body = format!("{message}&signature={signature}");
    let length = body.len();
    let request = format!(
        "POST /api/v3/order HTTP/1.1\r\nhost: mockx\r\nX-MBX-APIKEY: {public}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    request.into_bytes()
}

fn tell(report: &mut Report, connections: usize, own: &[Outcome], signed: &[Outcome]) {
    let name = |what: &str| format!("{connections:>3} connections: {what}");
    let of = |rounds: &[Outcome], figure: fn(&Outcome) -> f64| {
        median(rounds.iter().map(figure).collect())
    };
    let rate = |outcome: &Outcome| outcome.rate;
    let p50 = |outcome: &Outcome| outcome.p50_ms;
    report.figure(&name("own orders"), of(own, rate), "/s");
    report.figure(&name("signed orders"), of(signed, rate), "/s");
    report.figure(&name("own orders, p50"), of(own, p50), "ms");
    report.figure(&name("signed orders, p50"), of(signed, p50), "ms");
    let slower = of(own, rate) / of(signed, rate);
    report.check(
        &name("own : signed, orders a second"),
        slower,
        "x",
        Target::Most(SLOWER_MAX),
    );
    let longer = of(signed, p50) / of(own, p50);
    report.check(
        &name("signed : own, p50"),
        longer,
        "x",
        Target::Most(SLOWER_MAX),
    );
}
