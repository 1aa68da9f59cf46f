//! Orders that are on the disk when they are answered, beside redis on the same disk, in turns.
//!
//! What is measured is `POST /orders` with limit orders that rest. Between two rounds everything is reset, outside of
//! the measurement, so that the book does not grow from round to round. Redis sets one field of a hash to a text as long
//! as our answer.

use crate::load::{self, Outcome};
use crate::process::Usage;
use crate::redis::Redis;
use crate::report::{Report, Target, median};
use crate::support::{Daemon, Launch};
use crate::workspace;

/// Connections, and orders a round.
const ROUNDS: [(usize, usize); 3] = [(1, 3_000), (32, 40_000), (128, 60_000)];
/// Rounds of each kind.
const REPEATS: usize = 5;

const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":61234.5}"#;

/// What all rounds with the same number of connections gave.
#[derive(Debug, Default)]
struct Figures {
    rate: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu_us: Vec<f64>,
    written: Vec<f64>,
}

impl Figures {
    fn add(&mut self, outcome: &Outcome, usage: Usage, count: usize) {
        #[allow(clippy::cast_precision_loss, reason = "counts of one round")]
        let (written, count) = (usage.written as f64, count as f64);
        self.rate.push(outcome.rate);
        self.p50.push(outcome.p50_ms);
        self.p99.push(outcome.p99_ms);
        self.cpu_us.push(usage.cpu.as_secs_f64() * 1e6 / count);
        self.written.push(written / count);
    }
}

/// The part `orders`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "push")
        .env("LOG_LEVEL", "warn")
        .start();
    let redis = Redis::start(directory.path());
    if redis.is_none() {
        report.note(
            "redis is not here, so nothing is compared with it: apt-get install redis-server",
        );
    }
    let value = prepare(&daemon);
    let mut written = Vec::new();
    for (connections, count) in ROUNDS {
        let (mut ours, mut theirs) = (Figures::default(), Figures::default());
        for _ in 0..REPEATS {
            our_round(&daemon, connections, count, &mut ours);
            if let Some(redis) = &redis {
                their_round(redis, connections, count, &value, &mut theirs);
            }
        }
        let per_order = median(ours.written.clone());
        tell(report, connections, ours, redis.is_some().then_some(theirs));
        written.push(per_order);
    }
    // One commit of redb writes some 33 KB, which the orders of a batch share.
    let share = written[1] / written[0];
    report.check(
        "bytes per order, 32 connections : 1",
        share,
        "x",
        Target::Most(0.25),
    );
    daemon.stop();
}

/// Funds and a price; gives an answer as redis would keep it.
fn prepare(daemon: &Daemon) -> String {
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "64780.25");
    client.post("/balance/USDT/deposit", r#"{"amount":1000000000000}"#);
    client.post("/orders", ORDER).body
}

fn our_round(daemon: &Daemon, connections: usize, count: usize, figures: &mut Figures) {
    let mut client = daemon.client();
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    prepare(daemon);
    let bytes = load::request("POST", "/orders", &daemon.key, ORDER);
    let before = Usage::of(daemon.pid());
    let outcome = load::run(daemon.address, connections, count, &bytes);
    let usage = Usage::of(daemon.pid()).since(before);
    figures.add(&outcome, usage, count);
}

fn their_round(
    redis: &Redis,
    connections: usize,
    count: usize,
    value: &str,
    figures: &mut Figures,
) {
    let before = redis.usage();
    let outcome = redis.run(connections, count, value);
    let usage = redis.usage().since(before);
    figures.add(&outcome, usage, count);
}

fn tell(report: &mut Report, connections: usize, ours: Figures, theirs: Option<Figures>) {
    let rate = median(ours.rate);
    let (p50, p99) = (median(ours.p50), median(ours.p99));
    let name = |what: &str| format!("{connections:>3} connections: {what}");
    report.figure(&name("orders"), rate, "/s");
    report.figure(&name("p50"), p50, "ms");
    report.figure(&name("p99"), p99, "ms");
    if connections == 32 {
        report.check(&name("p99 : p50"), p99 / p50, "x", Target::Most(4.0));
    }
    report.figure(&name("CPU per order"), median(ours.cpu_us), "us");
    report.figure(&name("written per order"), median(ours.written), "bytes");
    let Some(theirs) = theirs else { return };
    let their_rate = median(theirs.rate);
    report.figure(&name("redis HSET"), their_rate, "/s");
    let (p50, p99) = (median(theirs.p50), median(theirs.p99));
    report.figure(&name("redis p50"), p50, "ms");
    report.figure(&name("redis p99"), p99, "ms");
    // Where this is large too, it is the disk that stalls now and then.
    report.figure(&name("redis p99 : p50"), p99 / p50, "x");
    report.figure(&name("redis CPU per HSET"), median(theirs.cpu_us), "us");
    report.figure(
        &name("redis written per HSET"),
        median(theirs.written),
        "bytes",
    );
    let what = name("orders : redis HSET");
    if connections == 32 {
        report.check(&what, rate / their_rate, "x", Target::Least(0.5));
    } else {
        report.figure(&what, rate / their_rate, "x");
    }
}
