//! Secrets that come as files, so that they stand in no environment and no configuration: what systemd lays into
//! `$CREDENTIALS_DIRECTORY` (`LoadCredential=api_key:...`), and files that a variable such as `API_KEY_FILE` names.
//!
//! The variable itself goes before its `_FILE`, that before the credential, and the credential before the configuration
//! file. A file that is empty counts as not set.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::env::{Environment, RESP_PASSWORD, VALKEY_PASSWORD};
use super::error::{ConfigError, Place};
use super::raw::Raw;
use super::setting::{Setting, Value};

/// The longest secret with what stands round it.
const BYTES_MAX: u64 = 4096;

/// Name of the credential, the variable that names a file, and the key.
const SECRETS: [(&str, &str, &str); 4] = [
    ("api_key", "API_KEY_FILE", "server.api_key"),
    ("redis_url", "REDIS_URL_FILE", "oracle.valkey_url"),
    ("valkey_password", "VALKEY_PASSWORD_FILE", VALKEY_PASSWORD),
    ("resp_password", "MOCKX_RESP_PASSWORD_FILE", RESP_PASSWORD),
];

/// Overrides what the configuration file said.
pub(super) fn apply(environment: &Environment, raw: &mut Raw) -> Result<(), ConfigError> {
    let credentials = environment.path("CREDENTIALS_DIRECTORY");
    for (credential, variable, key) in SECRETS {
        if let Some(directory) = &credentials
            && let Some(setting) = read(&directory.join(credential), key, true)?
        {
            raw.put(setting);
        }
        if let Some(path) = environment.path(variable)
            && let Some(setting) = read(&path, key, false)?
        {
            raw.put(setting);
        }
    }
    Ok(())
}

/// The secret in a file; one that need not be there may be missing.
fn read(
    path: &Path,
    key: &'static str,
    may_be_missing: bool,
) -> Result<Option<Setting>, ConfigError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text));
    let place = || Place::Secret(PathBuf::from(path));
    match read {
        Ok(bytes) => {
            let text = text.trim().to_owned();
            let setting = Setting::new(key, Value::Text(text), place());
            if u64::try_from(bytes).unwrap_or(u64::MAX) > BYTES_MAX {
                return Err(setting.bad(format!("must be at most {BYTES_MAX} bytes long")));
            }
            Ok((!setting.is_empty()).then_some(setting))
        }
        Err(error) if may_be_missing && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(Setting::new(key, Value::Text(String::new()), place()).bad("must be UTF-8"))
        }
        Err(source) => Err(ConfigError::Unreadable {
            path: PathBuf::from(path),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn applied(variables: &[(&str, &str)], file: &str) -> Result<Raw, ConfigError> {
        let mut raw = Raw::parse(file, Path::new("c.toml"))?;
        let environment = Environment::of(variables.iter().copied());
        environment.apply(&mut raw).map(|()| raw)
    }

    fn key(raw: &Raw) -> Option<String> {
        let setting = raw.get("server.api_key")?;
        Some(setting.text().unwrap().to_owned())
    }

    #[test]
    fn each_way_goes_before_the_one_below() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().to_str().unwrap();
        let named = folder.path().join("named");
        fs::write(folder.path().join("api_key"), "credential\n").unwrap();
        fs::write(folder.path().join("valkey_password"), "pa ss\n").unwrap();
        fs::write(&named, "  named \n").unwrap();
        let file = "[server]\napi_key = \"file\"\n";
        let all = [
            ("CREDENTIALS_DIRECTORY", directory),
            ("API_KEY_FILE", named.to_str().unwrap()),
            ("API_KEY", "variable"),
        ];
        let wins = ["file", "credential", "named", "variable"];
        for (count, expected) in wins.into_iter().enumerate() {
            let raw = applied(&all[..count], file).unwrap();
            assert_eq!(key(&raw).as_deref(), Some(expected));
        }
        let raw = applied(&all[..1], "").unwrap();
        let password = raw.get(VALKEY_PASSWORD).unwrap();
        assert_eq!(password.text().unwrap(), "pa ss");
        assert!(raw.get("oracle.valkey_url").is_none());
    }

    #[test]
    fn an_empty_credential_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("api_key"), "\n").unwrap();
        let directory = folder.path().to_str().unwrap();
        let raw = applied(&[("CREDENTIALS_DIRECTORY", directory)], "").unwrap();
        assert_eq!(key(&raw), None);
    }

    #[test]
    fn errors_name_the_file_and_never_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let variables = [("API_KEY_FILE", path.to_str().unwrap())];
        let error = applied(&variables, "").unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot read {}", path.display())),
            "{error}"
        );
        fs::write(&path, "k".repeat(5000)).unwrap();
        let error = applied(&variables, "").unwrap_err().to_string();
        let expected = format!(
            "{}: server.api_key = (not shown): must be at most 4096",
            path.display()
        );
        assert!(error.starts_with(&expected), "{error}");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        let error = applied(&variables, "").unwrap_err().to_string();
        assert!(error.ends_with("must be UTF-8"), "{error}");
    }
}
