//! `exec`: the real binary with small programs of every temper.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::feed_stage::{logged, ticker, wait_log, wait_price, wait_source};
use crate::support::{Daemon, Launch, wait_for};

/// How long a clean stop may take while a program does not want to end.
const STOP_MAX: Duration = Duration::from_secs(3);
/// How much a flood may add to the daemon's memory.
const GROWTH_MAX_KIB: u64 = 8 * 1024;

/// A folder for the daemon and its program.
struct Stage {
    home: TempDir,
}

impl Stage {
    fn new() -> Stage {
        Stage {
            home: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A daemon whose prices come from this command.
    fn launch(&self, command: &[&str], more: &str) -> Launch {
        let config = format!("[oracle]\ncommand = {command:?}\n{more}\n");
        Launch::new(&self.path("data"), "exec")
            .env("PATH", &env::var("PATH").unwrap())
            .config(&config)
    }

    /// A daemon whose prices come from a shell script that runs in the stage's folder.
    fn script(&self, script: &str) -> Daemon {
        let path = self.path("feed.sh");
        let folder = self.home.path().display();
        fs::write(&path, format!("cd {folder}\n{script}\n")).unwrap();
        self.launch(&["sh", path.to_str().unwrap()], "").start()
    }
}

/// Whether a process has gone; one that only waits to be noticed has.
fn is_gone(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| {
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

fn words(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn resident_kib(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_program_that_ends_is_started_again() {
    let stage = Stage::new();
    let daemon = stage.script(
        r#"n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo $n > n
        echo '{"symbol":"BTC/USDT","last":'$n',"bid":"0.5","ask":7,"askVolume":0.25,"timestamp":1700000000}'
        echo "out of luck" >&2; exit 3"#,
    );
    let ticker = wait_price(&daemon, "BTC/USDT", "2");
    assert_eq!((&ticker["bid"], &ticker["ask"]), (&0.5.into(), &7.into()));
    assert_eq!(ticker["ask_volume"], 0.25);
    assert_eq!(ticker["bid_volume"], serde_json::Value::Null);
    assert_eq!(ticker["timestamp"].as_f64(), Some(1_700_000_000.0));
    let source = wait_source(&daemon, "two ends", |source| {
        source["failures"].as_u64() >= Some(2)
    });
    assert_eq!(source["name"], "exec");
    assert_eq!(
        source["last_error"],
        "the program ended with exit status: 3: out of luck"
    );
    wait_log(&daemon, "exec: out of luck");
    assert!(logged(&daemon, "exec: no prices: the program ended") >= 2);
    daemon.stop();
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let stage = Stage::new();
    let daemon = stage.launch(&["/nowhere/feed", "x"], "").start();
    let source = wait_source(&daemon, "the error", |source| source["up"] == false);
    let error = source["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("cannot start \"/nowhere/feed\": No such file"),
        "{error}"
    );
    let ready = daemon.client().request("GET", "/readyz", "").unwrap();
    assert_eq!(ready.status, 503);
    daemon.stop();
}

#[test]
fn bad_lines_are_counted_and_good_ones_pass() {
    let stage = Stage::new();
    let daemon = stage.script(
        r#"for i in 1 2 3; do
          echo 'starting up'; echo; echo '{"symbol":"BTC/USDT"}'; echo '{"symbol":"BTC/USDT","last":0}'
          echo '{"symbol":"BTC","last":1}'; echo '{"symbol":"BTC/USDT","last":-1}'
          head -c 100000 /dev/zero | tr '\0' x; echo
        done
        echo '{"symbol":"BTC/USDT","last":"64000.000000000000000001"}'
        echo '{"symbol":"BTC/USDT","last":nan}'
        echo '{"symbol":"ETH/USDT","last":1}'; sleep 1000"#,
    );
    wait_price(&daemon, "ETH/USDT", "1");
    wait_price(&daemon, "BTC/USDT", "64000.000000000000000001");
    let source = wait_source(&daemon, "the count", |source| source["skipped"] == 19);
    assert_eq!(
        (&source["up"], &source["failures"]),
        (&true.into(), &0.into())
    );
    assert_eq!(source["last_error"], serde_json::Value::Null);
    for reason in [
        "cannot be read",
        "has no price",
        "is not greater than 0",
        "is too long",
    ] {
        let reason = format!("{reason} is skipped, as others like it");
        assert_eq!(logged(&daemon, &reason), 1, "{reason}: {}", daemon.log());
    }
    daemon.stop();
}

#[test]
fn symbols_that_are_not_wanted_are_passed_over() {
    let stage = Stage::new();
    let script = r#"echo '{"symbol":"ETH/USDT","last":1}'; echo '{"symbol":"BTC/USDT","last":2}'; sleep 1000"#;
    let more = "symbols = [\"BTC/USDT\"]";
    let daemon = stage.launch(&["sh", "-c", script], more).start();
    wait_price(&daemon, "BTC/USDT", "2");
    assert!(
        ticker(&mut daemon.client(), "ETH/USDT").is_none_or(|ticker| ticker["price"].is_null())
    );
    daemon.stop();
}

#[test]
fn a_flood_neither_grows_memory_nor_starves_the_clients() {
    let stage = Stage::new();
    let daemon = stage.script(
        r#"echo '{"symbol":"ETH/USDT","last":1}'
        (head -c 100000000 /dev/zero | tr '\0' x) && echo
        yes no news >&2 &
        yes '{"symbol":"BTC/USDT","last":2,"bid":1,"ask":3,"bidVolume":4}'"#,
    );
    wait_price(&daemon, "ETH/USDT", "1");
    wait_price(&daemon, "BTC/USDT", "2");
    let before = resident_kib(&daemon);
    let mut client = daemon.client();
    let mut slowest = Duration::ZERO;
    wait_for("a hundred thousand lines", || {
        let begun = Instant::now();
        let health = client.get("/admin/health").json();
        slowest = slowest.max(begun.elapsed());
        (health["sources"][0]["polls"].as_u64() > Some(100_000)).then_some(())
    });
    let after = resident_kib(&daemon);
    assert!(
        after < before + GROWTH_MAX_KIB,
        "{before} KiB to {after} KiB"
    );
    // The machine may be busy with other tests; a starved executor would take far longer.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let ticks = client.get("/admin/health").json()["ticks"]
        .as_u64()
        .unwrap();
    assert!(ticks < 50_000, "{ticks} of the lines became ticks");
    assert!(
        logged(&daemon, "exec: no news") <= 200,
        "the log is flooded"
    );
    daemon.stop();
}

#[test]
fn a_program_ends_with_the_daemon() {
    let stage = Stage::new();
    let mut daemon = stage.script(
        r#"trap 'echo asked > asked; exit' TERM; sleep 1000 & echo $$ $! > pids
        echo '{"symbol":"BTC/USDT","last":1}'; wait"#,
    );
    wait_price(&daemon, "BTC/USDT", "1");
    let pids = words(&stage.path("pids"));
    assert_eq!(pids.len(), 2);
    daemon.signal("TERM");
    assert!(daemon.wait().success(), "{}", daemon.log());
    assert_eq!(words(&stage.path("asked")), ["asked"]);
    for pid in pids {
        assert!(is_gone(&pid), "{pid} is still there");
    }
}

#[test]
fn a_program_that_does_not_want_to_end_is_killed() {
    let stage = Stage::new();
    let mut daemon = stage.script(
        r#"trap '' TERM; sleep 1000 & echo $$ $! > pids
        echo '{"symbol":"BTC/USDT","last":1}'; while true; do wait; done"#,
    );
    wait_price(&daemon, "BTC/USDT", "1");
    let pids = words(&stage.path("pids"));
    let told = Instant::now();
    daemon.signal("TERM");
    assert!(daemon.wait().success(), "{}", daemon.log());
    assert!(told.elapsed() < STOP_MAX, "{:?}", told.elapsed());
    for pid in pids {
        wait_for("the end of a killed process", || {
            is_gone(&pid).then_some(())
        });
    }
}

#[test]
fn what_a_program_leaves_behind_ends_before_it_is_started_again() {
    let stage = Stage::new();
    let daemon =
        stage.script(r#"echo '{"symbol":"BTC/USDT","last":1}'; sleep 1000 & echo $! >> pids"#);
    let pids = wait_for("a second start", || {
        Some(words(&stage.path("pids"))).filter(|pids| pids.len() >= 2)
    });
    assert!(is_gone(&pids[0]), "{pids:?}");
    daemon.stop();
}

#[test]
fn a_program_that_closes_its_stdout_is_started_again() {
    let stage = Stage::new();
    let daemon = stage
        .script(r#"echo '{"symbol":"BTC/USDT","last":1}'; echo $$ >> pids; exec >&-; sleep 1000"#);
    let source = wait_source(&daemon, "the error", |source| source["up"] == false);
    assert_eq!(source["last_error"], "the program closed its stdout");
    let pids = wait_for("a second start", || {
        Some(words(&stage.path("pids"))).filter(|pids| pids.len() >= 2)
    });
    assert!(is_gone(&pids[0]), "{pids:?}");
    daemon.stop();
}

#[test]
fn a_program_does_not_inherit_the_daemons_key() {
    let stage = Stage::new();
    let path = stage.path("feed.sh");
    let seen = stage.path("seen");
    let script = format!(
        "env > {0}.part; mv {0}.part {0}; exec sleep 1000",
        seen.display()
    );
    fs::write(&path, script).unwrap();
    let daemon = stage
        .launch(&["sh", path.to_str().unwrap()], "")
        .env("API_KEY", "quite-secret")
        .start();
    let inherited = wait_for("the environment", || fs::read_to_string(&seen).ok());
    assert!(inherited.contains("PATH="), "{inherited}");
    assert!(!inherited.contains("quite-secret"), "{inherited}");
    daemon.stop();
}
