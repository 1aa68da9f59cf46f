//! Whatever the umask says, what the daemon writes is its owner's alone; the address where it listens is for everybody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Launch, OWN_BINARY, other_binary, wait_for};

/// The names of what is in a folder, with their permissions.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut modes: Vec<_> = entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    modes.sort();
    modes
}

#[test]
fn no_file_is_open_to_others() {
    let home = TempDir::new().unwrap();
    let binary = other_binary().unwrap_or_else(|| OWN_BINARY.into());
    let careless = home.path().join("careless");
    let script = format!("#!/bin/sh\numask 0\nexec '{}' \"$@\"\n", binary.display());
    fs::write(&careless, script).unwrap();
    fs::set_permissions(&careless, fs::Permissions::from_mode(0o755)).unwrap();
    let data = home.path().join("data");
    // A folder that was there before, open to everybody.
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let daemon = Launch::of(&careless, &data)
        .arg("--source")
        .arg("push")
        .start();
    let mut client = daemon.client();
    client.post("/admin/keys", "{}");
    client.post("/balance/USDT/deposit", r#"{"amount":1}"#);
    assert_eq!(
        modes(&data),
        [
            ("api-key", 0o600),
            ("endpoint", 0o644),
            ("mockx.redb", 0o600),
            ("trading-keys.json", 0o600)
        ]
        .map(|(name, mode)| (name.to_owned(), mode))
    );
    drop(client);
    daemon.stop();
    // The folder that the daemon makes itself.
    let own = home.path().join("own");
    let daemon = Launch::of(&careless, &own)
        .arg("--source")
        .arg("push")
        .start();
    wait_for("the store", || {
        own.join("mockx.redb").exists().then_some(())
    });
    let mode = fs::metadata(&own).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    daemon.stop();
}
