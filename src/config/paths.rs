//! Where things are: the configuration file, the data directory, and the data directories in which
//! the command line looks for a running daemon.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::env::Environment;
use super::error::ConfigError;

/// The configuration file of an installed package.
pub const SYSTEM_CONFIG: &str = "/etc/mockx/config.toml";
/// The state of an installed package.
pub const SYSTEM_STATE: &str = "/var/lib/mockx";
/// The sub-directory of the data directory that `--demo` uses.
pub const DEMO_DIR: &str = "demo";

/// The account that an installed package runs as.
const SYSTEM_USER: &str = "mockx";

/// The places that the environment and the account determine.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// `$MOCKX_CONFIG`.
    config: Option<PathBuf>,
    /// `$STATE_DIRECTORY`, which systemd sets.
    state_directory: Option<PathBuf>,
    /// `$XDG_DATA_HOME/mockx` or `~/.local/share/mockx`.
    home_state: Option<PathBuf>,
    /// Whether this is root or the account of the package.
    is_system_account: bool,
}

impl Places {
    /// The places of this process, whose environment is `environment`.
    pub(super) fn of(environment: &Environment) -> Self {
        let absolute = |path: &PathBuf| path.is_absolute();
        let data_home = environment.path("XDG_DATA_HOME").filter(absolute);
        let home = environment.path("HOME").filter(absolute);
        let data_home = data_home.or_else(|| home.map(|home| home.join(".local/share")));
        // systemd gives several directories with colons between; the first is the state's.
        let state = environment
            .text("STATE_DIRECTORY")
            .and_then(|list| list.split(':').next());
        Self {
            config: environment.path("MOCKX_CONFIG"),
            state_directory: state.map(PathBuf::from),
            home_state: data_home.map(|directory| directory.join("mockx")),
            is_system_account: is_system_account(),
        }
    }

    /// The file to read: the one asked for, else `$MOCKX_CONFIG`, else the package's if it exists.
    /// None means defaults. The working directory is not searched: a file takes effect because
    /// somebody named it.
    pub(super) fn config_file(&self, asked: Option<&Path>) -> Option<PathBuf> {
        let named = asked.map(Path::to_path_buf).or_else(|| self.config.clone());
        named.or_else(|| {
            let path = PathBuf::from(SYSTEM_CONFIG);
            // One that cannot be looked at exists: reading it then says why not.
            path.try_exists().unwrap_or(true).then_some(path)
        })
    }

    /// The data directory when none is configured.
    pub(super) fn data_dir(&self) -> Result<PathBuf, ConfigError> {
        let system = self.is_system_account.then(|| PathBuf::from(SYSTEM_STATE));
        let found = self
            .state_directory
            .clone()
            .or(system)
            .or_else(|| self.home_state.clone());
        found.ok_or(ConfigError::NoDataDir)
    }

    /// The data directories in which a daemon of this machine may run, the likeliest first: the
    /// configured one, the one that `serve` would take, the user's, the package's; each before the
    /// demo's inside it.
    pub(super) fn candidates(&self, configured: Option<PathBuf>) -> Vec<PathBuf> {
        let own = self.data_dir().ok();
        let system = Some(PathBuf::from(SYSTEM_STATE));
        let mut candidates = Vec::new();
        for directory in [configured, own, self.home_state.clone(), system]
            .into_iter()
            .flatten()
        {
            if !candidates.contains(&directory) {
                let demo = directory.join(DEMO_DIR);
                candidates.extend([directory, demo]);
            }
        }
        candidates
    }
}

/// Whether this process runs as root or as the package's account.
fn is_system_account() -> bool {
    let Ok(process) = fs::metadata("/proc/self") else {
        return false;
    };
    let uid = process.uid();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    uid == 0 || user_name(&accounts, uid) == Some(SYSTEM_USER)
}

/// The name of `uid` in the lines of `/etc/passwd`.
fn user_name(accounts: &str, uid: u32) -> Option<&str> {
    let uid = uid.to_string();
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)], is_system_account: bool) -> Places {
        let environment = Environment::of(variables.iter().copied());
        Places {
            is_system_account,
            ..Places::of(&environment)
        }
    }

    /// Environment, whether it is the package's account, and the directory.
    type Case<'a> = (&'a [(&'a str, &'a str)], bool, Option<&'a str>);

    #[test]
    fn data_directory_in_order() {
        let table: [Case<'_>; 7] = [
            (&[("HOME", "/h")], false, Some("/h/.local/share/mockx")),
            (
                &[("HOME", "/h"), ("XDG_DATA_HOME", "/x")],
                false,
                Some("/x/mockx"),
            ),
            (
                &[("HOME", "/h"), ("XDG_DATA_HOME", "not/absolute")],
                false,
                Some("/h/.local/share/mockx"),
            ),
            (&[("HOME", "/root")], true, Some("/var/lib/mockx")),
            (
                &[("HOME", "/h"), ("STATE_DIRECTORY", "/s:/t")],
                true,
                Some("/s"),
            ),
            (&[], true, Some("/var/lib/mockx")),
            (&[], false, None),
        ];
        for (variables, system, expected) in table {
            let found = places(variables, system).data_dir().ok();
            assert_eq!(found, expected.map(PathBuf::from), "{variables:?}");
        }
    }

    #[test]
    fn candidates_begin_with_what_is_configured_and_hold_the_demo() {
        let user = places(&[("HOME", "/h")], false);
        let found = user.candidates(Some(PathBuf::from("/c")));
        let expected = [
            "/c",
            "/c/demo",
            "/h/.local/share/mockx",
            "/h/.local/share/mockx/demo",
            "/var/lib/mockx",
            "/var/lib/mockx/demo",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
        let root = places(&[("HOME", "/h")], true).candidates(None);
        assert_eq!(root.first(), Some(&PathBuf::from("/var/lib/mockx")));
        assert_eq!(root.len(), 4);
    }

    #[test]
    fn configuration_file_in_order() {
        let named = places(&[("MOCKX_CONFIG", "/m.toml")], false);
        assert_eq!(
            named.config_file(Some(Path::new("a.toml"))),
            Some(PathBuf::from("a.toml"))
        );
        assert_eq!(named.config_file(None), Some(PathBuf::from("/m.toml")));
    }

    #[test]
    fn accounts_are_found_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nmockx:x:990:990::/nonexistent:/bin/false\n";
        assert_eq!(user_name(accounts, 990), Some("mockx"));
        assert_eq!(user_name(accounts, 0), Some("root"));
        assert_eq!(user_name(accounts, 99), None);
        assert_eq!(user_name("broken\n:\n", 1), None);
    }
}
