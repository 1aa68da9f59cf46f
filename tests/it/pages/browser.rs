//! Every page in a real Chromium, driven by the scripts of `tests/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::stage::Stage;
use crate::feed_stage::has;

const PATHS: [&str; 10] = [
    "/ui",
    "/ui?from=0",
    "/ui/performance",
    "/ui/performance?span=7d",
    "/ui/performance?span=all",
    "/ui/portfolio",
    "/ui/portfolio?sort=change",
    "/ui/orders",
    "/ui/orders?status=new&rows=100",
    "/ui/trade",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Whether there is all that a browser needs.
pub(super) fn can_browse() -> bool {
    let chromium = std::env::var("CHROMIUM").unwrap_or("/usr/bin/chromium".to_owned());
    if !(has(&chromium, "chromium") && has("node", "nodejs npm")) {
        return false;
    }
    let there = folder().join("node_modules/playwright-core").is_dir();
    if !there {
        let missing = "the browser's packages are missing: npm ci --prefix tests/browser";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
        eprintln!("skipped: {missing}");
    }
    there
}

/// Runs a script of `tests/browser`, which must succeed.
pub(super) fn run(script: &str, arguments: &[&str]) {
    let output = Command::new("node")
        .arg(folder().join(script))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
}

#[test]
fn pages_are_sound_in_every_size_and_scheme() {
    if !can_browse() {
        return;
    }
    // A title is text, whatever it holds.
    let stage = Stage::new(30, "<script>alert(1)</script> & <b>Co</b>");
    let url = format!("http://{}", stage.daemon.address);
    let waits = format!("/ui/orders/{}", stage.order_that_waits());
    let lived = format!("/ui/orders/{}", stage.limit_order_with_a_past());
    let mut arguments = vec![url.as_str(), stage.daemon.key.as_str()];
    arguments.extend(PATHS);
    arguments.extend([waits.as_str(), lived.as_str()]);
    run("pages.mjs", &arguments);
}

/// Makes the pictures of the README: `cargo test --test it pictures -- --ignored`.
#[test]
#[ignore = "makes the pictures of the README anew"]
fn pictures() {
    assert!(can_browse());
    let stage = Stage::new(80, "MockExchange");
    let url = format!("http://{}", stage.daemon.address);
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let order = stage.limit_order_with_a_past();
    let order = format!("order-wide-dark=/ui/orders/{order}");
    let names = [
        "overview-wide-light=/ui",
        "performance-wide-dark=/ui/performance?span=all",
        "portfolio-wide-light=/ui/portfolio",
        "orders-wide-light=/ui/orders",
        "overview-narrow-dark=/ui",
        "orders-narrow-light=/ui/orders",
        &order,
    ];
    let mut arguments = vec![url.as_str(), pictures.to_str().unwrap()];
    arguments.extend(names);
    run("shots.mjs", &arguments);
}
