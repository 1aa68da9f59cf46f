//! Files that hold a secret: written whole, in the place of older ones, and read by nobody else on the way.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Read and written by its owner alone.
pub(crate) const OWNER_MODE: u32 = 0o600;

/// Puts a file with this text and a line's end in the place of an older one: whoever reads sees the old text or the new
/// one, and never with wider permissions than `mode`. It is on the disk afterwards.
pub(crate) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let fresh = path.with_extension("new");
    // What an interrupted start has left has permissions of its own.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&fresh)?;
    // What the umask has taken away.
    file.set_permissions(Permissions::from_mode(mode))?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    // The name is on the disk when its directory is.
    match path.parent() {
        Some(directory) => fs::File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}
