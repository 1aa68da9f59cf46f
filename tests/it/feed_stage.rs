//! What the tests of `exec` and `valkey` share: programs that may be missing, and looks at the daemon.

use std::process::Command;

use serde_json::Value;

use crate::support::{Client, Daemon, wait_for};

/// Whether a program is there. Without it the test is skipped, which CI does not accept.
pub(crate) fn has(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "{program} is missing: apt-get install {package}"
        );
        eprintln!("skipped: {program} is missing: apt-get install {package}");
    }
    found
}

/// The server to test with: `MOCKX_TEST_SERVER`, such as a valkey-server, or redis-server.
pub(crate) fn server_program() -> String {
    std::env::var("MOCKX_TEST_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

/// The source's part of `/admin/health`.
pub(crate) fn source(client: &mut Client) -> Value {
    let answer = client.request("GET", "/admin/health", "").unwrap();
    answer.ok().json()["sources"][0].clone()
}

/// Waits until the source's part of `/admin/health` is as wanted.
pub(crate) fn wait_source(daemon: &Daemon, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut client = daemon.client();
    wait_for(what, || {
        let answer = client.request("GET", "/admin/health", "");
        let answer = answer.unwrap_or_else(|why| panic!("{why}: {}", daemon.log()));
        Some(answer.ok().json()["sources"][0].clone()).filter(&is)
    })
}

/// The ticker of a symbol, if it has one.
pub(crate) fn ticker(client: &mut Client, symbol: &str) -> Option<Value> {
    let path = format!("/tickers/{symbol}");
    let answer = client.request("GET", &path, "").unwrap();
    (answer.status == 200)
        .then(|| answer.json()[symbol].clone())
        .filter(Value::is_object)
}

/// Waits until the price of a symbol is this, digit by digit.
pub(crate) fn wait_price(daemon: &Daemon, symbol: &str, price: &str) -> Value {
    let mut client = daemon.client();
    let path = format!("/tickers/{symbol}");
    let wanted = format!("\"price\":{price},");
    wait_for(&format!("{symbol} at {price}"), || {
        let answer = client.request("GET", &path, "").unwrap();
        answer
            .body
            .contains(&wanted)
            .then(|| answer.json()[symbol].clone())
    })
}

/// Waits until the daemon has logged something.
pub(crate) fn wait_log(daemon: &Daemon, words: &str) {
    wait_for(&format!("{words:?} in the log"), || {
        daemon.log().contains(words).then_some(())
    });
}

/// How often the daemon has logged something.
pub(crate) fn logged(daemon: &Daemon, words: &str) -> usize {
    daemon.log().matches(words).count()
}
