//! A machine without a clock battery: it starts in 1970 and jumps to now when the network has told the time.
//!
//! libfaketime stands between the real daemon and the wall clock; the monotonic clock stays the kernel's.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::feed_stage::{has, wait_source};
use crate::support::{Daemon, Launch, wait_for};
use crate::venue_server::{Answers, answer};

const BOOT: u64 = 20;
const ORDER: &str =
    r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.5,"limit_price":90}"#;

/// Where the library is, if it is there.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let found = folders
        .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
        .find(|path| path.exists());
    if found.is_none() {
        let ci = std::env::var("CI");
        assert_ne!(
            ci.as_deref(),
            Ok("true"),
            "faketime is missing: apt-get install faketime"
        );
        eprintln!("skipped: faketime is missing: apt-get install faketime");
    }
    found
}

/// A daemon whose wall clock began at [`BOOT`] when its process did, or shows the truth once `set` was called.
struct Machine {
    home: TempDir,
    library: PathBuf,
}

impl Machine {
    fn new() -> Option<Machine> {
        let library = library()?;
        let home = TempDir::new().unwrap();
        Some(Machine { home, library })
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn clock(&self) -> PathBuf {
        self.home.path().join("clock")
    }

    /// The clock of a machine that has just been switched on.
    fn boot(&self, launch: Launch) -> Launch {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // The library knows offsets of the real time, which passes meanwhile.
        fs::write(self.clock(), format!("-{}\n", now.as_secs() - BOOT)).unwrap();
        launch
            .env("LD_PRELOAD", self.library.to_str().unwrap())
            .env("FAKETIME_TIMESTAMP_FILE", self.clock().to_str().unwrap())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    /// The network has told the time.
    fn set(&self) {
        let fresh = self.home.path().join("clock.new");
        fs::write(&fresh, "+0\n").unwrap();
        fs::rename(fresh, self.clock()).unwrap();
    }
}

fn clock(daemon: &Daemon) -> Value {
    daemon.client().get("/admin/health").json()["clock"].clone()
}

#[test]
fn nothing_expires_and_nothing_is_refused_when_the_clock_jumps() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let start = || {
        machine.boot(Launch::new(&machine.data(), "push").config("[oracle]\nmax_age = \"1h\"\n"))
    };
    let daemon = start().start();
    let mut client = daemon.client();
    assert_eq!(clock(&daemon)["trust"], "wrong");
    client.set_price("BTC/USDT", "100");
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    let order = client.post("/orders", ORDER).ok().json();
    assert!(
        order["ts_create"].as_u64().unwrap() < 1_000_000_000,
        "{order}"
    );

    machine.set();
    wait_for("the jump", || (clock(&daemon)["steps"] == 1).then_some(()));
    assert_ne!(clock(&daemon)["trust"], "wrong");
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(client.get(&path).json()["status"], "new");
    // Its price is not old: no time has passed.
    client.set_price("BTC/USDT", "89");
    wait_for("the fill", || {
        (client.get(&path).json()["status"] != "new").then_some(())
    });
    let second = client.post("/orders", ORDER).ok().json();
    assert!(
        second["ts_create"].as_u64().unwrap() > 1_700_000_000_000,
        "{second}"
    );
    daemon.stop();

    // Switched off and on again: the stamps go on, and the clock is known to be behind them.
    let daemon = start().start();
    let mut client = daemon.client();
    assert_eq!(clock(&daemon)["trust"], "wrong");
    let third = client.post("/orders", ORDER).ok().json();
    assert!(
        third["ts_create"].as_u64() >= second["ts_create"].as_u64(),
        "{third}"
    );
    machine.set();
    wait_for("a clock that can be right", || {
        (clock(&daemon)["trust"] != "wrong").then_some(())
    });
    let path = format!("/orders/{}", second["id"].as_str().unwrap());
    assert_ne!(client.get(&path).json()["status"], "expired");
    daemon.stop();
}

/// What the daemon says that is no line about an event of a poll.
fn told(path: &Path) -> String {
    fs::read_to_string(path.with_extension("log")).unwrap()
}

#[test]
fn a_venue_is_asked_on_through_the_jump() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let venue = Answers::by(|_, _| {
        answer(
            200,
            &[],
            r#"[{"symbol":"BTCUSDT","lastPrice":"100","bidPrice":"99","bidQty":"1","askPrice":"101","askQty":"1"}]"#,
        )
    });
    let config = format!(
        "[oracle]\nsymbols = [\"BTC/USDT\"]\ninterval = \"1s\"\nbase_urls = {{ binance = \"{}\" }}\n",
        venue.url
    );
    let launch = Launch::new(&machine.data(), "binance").config(&config);
    let daemon = machine.boot(launch).start();
    wait_source(&daemon, "the first poll", |source| {
        source["polls"].as_u64() > Some(0)
    });
    machine.set();
    let before = venue.asked();
    wait_for("more polls", || (venue.asked() > before + 1).then_some(()));
    wait_for("the jump", || (clock(&daemon)["steps"] == 1).then_some(()));
    assert!(told(&machine.data()).contains("nothing expires because of it"));
    daemon.stop();
}

/// A server with a certificate that nobody vouches for, killed when dropped.
struct Secure {
    child: Child,
    port: String,
}

impl Secure {
    fn start(folder: &Path) -> Secure {
        let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1000"])
            .arg("-key")
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.strip_prefix("ACCEPT ")?.rsplit_once(':')?;
            Some(port.to_owned())
        });
        // What it goes on to say has to go somewhere.
        std::thread::spawn(move || lines.count());
        let port = port.unwrap();
        Secure { child, port }
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn certificates_that_are_not_valid_yet_are_tried_on() {
    let Some(machine) = Machine::new().filter(|_| has("openssl", "openssl")) else {
        return;
    };
    let venue = Secure::start(machine.home.path());
    let config = format!(
        "[oracle]\nsymbols = [\"BTC/USDT\"]\ninterval = \"1s\"\nbase_urls = {{ binance = \"https://localhost:{}\" }}\n",
        venue.port
    );
    let launch = Launch::new(&machine.data(), "binance").config(&config);
    let daemon = machine.boot(launch).start();
    let error_with = |source: &Value, words: &str| {
        let error = source["last_error"].as_str().unwrap_or_default();
        error.contains(words)
    };
    let source = wait_source(&daemon, "the clock to be blamed", |source| {
        error_with(source, "is the clock of this machine right?")
    });
    assert_eq!(source["up"], false);
    machine.set();
    // Nobody vouches for it, and that is what it fails for now.
    wait_source(&daemon, "another error", |source| {
        error_with(source, "invalid peer certificate")
            && !error_with(source, "clock of this machine")
    });
    daemon.stop();
}
