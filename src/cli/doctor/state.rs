//! The data directory and the disk that it is on.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::statvfs;

use super::{Page, bytes};

/// Less than this is soon full.
const FREE_MIN: u64 = 100 << 20;
/// Files that are listed.
const FILES_MAX: usize = 20;

/// Sizes and permissions; the files are not opened.
pub(super) fn state(page: &mut Page, directory: &Path) {
    page.section("state");
    match fs::metadata(directory) {
        Ok(metadata) => page.row(
            "directory",
            &format!("{}, {}", directory.display(), mode(&metadata)),
        ),
        Err(error) => {
            page.row("directory", &format!("{}: {error}", directory.display()));
            return;
        }
    }
    if let Ok(disk) = statvfs(directory) {
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let size = disk.f_blocks.saturating_mul(disk.f_frsize);
        page.row("disk", &format!("{} free of {}", bytes(free), bytes(size)));
        if free < FREE_MIN {
            page.problem(format!(
                "the disk of {} is nearly full",
                directory.display()
            ));
        }
    }
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return page.line(&format!("its files cannot be listed: {error}")),
    };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name(), entry.metadata().ok()?)))
        .filter(|(_, metadata)| metadata.is_file())
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, metadata) in files.iter().take(FILES_MAX) {
        let shown = format!("{}, {}", bytes(metadata.len()), mode(metadata));
        page.row(&name.to_string_lossy(), &shown);
    }
}

fn mode(metadata: &Metadata) -> String {
    let (mode, uid, gid) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
    format!("mode {mode:04o}, user {uid}, group {gid}")
}
