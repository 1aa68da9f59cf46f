//! redis-py, which is what readers use today.

use std::process::Command;

use super::stage::{Stage, fund, place, wait_in_step};
use crate::support::python_with;

const SCRIPT: &str = r#"
import json, sys
import redis
r = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
for order_id in r.smembers("open:set"):
    order = json.loads(r.hget("orders", order_id))
    assert order["id"] == order_id and order["status"] == "new", order
    assert order_id in r.smembers("open:" + order["symbol"])
    print(order["symbol"], order["side"], order["amount"], order["history"]["0"]["status"])
balances = {asset: json.loads(row) for asset, row in r.hgetall("balances").items()}
print(balances["BTC"]["free"], balances["BTC"]["used"], balances["BTC"]["total"])
ticker = r.hgetall("tickers:BTC/USDT")
print(ticker["symbol"], float(ticker["price"]), float(ticker["bid"]), float(ticker["timestamp"]) > 1e9)
for name in sorted(r.smembers("deposits:index")):
    print(name, r.hget(name, "asset_quantity"))
"#;

#[test]
fn redis_py_reads_it() {
    let Some(stage) = Stage::new(&[]) else { return };
    let Some(python) = python_with("redis") else {
        return;
    };
    let daemon = stage.daemon();
    let mut client = daemon.client();
    fund(&mut client);
    place(
        &mut client,
        r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":3,"limit_price":0.03}"#,
    );
    wait_in_step(&daemon);
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(stage.socket())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{why}");
    let expected = "ETH/BTC buy 3 new\n10.40991 0.09009 10.5\nBTC/USDT 64000.5 64000.5 True\n\
                    deposits:BTC 10.5\ndeposits:USDT 1000000\n";
    assert_eq!(said, expected);
    daemon.stop();
}
