//! Whom a secure connection trusts: the roots that come with this program, or those of a file.
//!
//! A proxy that looks into connections has a private authority of its own. It is in the system's list where the machine
//! is looked after; otherwise its certificate is a file that can be named.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

/// Where systems keep the certificates that they trust: Debian, Fedora, SUSE, Alpine and macOS.
const SYSTEM_FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The longest file that is read; a system's list has a quarter of a megabyte.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The certificates that are trusted.
#[derive(Debug, Clone, Default)]
pub struct Roots(Kept);

#[derive(Debug, Clone, Default)]
enum Kept {
    #[default]
    Bundled,
    Given(Arc<Vec<Certificate<'static>>>),
}

/// Why there is nothing to trust.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// No file of the system is where one is known to be.
    #[error(
        "no list of trusted certificates was found on this system; install ca-certificates, or set oracle.tls_roots \
         to \"bundled\" or to a file"
    )]
    NoSystem,
    /// The file cannot be read.
    #[error("the trusted certificates in {} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate in the file.
    #[error("{} holds no certificate in PEM form", .0.display())]
    Empty(PathBuf),
}

impl Roots {
    /// Those of the system; `named` is the file that the environment names for them (`SSL_CERT_FILE`).
    pub fn system(named: Option<&Path>) -> Result<Roots, RootsError> {
        if let Some(path) = named {
            return Roots::file(path);
        }
        let known = SYSTEM_FILES.iter().map(Path::new);
        let mut there = known.filter(|path| path.is_file());
        there.next().map_or(Err(RootsError::NoSystem), Roots::file)
    }

    /// Those of a file in PEM form.
    pub fn file(path: &Path) -> Result<Roots, RootsError> {
        let mut text = Vec::new();
        File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut text))
            .map_err(|source| RootsError::Read {
                path: path.to_owned(),
                source,
            })?;
        // What is no certificate is of no use here, and none of the others' fault.
        let certificates: Vec<Certificate<'static>> = parse_pem(&text)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                Ok(_) | Err(_) => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(RootsError::Empty(path.to_owned()));
        }
        Ok(Roots(Kept::Given(Arc::new(certificates))))
    }

    /// As the library wants them.
    pub(super) fn certificates(self) -> RootCerts {
        match self.0 {
            Kept::Bundled => RootCerts::WebPki,
            Kept::Given(certificates) => RootCerts::Specific(certificates),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let missing = Roots::file(Path::new("/nonexistent/ca.pem")).unwrap_err();
        assert!(missing.to_string().contains("/nonexistent/ca.pem"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "no certificate").unwrap();
        let empty = Roots::system(Some(&path)).unwrap_err();
        assert!(matches!(empty, RootsError::Empty(_)), "{empty}");
        let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, format!("# a comment\n{block}")).unwrap();
        assert!(Roots::file(&path).is_ok());
    }
}
