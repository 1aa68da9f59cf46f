//! redis-py, which is what readers use today: it hears the same from the mirror and from the port, and the classic script
//! that writes prices needs no server.

use std::path::Path;
use std::process::Command;

use super::stage::{CALM, Stage, address};
use crate::mirror::random::operate;
use crate::mirror::stage::{self, fund, place, wait_in_step};
use crate::support::{Chance, python_with};

const SCRIPT: &str = include_str!("same.py");
const ORACLE: &str = include_str!("oracle.py");

fn run(python: &str, script: &str, arguments: &[&str]) -> String {
    let output = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{why}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_mirror_and_the_port_say_the_same() {
    let Some(mirror) = stage::Stage::new(&[]) else {
        return;
    };
    let Some(python) = python_with("redis") else {
        return;
    };
    let daemon = mirror.launch("[resp]\nlisten = \"127.0.0.1:0\"").start();
    let mut client = daemon.client();
    fund(&mut client);
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":3,"limit_price":0.03}"#,
    );
    let mut chance = Chance::new(Chance::seed(3), 1);
    let mut open = Vec::new();
    for _ in 0..300 {
        operate(&mut client, &mut chance, &mut open);
    }
    wait_in_step(&daemon);
    let socket = mirror.socket();
    let port = address(&daemon).port().to_string();
    let said = run(&python, SCRIPT, &[path(&socket), &port]);
    assert!(said.ends_with(" answers are the same\n"), "{said}");
    let answers: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(answers > 400, "{said}");
    daemon.stop();
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_classic_oracle_script_needs_no_server() {
    let Some(python) = python_with("redis") else {
        return;
    };
    let stage = Stage::new("push = true\nticker_prefix = \"sym_\"\npassword = \"pa ss\"");
    assert!(CALM.contains("BTC/USDT"));
    let mut client = stage.daemon.client();
    client.post("/balance/USDT/deposit", r#"{"amount":100000}"#);
    let port = stage.address().port().to_string();
    assert_eq!(run(&python, ORACLE, &[&port, "64000.5"]), "3 symbols\n");
    let ticker = client.get("/tickers/BTC/USDT").json()["BTC/USDT"].clone();
    assert_eq!(ticker["price"], 64000.5);
    assert_eq!(ticker["bid_volume"], 1.5);
    let body =
        r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":1,"limit_price":60000}"#;
    let id = place(&mut client, body);
    run(&python, ORACLE, &[&port, "59000"]);
    assert_eq!(
        client.get(&format!("/orders/{id}")).json()["status"],
        "filled"
    );
    stage.daemon.stop();
}
