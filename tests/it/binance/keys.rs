//! Keys: what they let in, that they count at once and for ever, and the command that makes them.

use std::fs;
use std::process::Command;

use super::stage::{Key, Stage, told};
use crate::support::{Launch, OWN_BINARY};

const ORDER: &str = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01";

#[test]
fn a_key_lets_in_until_it_is_revoked() {
    let mut stage = Stage::new("");
    let reader = Key::new(&mut stage.own, r#"{"name":"reader","read_only":true}"#);
    let look = stage.signed_by(&reader, "GET", "/api/v3/account", "");
    assert_eq!(look.status, 200, "{}", look.body);
    let refusal = (
        -2015,
        "Invalid API-key, IP, or permissions for action.".to_owned(),
    );
    for (method, path) in [
        ("POST", "/api/v3/order"),
        ("POST", "/api/v3/order/test"),
        ("DELETE", "/api/v3/order"),
        ("DELETE", "/api/v3/openOrders"),
    ] {
        let answer = stage.signed_by(&reader, method, path, ORDER);
        assert_eq!(
            (answer.status, told(&answer)),
            (401, refusal.clone()),
            "{path}"
        );
    }
    let path = format!("/admin/keys/{}", reader.id);
    let revoked = stage.own.request("DELETE", &path, "").unwrap().ok().json();
    assert_eq!(revoked["name"], "reader");
    let answer = stage.signed_by(&reader, "GET", "/api/v3/account", "");
    assert_eq!((answer.status, told(&answer)), (401, refusal));
    let again = stage.own.request("DELETE", &path, "").unwrap();
    assert_eq!(again.status, 404, "{}", again.body);
    // The other one is not touched.
    stage.place(ORDER);
    let log = stage.daemon.log();
    for half in [&reader.public, &stage.key.public] {
        assert!(!log.contains(half.as_str()), "{log}");
    }
}

#[test]
fn keys_are_made_by_the_command_and_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let daemon = Launch::new(&data, "push").start();
    let run = |arguments: &[&str]| {
        let output = Command::new(OWN_BINARY)
            .env_clear()
            .env("HOME", directory.path())
            .env("MOCKX_DATA_DIR", &data)
            .env("MOCKX_CONFIG", "/dev/null")
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (
            output.status.code(),
            serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default(),
        )
    };
    let (code, made) = run(&["key", "new", "--name", "bot", "--read-only"]);
    assert_eq!(code, Some(0));
    assert_eq!(made["api_key"].as_str().map(str::len), Some(64));
    assert_eq!(made["secret"].as_str().map(str::len), Some(64));
    assert_eq!(run(&["key", "new", "--name", "bot"]).0, Some(1));
    daemon.stop();
    let text = fs::read_to_string(data.join("trading-keys.json")).unwrap();
    assert!(!text.contains(made["api_key"].as_str().unwrap()));
    let _daemon = Launch::new(&data, "push").start();
    let (_, listed) = run(&["key", "list"]);
    assert_eq!(listed[0]["name"], "bot");
    assert_eq!(listed[0]["read_only"], true);
    assert!(listed[0].get("secret").is_none() && listed[0].get("api_key").is_none());
    assert_eq!(run(&["key", "revoke", "bot"]).0, Some(0));
    assert_eq!(run(&["key", "revoke", "bot"]).0, Some(1));
}

#[test]
fn a_key_file_that_is_none_stops_the_start_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("trading-keys.json"), "sesame").unwrap();
    let output = Launch::new(&data, "push").output();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("trading-keys.json holds no keys"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
}
