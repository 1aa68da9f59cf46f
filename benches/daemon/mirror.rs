//! What a mirror costs: the latency of orders with a healthy one, a dead one and none, in turns; how much it writes in a
//! second, and how far it lags at 1,000 orders a second.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::load;
use crate::process::Usage;
use crate::redis::Redis;
use crate::report::{Report, Target, median};
use crate::support::{Daemon, Launch, wait_for};
use crate::workspace;

/// Connections, and orders a round.
const ROUNDS: [(usize, usize); 2] = [(1, 800), (32, 8_000)];
/// Rounds of each kind: many and short, so that whatever else the machine does meets all of them alike.
const REPEATS: usize = 15;
/// Orders of the burst.
const BURST: usize = 30_000;
/// At 1,000 orders a second: a few of them every so often, for so long.
const PACE: Duration = Duration::from_millis(10);
const PACED_ORDERS: usize = 10;
const PACED_ROUNDS: u32 = 500;

const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":61234.5}"#;

fn start(directory: &Path, name: &str, port: Option<&str>) -> Daemon {
    let launch = Launch::new(&directory.join(name), "push").env("LOG_LEVEL", "error");
    let launch = match port {
        Some(port) => launch
            .env("VALKEY_HOST", "127.0.0.1")
            .env("VALKEY_PORT", port),
        None => launch,
    };
    launch.start()
}

fn begin(daemon: &Daemon) {
    let mut client = daemon.client();
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    client.set_price("BTC/USDT", "64780.25");
    client.post("/balance/USDT/deposit", r#"{"amount":1000000000000}"#);
}

fn mirror(daemon: &Daemon) -> serde_json::Value {
    daemon.client().get("/admin/health").json()["mirror"].clone()
}

fn wait_in_step(daemon: &Daemon) {
    wait_for("the mirror", || {
        let mirror = mirror(daemon);
        let in_step = mirror["state"] == "following" && mirror["queued"] == 0;
        (in_step && mirror["lag_s"] == 0.0).then_some(())
    });
}

/// The part `mirror`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let Some(redis) = Redis::start_in_memory(directory.path()) else {
        report.note(
            "redis is not here, so there is nothing to mirror to: apt-get install redis-server",
        );
        return;
    };
    let healthy = start(directory.path(), "healthy", Some(redis.port()));
    // Nobody listens there.
    let dead = start(directory.path(), "dead", Some("1"));
    let without = start(directory.path(), "without", None);
    wait_in_step(&healthy);
    latency(report, &[&without, &healthy, &dead]);
    burst(report, &healthy);
    paced(report, &healthy);
    for daemon in [healthy, dead, without] {
        daemon.stop();
    }
}

/// The place of the daemon with a healthy mirror.
const HEALTHY: usize = 1;

fn latency(report: &mut Report, daemons: &[&Daemon; 3]) {
    for (connections, count) in ROUNDS {
        let mut p50: [Vec<f64>; 3] = Default::default();
        let mut cpu: [Vec<f64>; 3] = Default::default();
        for round in 0..REPEATS {
            for turn in 0..3 {
                // Nobody is always the first.
                let which = (round + turn) % 3;
                let daemon = daemons[which];
                begin(daemon);
                let bytes = load::request("POST", "/orders", &daemon.key, ORDER);
                let before = Usage::of(daemon.pid());
                let outcome = load::run(daemon.address, connections, count, &bytes);
                #[allow(clippy::cast_precision_loss, reason = "a count of one round")]
                let orders = count as f64;
                if which == HEALTHY {
                    // What is left to write is not for the next round, of another daemon, to bear.
                    wait_in_step(daemon);
                }
                let usage = Usage::of(daemon.pid()).since(before);
                p50[which].push(outcome.p50_ms);
                cpu[which].push(usage.cpu.as_secs_f64() * 1e6 / orders);
            }
        }
        let [without, healthy, dead] = p50.map(median);
        let name = |what: &str| format!("{connections:>3} connections: {what}");
        report.figure(&name("p50 without a mirror"), without, "ms");
        report.figure(&name("p50 with a healthy one"), healthy, "ms");
        report.figure(&name("p50 with a dead one"), dead, "ms");
        report.check(
            &name("healthy : without"),
            healthy / without,
            "x",
            Target::Most(1.1),
        );
        report.check(
            &name("dead : without"),
            dead / without,
            "x",
            Target::Most(1.1),
        );
        let [without, healthy, dead] = cpu.map(median);
        report.figure(&name("CPU per order without"), without, "us");
        report.figure(&name("CPU per order, healthy"), healthy, "us");
        report.figure(&name("CPU per order, dead"), dead, "us");
    }
}

/// As many orders as there can be, until all of them are written.
fn burst(report: &mut Report, daemon: &Daemon) {
    begin(daemon);
    wait_in_step(daemon);
    let rows = |daemon: &Daemon| mirror(daemon)["written"].as_f64().unwrap();
    let resyncs = mirror(daemon)["resyncs"].as_f64().unwrap();
    let (before, begun) = (rows(daemon), Instant::now());
    let bytes = load::request("POST", "/orders", &daemon.key, ORDER);
    let outcome = load::run(daemon.address, 32, BURST, &bytes);
    wait_in_step(daemon);
    let written = rows(daemon) - before;
    report.figure("orders placed", outcome.rate, "/s");
    report.figure(
        "rows mirrored",
        written / begun.elapsed().as_secs_f64(),
        "/s",
    );
    let more = mirror(daemon)["resyncs"].as_f64().unwrap() - resyncs;
    report.figure("comparisons because the queue was full", more, "");
}

fn paced(report: &mut Report, daemon: &Daemon) {
    begin(daemon);
    wait_in_step(daemon);
    let bytes = load::request("POST", "/orders", &daemon.key, ORDER);
    let mut lags = Vec::new();
    let begun = Instant::now();
    for round in 1..=PACED_ROUNDS {
        load::run(daemon.address, PACED_ORDERS, PACED_ORDERS, &bytes);
        lags.push(mirror(daemon)["lag_s"].as_f64().unwrap() * 1000.0);
        std::thread::sleep((PACE * round).saturating_sub(begun.elapsed()));
    }
    let orders = f64::from(PACED_ROUNDS) * 10.0;
    report.figure(
        "paced: orders",
        orders / begun.elapsed().as_secs_f64(),
        "/s",
    );
    report.figure("paced: lag, median", median(lags.clone()), "ms");
    lags.sort_by(f64::total_cmp);
    report.figure(
        "paced: lag, longest",
        lags.last().copied().unwrap_or(0.0),
        "ms",
    );
}
