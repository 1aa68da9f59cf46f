//! Where the daemon is and which key it wants: what the environment says, else what a daemon on
//! this machine has left in its data directory.
//!
//! A key found on this machine is only ever sent to the daemon that it belongs to.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::Uri;

use super::exit::Failure;
use crate::config::local::{self, ENDPOINT_FILE, KEY_FILE, LocalError};
use crate::config::{Environment, Secret, data_dirs};

/// Where a daemon listens unless it is told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8000";
/// A daemon on this machine takes a connection at once or not at all.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// A daemon to talk to.
#[derive(Debug)]
pub(super) struct Daemon {
    /// Its address, without a slash at the end.
    pub(super) url: String,
    /// Its key, if it is known.
    pub(super) key: Option<Secret>,
    /// Why the key is not known, where there is more to say than that nobody set it.
    pub(super) hint: Option<String>,
}

/// A data directory with an endpoint in it.
#[derive(Debug)]
struct Found {
    directory: PathBuf,
    url: String,
}

/// The daemon that `environment` and this machine point at.
pub(super) fn find(environment: &Environment) -> Result<Daemon, Failure> {
    let given_url = environment.text("API_URL").map(checked_url).transpose()?;
    let given_key = environment.text("API_KEY").map(checked_key).transpose()?;
    if let (Some(url), Some(_)) = (&given_url, &given_key) {
        return Ok(Daemon {
            url: url.clone(),
            key: given_key,
            hint: None,
        });
    }
    let (found, hint) = search(&data_dirs(environment));
    let chosen = match &given_url {
        Some(url) => found
            .into_iter()
            .find(|found| canonical(&found.url) == canonical(url)),
        None => choose(found),
    };
    let Some(chosen) = chosen else {
        let url = given_url.unwrap_or_else(|| DEFAULT_URL.to_owned());
        return Ok(Daemon {
            url,
            key: given_key,
            hint,
        });
    };
    let (kept_key, hint) = match kept_key(&chosen.directory) {
        Ok(key) => (key, None),
        Err(error) => (None, Some(advice(&error))),
    };
    Ok(Daemon {
        url: chosen.url,
        key: given_key.or(kept_key),
        hint,
    })
}

/// The directories with an endpoint, in order, and advice if one of them may not be looked into.
fn search(directories: &[PathBuf]) -> (Vec<Found>, Option<String>) {
    let mut found = Vec::new();
    let mut hint = None;
    for directory in directories {
        match local::read(directory, ENDPOINT_FILE) {
            Ok(Some(url)) => found.push(Found {
                directory: directory.clone(),
                url,
            }),
            Ok(None) => {}
            Err(error) => hint = hint.or_else(|| Some(advice(&error))),
        }
    }
    (found, hint)
}

/// The first that takes a connection. A daemon that was killed leaves its endpoint behind, which
/// must not hide another one that runs.
fn choose(mut found: Vec<Found>) -> Option<Found> {
    let alive = found
        .iter()
        .position(|found| found.url.strip_prefix("http://").is_some_and(accepts));
    let index = alive.unwrap_or(0);
    (index < found.len()).then(|| found.swap_remove(index))
}

fn accepts(address: &str) -> bool {
    let address = address.parse::<SocketAddr>().ok();
    address.is_some_and(|address| TcpStream::connect_timeout(&address, PROBE_TIMEOUT).is_ok())
}

/// An address with one name for this machine.
fn canonical(url: &str) -> String {
    url.replacen("//localhost", "//127.0.0.1", 1)
}

fn kept_key(directory: &Path) -> Result<Option<Secret>, LocalError> {
    Ok(local::read(directory, KEY_FILE)?.and_then(|text| Secret::parse(&text)))
}

fn advice(error: &LocalError) -> String {
    format!(
        "{error}; run the command with sudo or as the daemon's user (or as one of its group mockx), or set API_KEY"
    )
}

fn checked_key(text: &str) -> Result<Secret, Failure> {
    Secret::parse(text).ok_or_else(|| {
        let allowed = "must be 1 to 256 visible ASCII characters without spaces";
        Failure::Usage(format!("environment: API_KEY = (not shown): {allowed}"))
    })
}

fn checked_url(text: &str) -> Result<String, Failure> {
    let url = text.trim_end_matches('/');
    let refused =
        |allowed: &str| Failure::Usage(format!("environment: API_URL = {text:?}: {allowed}"));
    let uri: Uri = url
        .parse()
        .map_err(|_| refused("must be an address such as http://127.0.0.1:8000"))?;
    match (uri.scheme_str(), uri.host(), uri.query()) {
        (Some("https"), _, _) => Err(refused(
            "must begin with http://: this command speaks no TLS, use a tunnel",
        )),
        (Some("http"), Some(host), None) if !host.is_empty() => Ok(url.to_owned()),
        _ => Err(refused("must be an address such as http://127.0.0.1:8000")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn addresses_are_checked() {
        assert_eq!(checked_url("http://pi:8000/").unwrap(), "http://pi:8000");
        assert_eq!(
            checked_url("http://[::1]:8000/mockx").unwrap(),
            "http://[::1]:8000/mockx"
        );
        for bad in [
            "pi:8000",
            "ftp://pi",
            "http://",
            "http://a b",
            "http://pi/?q=1",
            "/tickers",
        ] {
            let error = checked_url(bad).unwrap_err().to_string();
            assert!(
                error.contains("must be an address such as"),
                "{bad}: {error}"
            );
        }
        assert!(
            checked_url("https://pi")
                .unwrap_err()
                .to_string()
                .contains("no TLS")
        );
    }

    #[test]
    fn an_endpoint_left_behind_hides_no_running_daemon() {
        let alive = TcpListener::bind("127.0.0.1:0").unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let found = |listener: &TcpListener, directory: &str| Found {
            directory: PathBuf::from(directory),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let both = vec![found(&gone, "gone"), found(&alive, "alive")];
        let one = vec![found(&gone, "gone")];
        drop(gone);
        assert_eq!(choose(both).unwrap().directory, PathBuf::from("alive"));
        assert_eq!(choose(one).unwrap().directory, PathBuf::from("gone"));
        assert!(choose(Vec::new()).is_none());
    }
}
