//! What the system tells about itself: memory, disk, clock. Each is unknown where it does not.

use std::fs;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Made by systemd-timesyncd, which owns the folder, once the clock is right.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// Resident memory of this process in bytes.
pub(super) fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Bytes that are left for this process on the disk of a file.
pub(super) fn disk_free(file: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(file).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Whether the clock is synchronised; none where systemd-timesyncd does not look after it.
pub(super) fn clock_is_synchronised() -> Option<bool> {
    let mark = Path::new(SYNCHRONISED);
    mark.parent()?.is_dir().then(|| mark.exists())
}

/// File descriptors that this process may have, after asking for so many.
pub(super) fn descriptors(wanted: usize) -> usize {
    let asked = u64::try_from(wanted).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = maximum.map_or(asked, |most| most.min(asked));
    let mut most = current.unwrap_or(asked);
    if most < allowed {
        let more = Rlimit {
            current: Some(allowed),
            maximum,
        };
        if setrlimit(Resource::Nofile, more).is_ok() {
            most = allowed;
        }
    }
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_disk_are_known_here() {
        assert!(resident_memory().unwrap() > 1 << 20);
        assert!(disk_free(Path::new("/")).is_some());
        assert_eq!(disk_free(Path::new("/no/such/file")), None);
    }
}
