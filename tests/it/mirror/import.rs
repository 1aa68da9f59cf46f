//! `mockx mirror import`: what a server holds becomes the state of an empty mockx.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::equal::assert_equal;
use super::random::operate;
use super::stage::{Stage, fund, place, wait_in_step};
use super::verify::assert_verified;
use crate::feed_stage::has;
use crate::support::{Chance, Daemon, Launch};

/// Rules under which nothing happens by itself.
const CALM: &str = "[exchange]\nfill_sigma = 0\nmarket_delay_max = 0\ntick_loop = 0\nprune_after = 0\nexpire_after = 0\n\
     [oracle]\nsource = \"push\"\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n";

const BINARY: &str = env!("CARGO_BIN_EXE_mockx");

fn import(stage: &Stage, data: &Path, more: &[&str]) -> Output {
    import_by(Command::new(BINARY), stage, data, more)
}

/// The same by a command that runs the program.
fn import_by(mut command: Command, stage: &Stage, data: &Path, more: &[&str]) -> Output {
    let file = stage.home.path().join("import.toml");
    let url = format!("unix://{}", stage.socket().display());
    std::fs::write(&file, format!("{CALM}[mirror]\nurl = \"{url}\"\n")).unwrap();
    command
        .args(["mirror", "import", "--config"])
        .arg(file)
        .arg("--data-dir")
        .arg(data)
        .args(more)
        .env_clear()
        .output()
        .unwrap()
}

fn start(stage: &Stage, data: &Path) -> Daemon {
    let url = format!("unix://{}", stage.socket().display());
    let config = format!("{CALM}[mirror]\nurl = \"{url}\"\n");
    Launch::new(data, "push").config(&config).start()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// What another mockx wrote comes back whole: every order, entry, figure and id, without a difference.
#[test]
fn what_a_mockx_wrote_comes_back_whole() {
    let Some(stage) = Stage::new(&[]) else { return };
    let old = start(&stage, &stage.home.path().join("old"));
    let mut client = old.client();
    fund(&mut client);
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":3,"limit_price":0.03}"#,
    );
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"sell","amount":100000}"#,
    );
    let mut chance = Chance::new(Chance::seed(21), 1);
    let mut open = Vec::new();
    for _ in 0..400 {
        operate(&mut client, &mut chance, &mut open);
    }
    // What waits for the rest of its quantity gets it now and not after the import.
    client.set_price("BTC/USDT", "64000.5");
    client.set_price("ETH/USDT", "2500.25");
    wait_in_step(&old);
    let seen = |daemon: &Daemon| {
        let paths = [
            "/orders?include_history=true",
            "/balance",
            "/overview/trades",
            "/overview/capital?aggregation=false",
        ];
        paths.map(|path| daemon.client().get(path).json())
    };
    let before = seen(&old);
    let data = stage.home.path().join("new");
    // A mockx that runs is asked for nothing: its store is in use.
    let (_, why) = said(&import(&stage, &stage.home.path().join("old"), &[]));
    assert!(why.contains("is in use"), "{why}");
    old.stop();
    let output = import(&stage, &data, &[]);
    let (told, why) = said(&output);
    assert!(output.status.success(), "{told}{why}");
    let orders = before[0].as_array().unwrap().len();
    assert!(
        told.starts_with(&format!("imported {orders} orders (")),
        "{told}"
    );
    let new = start(&stage, &data);
    assert_eq!(seen(&new), before);
    wait_in_step(&new);
    assert_verified(&new);
    assert_equal(&mut new.client(), &mut stage.reader(), "");
    let trades = new.client().get("/trades").json();
    assert!(trades.as_array().is_some_and(|all| !all.is_empty()));
    // It goes on as any exchange: a new order gets a new id, and what is open can be taken back.
    let next = place(
        &mut new.client(),
        r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":0.01,"limit_price":1}"#,
    );
    assert_eq!(next.parse::<usize>().unwrap(), orders + 1);
    let mut client = new.client();
    let open = client.get("/orders?status=new,partially_filled").json();
    for order in open.as_array().unwrap() {
        let id = order["id"].as_str().unwrap();
        client.post(&format!("/orders/{id}/cancel"), "");
    }
    for row in client.get("/balance").json().as_object().unwrap().values() {
        assert_eq!(row["used"], 0, "{row}");
    }
    new.stop();
    let (_, why) = said(&import(&stage, &data, &["--accept-differences"]));
    assert!(why.contains("is not empty"), "{why}");
}

const OPEN: &str = r#"{"id":"k3jx-91","symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.1,"notion_currency":"USDT",
        "fee_currency":"USDT","fee_rate":0.001,"actual_filled":0.0,"price":null,"limit_price":60000.0,"status":"new",
        "initial_booked_notion":6000.0,"reserved_notion_left":6000.0,"actual_notion":0.0,"initial_booked_fee":6.0,
        "reserved_fee_left":6.0,"actual_fee":0.0,"ts_create":1700000002000,"ts_update":1700000002000,"ts_finish":null,
        "comment":null,"history_count":1,"history":{"0":{"ts":1700000002000,"status":"new","price":60000.0,
        "amount_remain":0.1,"actual_filled":0.0,"actual_notion":0.0,"actual_fee":0.0,"reserved_notion_left":6000.0,
        "reserved_fee_left":6.0,"comment":null}}}"#;

const FILLED: &str = r#"{"id":"a-first","symbol":"BTC/USDT","side":"buy","type":"market","amount":0.30000000000000004,
        "notion_currency":"USDT","fee_currency":"USDT","fee_rate":0.001,"actual_filled":0.30000000000000004,"price":50000.0,
        "limit_price":null,"status":"filled","initial_booked_notion":15000.000000000002,"reserved_notion_left":0.0,
        "actual_notion":15000.000000000002,"initial_booked_fee":15.0,"reserved_fee_left":0.0,"actual_fee":15.0,
        "ts_create":1700000000000,"ts_update":1700000001000,"ts_finish":1700000001000,"comment":null,"history_count":2,
        "history":{"0":{"ts":1700000000000,"status":"new","price":null,"amount_remain":0.30000000000000004,
        "actual_filled":0.0,"actual_notion":0.0,"actual_fee":0.0,"reserved_notion_left":15000.000000000002,
        "reserved_fee_left":15.0,"comment":null},"1":{"ts":1700000001000,"status":"filled","price":50000.0,
        "amount_remain":0.0,"actual_filled":0.30000000000000004,"actual_notion":15000.000000000002,"actual_fee":15.0,
        "reserved_notion_left":0.0,"reserved_fee_left":0.0,"comment":null}}}"#;

/// As a suite in Python writes it: ids of its own, floats with their errors, ids left behind in the open set.
fn old_suite(stage: &Stage) {
    for words in [
        &["HSET", "orders", "k3jx-91", OPEN, "a-first", FILLED][..],
        &["SADD", "open:set", "k3jx-91"],
        &["SADD", "open:BTC/USDT", "k3jx-91"],
        &[
            "HSET",
            "balances",
            "USDT",
            r#"{"asset":"USDT","free":78978.99999999999,"used":6006.0,"total":84984.99999999999}"#,
        ],
        &[
            "HSET",
            "balances",
            "BTC",
            r#"{"asset":"BTC","free":0.30000000000000004,"used":0.0,"total":0.30000000000000004}"#,
        ],
        &["HSET", "trades:buy:BTC:count", "USDT", "1"],
        &[
            "HSET",
            "trades:buy:BTC:amount",
            "USDT",
            "0.30000000000000004",
        ],
        &[
            "HSET",
            "trades:buy:BTC:notional",
            "USDT",
            "15000.000000000002",
        ],
        &["HSET", "trades:buy:BTC:fee", "USDT", "15"],
        &[
            "HSET",
            "deposits:USDT",
            "ref_symbol",
            "USDT",
            "asset_quantity",
            "100000",
            "ref_value",
            "100000",
        ],
        &["SADD", "deposits:index", "deposits:USDT"],
        &[
            "HSET",
            "tickers:BTC/USDT",
            "symbol",
            "BTC/USDT",
            "price",
            "64000.5",
            "timestamp",
            "1700000003.1234567",
            "bid",
            "",
            "ask",
            "None",
        ],
        &["SET", "foreign", "x"],
    ] {
        stage.tell(words);
    }
}

#[test]
fn an_old_suite_is_taken_over_at_its_printed_values() {
    let Some(stage) = Stage::new(&[]) else { return };
    old_suite(&stage);
    stage.tell(&["SADD", "open:set", "left-behind"]);
    stage.tell(&["HSET", "orders", "broken", "{\"id\":1"]);
    stage.tell(&["SET", "withdrawals:BTC", "a text"]);
    let data = stage.home.path().join("new");
    // What differs is told, and nothing is imported.
    let output = import(&stage, &data, &[]);
    let (told, why) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}{why}");
    for line in [
        "balances: USDT: 84984.99999999999 is owned, but what came in, went out and was traded makes 84984.999999999998",
        "open:set: 1 not open: left-behind",
        "orders: broken cannot be read",
        "withdrawals:BTC: is a string, not a hash",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(
        why.ends_with(
            "4 differences, and nothing is imported; --accept-differences imports all the same\n"
        ),
        "{why}"
    );
    let ids = stage.home.path().join("ids.tsv");
    let output = import(
        &stage,
        &data,
        &["--accept-differences", "--ids", ids.to_str().unwrap()],
    );
    let (told, why) = said(&output);
    assert!(output.status.success(), "{told}{why}");
    assert!(
        told.contains("imported 2 orders (1 open), 2 balances, 1 prices\n"),
        "{told}"
    );
    let pairs = std::fs::read_to_string(ids).unwrap();
    assert_eq!(pairs, "a-first\t000000000001\nk3jx-91\t000000000002\n");
    let daemon = start(&stage, &data);
    let mut client = daemon.client();
    let balance = client.get("/balance").body;
    for part in [
        r#""free":78978.99999999999,"used":6006,"#,
        r#""free":0.30000000000000004,"#,
    ] {
        assert!(balance.contains(part), "{balance}");
    }
    let order = client
        .get("/orders/000000000001?include_history=true")
        .json();
    assert_eq!(
        (
            order["status"].as_str(),
            order["history"]["1"]["status"].as_str()
        ),
        (Some("filled"), Some("filled"))
    );
    assert_eq!(order["ts_finish"], 1_700_000_001_000_u64);
    // The open order is one: it is filled when its price comes, and what it held goes its way.
    client.set_price("BTC/USDT", "59000");
    let order = client.get("/orders/000000000002").json();
    assert_eq!(order["status"], "filled", "{order}");
    assert_eq!(client.get("/balance/USDT").json()["used"], 0);
    let health: Value = client.get("/admin/health").json();
    assert_eq!(health["status"], "ok", "{health}");
    wait_in_step(&daemon);
    // The keys are ours from here on, but for those of others.
    assert_eq!(stage.run::<String>(&["GET", "foreign"]), "x");
    stage.tell(&["DEL", "withdrawals:BTC"]);
    assert_verified(&daemon);
    daemon.stop();
}

/// Holds that the balance does not cover, an order that cannot be kept, a sum that nobody can follow: told one by one.
#[test]
fn what_does_not_add_up_is_told_and_still_makes_an_exchange() {
    let Some(stage) = Stage::new(&[]) else { return };
    old_suite(&stage);
    stage.tell(&[
        "HSET",
        "balances",
        "USDT",
        r#"{"asset":"USDT","free":10.5,"used":0,"total":10.5}"#,
    ]);
    stage.tell(&["HDEL", "trades:buy:BTC:count", "USDT"]);
    let odd = r#"{"id":"odd","symbol":"BTC/USDT","side":"sell","type":"limit","amount":1,"limit_price":-1,"status":"new"}"#;
    let done = r#"{"id":"done","symbol":"BTC/USDT","side":"sell","type":"limit","amount":1,"limit_price":70000,
        "actual_filled":1,"status":"new","ts_create":1700000000500,"colour":"red"}"#;
    stage.tell(&["HSET", "orders", "odd", odd, "done", done]);
    let data = stage.home.path().join("new");
    let output = import(&stage, &data, &["--accept-differences"]);
    let (told, why) = said(&output);
    assert!(output.status.success(), "{told}{why}");
    for part in [
        "USDT: free is 10.5, becomes 0",
        "USDT: used is 0, becomes 10.5",
        "balances: USDT: 10.5 is owned, but ",
        "orders: odd has a limit price that cannot be kept, and is left out",
        "colour is red, becomes nothing",
        "status is new, becomes filled",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let daemon = start(&stage, &data);
    let mut client = daemon.client();
    // The order that is not covered ends as in any exchange.
    client.set_price("BTC/USDT", "59000");
    assert_eq!(client.get("/balance/USDT").json()["used"], 0);
    assert_eq!(client.get("/admin/health").json()["status"], "ok");
    daemon.stop();
}

/// Runs a command in a terminal of its own, and passes on what it shows.
const TERMINAL: &str =
    "import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// Who watches a terminal sees how far it is; a pipe holds nothing of that.
#[test]
fn a_large_import_shows_how_far_it_is_where_somebody_watches() {
    const ORDERS: usize = 5000;
    let Some(stage) = Stage::new(&[]) else { return };
    if !has("python3", "python3") {
        return;
    }
    let mut orders = redis::cmd("HSET");
    orders.arg("orders");
    for number in 0..ORDERS {
        let id = format!("old-{number}");
        orders.arg(&id).arg(FILLED.replace("a-first", &id));
    }
    // It counts as looked at, though it cannot be read.
    orders.arg("broken").arg("{");
    orders.query::<()>(&mut stage.reader()).unwrap();
    let total = format!("of {} orders", ORDERS + 1);

    let output = import(&stage, &stage.home.path().join("new"), &[]);
    let (told, why) = said(&output);
    assert!(told.contains("orders: broken cannot be read\n"), "{told}");
    assert!(!why.contains('\r') && !why.contains(&total), "{why}");

    let mut command = Command::new("python3");
    command.args(["-c", TERMINAL, BINARY]);
    let output = import_by(command, &stage, &stage.home.path().join("new"), &[]);
    let (shown, why) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}{why}");
    let steps: Vec<usize> = shown
        .split('\r')
        .filter_map(|line| line.strip_suffix(&total)?.trim().parse().ok())
        .collect();
    assert!(
        steps.len() >= 2 && steps.is_sorted() && steps[0] < ORDERS,
        "{steps:?}"
    );
    assert_eq!(steps.last(), Some(&(ORDERS + 1)), "{steps:?}");
    // What it then tells begins a line of its own.
    assert!(shown.contains(&format!("{total}\r\n")), "{shown}");
}
