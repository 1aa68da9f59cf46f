//! Tells the compiler what `mockx --version` says beside the version: the commit and the target.
//!
//! The commit is that of `$MOCKX_COMMIT`, for a source tree without its repository, else that of the repository; the same
//! sources give the same bytes. Builds for development do not ask, as every commit would build everything anew.
#![allow(
    clippy::print_stdout,
    reason = "it is how a build script speaks to cargo"
)]

use std::env;
use std::path::Path;
use std::process::Command;

/// Digits of the commit that are shown.
const DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-env-changed=MOCKX_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let given = env::var("MOCKX_COMMIT").ok();
    let given = given.filter(|commit| !commit.is_empty());
    let commit = if env::var("PROFILE").as_deref() == Ok("release") {
        given.or_else(commit)
    } else {
        given.or_else(|| Some("development".to_owned()))
    };
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    let commit = commit.get(..DIGITS).unwrap_or(&commit);
    println!("cargo::rustc-env=MOCKX_BUILD={commit}, {target}");
}

/// The commit of the repository that these sources are the root of.
fn commit() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    // It is written to whenever another commit is checked out.
    println!(
        "cargo::rerun-if-changed={}",
        git(&["rev-parse", "--git-path", "logs/HEAD"])?
    );
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
