//! The clients themselves, as they come from their registries: they trade on the real binary, with nothing changed but
//! addresses.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::stage::Stage;

/// Where the packages of a client are, or the line that says how to get them.
fn installed(place: &str, how: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if path.exists() {
        return Some(path);
    }
    let missing = format!("{place} is missing: {how}");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

/// Has a client trade on a new exchange; it ends with 0 where all was as it should be.
fn trade(stage: &mut Stage, program: &Path, script: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(program)
        .arg(script)
        .args(arguments)
        .env("MOCKX_URL", format!("http://{}", stage.daemon.address))
        .env("MOCKX_OWN_KEY", &stage.daemon.key)
        .env("MOCKX_API_KEY", &stage.key.public)
        .env("MOCKX_SECRET", &stage.key.secret)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{arguments:?}: {said}\n{}",
        stage.daemon.log()
    );
    assert!(output.stdout.starts_with(b"ok"), "{said}");
}

fn ccxt_of_python(version: &str) {
    let place = format!("target/python-ccxt-{version}/bin/python3");
    let Some(python) = installed(&place, "tests/python/install.sh") else {
        return;
    };
    for recipe in ["portable", "all-bases", "sandbox"] {
        let mut stage = Stage::new(CALM);
        trade(
            &mut stage,
            &python,
            "tests/python/binance/trade_ccxt.py",
            &[recipe],
        );
    }
}

/// All that a price offers is there, once.
const CALM: &str = "[exchange]\nfill_sigma = 0\ntick_loop = 0\n";

#[test]
fn the_newest_ccxt_trades() {
    ccxt_of_python("latest");
}

#[test]
fn an_older_ccxt_trades() {
    ccxt_of_python("4.4.20");
}

#[test]
fn freqtrade_trades() {
    let place = "target/python-freqtrade/bin/python3";
    if let Some(python) = installed(place, "tests/python/install.sh") {
        let mut stage = Stage::new(CALM);
        trade(
            &mut stage,
            &python,
            "tests/python/binance/trade_freqtrade.py",
            &[],
        );
    }
}

#[test]
fn ccxt_of_javascript_trades() {
    let how = "npm ci --prefix tests/javascript --ignore-scripts";
    if installed("tests/javascript/node_modules/ccxt", how).is_none() {
        return;
    }
    for recipe in ["portable", "all-bases", "sandbox"] {
        let mut stage = Stage::new(CALM);
        trade(
            &mut stage,
            Path::new("node"),
            "tests/javascript/trade.mjs",
            &[recipe],
        );
    }
}

#[test]
fn python_binance_and_binance_connector_trade() {
    let place = "target/python-ccxt-latest/bin/python3";
    if let Some(python) = installed(place, "tests/python/install.sh") {
        let mut stage = Stage::new(CALM);
        trade(
            &mut stage,
            &python,
            "tests/python/binance/trade_others.py",
            &[],
        );
    }
}
