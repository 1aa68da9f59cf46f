//! The end of a daemon and its next start: clean stops, and starts that cannot be.

use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::kill::audit;
use crate::support::{Launch, wait_for};

/// How long a clean stop may take.
const STOP_MAX: Duration = Duration::from_secs(2);

const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.5,"limit_price":90}"#;

/// A request whose body is half sent is answered although the daemon is told to stop meanwhile.
fn stops_cleanly(signal: &str) {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let mut daemon = Launch::new(&directory, "push").start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100.25");
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    client.post("/orders", ORDER);

    let (first, rest) = ORDER.split_at(ORDER.len() / 2);
    let mut slow = daemon.client();
    slow.begin("POST", "/orders", ORDER.len()).unwrap();
    // The daemon is inside the request once it asks for the body.
    assert_eq!(slow.answer().unwrap().status, 100);
    slow.send(first).unwrap();
    let told = Instant::now();
    daemon.signal(signal);
    let address = daemon.address;
    wait_for("the end of listening", || TcpStream::connect(address).err());
    slow.send(rest).unwrap();
    let answer = slow.answer().unwrap().ok();
    assert_eq!(answer.json()["status"], "new");
    assert!(daemon.wait().success(), "{}", daemon.log());
    assert!(told.elapsed() < STOP_MAX, "{:?}", told.elapsed());

    let daemon = Launch::new(&directory, "push").start();
    let mut client = daemon.client();
    let path = format!("/orders/{}", answer.json()["id"].as_str().unwrap());
    assert_eq!(client.get(&path).body, answer.body);
    let ticker = client.get("/tickers/BTC/USDT").json();
    assert_eq!(ticker["BTC/USDT"]["price"], 100.25);
    let digest = client.digest();
    daemon.stop();
    let daemon = Launch::new(&directory, "push").start();
    assert_eq!(daemon.client().digest(), digest);
    daemon.stop();
    audit(&directory);
}

#[test]
fn sigterm_stops_within_2_s_and_answers_what_is_in_flight() {
    stops_cleanly("TERM");
}

#[test]
fn sigint_stops_within_2_s_and_answers_what_is_in_flight() {
    stops_cleanly("INT");
}

#[test]
fn connections_without_a_request_do_not_hold_up_the_end() {
    let home = TempDir::new().unwrap();
    let mut daemon = Launch::new(&home.path().join("data"), "push").start();
    let idle = TcpStream::connect(daemon.address).unwrap();
    let mut kept = daemon.client();
    kept.get("/balance");
    let told = Instant::now();
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    assert!(told.elapsed() < STOP_MAX, "{:?}", told.elapsed());
    drop(idle);
}

/// One sentence on stderr, and an exit code that says that it did not start.
fn refused(output: &Output, because: &str) {
    let said = str::from_utf8(&output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(because), "{said}");
}

#[test]
fn a_second_daemon_with_the_same_data_is_refused_in_one_sentence() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let daemon = Launch::new(&directory, "push").start();
    let second = Launch::new(&directory, "push").output();
    refused(&second, "mockx.redb is in use");
    // The first one is none the worse for it, and clients still find it.
    assert_eq!(daemon.client().get("/admin/health").status, 200);
    assert!(directory.join("endpoint").exists());
    daemon.stop();
}

#[test]
fn a_port_in_use_is_refused_in_one_sentence() {
    let home = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let launch = Launch::new(&home.path().join("data"), "push").listen(&address);
    refused(&launch.output(), &format!("cannot listen on {address}"));
}

#[test]
fn the_demo_is_funded_once() {
    let home = TempDir::new().unwrap();
    let launch = || Launch::new(&home.path().join("data"), "push").arg("--demo");
    let daemon = launch().start();
    let mut client = daemon.client();
    assert_eq!(client.get("/balance/USDT").json()["free"], 100_000);
    client.post("/balance/USDT/withdrawal", r#"{"amount":99999.5}"#);
    daemon.stop();
    let daemon = launch().start();
    let row = daemon.client().get("/balance/USDT").body;
    assert_eq!(row, r#"{"asset":"USDT","free":0.5,"used":0,"total":0.5}"#);
    daemon.stop();
}
