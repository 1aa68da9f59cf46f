//! Whether a million closed orders in the store make anything slower or bigger than a thousand.
//!
//! Both stores are made through the library, then a daemon is started on each, and the two are asked in turns.

use std::io::{IsTerminal as _, stderr};
use std::path::Path;
use std::time::Instant;

use mockx::archive::Archive as _;
use mockx::exchange::{
    Command, Exchange, NewOrder, OrderKind, Outcome, Rules, Side, Strict, Terms, Ticker,
};
use mockx::store::{Batch, FILE_NAME, Store};
use mockx::units::{Amount, Asset, Elapsed, Moment, OrderId, Price, Quantity, Symbol, Timestamp};

use crate::process::resident_mib;
use crate::report::{Report, Target, median};
use crate::support::{Answer, Client, Daemon, Launch};
use crate::workspace;

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
/// Orders per commit.
const BATCH: u64 = 5_000;
/// Cache while the store is made; the daemon has its own.
const CACHE_BYTES: usize = 256 << 20;
/// Requests of each kind to each daemon.
const REQUESTS: usize = 300;
/// Starts of each daemon.
const STARTS: usize = 7;

const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":61234.5}"#;

type Ask = fn(&mut Client) -> Answer;

const KINDS: [(&str, Ask); 3] = [
    ("PATCH price", |client| {
        client.set_price("BTC/USDT", "64000.5")
    }),
    ("POST /orders", |client| client.post("/orders", ORDER)),
    ("GET /orders?tail=50", |client| {
        client.get("/orders?tail=50")
    }),
];

/// The part `history`.
pub(crate) fn run(report: &mut Report) {
    let home = workspace();
    let (few, many) = (home.path().join("few"), home.path().join("many"));
    fill(&few, FEW);
    let begun = Instant::now();
    fill(&many, MANY);
    let bytes = std::fs::metadata(many.join(FILE_NAME)).unwrap().len();
    report.note(&format!(
        "{MANY} closed orders: {} MiB, made in {:.0} s",
        bytes >> 20,
        begun.elapsed().as_secs_f64()
    ));
    starts(report, &few, &many);
    requests(report, &few, &many);
    after_kill(report, &few, &many);
}

/// A store with `count` closed orders.
fn fill(directory: &Path, count: u64) {
    std::fs::create_dir_all(directory).unwrap();
    let (store, snapshot) = Store::open(&directory.join(FILE_NAME), CACHE_BYTES).unwrap();
    let mut exchange = Exchange::restore(Rules::default(), snapshot).unwrap();
    let symbol = Symbol::parse("BTC/USDT").unwrap();
    open_market(&mut exchange, symbol);
    let mut placed = 0;
    while placed < count {
        for _ in 0..BATCH.min(count - placed) {
            place_and_cancel(&mut exchange, symbol, placed);
            placed += 1;
        }
        let events = exchange.take_events();
        let batch = Batch::collect(&exchange, events).with_prices(&exchange);
        store.commit(batch).blocking_recv().unwrap().unwrap();
        if stderr().is_terminal() {
            eprint!("\r  {placed} of {count} orders");
        }
    }
    assert_eq!(store.reader().count(), Ok(count));
    if stderr().is_terminal() {
        eprintln!();
    }
}

fn moment(millis: u64) -> Moment {
    const START: u64 = 1_700_000_000_000;
    Moment {
        now: Timestamp::from_millis(START + millis),
        elapsed: Elapsed::from_millis(millis),
    }
}

fn open_market(exchange: &mut Exchange, symbol: Symbol) {
    let ticker = Ticker::of_last(symbol, Price::parse("64780.25").unwrap(), moment(0).now);
    let cash = Asset::parse("USDT").unwrap();
    let funds = Amount::parse_positive("1000000000").unwrap();
    exchange
        .handle(moment(0), Command::ApplyTickers(vec![ticker]))
        .unwrap();
    exchange
        .handle(moment(0), Command::Deposit(cash, funds))
        .unwrap();
}

fn place_and_cancel(exchange: &mut Exchange, symbol: Symbol, number: u64) {
    // One a millisecond: the whole million fits into the time before the first of them is pruned.
    let now = moment(number);
    let price = Price::parse(&format!("{}.5", 60_000 + number % 1000)).unwrap();
    let order = NewOrder {
        symbol,
        side: Side::Buy,
        kind: OrderKind::Limit { price },
        quantity: Quantity::parse_positive("0.125").unwrap(),
        terms: Terms::default(),
        strict: Strict::default(),
    };
    let outcome = exchange.handle(now, Command::Place(order)).unwrap();
    let Outcome::Placed(order) = outcome else {
        panic!("{outcome:?}");
    };
    let id: OrderId = order.id;
    exchange.handle(now, Command::Cancel(id)).unwrap();
}

fn launch(directory: &Path) -> Daemon {
    Launch::new(directory, "push")
        .env("LOG_LEVEL", "warn")
        .start()
}

/// Milliseconds from the start of the process to its first answer.
fn start_ms(directory: &Path) -> (f64, Daemon) {
    let begun = Instant::now();
    let daemon = launch(directory);
    daemon.client().get("/healthz");
    (begun.elapsed().as_secs_f64() * 1000.0, daemon)
}

fn starts(report: &mut Report, few: &Path, many: &Path) {
    let (mut with_few, mut with_many) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        for (directory, figures) in [(few, &mut with_few), (many, &mut with_many)] {
            let (millis, daemon) = start_ms(directory);
            figures.push(millis);
            daemon.stop();
        }
    }
    compare(report, "start", median(with_few), median(with_many));
}

fn compare(report: &mut Report, what: &str, few: f64, many: f64) {
    report.figure(&format!("{what}, {FEW} closed orders"), few, "ms");
    report.figure(&format!("{what}, {MANY} closed orders"), many, "ms");
    report.check(
        &format!("{what}, {MANY} : {FEW}"),
        many / few,
        "x",
        Target::Most(1.5),
    );
}

fn requests(report: &mut Report, few: &Path, many: &Path) {
    let daemons = [launch(few), launch(many)];
    let mut clients = [daemons[0].client(), daemons[1].client()];
    for (what, ask) in KINDS {
        let mut figures = [Vec::new(), Vec::new()];
        for _ in 0..REQUESTS {
            for (client, figures) in clients.iter_mut().zip(&mut figures) {
                let begun = Instant::now();
                ask(client);
                figures.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        }
        let [with_few, with_many] = figures;
        compare(report, what, median(with_few), median(with_many));
    }
    let resident = resident_mib(daemons[1].pid());
    let what = format!("resident, {MANY} closed orders");
    report.check(&what, resident, "MiB", Target::Most(24.0));
    long_walks(report, &daemons[1]);
    for daemon in daemons {
        daemon.stop();
    }
}

/// What a client can ask for at worst; no targets.
fn long_walks(report: &mut Report, daemon: &Daemon) {
    let mut client = daemon.client();
    client.set_price("ETH/USDT", "2676.5");
    for (what, path) in [
        ("GET /orders, 10000 of them", "/orders"),
        ("GET /orders, none matches", "/orders?symbol=ETH/USDT"),
    ] {
        let begun = Instant::now();
        client.get(path);
        report.figure(what, begun.elapsed().as_secs_f64() * 1000.0, "ms");
    }
    report.figure("resident after these", resident_mib(daemon.pid()), "MiB");
}

/// The start after a kill has no target of its own, but people wait for it.
fn after_kill(report: &mut Report, few: &Path, many: &Path) {
    for (directory, count) in [(few, FEW), (many, MANY)] {
        let mut daemon = launch(directory);
        daemon.client().post("/orders", ORDER);
        daemon.kill().unwrap();
        let (millis, daemon) = start_ms(directory);
        report.figure(
            &format!("start after kill -9, {count} closed orders"),
            millis,
            "ms",
        );
        daemon.stop();
    }
}
