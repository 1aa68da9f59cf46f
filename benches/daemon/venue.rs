//! What a venue costs the daemon: a large answer every second, and every way in which one can fail.
//!
//! Every figure that a busy machine would spoil is taken beside another daemon that has it easy, in turns.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tiny_http::{Response, Server};

use crate::process::{Usage, resident_mib};
use crate::report::{Report, Target};
use crate::support::{Answer, Client, Daemon, Fault, Launch};
use crate::workspace;

/// A recorded answer of Binance about all its markets.
const RECORDED: &str = "tickers/binance_ticker24hr_all_2019-08-22.json.gz";
/// What the names of its markets may end with.
const QUOTES: [&str; 12] = [
    "USDT", "BUSD", "TUSD", "USDC", "USDS", "BTC", "ETH", "BNB", "PAX", "XRP", "TRX", "NGN",
];
/// A large answer is polled until memory is looked at for the first time, and then on for the rest of a minute.
const WARM_UP: Duration = Duration::from_secs(10);
const SOAK: Duration = Duration::from_secs(50);
/// The longest that everybody may have to wait for the executor's thread.
const GAP_MS: f64 = 20.0;

/// Requests of each kind in a slice, slices for each fault.
const READS: usize = 40;
const ORDERS: usize = 20;
const SLICES: usize = 25;
/// The longest that a fault is waited for.
const FAULT_TIME: Duration = Duration::from_secs(10);

const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":5}"#;

/// A server that gives each path its body, for as long as the program runs.
fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}", server.server_addr());
    thread::spawn(move || {
        for request in server.incoming_requests() {
            let body = answer(request.url());
            request.respond(Response::from_data(body)).ok();
        }
    });
    url
}

fn launch(home: &TempDir, name: &str, url: &str, symbols: &str, interval: &str) -> Daemon {
    Launch::new(&home.path().join(name), "binance")
        .config(&format!(
            "[oracle]\ninterval = \"{interval}\"\nbase_urls = {{ binance = \"{url}\" }}\n"
        ))
        .env("SYMBOLS", symbols)
        .start()
}

/// A figure of `/metrics`.
fn metric(client: &mut Client, name: &str) -> f64 {
    let page = client.get("/metrics").body;
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().parse().unwrap()
}

/// The recorded body, and its markets as the list of Binance has them.
fn recorded() -> Option<(Vec<u8>, Vec<Value>)> {
    let folder = std::env::var_os("MOCKX_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let mut body = Vec::new();
    GzDecoder::new(File::open(folder.join(RECORDED)).ok()?)
        .read_to_end(&mut body)
        .unwrap();
    let tickers: Vec<Value> = serde_json::from_slice(&body).unwrap();
    let market = |ticker: &Value| {
        let id = ticker["symbol"].as_str()?;
        let quote = QUOTES.iter().find(|quote| id.ends_with(**quote))?;
        let base = id.strip_suffix(quote)?;
        Some(json!({"symbol": id, "status": "TRADING", "baseAsset": base, "quoteAsset": quote}))
    };
    let markets = tickers.iter().filter_map(market).collect();
    Some((body, markets))
}

/// The part `venue`: 595 markets in one answer, every second, for a minute; beside a daemon that asks nobody.
pub(crate) fn soak(report: &mut Report) {
    let Some((body, markets)) = recorded() else {
        report
            .note("the recorded answer is not here: set MOCKX_TEST_DATA to the folder of the data");
        return;
    };
    let names: Vec<String> = markets
        .iter()
        .map(|market| {
            let name = |key: &str| market[key].as_str().unwrap().to_owned();
            format!("{}/{}", name("baseAsset"), name("quoteAsset"))
        })
        .collect();
    report.note(&format!("{} markets, {} bytes", names.len(), body.len()));
    let list = serde_json::to_vec(&json!({ "symbols": markets })).unwrap();
    let url = serve(move |path| {
        let body = if path.contains("exchangeInfo") {
            &list
        } else {
            &body
        };
        body.clone()
    });
    let home = workspace();
    let daemon = launch(&home, "asks", &url, &names.join(","), "1s");
    let quiet = Launch::new(&home.path().join("quiet"), "push")
        .env("SYMBOLS", &names.join(","))
        .start();
    watch(report, &daemon, &quiet);
    daemon.stop();
    quiet.stop();
}

/// Compares a daemon that polls with one that does not.
fn watch(report: &mut Report, daemon: &Daemon, quiet: &Daemon) {
    let mut clients = [daemon.client(), quiet.client()];
    // Somebody asks now and then, so that turns are taken between the polls too.
    let run = |clients: &mut [Client; 2], time: Duration| {
        let begun = Instant::now();
        while begun.elapsed() < time {
            for client in clients.iter_mut() {
                client.get("/balance");
            }
            sleep(Duration::from_millis(2));
        }
    };
    run(&mut clients, WARM_UP);
    let (memory, begun) = (resident_mib(daemon.pid()), Instant::now());
    let [usage, quiet_usage] = [daemon, quiet].map(|daemon| Usage::of(daemon.pid()));
    let ticks = metric(&mut clients[0], "mockx_ticks_total ");
    run(&mut clients, SOAK);
    let elapsed = begun.elapsed().as_secs_f64();
    let share = |pid, before| 100.0 * Usage::of(pid).since(before).cpu.as_secs_f64() / elapsed;
    report.figure("CPU, one core is 100", share(daemon.pid(), usage), "%");
    report.figure(
        "the same without the polls",
        share(quiet.pid(), quiet_usage),
        "%",
    );
    let ticks = (metric(&mut clients[0], "mockx_ticks_total ") - ticks) / elapsed;
    report.figure("ticks", ticks, "/s");
    report.figure("resident after 10 s", memory, "MiB");
    let grown = resident_mib(daemon.pid()) - memory;
    report.check("grown in the 50 s after", grown, "MiB", Target::Most(1.0));
    let longest = "mockx_executor_stretch_seconds_max ";
    let [gap, quiet_gap] = [0, 1].map(|at: usize| 1000.0 * metric(&mut clients[at], longest));
    report.figure("longest gap without the polls", quiet_gap, "ms");
    report.check(
        "longest gap between two turns",
        gap,
        "ms",
        Target::Most(GAP_MS),
    );
    for (what, name) in [
        (
            "gaps of 20 ms or longer",
            "mockx_executor_long_stretches_total ",
        ),
        ("of so many", "mockx_executor_stretches_total "),
    ] {
        report.figure(what, metric(&mut clients[0], name), "");
    }
}

/// Latencies in milliseconds.
#[derive(Debug, Default)]
struct Latencies {
    reads: Vec<f64>,
    orders: Vec<f64>,
}

impl Latencies {
    fn slice(&mut self, client: &mut Client) {
        let timed = |client: &mut Client, ask: fn(&mut Client) -> Answer| {
            let begun = Instant::now();
            ask(client);
            begun.elapsed().as_secs_f64() * 1000.0
        };
        for _ in 0..READS {
            self.reads
                .push(timed(client, |client| client.get("/balance")));
        }
        for _ in 0..ORDERS {
            let order = |client: &mut Client| client.post("/orders", ORDER);
            self.orders.push(timed(client, order));
        }
    }

    fn add(&mut self, more: Latencies) {
        self.reads.extend(more.reads);
        self.orders.extend(more.orders);
    }
}

fn p99(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() * 99 / 100]
}

/// Polls of the venue that went wrong.
fn failures(client: &mut Client) -> u64 {
    let health = client.get("/admin/health").json();
    health["sources"][0]["failures"].as_u64().unwrap()
}

/// The part `faults`: a daemon whose venue fails beside one whose venue is well, in turns.
pub(crate) fn faults(report: &mut Report) {
    let ticker =
        br#"[{"symbol":"BTCUSDT","lastPrice":"64000","bidPrice":"63999","askPrice":"64001"}]"#;
    let list = br#"{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT"}]}"#;
    let well = serve(move |path| {
        let is_list = path.contains("exchangeInfo");
        if is_list {
            list.to_vec()
        } else {
            ticker.to_vec()
        }
    });
    let home = workspace();
    let (mut with, mut without) = (Latencies::default(), Latencies::default());
    let mut most = 0.0_f64;
    for (fault, _) in Fault::ALL {
        let name = format!("{fault:?}");
        let bad = launch(&home, &name, &fault.start(), "BTC/USDT", "100ms");
        let good = launch(
            &home,
            &format!("{name}-without"),
            &well,
            "BTC/USDT",
            "100ms",
        );
        let mut clients = [bad.client(), good.client()];
        for client in &mut clients {
            client.set_price("BTC/USDT", "64000");
            client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
        }
        let (mut here, mut there) = (Latencies::default(), Latencies::default());
        let (begun, mut slices) = (Instant::now(), 0);
        // Until it has failed at least once: some take their time-out for that.
        while slices < SLICES || (failures(&mut clients[0]) == 0 && begun.elapsed() < FAULT_TIME) {
            here.slice(&mut clients[0]);
            there.slice(&mut clients[1]);
            slices += 1;
        }
        most = most.max(resident_mib(bad.pid()));
        let failures = failures(&mut clients[0]);
        let log = bad.log();
        let lines = log.lines().filter(|line| line.contains("binance"));
        report.note(&format!(
            "{name:<10} failures {failures:>2}, lines in the log {}; GET /balance p99 {:.2} : {:.2} ms, POST /orders p99 {:.2} : {:.2} ms",
            lines.count(),
            p99(&here.reads),
            p99(&there.reads),
            p99(&here.orders),
            p99(&there.orders),
        ));
        with.add(here);
        without.add(there);
        bad.stop();
        good.stop();
    }
    for (what, with, without) in [
        ("GET /balance", &with.reads, &without.reads),
        ("POST /orders", &with.orders, &without.orders),
    ] {
        let (with, without) = (p99(with), p99(without));
        report.figure(&format!("{what}, p99 with faults"), with, "ms");
        report.figure(&format!("{what}, p99 without"), without, "ms");
        let name = format!("{what}, p99 with : without");
        report.check(&name, with / without, "x", Target::Most(1.5));
    }
    report.check(
        "resident at most, with faults",
        most,
        "MiB",
        Target::Most(32.0),
    );
}
