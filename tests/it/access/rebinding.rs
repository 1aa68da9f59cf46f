//! Without a key, a page of a stranger must not change anything through a browser that can reach the daemon: neither from
//! its own site, nor under a name that it has made lead here.

use std::net::SocketAddr;

use tempfile::TempDir;

use super::{exchange, request, status};
use crate::support::{Daemon, Launch};

const FUND: &str = r#"{"asset":"USDT","amount":1}"#;

fn start(home: &TempDir, config: &str) -> Daemon {
    let data = home.path().join("data");
    // The stage reads a key, which a daemon without authentication does not make.
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("api-key"), "unused").unwrap();
    Launch::new(&data, "push").config(config).start()
}

/// A change as a browser's page can ask for it without being asked back: with no type that would need leave.
fn fund(address: SocketAddr, lines: &[(&str, &str)]) -> u16 {
    status(address, &request("POST", "/admin/fund", lines, FUND))
}

fn balance(address: SocketAddr) -> String {
    let answer = exchange(
        address,
        &request("GET", "/balance/USDT", &[("host", "localhost")], ""),
    );
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn without_a_key_only_our_own_names_and_pages_change_anything() {
    let home = TempDir::new().unwrap();
    let daemon = start(
        &home,
        "[server]\nauth = false\n[pages]\nhosts = [\"mockx.example\"]\n",
    );
    let address = daemon.address;
    let before = balance(address);
    for lines in [
        [("host", "evil.example"), ("accept", "*/*")],
        [("host", "127.0.0.1.evil.example"), ("accept", "*/*")],
        [
            ("host", "localhost:8000"),
            ("origin", "https://evil.example"),
        ],
        [
            ("host", "localhost:8000"),
            ("origin", "http://localhost:9000"),
        ],
        [("host", "localhost:8000"), ("origin", "null")],
        [("host", "localhost:8000"), ("sec-fetch-site", "cross-site")],
        [("host", "localhost:8000"), ("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(fund(address, &lines), 403, "{lines:?}");
    }
    // What is read is for everybody, and so is what changes nothing.
    let foreign = [("host", "evil.example")];
    assert_eq!(
        status(address, &request("GET", "/balance", &foreign, "")),
        200
    );
    assert_eq!(balance(address), before);
    for lines in [
        vec![("host", "127.0.0.1:8000")],
        vec![("host", "[::1]:8000")],
        vec![("host", "192.168.1.4")],
        vec![("host", "localhost")],
        vec![("host", "mockx:8000")],
        vec![("host", "pi.local")],
        vec![("host", "mockx.example:80")],
        vec![
            ("host", "localhost:8000"),
            ("origin", "http://localhost:8000"),
        ],
        vec![
            ("host", "localhost:8000"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        assert_eq!(fund(address, &lines), 200, "{lines:?}");
    }
    let refused = exchange(address, &request("POST", "/admin/fund", &foreign, FUND));
    assert!(
        refused.contains("host_refused") && refused.contains("pages.hosts"),
        "{refused}"
    );
}

#[test]
fn a_key_is_enough_under_any_name() {
    let home = TempDir::new().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "push").start();
    let named = [
        ("host", "mockx.example"),
        ("x-api-key", daemon.key.as_str()),
    ];
    assert_eq!(fund(daemon.address, &named), 200);
    // Which a page of a stranger does not have.
    assert_eq!(fund(daemon.address, &named[..1]), 403);
}
