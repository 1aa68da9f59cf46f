//! A redis-server that can be stopped and started, and a daemon that mirrors into it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use redis::{Connection, FromRedisValue};
use serde_json::Value;
use tempfile::TempDir;

use crate::feed_stage::{has, server_program};
use crate::support::{Client, Daemon, Launch, wait_for};

/// A folder with a server's socket and a daemon's data.
pub(crate) struct Stage {
    pub(crate) home: TempDir,
    server: Option<Child>,
    options: Vec<String>,
}

impl Stage {
    /// Starts a server with these options; none if there is none on this machine.
    pub(crate) fn new(options: &[&str]) -> Option<Stage> {
        if !has(&server_program(), "redis-server") {
            return None;
        }
        let mut stage = Stage {
            home: TempDir::new().unwrap(),
            server: None,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        };
        stage.start_server();
        Some(stage)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("redis.sock")
    }

    pub(crate) fn start_server(&mut self) {
        let mut command = Command::new(server_program());
        command.args(["--port", "0", "--save", "", "--appendonly", "no"]);
        command.arg("--unixsocket").arg(self.socket());
        command
            .arg("--dir")
            .arg(self.home.path())
            .args(&self.options);
        self.server = Some(command.stdout(Stdio::null()).spawn().unwrap());
        wait_for("the server", || self.try_connect());
    }

    /// SIGKILL.
    pub(crate) fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
            fs::remove_file(self.socket()).ok();
        }
    }

    pub(crate) fn signal_server(&self, name: &str) {
        let server = self.server.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-s", name, &server]).status();
        assert!(sent.unwrap().success());
    }

    fn try_connect(&self) -> Option<Connection> {
        let url = format!("unix://{}", self.socket().display());
        redis::Client::open(url).ok()?.get_connection().ok()
    }

    /// A connection of a reader.
    pub(crate) fn reader(&self) -> Connection {
        self.try_connect().unwrap()
    }

    /// Runs a command.
    pub(crate) fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        run(&mut self.reader(), words)
    }

    /// Runs a command, whatever it answers.
    pub(crate) fn tell(&self, words: &[&str]) {
        drop(self.run::<redis::Value>(words));
    }

    /// `mockx serve` with a mirror and prices that are pushed.
    pub(crate) fn launch(&self, more: &str) -> Launch {
        let socket = self.socket();
        let config = format!(
            "{more}\n[exchange]\nfill_sigma = 0\nmarket_delay_max = 0\ntick_loop = 0\nprune_every = \"200ms\"\n\
             [oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n\
             [mirror]\nurl = \"unix://{}\"\n",
            socket.display()
        );
        Launch::new(&self.home.path().join("data"), "push").config(&config)
    }

    pub(crate) fn daemon(&self) -> Daemon {
        self.launch("").start()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.kill_server();
    }
}

/// Runs a command.
pub(crate) fn run<T: FromRedisValue>(connection: &mut Connection, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(word);
    }
    command.query(connection).unwrap()
}

/// The mirror's part of `/admin/health`.
pub(crate) fn mirror(client: &mut Client) -> Value {
    client.get("/admin/health").json()["mirror"].clone()
}

/// Waits until the mirror's part of `/admin/health` is as wanted.
pub(crate) fn wait_mirror(daemon: &Daemon, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut client = daemon.client();
    let mut last = Value::Null;
    let begun = std::time::Instant::now();
    loop {
        let now = mirror(&mut client);
        if is(&now) {
            return now;
        }
        last.clone_from(&now);
        assert!(
            begun.elapsed() < crate::support::PATIENCE,
            "waited in vain for {what}: {last}"
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Waits until everything is written.
pub(crate) fn wait_in_step(daemon: &Daemon) {
    wait_mirror(daemon, "the mirror", |mirror| {
        mirror["state"] == "following" && mirror["queued"] == 0 && mirror["lag_s"] == 0.0
    });
}

/// Prices and funds.
pub(crate) fn fund(client: &mut Client) {
    for (symbol, price) in [
        ("BTC/USDT", "64000.5"),
        ("ETH/USDT", "2500.25"),
        ("ETH/BTC", "0.039"),
    ] {
        client.set_price(symbol, price);
    }
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    client.post("/balance/BTC/deposit", r#"{"amount":10.5}"#);
}

/// Places an order and gives its id.
pub(crate) fn place(client: &mut Client, body: &str) -> String {
    client.post("/orders", body).json()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}
