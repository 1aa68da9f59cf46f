//! schemathesis takes the `OpenAPI` document of a running daemon at its word: every call, every check.

use std::process::Command;

use crate::support::{Launch, python_with};

/// Examples a call, unless `MOCKX_SCHEMATHESIS_EXAMPLES` says more.
const EXAMPLES: &str = "25";

#[test]
fn the_api_does_what_its_description_says() {
    let Some(python) = python_with("schemathesis") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let daemon = Launch::new(&data, "sim").arg("--demo").start();
    let examples = std::env::var("MOCKX_SCHEMATHESIS_EXAMPLES");
    let config = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/python/schemathesis.toml"
    );
    let output = Command::new(python)
        .args(["-m", "schemathesis.cli", "--config-file", config, "run"])
        .arg(format!("http://{}/openapi.json", daemon.address))
        .args(["--header", &format!("x-api-key: {}", daemon.key)])
        .args(["--max-examples", examples.as_deref().unwrap_or(EXAMPLES)])
        .args([
            "--workers",
            "1",
            "--no-color",
            "--generation-database",
            "none",
        ])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    daemon.stop();
}
