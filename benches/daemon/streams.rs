//! What pages that stay open cost a bot: its orders beside 50 streams of events and beside none, in turns, on a daemon whose
//! 500 prices all change every second.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use crate::load::{self, Outcome};
use crate::process::{Usage, resident_mib};
use crate::report::{Report, Target, median};
use crate::support::{Daemon, Launch, PATIENCE};
use crate::workspace;

const STREAMS: usize = 50;
const SYMBOLS: usize = 500;
/// Orders a round, one after the other; a round sees some ticks of the streams.
const COUNT: usize = 3_000;
/// Rounds of each kind.
const REPEATS: usize = 7;
/// How much slower an order may be beside the streams.
const SLOWER_MAX: f64 = 1.2;
/// What the daemon may need in all.
const RESIDENT_MIB_MAX: f64 = 16.0;
/// How long CPU time is counted.
const CPU_WINDOW: Duration = Duration::from_secs(20);

const ORDER: &str =
    r#"{"symbol":"S000/USDT","side":"buy","type":"limit","amount":0.125,"limit_price":0.001}"#;

/// The part `streams`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let symbols: Vec<String> = (0..SYMBOLS).map(|n| format!("S{n:03}/USDT")).collect();
    let daemon = Launch::new(&directory.path().join("data"), "sim")
        .config("[oracle]\ninterval = \"1s\"\n[pages]\nrefresh = \"1s\"\n")
        .env("SYMBOLS", &symbols.join(","))
        .env("LOG_LEVEL", "warn")
        .start();
    let before = resident_mib(daemon.pid());
    let streams = open(&daemon);
    let growth = resident_mib(daemon.pid()) - before;
    report.figure(&format!("memory of {STREAMS} streams"), growth, "MiB");
    let what = format!("resident, {SYMBOLS} symbols, {STREAMS} streams");
    report.check(
        &what,
        before + growth,
        "MiB",
        Target::Most(RESIDENT_MIB_MAX),
    );
    let beside = cpu(&daemon);
    drop(streams);
    let alone = cpu(&daemon);
    report.figure("CPU of 20 s, without streams", alone, "s");
    report.figure("CPU of 20 s, with them", beside, "s");
    orders(report, &daemon);
    daemon.stop();
}

/// Orders without streams and beside them, in turns.
fn orders(report: &mut Report, daemon: &Daemon) {
    // The first ones make the store's file grow.
    round(daemon);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (mut fewest, mut most) = (usize::MAX, 0);
    for _ in 0..REPEATS {
        alone.push(round(daemon));
        fewest = fewest.min(threads(daemon));
        let streams = open(daemon);
        beside.push(round(daemon));
        most = most.max(threads(daemon));
        drop(streams);
    }
    let of = |rounds: &[Outcome], figure: fn(&Outcome) -> f64| {
        median(rounds.iter().map(figure).collect())
    };
    let p50 = |outcome: &Outcome| outcome.p50_ms;
    let p99 = |outcome: &Outcome| outcome.p99_ms;
    for (name, without, with) in [
        ("p50", of(&alone, p50), of(&beside, p50)),
        ("p99", of(&alone, p99), of(&beside, p99)),
    ] {
        report.figure(&format!("orders without streams, {name}"), without, "ms");
        report.figure(&format!("orders beside {STREAMS}, {name}"), with, "ms");
        let what = format!("beside : without, {name}");
        if name == "p50" {
            report.check(&what, with / without, "x", Target::Most(SLOWER_MAX));
        } else {
            // Those hundredth that wait for the disk or for a neighbour on it, streams or not.
            report.figure(&what, with / without, "x");
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "a handful of threads")]
    let more = most as f64 - fewest as f64;
    report.check("threads more beside streams", more, "", Target::Most(0.0));
}

/// A round on an exchange that has nothing but money.
fn round(daemon: &Daemon) -> Outcome {
    let mut client = daemon.client();
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    client.post("/balance/USDT/deposit", r#"{"amount":1000000000000}"#);
    let bytes = load::request("POST", "/orders", &daemon.key, ORDER);
    load::run(daemon.address, 1, COUNT, &bytes)
}

/// Streams that have all told of something. What comes later waits in the sockets, which have room for more than a round of it.
fn open(daemon: &Daemon) -> Vec<BufReader<TcpStream>> {
    let connect = |_| {
        let mut stream = TcpStream::connect(daemon.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /ui/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        BufReader::new(stream)
    };
    let mut streams: Vec<_> = (0..STREAMS).map(connect).collect();
    for stream in &mut streams {
        let mut lines = stream.lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "event: changed"));
    }
    streams
}

/// CPU time of a while in which nobody asks anything.
fn cpu(daemon: &Daemon) -> f64 {
    let before = Usage::of(daemon.pid());
    // The window is what is measured, not something that is waited for.
    sleep(CPU_WINDOW);
    Usage::of(daemon.pid()).since(before).cpu.as_secs_f64()
}

fn threads(daemon: &Daemon) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", daemon.pid()));
    tasks.unwrap().count()
}
