//! Starts the real binary with nothing of the environment, and ends it in every way a process can end.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::{Client, wait_for};

/// The binary that was built with the tests.
pub(crate) const OWN_BINARY: &str = env!("CARGO_BIN_EXE_mockx");

/// The binary to test in its place, of `$MOCKX_TEST_BINARY`: another build, such as one for another machine.
pub(crate) fn other_binary() -> Option<PathBuf> {
    std::env::var_os("MOCKX_TEST_BINARY").map(PathBuf::from)
}

/// How a daemon is to be started.
#[derive(Debug)]
pub(crate) struct Launch {
    command: Command,
    /// Where it keeps its state.
    directory: PathBuf,
    listen: String,
    /// Where its log goes; beside the directory, which the daemon makes itself.
    log: PathBuf,
}

impl Launch {
    /// `mockx serve` on a free port, with a data directory and a source of prices.
    pub(crate) fn new(directory: &Path, source: &str) -> Launch {
        Launch::without_source(directory)
            .arg("--source")
            .arg(source)
    }

    /// The same with the source of the configuration.
    pub(crate) fn without_source(directory: &Path) -> Launch {
        let binary = other_binary().unwrap_or_else(|| PathBuf::from(OWN_BINARY));
        Launch::of(&binary, directory)
    }

    /// The same of another binary.
    pub(crate) fn of(binary: &Path, directory: &Path) -> Launch {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("HOME", directory)
            .env("MOCKX_CONFIG", "/dev/null")
            .args(["serve", "--data-dir"])
            .arg(directory)
            .stdin(Stdio::null());
        Launch {
            command,
            directory: directory.to_owned(),
            listen: "127.0.0.1:0".to_owned(),
            log: directory.with_extension("log"),
        }
    }

    /// The same with one more argument.
    #[must_use]
    pub(crate) fn arg(mut self, argument: &str) -> Launch {
        self.command.arg(argument);
        self
    }

    /// The same on another address than a free port.
    #[must_use]
    pub(crate) fn listen(mut self, address: &str) -> Launch {
        address.clone_into(&mut self.listen);
        self
    }

    /// The same with one more environment variable.
    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: &str) -> Launch {
        self.command.env(name, value);
        self
    }

    /// The same with a configuration file of this content.
    #[must_use]
    pub(crate) fn config(mut self, text: &str) -> Launch {
        let file = self.directory.with_extension("toml");
        fs::write(&file, text).unwrap();
        self.command.arg("--config").arg(file);
        self
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(mut self) -> Daemon {
        // A daemon that was killed leaves its file; the next one puts another in its place.
        let endpoint = self.directory.join("endpoint");
        let stale = inode(&endpoint);
        let log = File::create(&self.log).unwrap();
        let child = self
            .command
            .args(["--listen", &self.listen])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        // Killed also if it never gets ready.
        let mut process = Process(child);
        let url = wait_for("the endpoint file", || {
            if let Some(status) = process.0.try_wait().unwrap() {
                let said = fs::read_to_string(&self.log).unwrap();
                panic!("the daemon ended with {status}: {said}");
            }
            inode(&endpoint).filter(|&now| Some(now) != stale)?;
            fs::read_to_string(&endpoint).ok()
        });
        let address = url.trim().strip_prefix("http://").unwrap().parse().unwrap();
        let key = fs::read_to_string(self.directory.join("api-key")).unwrap();
        Daemon {
            process,
            address,
            key: key.trim().to_owned(),
            log: self.log,
        }
    }

    /// Runs it to its end, which is expected to be near.
    pub(crate) fn output(mut self) -> Output {
        self.command
            .args(["--listen", &self.listen])
            .output()
            .unwrap()
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.ino())
}

/// A process that is killed when dropped.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    process: Process,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its key.
    pub(crate) key: String,
    log: PathBuf,
}

impl Daemon {
    /// A new connection.
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address, &self.key).unwrap()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        wait_for("the end of the daemon", || {
            self.process.0.try_wait().unwrap()
        })
    }

    /// Stops it cleanly.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.process.0.kill()?;
        self.process.0.wait().map(drop)
    }
}
