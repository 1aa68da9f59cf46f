//! A daemon with a past: some days of a made-up recording, replayed step by step, with a bot that trades on the way.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use crate::support::{Chance, Client, Daemon, Launch};

/// Symbol, first price in its smallest step, decimals of that step, and an amount that is worth some thousands.
const MARKETS: [(&str, u64, u32, &str); 8] = [
    ("BTC/USDT", 6_184_000, 2, "0.05"),
    ("ETH/USDT", 268_300, 2, "1.2"),
    ("SOL/USDT", 15_420, 2, "20"),
    ("XRP/USDT", 61_230, 5, "4000"),
    ("ADA/USDT", 34_510, 5, "6000"),
    ("LINK/USDT", 1_042, 2, "250"),
    ("DOGE/USDT", 10_425, 5, "22000"),
    ("ETH/BTC", 43_390, 6, "0.5"),
];
/// Between two rows of a symbol.
const STEP_MS: u64 = 120_000;
/// When the recording begins: midnight in UTC.
const START_MS: u64 = 1_722_902_400_000;
/// For how long prices are kept, nearly.
const KEPT_HOURS: u64 = 23;
/// Rows between two looks of the bot.
const STRIDE: u64 = 160;
/// Looks before the end at which it bids below the price: twenty hours.
const LAST_BID: u64 = 30;

/// A daemon with its folder.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) daemon: Daemon,
    hours: u64,
    _home: TempDir,
}

impl Stage {
    /// A daemon that has seen so many hours.
    pub(super) fn new(hours: u64, title: &str) -> Stage {
        let home = TempDir::new().unwrap();
        let file = home.path().join("recording.csv");
        let steps = hours * 3_600_000 / STEP_MS;
        fs::write(&file, recording(steps)).unwrap();
        let source = format!("replay:{}", file.display());
        let daemon = Launch::new(&home.path().join("data"), &source)
            .config(&format!(
                "[oracle]\nreplay_pace = \"stepped\"\n[pages]\ntitle = '{title}'\n"
            ))
            .start();
        let mut client = daemon.client();
        let rows = steps * MARKETS.len() as u64;
        play(&mut client, rows);
        Stage {
            daemon,
            hours,
            _home: home,
        }
    }

    /// The id of an order that is open.
    pub(super) fn order_that_waits(&self) -> String {
        let body =
            r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","limit_price":1000,"amount":0.5}"#;
        let order = self.daemon.client().post("/orders", body).json();
        order["id"].as_str().unwrap().to_owned()
    }

    /// The id of a filled limit order that rested for long, of such whose prices are still known where there are any.
    pub(super) fn limit_order_with_a_past(&self) -> String {
        let mut client = self.daemon.client();
        let orders = client.get("/orders?type=limit&status=filled").json();
        let at = |order: &serde_json::Value, name: &str| {
            order[name].to_string().parse::<u64>().unwrap_or_default()
        };
        let end = START_MS + self.hours * 3_600_000;
        let rested = |order: &&serde_json::Value| {
            let [placed, filled] = ["ts_create", "ts_finish"].map(|name| at(order, name));
            let is_known = placed + KEPT_HOURS * 3_600_000 > end;
            (is_known, filled.saturating_sub(placed))
        };
        let longest = orders.as_array().unwrap().iter().max_by_key(rested);
        longest.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// Prices that walk at random, the same every time.
fn recording(steps: u64) -> String {
    let mut chance = Chance::new(3, 1);
    let mut prices = MARKETS.map(|(_, price, ..)| price);
    let mut text = String::from("timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume\n");
    for step in 0..steps {
        let at = START_MS + step * STEP_MS;
        for ((symbol, _, decimals, _), price) in MARKETS.into_iter().zip(&mut prices) {
            // A little more up than down.
            let size = *price / 700 + 1;
            *price = *price + chance.between(0, 2 * size + size / 60) - size;
            let spread = *price / 20_000 + 1;
            let shown = |value: u64| {
                let unit = 10_u64.pow(decimals);
                let width = usize::try_from(decimals).unwrap();
                format!("{}.{:0width$}", value / unit, value % unit)
            };
            let (last, bid, ask) = (
                shown(*price),
                shown(*price - spread),
                shown(*price + spread),
            );
            writeln!(text, "{at},{symbol},{last},{bid},{ask},100000,100000").unwrap();
        }
    }
    text
}

/// Has the recording matched, and trades now and then.
fn play(client: &mut Client, rows: u64) {
    let mut chance = Chance::new(5, 2);
    let mut done = 0;
    while done < rows {
        let stride = STRIDE.min(rows - done);
        client.post("/admin/replay/step", &format!("{{\"rows\":{stride}}}"));
        if done == 0 {
            client.post("/balance/USDT/deposit", "{\"amount\":50000}");
        } else {
            trade(client, &mut chance, done / STRIDE);
            if (rows - done) / STRIDE == LAST_BID {
                bid_below(client);
            }
        }
        done += stride;
    }
}

/// A bid below the price, of whose life all prices are still known at the end, whether it was met by then or not.
fn bid_below(client: &mut Client) {
    let price = client.get("/tickers/BTC/USDT").json()["BTC/USDT"]["price"].clone();
    let limit = price.as_f64().unwrap() * 0.99;
    let body = format!(
        r#"{{"symbol":"BTC/USDT","side":"buy","type":"limit","limit_price":{limit:.2},"amount":0.02}}"#
    );
    client.post("/orders", &body);
}

fn trade(client: &mut Client, chance: &mut Chance, turn: u64) {
    let number = usize::try_from(chance.between(0, MARKETS.len() as u64 - 1)).unwrap();
    let (symbol, _, _, amount) = MARKETS[number];
    let price = client.get(&format!("/tickers/{symbol}")).json()[symbol]["price"].clone();
    let base = symbol.split('/').next().unwrap();
    let free = client.get(&format!("/balance/{base}")).json()["free"].clone();
    let has_some = free.as_f64().unwrap_or(0.0) > 0.0;
    // What there is of an asset is sold whole, so that round trips end.
    let body = match (chance.between(0, 9), has_some) {
        (0..4, true) => format!("{{\"symbol\":\"{symbol}\",\"side\":\"sell\",\"amount\":{free}}}"),
        (8, _) => {
            let limit = price.as_f64().unwrap() * 0.985;
            format!(
                "{{\"symbol\":\"{symbol}\",\"side\":\"buy\",\"type\":\"limit\",\"limit_price\":{limit:.4},\"amount\":{amount}}}"
            )
        }
        _ => format!("{{\"symbol\":\"{symbol}\",\"side\":\"buy\",\"amount\":{amount}}}"),
    };
    // What is not covered is refused or rejected, as with any bot.
    client.request("POST", "/orders", &body).unwrap();
    if turn % 40 == 20 {
        client
            .request("POST", "/balance/USDT/withdrawal", "{\"amount\":1500}")
            .unwrap();
    }
}
