//! The daemon as a service: what it tells its supervisor, the socket it is handed, its log in the journal, its secrets.

use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::feed_stage::has;
use crate::support::{Client, Daemon, Launch, PATIENCE, wait_for};

/// A supervisor that listens.
struct Ear {
    socket: UnixDatagram,
    heard: String,
}

impl Ear {
    fn on(socket: UnixDatagram) -> Ear {
        socket.set_nonblocking(true).unwrap();
        Ear {
            socket,
            heard: String::new(),
        }
    }

    /// What it is told next.
    fn try_next(&mut self) -> Option<String> {
        let mut buffer = [0; 4096];
        match self.socket.recv(&mut buffer) {
            Ok(length) => {
                let message = std::str::from_utf8(&buffer[..length]).unwrap().to_owned();
                self.heard.push_str(&message);
                self.heard.push('\n');
                Some(message)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits for a line that begins so.
    fn wait(&mut self, begin: &str) -> String {
        wait_for(begin, || {
            let message = self.try_next()?;
            let mut lines = message.lines();
            lines
                .find(|line| line.starts_with(begin))
                .map(str::to_owned)
        })
    }
}

fn launch(home: &TempDir, socket: &str) -> Launch {
    Launch::new(&home.path().join("data"), "push").env("NOTIFY_SOCKET", socket)
}

#[test]
fn a_supervisor_hears_of_start_state_and_end() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("notify");
    let mut ear = Ear::on(UnixDatagram::bind(&path).unwrap());
    let daemon = launch(&home, path.to_str().unwrap()).start();
    ear.wait("READY=1");
    daemon.client().get("/admin/health");
    assert_eq!(
        ear.wait("STATUS="),
        "STATUS=push up, 0 prices, 0 open orders"
    );
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100");
    assert_eq!(
        ear.wait("STATUS="),
        "STATUS=push up, 1 price, 0 open orders"
    );
    assert!(!ear.heard.contains("WATCHDOG"), "{}", ear.heard);
    daemon.stop();
    ear.wait("STOPPING=1");
}

#[test]
fn the_name_of_the_ear_may_be_abstract() {
    let home = TempDir::new().unwrap();
    let name = format!("mockx-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let mut ear = Ear::on(UnixDatagram::bind_addr(&address).unwrap());
    let daemon = launch(&home, &format!("@{name}")).start();
    ear.wait("READY=1");
    daemon.stop();
}

#[test]
fn an_ear_that_is_gone_or_deaf_changes_nothing() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("nobody");
    launch(&home, path.to_str().unwrap()).start().stop();
    // Nobody reads this one, so it is full soon.
    let _deaf = UnixDatagram::bind(&path).unwrap();
    let daemon = launch(&home, path.to_str().unwrap())
        .env("WATCHDOG_USEC", "30000")
        .start();
    let until = Instant::now() + Duration::from_millis(300);
    let mut client = daemon.client();
    while Instant::now() < until {
        client.get("/healthz");
    }
    daemon.stop();
}

#[test]
fn signs_of_life_come_from_the_turns_and_stop_when_they_do() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("notify");
    let mut ear = Ear::on(UnixDatagram::bind(&path).unwrap());
    let daemon = launch(&home, path.to_str().unwrap())
        .env("WATCHDOG_USEC", "300000")
        .start();
    // Nobody asks anything: the matcher wakes up for it.
    let begun = Instant::now();
    for _ in 0..4 {
        ear.wait("WATCHDOG=1");
    }
    assert!(begun.elapsed() >= Duration::from_millis(200));
    daemon.signal("STOP");
    wait_for("the last sign of life", || {
        ear.try_next().is_none().then_some(())
    });
    let until = Instant::now() + Duration::from_millis(600);
    while Instant::now() < until {
        let said = ear.try_next();
        assert!(said.is_none_or(|said| !said.contains("WATCHDOG")));
        std::thread::yield_now();
    }
    daemon.signal("CONT");
    ear.wait("WATCHDOG=1");
    daemon.stop();
}

/// Binds a socket, and becomes the daemon with it as systemd's third descriptor.
const HAND_OVER: &str = "
import os, socket, sys
fds = []
for _ in range(int(sys.argv[1])):
    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(16); fds.append(s)
print(fds[0].getsockname()[1], flush=True)
for i, s in enumerate(fds): os.dup2(s.fileno(), 10 + i)
for i in range(len(fds)): os.dup2(10 + i, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
";

fn handed_over(home: &TempDir, count: &str, names: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .args(["-c", HAND_OVER, count, names, env!("CARGO_BIN_EXE_mockx")])
        .args(["serve", "--source", "push", "--data-dir"])
        .arg(home.path().join("data"))
        .env("MOCKX_CONFIG", "/dev/null")
        .stdin(Stdio::null());
    command
}

#[test]
fn the_socket_that_is_handed_over_is_served() {
    if !has("python3", "python3") {
        return;
    }
    let home = TempDir::new().unwrap();
    for (count, names) in [("1", "mockx.socket"), ("2", "http:other")] {
        let mut child = handed_over(&home, count, names)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut said = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut said, &mut port).unwrap();
        let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
        // Whoever connects before the daemon is there waits, and is not refused.
        let mut client = Client::connect(address, "").unwrap();
        assert_eq!(client.get("/healthz").body, r#"{"status":"ok"}"#);
        let endpoint = fs::read_to_string(home.path().join("data/endpoint")).unwrap();
        assert_eq!(endpoint.trim(), format!("http://{address}"));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn sockets_that_cannot_be_told_apart_are_refused() {
    if !has("python3", "python3") {
        return;
    }
    let home = TempDir::new().unwrap();
    let output = handed_over(&home, "2", "a:b").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("exactly one of them must have FileDescriptorName=http"),
        "{said}"
    );
}

#[test]
fn in_the_journal_a_line_has_a_priority_and_no_time() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let log = data.with_extension("log");
    let file = fs::File::create(&log).unwrap().metadata().unwrap();
    let stream = format!("{}:{}", file.dev(), file.ino());
    let daemon = Launch::new(&data, "push")
        .env("JOURNAL_STREAM", &stream)
        .start();
    daemon.client().get("/tickers");
    daemon.stop();
    let said = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("<6>mockx "), "{said}");
    assert_eq!(
        lines[1..],
        ["<6>stopping on SIGTERM", "<6>stopped"],
        "{said}"
    );
    // The last word of one that cannot start has one too.
    let output = Launch::new(&data, "krakn")
        .env("JOURNAL_STREAM", "0:0")
        .output();
    assert!(output.stderr.starts_with(b"mockx: command line"));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_from_the_credentials_is_the_key() {
    let home = TempDir::new().unwrap();
    let credentials = home.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("api_key"), "from-systemd\n").unwrap();
    let data = home.path().join("data");
    let daemon = Launch::new(&data, "push")
        .env("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())
        .start();
    assert_eq!(daemon.key, "from-systemd");
    daemon.client().set_price("BTC/USDT", "100");
    let mut stranger = Client::connect(daemon.address, "other").unwrap();
    let answer = stranger.request("DELETE", "/admin/data", "").unwrap();
    assert_eq!(answer.status, 403);
    assert!(!daemon.log().contains("from-systemd"));
    daemon.stop();
}

#[test]
fn the_group_reads_the_key_where_it_may_look_into_the_directory() {
    let home = TempDir::new().unwrap();
    let open = |data: PathBuf, wanted: [u32; 2]| {
        Launch::new(&data, "push").start().stop();
        let found = [mode(&data), mode(&data.join("api-key"))];
        assert_eq!(found, wanted, "{found:?}");
    };
    open(home.path().join("own"), [0o700, 0o600]);
    let shared = home.path().join("shared");
    fs::create_dir(&shared).unwrap();
    for (directory, key) in [
        (0o750, 0o640),
        (0o755, 0o600),
        (0o700, 0o600),
        (0o750, 0o640),
    ] {
        fs::set_permissions(&shared, fs::Permissions::from_mode(directory)).unwrap();
        open(shared.clone(), [directory, key]);
    }
}

/// Waits until the daemon logs this, and gives what it has logged.
fn logged(daemon: &Daemon, words: &str) -> String {
    wait_for(words, || {
        Some(daemon.log()).filter(|log| log.contains(words))
    })
}

#[test]
fn a_reload_takes_over_what_can_change_and_names_the_rest() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let file = data.with_extension("toml");
    let path = home.path().join("notify");
    let mut ear = Ear::on(UnixDatagram::bind(&path).unwrap());
    let first = "[oracle]\nsource = \"sim\"\ninterval = \"1h\"\nsymbols = [\"BTC/USDT\"]\n";
    fs::write(&file, first).unwrap();
    let daemon = Launch::without_source(&data)
        .env("NOTIFY_SOCKET", path.to_str().unwrap())
        .config(first)
        .start();
    ear.wait("READY=1");
    let mut client = daemon.client();
    wait_for("a price", || {
        client
            .get("/tickers")
            .body
            .contains("BTC/USDT")
            .then_some(())
    });

    let second = "[oracle]\nsource = \"sim\"\ninterval = \"1h\"\nmax_age = \"7200s\"\nsymbols = [\"BTC/USDT\", \"ETH/USDT\"]\n\
         [store]\ncache_mib = 8\n[log]\nlevel = \"debug\"\n";
    fs::write(&file, second).unwrap();
    daemon.signal("HUP");
    let monotonic = ear.wait("RELOADING=1");
    assert_eq!(monotonic, "RELOADING=1");
    ear.wait("READY=1");
    assert!(ear.heard.contains("\nMONOTONIC_USEC="), "{}", ear.heard);
    logged(
        &daemon,
        "reloaded: log.level, oracle.max_age, oracle.symbols\n",
    );
    logged(&daemon, "needs a restart: store.cache_mib\n");
    // The next tick of the old interval is an hour away.
    wait_for("the new symbol", || {
        client
            .get("/tickers")
            .body
            .contains("ETH/USDT")
            .then_some(())
    });

    fs::write(&file, "[oracle]\ninterval = \"often\"\n").unwrap();
    daemon.signal("HUP");
    ear.wait("READY=1");
    let log = logged(&daemon, "everything stays as it was");
    assert!(
        log.contains("data.toml:2: oracle.interval = \"often\": must be a time"),
        "{log}"
    );

    fs::write(&file, second).unwrap();
    daemon.signal("HUP");
    ear.wait("READY=1");
    let log = daemon.log();
    assert_eq!(
        log.matches("needs a restart: store.cache_mib\n").count(),
        2,
        "{log}"
    );
    assert_eq!(log.matches("reloaded:").count(), 1, "{log}");
    daemon.stop();
}

#[test]
fn prices_age_as_the_reload_says() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let config = |max_age: &str| {
        format!(
            "[oracle]\nsource = \"push\"\nmax_age = \"{max_age}\"\n[exchange]\ntick_loop = \"100ms\"\nmarket_delay_max = \"0s\"\n"
        )
    };
    let daemon = Launch::without_source(&data).config(&config("1ms")).start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100");
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    wait_for("an old price", || {
        let age = client.get("/tickers/BTC/USDT").json()["BTC/USDT"]["age_s"].as_f64();
        age.filter(|&age| age > 0.001)
    });
    let order = r#"{"symbol":"BTC/USDT","side":"buy","type":"market","amount":1}"#;
    let id = client.post("/orders", order).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/orders/{id}");
    assert_eq!(client.get(&path).json()["status"], "new");
    fs::write(data.with_extension("toml"), config("0")).unwrap();
    daemon.signal("HUP");
    logged(&daemon, "reloaded: oracle.max_age\n");
    let begun = Instant::now();
    wait_for("the fill", || {
        (client.get(&path).json()["status"] == "filled").then_some(())
    });
    assert!(begun.elapsed() < PATIENCE);
    daemon.stop();
}
