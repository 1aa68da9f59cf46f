//! `mockx doctor` and `mockx health`, with a daemon and without one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::Launch;

const SECRETS: [&str; 5] = [
    "s3cret-key",
    "s3cret-url",
    "s3cret-argument",
    "s3cret-proxy",
    "s3cret-password",
];

fn mockx(home: &Path, config: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mockx"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", home)
        .env("MOCKX_CONFIG", config)
        .env("MOCKX_DATA_DIR", home.join("data"))
        .env("VALKEY_PASSWORD", "s3cret-password")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_doctor_sees_much_and_tells_no_secret() {
    let home = TempDir::new().unwrap();
    let config = home.path().join("data.toml");
    let settings = "[server]\napi_key = \"s3cret-key\"\n[oracle]\nsource = \"push\"\n\
         command = [\"feed\", \"--token\", \"s3cret-argument\"]\nvalkey_url = \"redis://:s3cret-url@h\"\n\
         base_urls = { okx = \"https://user:s3cret-proxy@h\" }\n";
    let daemon = Launch::without_source(&home.path().join("data"))
        .config(settings)
        .start();
    daemon.client().set_price("BTC/USDT", "100");

    let output = mockx(home.path(), &config, &["doctor"]);
    let said = text(&output.stdout);
    for expected in [
        concat!("mockx ", env!("CARGO_PKG_VERSION"), " ("),
        "\nsystem\n  os ",
        "\n  kernel ",
        "\n  memory ",
        "\n  clock ",
        &format!(
            "\n  server.api_key = (not shown)  ({}:2)\n",
            config.display()
        ),
        "\n  oracle.source = \"push\"",
        "\n  oracle.valkey_password = (not shown)  (environment)\n",
        "\n  disk ",
        "\n  api-key    11 B, mode 0600",
        "\n  mockx.redb ",
        &format!("\n  address    http://{}\n", daemon.address),
        "\n  orders     0 open, 12 symbols, next number 1, digest ",
        "\n  source     push: failures 0, ",
        "\n  store      ",
        "\n  clock      ",
        "\nproblems\n",
    ] {
        assert!(said.contains(expected), "{expected:?} in {said}");
    }
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
    // The machine of the test may have problems of its own.
    assert!(!said.contains("does not answer"), "{said}");

    let health = mockx(home.path(), &config, &["health"]);
    assert_eq!(health.status.code(), Some(0), "{}", text(&health.stderr));
    let address = daemon.address;
    daemon.stop();
    let output = mockx(home.path(), &config, &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains("\nproblems\n") && said.contains("the daemon does not answer"),
        "{said}"
    );
    assert!(text(&output.stderr).starts_with("mockx: "), "{address}");
    let health = mockx(home.path(), &config, &["health"]);
    assert_eq!(health.status.code(), Some(3));
}

#[test]
fn the_doctor_works_with_a_broken_configuration() {
    let home = TempDir::new().unwrap();
    let config = home.path().join("c.toml");
    fs::write(&config, "[server]\nlisten = 8000\n").unwrap();
    let output = mockx(home.path(), &config, &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains("c.toml:2: server.listen = 8000: must"),
        "{said}"
    );
    assert!(said.contains("\ndaemon\n"), "{said}");
}
