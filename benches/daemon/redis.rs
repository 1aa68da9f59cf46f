//! Redis as people use it today for the same job: appended and synced before it answers, one `HSET` a request.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::load::Outcome;
use crate::process::Usage;
use crate::support::wait_for;

/// A running `redis-server`; killed when dropped.
#[derive(Debug)]
pub(crate) struct Redis {
    child: Child,
    port: String,
}

impl Redis {
    /// Starts one that keeps its file in `directory`; none if it is not installed.
    pub(crate) fn start(directory: &Path) -> Option<Redis> {
        let durable = ["--appendonly", "yes", "--appendfsync", "always"];
        Redis::start_with(directory, &durable)
    }

    /// Starts one that keeps nothing.
    pub(crate) fn start_in_memory(directory: &Path) -> Option<Redis> {
        Redis::start_with(directory, &[])
    }

    fn start_with(directory: &Path, options: &[&str]) -> Option<Redis> {
        let version = |tool| Command::new(tool).arg("--version").output();
        if version("redis-server").is_err() || version("redis-benchmark").is_err() {
            return None;
        }
        // Free a moment ago, which is good enough for a benchmark.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let port = address.port().to_string();
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(directory)
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("redis", || TcpStream::connect(address).ok());
        Some(Redis { child, port })
    }

    /// Sets one field of a new hash per request.
    pub(crate) fn run(&self, connections: usize, count: usize, value: &str) -> Outcome {
        let output = Command::new("redis-benchmark")
            .args(["-p", &self.port, "--csv", "--precision", "3"])
            .args(["-r", "1000000000"])
            .args(["-c", &connections.to_string(), "-n", &count.to_string()])
            .args(["hset", "order:__rand_int__", "data", value])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // "test","rps","avg","min","p50","p95","p99","max"; the test is the command, whose value may hold anything.
        let mut cells = text
            .trim_end()
            .rsplit(',')
            .map(|cell| cell.trim_matches('"'));
        let mut next = |skipped| cells.nth(skipped).unwrap().parse().unwrap();
        let p99_ms = next(1);
        let p50_ms = next(1);
        let rate = next(2);
        Outcome {
            rate,
            p50_ms,
            p99_ms,
        }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
