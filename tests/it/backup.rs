//! `mockx backup`, `restore` and `check` with the real daemon, and with files that are no store.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{Client, Launch, OWN_BINARY};

fn mockx(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(OWN_BINARY);
    command
        .env_clear()
        .env("MOCKX_CONFIG", "/dev/null")
        .env("MOCKX_DATA_DIR", directory)
        .env("HOME", directory)
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// One sentence on stderr, and exit code 1.
#[track_caller]
fn is_refused(output: &Output, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words) && said.lines().count() == 1, "{said}");
}

/// The digest that a line of `mockx check` ends with.
fn digest(line: &str) -> &str {
    line.trim().rsplit(' ').next().unwrap()
}

fn trade(client: &mut Client, orders: u64) -> String {
    let mut last = String::new();
    for number in 0..orders {
        let price = 40 + number % 20;
        let body = format!(
            r#"{{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.5,"limit_price":{price}}}"#
        );
        let order = client.post("/orders", &body).json();
        order["id"].as_str().unwrap().clone_into(&mut last);
        if number % 3 == 0 {
            client.post(&format!("/orders/{last}/cancel"), "");
        }
    }
    last
}

fn launch(directory: &Path) -> Launch {
    Launch::new(directory, "push").env("SYMBOLS", "BTC/USDT")
}

#[test]
fn a_backup_of_the_running_daemon_is_restored_and_ids_go_on() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let daemon = launch(&directory).start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "50");
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    trade(&mut client, 100);
    let file = home.path().join("copy.redb");
    let name = file.to_str().unwrap();
    let copied = succeeds(&mockx(&directory, &["backup", name]));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Nothing is overwritten, and a store that is open is left alone.
    is_refused(&mockx(&directory, &["backup", name]), "exists");
    is_refused(&mockx(&directory, &["check"]), "in use");
    is_refused(&mockx(&directory, &["restore", name, "--force"]), "in use");
    assert_eq!(
        digest(&copied),
        digest(&succeeds(&mockx(&directory, &["check", name])))
    );
    let last = trade(&mut client, 30);
    daemon.stop();

    let before = succeeds(&mockx(&directory, &["check"]));
    assert_ne!(digest(&copied), digest(&before));
    is_refused(&mockx(&directory, &["restore", name]), "not empty");
    assert_eq!(before, succeeds(&mockx(&directory, &["check"])));
    succeeds(&mockx(&directory, &["restore", name, "--force"]));
    assert!(directory.join("mockx.redb.replaced").exists());
    let daemon = launch(&directory).start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "50");
    let gone = client.request("GET", &format!("/orders/{last}"), "");
    assert_eq!(gone.unwrap().status, 404);
    // Its id is not given to another.
    assert!(trade(&mut client, 1) > last);
    daemon.stop();

    // Where nothing is, nothing has to be forced, and everything is as it was.
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let restored = succeeds(&mockx(&elsewhere, &["restore", name]));
    assert_eq!(digest(&restored), digest(&copied));
}

#[test]
fn files_that_are_no_sound_store_are_told_in_one_sentence() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let daemon = launch(&directory).start();
    daemon
        .client()
        .post("/balance/USDT/deposit", r#"{"amount":10}"#);
    daemon.stop();
    let file = directory.join("mockx.redb");
    let sound = fs::read(&file).unwrap();
    let mut zeroed = sound.clone();
    zeroed[4096..].fill(0);
    let mut flipped = sound.clone();
    // A bit of every page: whatever is used is among them.
    for at in (4100..flipped.len()).step_by(4096) {
        flipped[at] ^= 4;
    }
    let half = sound[..sound.len() / 2].to_vec();
    for broken in [zeroed, flipped, half, b"hello".to_vec(), Vec::new()] {
        fs::write(&file, &broken).unwrap();
        let name = file.to_str().unwrap();
        is_refused(
            &mockx(&directory, &["check"]),
            "damaged or not a mockx store",
        );
        is_refused(
            &mockx(home.path(), &["restore", name]),
            "damaged or not a mockx store",
        );
        let started = launch(&directory).output();
        let said = String::from_utf8_lossy(&started.stderr);
        assert!(said.contains("damaged or not a mockx store"), "{said}");
        assert_eq!(fs::read(&file).unwrap(), broken);
    }
}

/// Nobody is there to be copied: no file is left.
#[test]
fn a_backup_that_fails_leaves_nothing() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("copy.redb");
    let output = mockx(home.path(), &["backup", file.to_str().unwrap()]);
    assert!(!output.status.success());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
