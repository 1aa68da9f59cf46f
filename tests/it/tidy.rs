//! The repository's promises about itself: who may import whom, how long files are, what every file begins with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a source file, inline tests not counted.
const FILE_LINES_MAX: usize = 500;
/// The most packages in the lock file.
const PACKAGES_MAX: usize = 210;
/// Words that must not be left behind.
const LEFTOVERS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// What each module of the crate may use of it.
const MAY_USE: [(&str, &[&str]); 26] = [
    ("units", &[]),
    ("exchange", &["units"]),
    ("archive", &["candles", "exchange", "units"]),
    // Prices over time: drawn by the daemon, written by the store, read by clients.
    ("candles", &["exchange", "units"]),
    ("status", &["units"]),
    ("verifier", &[]),
    ("stepper", &["status"]),
    ("venue_data", &["candles", "units"]),
    ("mailbox", &["exchange", "units"]),
    ("pool", &["archive"]),
    ("private_file", &[]),
    ("keys", &["private_file", "units"]),
    // What was: seen by the daemon, written by the store, drawn by the pages.
    ("samples", &["exchange", "units"]),
    (
        "store",
        &["archive", "candles", "exchange", "samples", "units"],
    ),
    ("oracle", &["candles", "exchange", "units", "venue_data"]),
    ("shapes", &["exchange", "units"]),
    ("keyspace", &["archive", "exchange", "shapes", "units"]),
    (
        "mirror",
        &[
            "archive", "exchange", "keyspace", "status", "units", "verifier",
        ],
    ),
    (
        "http",
        &[
            "archive",
            "candles",
            "exchange",
            "keys",
            "mailbox",
            "pool",
            "shapes",
            "status",
            "stepper",
            "units",
            "venue_data",
            "verifier",
        ],
    ),
    (
        "resp",
        &[
            "archive", "exchange", "keyspace", "mailbox", "pool", "units",
        ],
    ),
    // Stands beside http and on the same context, as the pages do.
    (
        "binance",
        &[
            "archive",
            "candles",
            "exchange",
            "http",
            "keys",
            "mailbox",
            "shapes",
            "units",
            "venue_data",
        ],
    ),
    // Stands beside http and on the same context; the daemon joins the two.
    (
        "pages",
        &[
            "archive", "exchange", "http", "mailbox", "samples", "status", "units",
        ],
    ),
    ("config", &["candles", "private_file", "units"]),
    (
        "daemon",
        &[
            "archive",
            "binance",
            "candles",
            "config",
            "exchange",
            "http",
            "keys",
            "keyspace",
            "mailbox",
            "mirror",
            "oracle",
            "pages",
            "pool",
            "resp",
            "samples",
            "status",
            "stepper",
            "store",
            "units",
            "venue_data",
            "verifier",
        ],
    ),
    ("cli", &["config", "daemon", "store", "units"]),
    ("main", &["cli"]),
];

/// Outside crates and the only modules that may name them.
const OUTSIDE: [(&str, &[&str]); 18] = [
    ("rust_decimal", &["units"]),
    ("ethnum", &["units"]),
    ("redb", &["store"]),
    ("postcard", &["store"]),
    ("hyper", &["http"]),
    ("subtle", &["http", "keys", "resp"]),
    // The pages have a module of this name.
    ("ring", &["keys", "pages"]),
    ("askama", &["pages"]),
    ("jiff", &["config", "pages"]),
    ("csv", &["oracle"]),
    ("flate2", &["candles", "oracle"]),
    ("redis", &["mirror", "oracle"]),
    ("rustix", &["cli", "daemon", "mirror", "oracle", "resp"]),
    ("sd_listen_fds", &["daemon"]),
    ("strsim", &["oracle"]),
    ("toml", &["config"]),
    ("clap", &["cli"]),
    ("env_logger", &["cli"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, by its path from the root.
fn rust_files(folder: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "no Rust files in {folder}");
    files
}

fn collect(folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The module of the crate that a file under `src` belongs to.
fn module_of(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap();
    inner.split('/').next().unwrap().trim_end_matches(".rs")
}

/// A file without comments and without its inline tests.
fn code_of(text: &str) -> String {
    let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = production
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the code names a path of a crate.
fn names(code: &str, outside: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    code.match_indices(&format!("{outside}::"))
        .any(|(at, _)| !code[..at].ends_with(inside))
}

/// Words that follow `prefix` in the code.
fn words_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    code.match_indices(prefix)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| !ends(c) || c == ':'))
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(ends).unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn modules_use_only_what_they_may() {
    for (file, text) in rust_files("src") {
        let module = module_of(&file);
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            panic!("{file}: the module {module} has no line in MAY_USE");
        };
        // A list behind `crate::{` is written one item a use in this repository.
        for used in words_after(&code_of(&text), "crate::") {
            assert!(
                used == module || allowed.contains(&used),
                "{file} uses crate::{used}, which {module} may not"
            );
        }
    }
}

#[test]
fn outside_crates_are_named_where_they_belong() {
    for (file, text) in rust_files("src") {
        let (module, code) = (module_of(&file), code_of(&text));
        for (outside, modules) in OUTSIDE {
            let named = names(&code, outside);
            assert!(
                !named || modules.contains(&module),
                "{file} names {outside}"
            );
        }
    }
    let server_only = ["hyper::", "hyper_util::", "http_body_util::"];
    for (file, text) in rust_files("src/http") {
        let named = server_only
            .iter()
            .any(|outside| code_of(&text).contains(outside));
        assert!(!named || file == "src/http/server.rs", "{file} names hyper");
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for folder in ["src", "tests", "benches", "examples"] {
        for (file, text) in rust_files(folder) {
            assert!(text.starts_with("//! "), "{file} has no header");
            let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = production.lines().count();
            assert!(lines <= FILE_LINES_MAX, "{file} has {lines} lines");
            for leftover in LEFTOVERS {
                let here = folder != "tests" && text.contains(leftover);
                assert!(!here, "{file} holds {leftover}");
            }
        }
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(
        changelog.contains(&heading),
        "CHANGELOG.md has no heading {heading}"
    );
}

#[test]
fn dependencies_stay_few() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(
        packages <= PACKAGES_MAX,
        "{packages} packages in Cargo.lock"
    );
}
