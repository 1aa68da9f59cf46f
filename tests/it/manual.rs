//! The manual pages and the completions: complete, the same every time, and sound for those who read them.

#[path = "../../examples/manual/pages.rs"]
mod pages;

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::feed_stage::has;

fn page(name: &str) -> String {
    let mut all = pages::all().into_iter();
    all.find(|(found, _)| *found == name).unwrap().1
}

#[test]
fn every_command_and_option_is_in_every_one() {
    let manual = page("mockx.1").replace("\\-", "-");
    for sub in mockx::cli::command().get_subcommands() {
        let name = sub.get_name();
        assert!(manual.contains(&format!("\n.SS mockx {name}")), "{name}");
        for file in ["mockx.bash", "_mockx", "mockx.fish"] {
            assert!(page(file).contains(name), "{name} in {file}");
        }
        for option in sub.get_arguments().filter_map(clap::Arg::get_long) {
            assert!(manual.contains(&format!("--{option}")), "{name} --{option}");
        }
    }
}

#[test]
fn every_key_of_the_configuration_is_described() {
    let manual = page("mockx.toml.5");
    let shipped = include_str!("../../config.toml");
    let mut keys = 0;
    for line in shipped.lines() {
        let setting = line
            .strip_prefix('#')
            .and_then(|line| line.split_once(" = "));
        let Some((key, _)) = setting.filter(|(key, _)| key.starts_with(char::is_lowercase)) else {
            continue;
        };
        keys += 1;
        let (_, described) = manual.split_once(&format!("\n.TP\n.B {key} = ")).unwrap();
        let text = described.lines().nth(1).unwrap();
        // Two keys may share a description, which then stands with the first.
        let is_second = ["market_delay_max"].contains(&key);
        assert!(is_second || !text.starts_with(".TP"), "{key}: {text}");
    }
    assert!(keys >= 35, "{keys}");
}

#[test]
fn they_are_the_same_every_time_and_everywhere() {
    assert_eq!(pages::all(), pages::all());
    for (name, text) in pages::all() {
        for local in [env!("CARGO_MANIFEST_DIR"), "development"] {
            assert!(!text.contains(local), "{name}");
        }
    }
}

#[test]
fn those_who_read_them_have_no_complaints() {
    let folder = TempDir::new().unwrap();
    for (name, text) in pages::all() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let readers: [(&str, &str, &[&str], &str); 5] = [
        (
            "man",
            "man-db",
            &["--warnings", "-E", "UTF-8", "-l", "-Z"],
            "mockx.1",
        ),
        (
            "man",
            "man-db",
            &["--warnings", "-E", "UTF-8", "-l", "-Z"],
            "mockx.toml.5",
        ),
        ("bash", "bash", &["-n"], "mockx.bash"),
        ("zsh", "zsh", &["-n"], "_mockx"),
        ("fish", "fish", &["--no-execute"], "mockx.fish"),
    ];
    for (program, package, arguments, name) in readers {
        if has(program, package) {
            let output = Command::new(program)
                .args(arguments)
                .arg(folder.path().join(name))
                .env("LC_ALL", "C.UTF-8")
                .env("MANROFFSEQ", "")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{name}: {said}");
        }
    }
}
