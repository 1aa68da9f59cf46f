//! What a running daemon leaves in its data directory for the command line on the same machine:
//! where it listens (`endpoint`) and its key (`api-key`, readable by its owner, and by the group of a
//! directory that is open to its group alone).
//!
//! The daemon writes with [`api_key`] and [`Endpoint::publish`]; the command line reads with
//! [`read`].

use std::fs::{self, Permissions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::secret::Secret;
use crate::private_file::{self, OWNER_MODE};

/// File with the address of the running daemon, one line.
pub const ENDPOINT_FILE: &str = "endpoint";
/// File with the key, one line.
pub const KEY_FILE: &str = "api-key";

/// Random bytes in a key that is made here.
const KEY_BYTES: usize = 32;

const GROUP_MODE: u32 = 0o640;
const GROUP_DIRECTORY_MODE: u32 = 0o750;

/// Why one of the two files cannot be used.
#[derive(Debug, Error)]
pub enum LocalError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else than a key.
    #[error("{} holds no key: put one in, or delete it and a new one is made", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("cannot make a key: {0}")]
    NoChance(getrandom::Error),
}

/// The daemon's key, kept in `directory` for the command line: the configured one, else the one
/// that is kept there already, else a new one.
pub fn api_key(directory: &Path, configured: Option<&Secret>) -> Result<Secret, LocalError> {
    let path = directory.join(KEY_FILE);
    let kept = read_key(&path);
    let key = match (configured, kept) {
        (Some(configured), Ok(Some(kept))) if *configured == kept => return keep(&path, kept),
        (Some(configured), _) => configured.clone(),
        (None, Ok(Some(kept))) => return keep(&path, kept),
        (None, Ok(None)) => new_key()?,
        (None, Err(error)) => return Err(error),
    };
    replace(&path, key.expose(), key_mode(directory))?;
    Ok(key)
}

/// Leaves the key that is there, but sees to it that the right people can read it.
fn keep(path: &Path, key: Secret) -> Result<Secret, LocalError> {
    let mode = path.parent().map_or(OWNER_MODE, key_mode);
    let refit = || {
        let metadata = fs::metadata(path)?;
        if metadata.mode() & 0o777 == mode {
            return Ok(());
        }
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    refit().map_err(|source| LocalError::Write {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(key)
}

/// Who may read the key: its owner, and the group of a directory that lets its group in and nobody else. That is how
/// the package makes the directory, so that the members of the group `mockx` need no key; a directory that mockx makes by
/// itself is its owner's alone.
fn key_mode(directory: &Path) -> u32 {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.mode() & 0o777 == GROUP_DIRECTORY_MODE => GROUP_MODE,
        Ok(_) | Err(_) => OWNER_MODE,
    }
}

/// The file that says where the daemon listens. It goes away with this value.
#[derive(Debug)]
pub struct Endpoint {
    path: PathBuf,
}

impl Endpoint {
    /// Says in `directory` that the daemon listens on `address`, which is the one it really has
    /// (not port 0).
    pub fn publish(directory: &Path, address: SocketAddr) -> Result<Self, LocalError> {
        let path = directory.join(ENDPOINT_FILE);
        replace(&path, &url(address), 0o644)?;
        Ok(Self { path })
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // It may be gone with its directory; and nothing could be done about it at the end.
        fs::remove_file(&self.path).ok();
    }
}

/// One line of a file in a data directory. None when there is no such file.
pub fn read(directory: &Path, file: &str) -> Result<Option<String>, LocalError> {
    let path = directory.join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(LocalError::Read { path, source }),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The address by which a client on this machine reaches a server that listens on `address`.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn read_key(path: &Path) -> Result<Option<Secret>, LocalError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(LocalError::Read {
                path: path.to_path_buf(),
                source,
            });
        }
    };
    match Secret::parse(text.trim()) {
        Some(key) => Ok(Some(key)),
        None => Err(LocalError::NoKey {
            path: path.to_path_buf(),
        }),
    }
}

/// 256 random bits in hexadecimal.
fn new_key() -> Result<Secret, LocalError> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(LocalError::NoChance)?;
    let digits = bytes.iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    });
    Secret::parse(&digits).ok_or(LocalError::NoChance(getrandom::Error::UNEXPECTED))
}

/// Puts a file with one line in the place of an older one.
fn replace(path: &Path, line: &str, mode: u32) -> Result<(), LocalError> {
    private_file::replace(path, line, mode).map_err(|source| LocalError::Write {
        path: path.to_path_buf(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_to_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let made = api_key(directory.path(), None).unwrap();
        assert_eq!(made.expose().len(), 64);
        assert_eq!(api_key(directory.path(), None).unwrap(), made);
        let mode = fs::metadata(directory.path().join(KEY_FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(api_key(other.path(), None).unwrap(), made);
    }

    #[test]
    fn a_configured_key_takes_the_place_of_a_kept_one() {
        let directory = tempfile::tempdir().unwrap();
        api_key(directory.path(), None).unwrap();
        let configured = Secret::parse("ours").unwrap();
        assert_eq!(
            api_key(directory.path(), Some(&configured)).unwrap(),
            configured
        );
        let line = read(directory.path(), KEY_FILE).unwrap();
        assert_eq!(line.as_deref(), Some("ours"));
    }

    #[test]
    fn an_empty_key_file_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(KEY_FILE), "\n").unwrap();
        let error = api_key(directory.path(), None).unwrap_err().to_string();
        assert!(error.contains("api-key holds no key"), "{error}");
    }

    #[test]
    fn the_endpoint_is_there_as_long_as_its_value() {
        let directory = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::publish(directory.path(), "0.0.0.0:81".parse().unwrap()).unwrap();
        let line = read(directory.path(), ENDPOINT_FILE).unwrap();
        assert_eq!(line.as_deref(), Some("http://127.0.0.1:81"));
        drop(endpoint);
        assert_eq!(read(directory.path(), ENDPOINT_FILE).unwrap(), None);
    }

    #[test]
    fn unspecified_addresses_are_reached_by_loopback() {
        assert_eq!(url("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(
            url("192.168.1.5:80".parse().unwrap()),
            "http://192.168.1.5:80"
        );
    }
}
