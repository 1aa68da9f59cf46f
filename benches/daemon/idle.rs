//! What a daemon with 500 symbols costs while nobody asks anything: memory, writes, CPU.

use std::thread::sleep;
use std::time::Duration;

use crate::process::{Usage, resident_mib};
use crate::report::{Report, Target};
use crate::support::Launch;
use crate::workspace;

const SYMBOLS: usize = 500;

/// How long CPU time is counted.
const CPU_WINDOW: Duration = Duration::from_secs(60);

/// How often prices are flushed by default, which the bytes of a flush are scaled to.
const FLUSHES_PER_HOUR: f64 = 3600.0 / 300.0;
/// Flushes that are counted, one a second.
const FLUSHES: u32 = 20;

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

/// The part `disk`: prices change and are flushed once a second, and a flush by default counts as much as one of these.
pub(crate) fn disk(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "sim")
        .config("[oracle]\ninterval = \"1s\"\n[store]\nprice_flush = \"1s\"\n")
        .env("SYMBOLS", &symbols().join(","))
        .start();
    // The first flushes make the file grow.
    sleep(Duration::from_millis(2500));
    let before = Usage::of(daemon.pid());
    sleep(Duration::from_secs(FLUSHES.into()));
    let written = Usage::of(daemon.pid()).since(before).written;
    #[allow(clippy::cast_precision_loss, reason = "bytes of some seconds")]
    let each = written as f64 / f64::from(FLUSHES);
    report.figure("written per flush of all prices", each, "bytes");
    let hour = each * FLUSHES_PER_HOUR / f64::from(1 << 20);
    let what = format!("written per idle hour, {SYMBOLS} symbols (computed)");
    report.check(&what, hour, "MiB", Target::Most(2.0));
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
