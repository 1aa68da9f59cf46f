//! A server that is slow, away, full, closed to us or in other hands: the exchange goes on, and the mirror comes back.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::equal::assert_equal;
use super::stage::{Stage, fund, mirror, place, wait_in_step, wait_mirror};
use super::verify::{assert_verified, verify};
use crate::feed_stage::logged;
use crate::support::{Client, Daemon, Launch};

pub(super) const RESTING: &str =
    r#"{"symbol":"ETH/BTC","side":"buy","type":"limit","amount":0.125,"limit_price":0.03}"#;

/// Orders are answered as if nothing were wrong.
fn trade(client: &mut Client) {
    let begun = Instant::now();
    for _ in 0..20 {
        let id = place(client, RESTING);
        place(client, RESTING);
        client.post(&format!("/orders/{id}/cancel"), "");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

pub(super) fn wait_error(daemon: &Daemon, words: &str) -> Value {
    wait_mirror(daemon, words, |mirror| {
        let error = mirror["last_error"].as_str();
        mirror["state"] == "failing" && error.is_some_and(|error| error.contains(words))
    })
}

/// Breaks a server that was in step, sees the error, mends it, and sees that all is well again.
fn survives(words: &str, break_it: impl FnOnce(&Stage), mend: impl FnOnce(&Stage)) {
    let Some(stage) = Stage::new(&[]) else { return };
    let daemon = stage.daemon();
    let mut client = daemon.client();
    fund(&mut client);
    trade(&mut client);
    wait_in_step(&daemon);
    break_it(&stage);
    trade(&mut client);
    let status = wait_error(&daemon, words);
    trade(&mut client);
    let text = status["text"].as_str().unwrap();
    assert!(
        text.starts_with("mirror: lagging ") && text.contains(words),
        "{text}"
    );
    let metrics = client.get("/metrics").body;
    assert!(metrics.contains("\nmockx_mirror_up 0\n"), "{metrics}");
    let output = verify(&daemon);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot be verified now")
    );
    mend(&stage);
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut stage.reader(), "");
    assert_verified(&daemon);
    assert_eq!(mirror(&mut client)["text"], "mirror: in step");
    assert_eq!(logged(&daemon, "WARN"), 1, "{}", daemon.log());
    assert_eq!(logged(&daemon, "is in step"), 2, "{}", daemon.log());
    daemon.stop();
}

fn set(stage: &Stage, name: &str, value: &str) {
    stage.tell(&["CONFIG", "SET", name, value]);
}

#[test]
fn a_full_server_is_waited_for() {
    survives(
        "OOM command not allowed",
        |stage| set(stage, "maxmemory", "1"),
        |stage| set(stage, "maxmemory", "0"),
    );
}

#[test]
fn a_replica_is_waited_for() {
    survives(
        "READONLY",
        |stage| {
            stage.tell(&["REPLICAOF", "127.0.0.1", "1"]);
        },
        |stage| {
            stage.tell(&["REPLICAOF", "NO", "ONE"]);
        },
    );
}

#[test]
fn a_key_that_somebody_else_has_taken_is_left_alone() {
    survives(
        "WRONGTYPE",
        |stage| {
            stage.tell(&["DEL", "balances"]);
            stage.tell(&["SET", "balances", "theirs"]);
        },
        |stage| {
            assert_eq!(stage.run::<String>(&["GET", "balances"]), "theirs");
            stage.tell(&["DEL", "balances"]);
        },
    );
}

#[test]
fn a_server_that_does_not_answer_holds_up_nobody() {
    survives(
        "no answer in time",
        |stage| stage.signal_server("STOP"),
        |stage| stage.signal_server("CONT"),
    );
}

#[test]
fn a_transaction_that_may_not_be_done_whole_is_not_done_at_all() {
    survives(
        "NOPERM",
        |stage| {
            stage.tell(&["ACL", "SETUSER", "default", "-sadd"]);
        },
        |stage| {
            stage.tell(&["ACL", "SETUSER", "default", "+sadd"]);
        },
    );
}

#[test]
fn a_server_that_is_away_is_found_again() {
    let Some(mut stage) = Stage::new(&[]) else {
        return;
    };
    stage.kill_server();
    let daemon = stage.daemon();
    let mut client = daemon.client();
    fund(&mut client);
    trade(&mut client);
    wait_error(&daemon, "No such file");
    for round in 0..3 {
        stage.start_server();
        wait_in_step(&daemon);
        trade(&mut client);
        wait_in_step(&daemon);
        assert_equal(&mut client, &mut stage.reader(), "");
        stage.kill_server();
        trade(&mut client);
        wait_mirror(&daemon, "the end", |mirror| mirror["state"] == "failing");
        assert_eq!(logged(&daemon, "WARN"), round + 2, "{}", daemon.log());
    }
    daemon.stop();
}

#[test]
fn users_passwords_databases_and_prefixes() {
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    let Some(stage) = Stage::new(&["--port", &port]) else {
        return;
    };
    let rights = [
        "~x:*",
        "+@connection",
        // No part of that in Redis 6.
        "+select",
        "+multi",
        "+exec",
        "+hset",
        "+hdel",
        "+sadd",
        "+srem",
        "+unlink",
        "+scan",
        "+type",
        "+hgetall",
        "+hkeys",
        "+hscan",
        "+hexists",
        "+smembers",
        "+sscan",
        "+scard",
        "+sismember",
    ];
    let user = ["ACL", "SETUSER", "mirror", "on", ">a secret"];
    stage.tell(&[&user[..], &rights[..]].concat());
    let data = stage.home.path().join("data");
    let url = |password: &str| format!("redis://mirror:{password}@127.0.0.1:{port}/3");
    let config = "[oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n[mirror]\nkey_prefix = \"x:\"\n";
    let daemon = Launch::new(&data, "push")
        .config(config)
        .env("REDIS_URL", &url("wrong"))
        .start();
    let status = wait_error(&daemon, "WRONGPASS");
    let shown = format!("127.0.0.1:{port}/3");
    assert_eq!(status["url"], shown.as_str());
    assert!(!daemon.log().contains("wrong@"), "{}", daemon.log());
    daemon.stop();
    let launch = Launch::new(&data, "push").config(config);
    let daemon = launch.env("REDIS_URL", &url("a%20secret")).start();
    let mut client = daemon.client();
    fund(&mut client);
    trade(&mut client);
    wait_in_step(&daemon);
    let mut reader = stage.reader();
    super::stage::run::<()>(&mut reader, &["SELECT", "3"]);
    assert_equal(&mut client, &mut reader, "x:");
    assert_eq!(stage.run::<i64>(&["DBSIZE"]), 0);
    assert_verified(&daemon);
    daemon.stop();
    // The parts of an address and a password for everybody.
    set(&stage, "requirepass", "pa ss");
    let launch = Launch::new(&data, "push").env("VALKEY_HOST", "127.0.0.1");
    let daemon = launch
        .env("VALKEY_PORT", &port)
        .env("VALKEY_PASSWORD", "pa ss")
        .start();
    wait_in_step(&daemon);
    assert_verified(&daemon);
    daemon.stop();
}

#[test]
fn prices_are_not_written_where_they_come_from() {
    let Some(stage) = Stage::new(&["--notify-keyspace-events", "Kh"]) else {
        return;
    };
    stage.tell(&[
        "HSET",
        "tickers:BTC/USDT",
        "price",
        "5",
        "timestamp",
        "1700000000",
    ]);
    stage.tell(&["HSET", "tickers:OLD", "price", "5"]);
    let url = format!("unix://{}", stage.socket().display());
    let launch = Launch::new(&stage.home.path().join("data"), "valkey");
    let daemon = launch.env("REDIS_URL", &url).start();
    crate::feed_stage::wait_price(&daemon, "BTC/USDT", "5");
    wait_in_step(&daemon);
    let mut client = daemon.client();
    let ticks = client.get("/admin/health").json()["ticks"].clone();
    client.post("/balance/USDT/deposit", r#"{"amount":100}"#);
    wait_in_step(&daemon);
    assert_eq!(stage.run::<i64>(&["HEXISTS", "balances", "USDT"]), 1);
    assert_eq!(stage.run::<i64>(&["HLEN", "tickers:BTC/USDT"]), 2);
    assert_eq!(client.get("/admin/health").json()["ticks"], ticks);
    assert_verified(&daemon);
    daemon.stop();
}
