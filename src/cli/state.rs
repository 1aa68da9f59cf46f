//! `mockx backup`, `restore` and `check`: copies of the state, and its audit.

use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};

use super::client;
use super::exit::Failure;
use super::request::{Request, Verdict};
use crate::config::{Environment, data_dirs};
use crate::store::{self, Checked, FILE_NAME};

/// How often the progress is told.
const PROGRESS_BYTES: u64 = 1 << 20;

/// Asks the daemon for all its rows and makes a store of them.
pub(super) fn backup(file: &Path, environment: &Environment) -> Result<(), Failure> {
    if file.exists() {
        return Err(refused(format!(
            "{} exists; choose another name",
            file.display()
        )));
    }
    let request = Request {
        method: "GET",
        path: "/admin/backup".to_owned(),
        body: None,
        verdict: Verdict::Status,
    };
    let stream = client::open(&request, environment)?;
    guard(file);
    let mut progress = Progress {
        stream,
        bytes: 0,
        told: io::stderr().is_terminal().then_some(0),
    };
    let made = store::receive(file, &mut progress);
    progress.end();
    told(file, &made.map_err(refused)?)
}

/// Puts a backup in the place of the state.
pub(super) fn restore(file: &Path, force: bool, environment: &Environment) -> Result<(), Failure> {
    let place = state_file(environment)?;
    guard(file);
    let checked = store::restore(file, &place, force).map_err(refused)?;
    told(&place, &checked)
}

/// Checks a store.
pub(super) fn check(file: Option<PathBuf>, environment: &Environment) -> Result<(), Failure> {
    let file = match file {
        Some(file) => file,
        None => state_file(environment)?,
    };
    guard(&file);
    told(&file, &store::check(&file).map_err(refused)?)
}

/// The store of the first data directory that has one, else of the first.
fn state_file(environment: &Environment) -> Result<PathBuf, Failure> {
    let files: Vec<PathBuf> = data_dirs(environment)
        .into_iter()
        .map(|directory| directory.join(FILE_NAME))
        .collect();
    let there = files.iter().find(|file| file.exists());
    let file = there.or(files.first()).cloned();
    file.ok_or_else(|| Failure::Usage("there is no data directory".to_owned()))
}

fn told(file: &Path, checked: &Checked) -> Result<(), Failure> {
    let Checked {
        open,
        closed,
        trades,
        digest,
    } = checked;
    let file = file.display();
    writeln!(
        io::stdout(),
        "ok: {file}: {open} open orders, {closed} closed, {trades} trades, digest {digest}"
    )?;
    Ok(())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what a failed call gives"
)]
fn refused(why: impl ToString) -> Failure {
    Failure::Refused(why.to_string())
}

/// redb gives up on some damage by a panic: then this says so in one sentence, and ends.
#[allow(clippy::exit, reason = "in a hook there is nobody to return to")]
fn guard(file: &Path) {
    let file = file.display().to_string();
    std::panic::set_hook(Box::new(move |_| {
        let said = "mockx: {file} is damaged or not a mockx store; it was left as it is";
        writeln!(io::stderr(), "{}", said.replace("{file}", &file)).ok();
        std::process::exit(1);
    }));
}

/// Tells on a terminal how far it is.
struct Progress<R> {
    stream: R,
    bytes: u64,
    /// How many bytes were told; none where nobody looks.
    told: Option<u64>,
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(into)?;
        self.bytes += u64::try_from(count).unwrap_or(0);
        if let Some(told) = &mut self.told
            && self.bytes >= *told + PROGRESS_BYTES
        {
            *told = self.bytes;
            write!(io::stderr(), "\r{} MiB", self.bytes >> 20).ok();
        }
        Ok(count)
    }
}

impl<R> Progress<R> {
    fn end(&self) {
        if self.told.is_some_and(|told| told > 0) {
            writeln!(io::stderr()).ok();
        }
    }
}
