//! Small reads, which are answered from memory.

use crate::load;
use crate::process::Usage;
use crate::report::{Report, Target, median};
use crate::support::Launch;
use crate::workspace;

const CONNECTIONS: usize = 32;
const COUNT: usize = 100_000;
const REPEATS: usize = 3;

/// What the Python suite manages, which is to be left far behind.
const SUITE_PER_SECOND: f64 = 765.0;

/// The part `reads`.
pub(crate) fn run(report: &mut Report) {
    let directory = workspace();
    let daemon = Launch::new(&directory.path().join("data"), "push").start();
    let mut client = daemon.client();
    for (symbol, price) in [("BTC/USDT", "64780.25"), ("ETH/USDT", "2676.8")] {
        client.set_price(symbol, price);
    }
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    client.post("/balance/BTC/deposit", r#"{"amount":2.5}"#);
    for path in ["/tickers/BTC/USDT", "/balance"] {
        let bytes = load::request("GET", path, &daemon.key, "");
        let (mut rates, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            let before = Usage::of(daemon.pid());
            rates.push(load::run(daemon.address, CONNECTIONS, COUNT, &bytes).rate);
            let used = Usage::of(daemon.pid()).since(before).cpu.as_secs_f64();
            #[allow(clippy::cast_precision_loss, reason = "a small constant")]
            cpu.push(used * 1e6 / COUNT as f64);
        }
        let what = format!("GET {path}, {CONNECTIONS} connections");
        let least = Target::Least(10.0 * SUITE_PER_SECOND);
        report.check(&what, median(rates), "/s", least);
        report.figure(&format!("GET {path}, CPU per request"), median(cpu), "us");
    }
    daemon.stop();
}
