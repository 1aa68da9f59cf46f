//! `valkey`: the real binary and a real server, written to by redis-cli.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::feed_stage::{
    has, logged, server_program, source, ticker, wait_log, wait_price, wait_source,
};
use crate::support::{Daemon, Launch, wait_for};

/// A folder with a server's socket and a daemon's data.
struct Stage {
    home: TempDir,
    server: Option<Child>,
}

impl Stage {
    /// Starts a server with these options; none if there is none on this machine.
    fn new(options: &[&str]) -> Option<Stage> {
        if !(has(&server_program(), "redis-server") && has("redis-cli", "redis-server")) {
            return None;
        }
        let mut stage = Stage {
            home: TempDir::new().unwrap(),
            server: None,
        };
        stage.start_server(options);
        Some(stage)
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("redis.sock")
    }

    fn start_server(&mut self, options: &[&str]) {
        let mut command = Command::new(server_program());
        // An option that is given twice holds as it stands last.
        command.args(["--port", "0", "--save", "", "--appendonly", "no"]);
        command.arg("--unixsocket").arg(self.socket());
        command.arg("--dir").arg(self.home.path()).args(options);
        let server = command.stdout(Stdio::null()).spawn().unwrap();
        self.server = Some(server);
        wait_for("redis-server", || {
            let pong = self.run(&["PING"]);
            (pong == "PONG" || pong.starts_with("NOAUTH")).then_some(())
        });
    }

    fn stop_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
            fs::remove_file(self.socket()).ok();
        }
    }

    /// What redis-cli prints.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.arg("-s").arg(self.socket()).args(arguments);
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn launch(&self, interval: &str, more: &str) -> Launch {
        let socket = self.socket();
        let config = format!(
            "[oracle]\ninterval = \"{interval}\"\nvalkey_url = \"unix://{}\"\n{more}\n",
            socket.display()
        );
        Launch::new(&self.home.path().join("data"), "valkey").config(&config)
    }

    fn daemon(&self, interval: &str, more: &str) -> Daemon {
        self.launch(interval, more).start()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop_server();
    }
}

#[test]
fn hashes_are_read_at_the_interval() {
    let Some(stage) = Stage::new(&[]) else {
        return;
    };
    stage.run(&[
        "HSET",
        "tickers:BTC/USDT",
        "price",
        "64000.5",
        "timestamp",
        "1700000000.25",
        "ask",
        "64001",
        "askVolume",
        "0.5",
    ]);
    stage.run(&[
        "HSET",
        "tickers:ETH/USDT",
        "price",
        "2000",
        "timestamp",
        "1700000000123",
        "symbol",
        "ETH/USDT",
    ]);
    stage.run(&["SET", "tickers:XRP/USDT", "a text"]);
    stage.run(&["HSET", "tickers:NONE", "price", "1"]);
    stage.run(&["HSET", "sym_ADA/USDT", "price", "1", "timestamp", "1"]);
    let daemon = stage.daemon("100ms", "");
    let bitcoin = wait_price(&daemon, "BTC/USDT", "64000.5");
    assert_eq!(bitcoin["timestamp"].as_f64(), Some(1_700_000_000.25));
    assert_eq!(
        (&bitcoin["ask"], &bitcoin["bid"]),
        (&64001.into(), &64000.5.into())
    );
    assert_eq!(
        (&bitcoin["ask_volume"], &bitcoin["bid_volume"]),
        (&0.5.into(), &serde_json::Value::Null)
    );
    let ether = wait_price(&daemon, "ETH/USDT", "2000");
    assert_eq!(ether["timestamp"].as_f64(), Some(1_700_000_000.123));
    let source = wait_source(&daemon, "two polls", |source| {
        source["polls"].as_u64() >= Some(2)
    });
    assert_eq!(
        (&source["name"], &source["up"]),
        (&"valkey".into(), &true.into())
    );
    assert_eq!(
        (&source["failures"], &source["last_error"]),
        (&0.into(), &serde_json::Value::Null)
    );
    // The text and the key that names no symbol.
    assert!(source["skipped"].as_u64() >= Some(4) && source["skipped"].as_u64().unwrap() % 2 == 0);
    assert!(daemon.log().contains("does not tell of changes"));
    let mut client = daemon.client();
    assert_eq!(
        client.get("/tickers").json(),
        serde_json::json!(["BTC/USDT", "ETH/USDT"])
    );
    // Nothing new is no tick.
    assert_eq!(client.get("/admin/health").json()["ticks"], 2);
    stage.run(&["HSET", "tickers:ETH/USDT", "price", "2001"]);
    stage.run(&["HSET", "tickers:SOL/USDT", "price", "150"]);
    wait_price(&daemon, "ETH/USDT", "2001");
    wait_price(&daemon, "SOL/USDT", "150");
    daemon.stop();
}

#[test]
fn a_price_that_is_none_leaves_the_last_good_one() {
    let Some(stage) = Stage::new(&[]) else {
        return;
    };
    stage.run(&["HSET", "tickers:ETH/USDT", "price", "2000"]);
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "64000"]);
    let daemon = stage.daemon("50ms", "");
    wait_price(&daemon, "ETH/USDT", "2000");
    let mut client = daemon.client();
    for price in ["0", "-5", "nan", "None", ""] {
        stage.run(&["HSET", "tickers:ETH/USDT", "price", price]);
        let before = source(&mut client)["skipped"].as_u64();
        wait_source(&daemon, "the count", |source| {
            source["skipped"].as_u64() > before.map(|count| count + 1)
        });
        assert_eq!(ticker(&mut client, "ETH/USDT").unwrap()["price"], 2000);
    }
    stage.run(&["HDEL", "tickers:ETH/USDT", "price"]);
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "64001"]);
    wait_price(&daemon, "BTC/USDT", "64001");
    assert_eq!(ticker(&mut client, "ETH/USDT").unwrap()["price"], 2000);
    assert_eq!(source(&mut client)["up"], true);
    stage.run(&["HSET", "tickers:ETH/USDT", "price", "2002"]);
    wait_price(&daemon, "ETH/USDT", "2002");
    daemon.stop();
}

/// With an interval of an hour only what the server tells can bring a price.
fn follows_what_the_server_tells(flags: &str, prefix: &str) {
    let Some(stage) = Stage::new(&["--notify-keyspace-events", flags]) else {
        return;
    };
    let told = stage.run(&["CONFIG", "GET", "notify-keyspace-events"]);
    let set = |symbol: &str, price: &str| {
        let key = format!("{prefix}{symbol}");
        stage.run(&["HSET", &key, "price", price, "timestamp", "1700000000"])
    };
    set("BTC/USDT", "1");
    let more = format!("valkey_prefix = \"{prefix}\"");
    let daemon = stage.daemon("1h", &more);
    wait_price(&daemon, "BTC/USDT", "1");
    assert!(
        daemon.log().contains("tells of changes"),
        "{}",
        daemon.log()
    );
    for price in ["2", "3", "4.25"] {
        set("BTC/USDT", price);
        wait_price(&daemon, "BTC/USDT", price);
    }
    set("ETH/USDT", "7");
    wait_price(&daemon, "ETH/USDT", "7");
    let ticks = || daemon.client().get("/admin/health").json()["ticks"].as_u64();
    let before = ticks();
    set("ETH/USDT", "7");
    wait_for("a tick of what was written again", || {
        (ticks() > before).then_some(())
    });
    set("ETH/USDT", "0");
    wait_source(&daemon, "the count", |source| source["skipped"] == 1);
    stage.run(&["DEL", &format!("{prefix}BTC/USDT")]);
    stage.run(&["HSET", "other:BTC/USDT", "price", "9"]);
    set("ETH/USDT", "8");
    wait_price(&daemon, "ETH/USDT", "8");
    wait_price(&daemon, "BTC/USDT", "4.25");
    assert_eq!(
        stage.run(&["CONFIG", "GET", "notify-keyspace-events"]),
        told
    );
    daemon.stop();
}

#[test]
fn changes_that_the_server_tells_by_key_arrive_at_once() {
    follows_what_the_server_tells("Kh", "tickers:");
}

#[test]
fn changes_that_the_server_tells_by_event_arrive_at_once() {
    follows_what_the_server_tells("EA", "sym_");
}

#[test]
fn the_older_prefix_is_read_at_the_interval_too() {
    let Some(stage) = Stage::new(&[]) else {
        return;
    };
    let more = "valkey_prefix = \"sym_\"\nsymbols = [\"BTC/USDT\"]";
    let daemon = stage.daemon("100ms", more);
    wait_source(&daemon, "an empty server", |source| source["up"] == false);
    stage.run(&["HSET", "sym_ETH/USDT", "price", "1"]);
    stage.run(&[
        "HSET",
        "sym_BTC/USDT",
        "price",
        "64000",
        "timestamp",
        "1700000000",
    ]);
    wait_price(&daemon, "BTC/USDT", "64000");
    wait_source(&daemon, "prices", |source| source["up"] == true);
    assert_eq!(
        daemon.client().get("/tickers").json(),
        serde_json::json!(["BTC/USDT"])
    );
    assert_eq!(logged(&daemon, "no hash under sym_ has a price"), 1);
    daemon.stop();
}

/// A server that goes away is told once, and found again.
fn survives_a_restart(options: &[&str]) {
    let Some(mut stage) = Stage::new(options) else {
        return;
    };
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "1"]);
    let daemon = stage.daemon("100ms", "");
    wait_price(&daemon, "BTC/USDT", "1");
    stage.stop_server();
    let source = wait_source(&daemon, "two failures", |source| {
        source["up"] == false && source["failures"].as_u64() >= Some(2)
    });
    let error = source["last_error"].as_str().unwrap();
    assert!(error.contains("redis.sock: No such file"), "{error}");
    wait_price(&daemon, "BTC/USDT", "1");
    stage.start_server(options);
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "2"]);
    wait_price(&daemon, "BTC/USDT", "2");
    wait_source(&daemon, "prices", |source| source["up"] == true);
    assert_eq!(logged(&daemon, "valkey: no prices"), 1, "{}", daemon.log());
    assert_eq!(
        logged(&daemon, "valkey: prices arrive"),
        2,
        "{}",
        daemon.log()
    );
    daemon.stop();
}

#[test]
fn a_server_that_restarts_is_found_again() {
    survives_a_restart(&[]);
}

#[test]
fn a_server_that_restarts_tells_again() {
    survives_a_restart(&["--notify-keyspace-events", "Kh"]);
}

#[test]
fn a_key_that_is_written_without_end_does_not_hold_up_the_others() {
    let Some(stage) = Stage::new(&["--notify-keyspace-events", "Kh"]) else {
        return;
    };
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "1"]);
    let daemon = stage.daemon("1h", "");
    wait_price(&daemon, "BTC/USDT", "1");
    let mut flood = Command::new("redis-cli");
    flood.arg("-s").arg(stage.socket()).args(["-r", "-1"]);
    flood.args(["HSET", "tickers:ETH/USDT", "price", "7"]);
    let mut flood = flood.stdout(Stdio::null()).spawn().unwrap();
    wait_price(&daemon, "ETH/USDT", "7");
    for price in ["2", "3"] {
        stage.run(&["HSET", "tickers:BTC/USDT", "price", price]);
        wait_price(&daemon, "BTC/USDT", price);
    }
    assert!(flood.try_wait().unwrap().is_none(), "the flood is over");
    flood.kill().unwrap();
    flood.wait().unwrap();
    let source = wait_source(&daemon, "prices", |source| source["up"] == true);
    assert_eq!(source["failures"], 0);
    daemon.stop();
}

#[test]
fn a_server_that_does_not_answer_holds_up_nobody() {
    let Some(stage) = Stage::new(&[]) else {
        return;
    };
    stage.run(&["HSET", "tickers:BTC/USDT", "price", "1"]);
    let mut daemon = stage.daemon("100ms", "");
    wait_price(&daemon, "BTC/USDT", "1");
    let server = stage.server.as_ref().unwrap().id().to_string();
    let signal = |name: &str| Command::new("kill").args(["-s", name, &server]).status();
    signal("STOP").unwrap();
    let source = wait_source(&daemon, "the error", |source| source["up"] == false);
    let error = source["last_error"].as_str().unwrap();
    assert!(error.ends_with("redis.sock: no answer in time"), "{error}");
    wait_price(&daemon, "BTC/USDT", "1");
    signal("CONT").unwrap();
    wait_source(&daemon, "prices", |source| source["up"] == true);
    // Nor does the end of the daemon wait for it.
    signal("STOP").unwrap();
    let told = Instant::now();
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    assert!(
        told.elapsed() < Duration::from_secs(2),
        "{:?}",
        told.elapsed()
    );
}

#[test]
fn passwords_and_rights_are_told_in_the_words_of_the_server() {
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    let Some(stage) = Stage::new(&["--requirepass", "right one", "--port", &port]) else {
        return;
    };
    let launch = |password: &str| {
        Launch::new(&stage.home.path().join("data"), "valkey")
            .env("VALKEY_HOST", "127.0.0.1")
            .env("VALKEY_PORT", &port)
            .env("VALKEY_PASSWORD", password)
            .env("INTERVAL_SEC", "0.1")
    };
    for (password, words) in [("wrong one", "WRONGPASS"), ("", "NOAUTH")] {
        let daemon = launch(password).start();
        let source = wait_source(&daemon, "the error", |source| source["up"] == false);
        let error = source["last_error"].as_str().unwrap();
        assert!(error.contains(words), "{error}");
        assert!(!daemon.log().contains("wrong one"), "{}", daemon.log());
        daemon.stop();
    }
    let as_owner = |arguments: &[&str]| {
        stage.run(&[&["-a", "right one", "--no-auth-warning"], arguments].concat())
    };
    as_owner(&["HSET", "tickers:BTC/USDT", "price", "5"]);
    let daemon = launch("right one").start();
    wait_price(&daemon, "BTC/USDT", "5");
    daemon.stop();
    // A user that may neither ask for the configuration nor subscribe.
    as_owner(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">secret",
        "~tickers:*",
        "+hmget",
        "+scan",
        "+select",
    ]);
    as_owner(&["HSET", "tickers:BTC/USDT", "price", "6"]);
    let url = format!("redis://reader:secret@127.0.0.1:{port}/0");
    let daemon = launch("").env("REDIS_URL", &url).start();
    wait_price(&daemon, "BTC/USDT", "6");
    wait_log(&daemon, "does not tell of changes");
    as_owner(&["ACL", "SETUSER", "reader", "-hmget"]);
    let source = wait_source(&daemon, "the error", |source| source["up"] == false);
    let error = source["last_error"].as_str().unwrap();
    assert!(error.contains("NOPERM"), "{error}");
    daemon.stop();
}
