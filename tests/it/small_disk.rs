//! A disk of a few megabytes that fills up, and one that the kernel makes read-only: a real file system on a loop device.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Answer, Client, Daemon, Launch, wait_for};

/// How large the disk is.
const DISK_BYTES: u64 = 8 << 20;
/// More orders than fit on it.
const ORDERS_MAX: usize = 50_000;

/// A mounted file system of its own.
struct SmallDisk {
    home: TempDir,
    is_mounted: bool,
}

impl SmallDisk {
    /// None, with a word why, where this user cannot mount one.
    fn make() -> Option<SmallDisk> {
        let home = TempDir::new().unwrap();
        let disk = SmallDisk {
            home,
            is_mounted: false,
        };
        File::create(disk.image())
            .unwrap()
            .set_len(DISK_BYTES)
            .unwrap();
        fs::create_dir(disk.root()).unwrap();
        let image = disk.image().display().to_string();
        let made = run("mkfs.ext4", &["-q", "-m", "0", &image]);
        match made.and_then(|()| disk.mount()) {
            Ok(disk) => Some(disk),
            Err(error) => {
                let missing = format!(
                    "a loop device cannot be mounted here: root and apt-get install e2fsprogs mount ({error})"
                );
                assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
                eprintln!("skipped: {missing}");
                None
            }
        }
    }

    fn image(&self) -> PathBuf {
        self.home.path().join("image")
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("disk")
    }

    fn mount(mut self) -> Result<SmallDisk, String> {
        let (image, root) = (self.image(), self.root());
        let options = "loop,errors=remount-ro";
        let names = [image.to_str().unwrap(), root.to_str().unwrap()];
        run("mount", &["-o", options, names[0], names[1]])?;
        self.is_mounted = true;
        Ok(self)
    }

    fn unmount(&mut self) {
        run("umount", &[self.root().to_str().unwrap()]).unwrap();
        self.is_mounted = false;
    }

    /// Has the kernel find an error, upon which it writes no more.
    fn break_down(&self) {
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let root = self.root().display().to_string();
        let line = mounts.lines().find(|line| line.contains(&root)).unwrap();
        let device = line.split(' ').next().unwrap();
        let device = device.strip_prefix("/dev/").unwrap();
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "test").unwrap();
    }

    fn launch(&self) -> Launch {
        Launch::new(&self.root().join("data"), "push").env("SYMBOLS", "BTC/USDT")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            // A test that has failed may have left a daemon behind, which is killed a little later.
            run("umount", &["--lazy", self.root().to_str().unwrap()]).ok();
        }
    }
}

/// Runs a program of the system, where its administrator finds it.
fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    output
        .status
        .success()
        .then_some(())
        .ok_or_else(|| format!("{program}: {}", said.trim()))
}

/// Orders that were acknowledged.
#[derive(Default)]
struct Acknowledged(Vec<String>);

impl Acknowledged {
    fn place(&mut self, client: &mut Client) -> Result<(), Answer> {
        let body =
            r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.001,"limit_price":40}"#;
        let answer = client.request("POST", "/orders", body).unwrap();
        if answer.status != 200 {
            return Err(answer);
        }
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        self.0.push(id);
        Ok(())
    }

    /// Places orders until one is refused.
    fn place_until_refused(&mut self, client: &mut Client) -> Answer {
        let refused = (0..ORDERS_MAX).find_map(|_| self.place(client).err());
        refused.expect("the disk holds more than it can")
    }

    #[track_caller]
    fn are_all_there(&self, client: &mut Client) {
        for id in &self.0 {
            client.get(&format!("/orders/{id}"));
        }
        client.get("/admin/health");
    }
}

#[track_caller]
fn reads_go_on(client: &mut Client, acknowledged: &Acknowledged) {
    let last = acknowledged.0.last().unwrap();
    for path in ["/balance", "/tickers", "/ui", "/ui/orders", "/healthz"] {
        client.get(path);
    }
    client.get(&format!("/orders/{last}"));
}

#[track_caller]
fn says(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains(words), "{}", answer.body);
}

fn begin(daemon: &Daemon) -> Client {
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "50");
    client
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut filler = File::create(path).unwrap();
    let full = (0..DISK_BYTES / 4096).find_map(|_| filler.write_all(&[1; 4096]).err());
    assert_eq!(full.unwrap().kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn a_full_disk_refuses_changes_until_there_is_space_again() {
    let Some(disk) = SmallDisk::make() else {
        return;
    };
    let mut daemon = disk.launch().start();
    let mut client = begin(&daemon);
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    let mut acknowledged = Acknowledged::default();
    acknowledged.place(&mut client).unwrap();
    let filler = disk.root().join("filler");
    fill(&filler);

    let refused = acknowledged.place_until_refused(&mut client);
    says(&refused, "No space left on device");
    reads_go_on(&mut client, &acknowledged);
    let health = client.request("GET", "/admin/health", "").unwrap();
    assert!(
        health.body.contains("No space left on device"),
        "{}",
        health.body
    );
    let page = client.get("/ui").body;
    assert!(page.contains("No space left on device"));

    fs::remove_file(&filler).unwrap();
    wait_for("space to be used", || acknowledged.place(&mut client).ok());
    acknowledged.are_all_there(&mut client);
    daemon.kill().unwrap();
    let daemon = disk.launch().start();
    acknowledged.are_all_there(&mut daemon.client());
    daemon.stop();
}

#[test]
fn a_disk_that_has_become_read_only_refuses_changes_and_loses_nothing() {
    let Some(mut disk) = SmallDisk::make() else {
        return;
    };
    let mut daemon = disk.launch().start();
    let mut client = begin(&daemon);
    client.post("/balance/USDT/deposit", r#"{"amount":1000000}"#);
    let mut acknowledged = Acknowledged::default();
    for _ in 0..50 {
        acknowledged.place(&mut client).unwrap();
    }
    disk.break_down();

    let refused = acknowledged.place_until_refused(&mut client);
    says(&refused, "Read-only file system");
    reads_go_on(&mut client, &acknowledged);
    says(
        &acknowledged.place_until_refused(&mut client),
        "Read-only file system",
    );
    daemon.kill().unwrap();
    // As after a reboot: the file system is checked, and written to again.
    disk.unmount();
    // It tells by its exit code what it has mended.
    run("e2fsck", &["-fy", disk.image().to_str().unwrap()]).ok();
    let disk = disk.mount().unwrap();
    let daemon = disk.launch().start();
    let mut client = begin(&daemon);
    acknowledged.are_all_there(&mut client);
    acknowledged.place(&mut client).unwrap();
    daemon.stop();
}
