//! A bot trades through the HTTP API while a recording of ten busy minutes is replayed step by step: the same seed and
//! the same commands at the same positions end in the same digest, and the books add up.
//!
//! The recording is `ticks/binance_spot_BTCUSDT_ETHUSDT_2024-08-08_2024-08-09.csv.gz` in `$MOCKX_TEST_DATA`, or beside
//! the source tree in `../shared/data`. Where it is not, the test says so and passes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::kill::audit;
use crate::support::{Chance, Client, Launch, OWN_BINARY, other_binary};

const FILE: &str = "ticks/binance_spot_BTCUSDT_ETHUSDT_2024-08-08_2024-08-09.csv.gz";
/// Rows of the recording.
const ROWS: u64 = 166_351;
/// Rows of the one that is made here.
const WALK_ROWS: u64 = 60_000;
/// Rows between two looks of the bot at the market, about.
const STRIDE: u64 = 1000;
/// Seed of the bot's own choices, which stays while the daemon's changes.
const BOT_SEED: u64 = 7;

/// Symbol, and an amount that the best quote can often not fill at once.
const MARKETS: [(&str, &str); 2] = [("BTC/USDT", "2.5"), ("ETH/USDT", "31.25")];

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
struct End {
    digest: String,
    orders: u64,
    partial: usize,
    balance: String,
}

fn recording() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let directory = std::env::var_os("MOCKX_TEST_DATA").map_or(beside, PathBuf::from);
    Some(directory.join(FILE)).filter(|file| file.exists())
}

/// What the bot does at one position: looks, takes an order back now and then, and places another.
fn trade(client: &mut Client, chance: &mut Chance) {
    let (symbol, amount) = MARKETS[usize::try_from(chance.between(0, 1)).unwrap()];
    let ticker = &client.get(&format!("/tickers/{symbol}")).json()[symbol];
    // The first rows of a symbol may have no price yet.
    let Some(price) = ticker["price"].as_f64() else {
        return;
    };
    let side = if chance.between(0, 1) == 0 {
        "buy"
    } else {
        "sell"
    };
    // From half a percent through the market to half a percent away from it.
    let away = f64::from(u32::try_from(chance.between(0, 1000)).unwrap()) / 100_000.0;
    let limit = price * (0.995 + away);
    let body = match chance.between(0, 2) {
        0 => format!(r#"{{"symbol":"{symbol}","side":"{side}","amount":{amount}}}"#),
        _ => format!(
            r#"{{"symbol":"{symbol}","side":"{side}","type":"limit","amount":{amount},"limit_price":{limit:.2}}}"#
        ),
    };
    client.post("/orders", &body);
    if chance.between(0, 2) == 0 {
        cancel_one(client, chance);
    }
}

fn open_orders(client: &mut Client) -> Vec<Value> {
    let open = client.get("/orders?status=new,partially_filled").json();
    open.as_array().unwrap().clone()
}

fn cancel_one(client: &mut Client, chance: &mut Chance) {
    let open = open_orders(client);
    let Some(last) = u64::try_from(open.len()).unwrap().checked_sub(1) else {
        return;
    };
    cancel(
        client,
        &open[usize::try_from(chance.between(0, last)).unwrap()],
    );
}

fn cancel(client: &mut Client, order: &Value) {
    let id = order["id"].as_str().unwrap();
    client.post(&format!("/orders/{id}/cancel"), "");
}

/// The whole recording, of so many rows, with the bot in it.
fn session(binary: &Path, file: &Path, rows_of_file: u64, seed: &str) -> End {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let daemon = Launch::of(binary, &directory)
        .arg("--source")
        .arg(&format!("replay:{}", file.display()))
        .config("[oracle]\nreplay_pace = \"stepped\"\n")
        .arg("--seed")
        .arg(seed)
        .env("SIGMA_FILL_MARKET_ORDER", "0.3")
        .env("MAX_TIME_ANSWER_ORDER_MARKET", "1.5")
        .start();
    let mut client = daemon.client();
    let mut chance = Chance::new(BOT_SEED, 0);
    let mut replayed = 0;
    let mut funded = false;
    loop {
        let rows = chance.between(STRIDE / 2, STRIDE * 3 / 2);
        let step = client
            .post("/admin/replay/step", &format!("{{\"rows\":{rows}}}"))
            .json();
        let position = step["rows"].as_u64().unwrap();
        if position == replayed || step["finished"] == true {
            replayed = position;
            break;
        }
        replayed = position;
        if !funded {
            // Known as soon as the first row of each symbol has come.
            client.post("/balance/USDT/deposit", r#"{"amount":20000000}"#);
            client.post("/balance/BTC/deposit", r#"{"amount":200}"#);
            client.post("/balance/ETH/deposit", r#"{"amount":2000}"#);
            funded = true;
        }
        trade(&mut client, &mut chance);
    }
    assert_eq!(replayed, rows_of_file);
    let end = close(&mut client);
    daemon.stop();
    audit(&directory);
    end
}

/// Takes back what is open, and reads the end.
fn close(client: &mut Client) -> End {
    let all = client.get("/orders").json();
    let partial = |order: &&Value| {
        let entries = order["history_count"].as_u64().unwrap();
        order["filled"].as_f64().unwrap() > 0.0 && entries > 2
    };
    let partial = all.as_array().unwrap().iter().filter(partial).count();
    for order in open_orders(client) {
        cancel(client, &order);
    }
    let balance = client.get("/balance");
    for (asset, row) in balance.json().as_object().unwrap() {
        assert_eq!(row["used"], 0, "{asset}: {row}");
    }
    End {
        digest: client.digest(),
        orders: client.get("/orders/list").json()["length"]
            .as_u64()
            .unwrap(),
        partial,
        balance: balance.body,
    }
}

/// A recording of two walks, the same in every run.
fn walk(directory: &Path) -> PathBuf {
    let mut chance = Chance::new(1, 0);
    let mut text = "timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume\n".to_owned();
    let mut prices = [5_000_000_u64, 250_000];
    for row in 0..WALK_ROWS {
        let which = usize::try_from(chance.between(0, 1)).unwrap();
        let price = prices[which] + chance.between(0, 200) - 100;
        prices[which] = price;
        let text_of = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let volume = |draw: u64| format!("{}.{:03}", draw / 1000, draw % 1000);
        let line = [
            (1_700_000_000_000 + row * 7).to_string(),
            MARKETS[which].0.to_owned(),
            text_of(price),
            text_of(price - chance.between(1, 50)),
            text_of(price + chance.between(1, 50)),
            volume(chance.between(1, 3000)),
            volume(chance.between(1, 3000)),
        ];
        text += &line.join(",");
        text.push('\n');
    }
    let file = directory.join("walk.csv");
    std::fs::write(&file, text).unwrap();
    file
}

/// What one machine computes, every other one does too.
#[test]
#[ignore = "compares with the build that MOCKX_TEST_BINARY names"]
fn another_build_ends_in_the_same_digest() {
    let other = other_binary().expect("MOCKX_TEST_BINARY names no binary");
    let home = TempDir::new().unwrap();
    let file = walk(home.path());
    let own = session(Path::new(OWN_BINARY), &file, WALK_ROWS, "7");
    assert_eq!(session(&other, &file, WALK_ROWS, "7"), own);
    assert!(own.orders > 30, "{own:?}");
    println!("the same digest: {own:?}");
}

#[test]
fn the_same_seed_and_commands_end_in_the_same_digest() {
    let Some(file) = recording() else {
        eprintln!("replay session skipped: there is no {FILE} in $MOCKX_TEST_DATA");
        return;
    };
    let session = |seed| session(Path::new(OWN_BINARY), &file, ROWS, seed);
    let first = session("1");
    assert_eq!(session("1"), first);
    let other = session("2");
    assert_ne!(other.digest, first.digest);
    // It is worth nothing if the bot did nothing.
    assert!(first.orders > 100 && first.partial > 10, "{first:?}");
}
