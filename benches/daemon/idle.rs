//! What a daemon with 500 symbols costs while nobody asks anything: memory, writes, CPU.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::process::{Usage, resident_mib};
use crate::report::{Report, Target};
use crate::support::Launch;
use crate::workspace;

const SYMBOLS: usize = 500;

/// How long CPU time is counted.
const CPU_WINDOW: Duration = Duration::from_secs(60);

/// How much faster than time a recording goes, and an hour of it.
const SPEED: u64 = 60;
const HOUR: Duration = Duration::from_secs(3600 / SPEED);
/// Hours of it: one before what is counted, in which the file grows, and what is left at the end.
const HOURS: u64 = 3;
/// Every symbol has a new price every so often.
const STEP_MS: usize = 10_000;

fn symbols() -> Vec<String> {
    (0..SYMBOLS).map(|n| format!("S{n:03}/USDT")).collect()
}

/// The part `memory`: every symbol has a price that a client has set.
pub(crate) fn memory(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "push")
        .env("SYMBOLS", &symbols().join(","))
        .start();
    let mut client = daemon.client();
    for symbol in symbols() {
        client.set_price(&symbol, "123.45");
    }
    client.get("/tickers");
    let resident = resident_mib(daemon.pid());
    let what = format!("resident, push, {SYMBOLS} symbols with prices");
    report.check(&what, resident, "MiB", Target::Most(16.0));
    daemon.stop();
}

/// Prices that walk about, of every symbol every ten seconds; they begin on the hour.
fn recording(directory: &Path) -> PathBuf {
    let mut text = String::from("timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume\n");
    let (begin, symbols) = (1_790_000_400_000, symbols());
    let mut prices = vec![50_000u64; symbols.len()];
    let mut random = 1u64;
    for at in (begin..begin + HOURS * 3_600_000).step_by(STEP_MS) {
        for (symbol, price) in symbols.iter().zip(&mut prices) {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *price = *price + (random >> 33) % 41 - 20;
            let (whole, cents) = (*price / 100, *price % 100);
            writeln!(
                text,
                "{at},{symbol},{whole}.{cents:02},{whole},{},7.5,3",
                whole + 1
            )
            .unwrap();
        }
    }
    let file = directory.join("hours.csv");
    fs::write(&file, text).unwrap();
    file
}

/// The part `disk`: an hour of prices and candles, as it is written by default, at sixty times its pace.
pub(crate) fn disk(report: &mut Report) {
    let directory = workspace();
    let file = recording(directory.path());
    let flush = 300 * 1000 / SPEED;
    let config = format!("[oracle]\nreplay_pace = {SPEED}\n[store]\nprice_flush = \"{flush}ms\"\n");
    let source = format!("replay:{}", file.display());
    let daemon = Launch::new(&directory.path().join("data"), &source)
        .config(&config)
        .start();
    // The first hour makes the file grow, and has an hour's candles written when it is over.
    sleep(HOUR + HOUR / 2);
    let before = Usage::of(daemon.pid());
    sleep(HOUR);
    let written = Usage::of(daemon.pid()).since(before).written;
    #[allow(clippy::cast_precision_loss, reason = "bytes of an hour")]
    let hour = written as f64 / f64::from(1 << 20);
    let what = format!("written in an idle hour, {SYMBOLS} symbols (at {SPEED} times its pace)");
    report.check(&what, hour, "MiB", Target::Most(2.0));
    let what = format!("resident, a recording, {SYMBOLS} symbols");
    report.check(&what, resident_mib(daemon.pid()), "MiB", Target::Most(16.0));
    daemon.stop();
}

/// The part `idle`: nobody asks anything while all prices change every 10 s.
pub(crate) fn cpu(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "sim")
        .env("SYMBOLS", &symbols().join(","))
        .env("INTERVAL_SEC", "10")
        .start();
    let before = Usage::of(daemon.pid());
    // The window is what is measured, not something that is waited for.
    sleep(CPU_WINDOW);
    let usage = Usage::of(daemon.pid()).since(before);
    let ticks = daemon.client().get("/admin/health").json()["ticks"].as_u64();
    assert!(ticks >= Some(3000), "only {ticks:?} ticks");
    let what = format!("CPU in 60 s, {SYMBOLS} symbols every 10 s");
    report.check(&what, usage.cpu.as_secs_f64(), "s", Target::Most(0.3));
    #[allow(clippy::cast_precision_loss, reason = "bytes of a minute")]
    let written = usage.written as f64 / 1024.0;
    report.figure("written in these 60 s", written, "KiB");
    let what = format!("resident, sim, {SYMBOLS} symbols");
    report.check(&what, resident_mib(daemon.pid()), "MiB", Target::Most(16.0));
    daemon.stop();
}
