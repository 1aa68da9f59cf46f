//! A Python that has the packages a test wants.

use std::path::Path;
use std::process::Command;

/// A Python in which `module` can be imported: that of `tests/python/install.sh`, or the system's. Without one the test
/// that asks is skipped, which CI does not accept.
pub(crate) fn python_with(module: &str) -> Option<String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
    let candidates = [own.display().to_string(), "python3".to_owned()];
    let found = candidates.into_iter().find(|python| {
        let tried = Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output();
        tried.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        let missing = format!("Python's {module} is missing: tests/python/install.sh");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
        eprintln!("skipped: {missing}");
    }
    found
}
