//! `exec`: prices from a program of the user's, one JSON object a line on its stdout.
//!
//! The program is started without a shell, in a process group of its own, and watched: when it ends, or closes its stdout, it is started again,
//! after a wait that doubles with each end in a row up to [`BACKOFF_MAX`]; what it writes to stderr goes into the log; when
//! the daemon ends it is asked to end, and killed after [`PATIENCE`]. Its output is read on threads of its own, as fast as
//! it comes, so a program that writes without end costs the executor nothing but the newest price of each symbol.

use std::io::{self, PipeReader};
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use super::backoff;
use super::chatter::{log_lines, plain};
use super::group::Group;
use super::line;
use super::lines::Lines;
use super::outlet::Outlet;
use super::poll::now;
use super::quote::{SkipCounts, Skipped};
use crate::exchange::Digest;

/// Its name in settings, logs and reports.
pub const EXEC: &str = "exec";

/// What the daemon's environment holds for the daemon alone: its keys, and what its supervisor hands over.
const NOT_INHERITED: [&str; 9] = [
    "API_KEY",
    "API_KEY_FILE",
    "CREDENTIALS_DIRECTORY",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
];

/// The wait after the first end, and the longest.
const BACKOFF: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// A program that ran for so long was sound: its end counts as the first.
const SOUND: Duration = Duration::from_secs(60);
/// How long a program may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long what a program has written is read after its end; somebody else may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The longest line.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How much of a bad line is shown.
const SHOWN_BYTES: usize = 120;
const STACK_BYTES: usize = 256 * 1024;

/// A program that writes tickers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Seed of the jitter.
    pub seed: u64,
}

/// A program at work.
struct Running {
    child: Child,
    group: Group,
    /// Tells when its stdout is at its end.
    silent: oneshot::Receiver<()>,
    is_silent: bool,
    /// Tells the last line of its stderr when that is at its end.
    last_words: oneshot::Receiver<Option<String>>,
}

/// Keeps the program running until `stop` becomes true or is dropped.
pub async fn run_program(exec: Exec, outlet: Outlet, mut stop: watch::Receiver<bool>) {
    let mut chance = Digest::from_bits(exec.seed);
    let mut failures = 0u32;
    loop {
        let begun = Instant::now();
        let why = match start(&exec.command, &outlet) {
            Err(why) => {
                let program = exec.command.first().map_or("", String::as_str);
                format!("cannot start {program:?}: {why}")
            }
            Ok(mut running) => tokio::select! {
                biased;
                _ = stop.wait_for(|&stop| stop) => {
                    running.group.end(&mut running.child, PATIENCE).await;
                    return;
                }
                ended = running.over() => running.ended(ended).await,
            },
        };
        if begun.elapsed() >= SOUND {
            failures = 0;
        }
        failures = failures.saturating_add(1);
        chance.word(1);
        let wait = backoff::after_failures(failures, BACKOFF, BACKOFF_MAX, chance.bits());
        outlet.failed(why, wait);
        tokio::select! {
            biased;
            _ = stop.wait_for(|&stop| stop) => return,
            () = sleep(wait) => {}
        }
    }
}

fn start(command: &[String], outlet: &Outlet) -> io::Result<Running> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (output, stdout) = io::pipe()?;
    let (errors, stderr) = io::pipe()?;
    let mut command = Command::new(program);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    let child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = Group::of(&child);
    let (told, silent) = oneshot::channel();
    let outlet = outlet.clone();
    thread("exec-out", move || {
        read_tickers(output, &outlet);
        // Nobody waits for it any more when the daemon ends.
        told.send(()).ok();
    })?;
    let (told, last_words) = oneshot::channel();
    thread("exec-err", move || {
        told.send(log_lines(EXEC, errors)).ok();
    })?;
    log::info!(
        "{EXEC}: {program:?} runs as process {}",
        child.id().unwrap_or(0)
    );
    Ok(Running {
        child,
        group,
        silent,
        is_silent: false,
        last_words,
    })
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES);
    builder.spawn(work).map(drop)
}

impl Running {
    /// Waits until no more prices can come; gives the end of the program, if it has ended.
    async fn over(&mut self) -> Option<io::Result<ExitStatus>> {
        tokio::select! {
            ended = self.child.wait() => return Some(ended),
            _ = &mut self.silent => self.is_silent = true,
        }
        timeout(LAST_WORDS, self.child.wait()).await.ok()
    }

    /// Why there are no more prices; whatever still runs is killed.
    async fn ended(mut self, status: Option<io::Result<ExitStatus>>) -> String {
        // What it left behind would hold the pipes open, and write into them beside its successor.
        self.group.kill();
        if !self.is_silent {
            drop(timeout(LAST_WORDS, self.silent).await);
        }
        let words = timeout(LAST_WORDS, self.last_words).await;
        let words = words.ok().and_then(Result::ok).flatten();
        let how = match status {
            Some(Ok(status)) => format!("the program ended with {status}"),
            Some(Err(why)) => format!("the program is lost: {why}"),
            None => "the program closed its stdout".to_owned(),
        };
        words.map_or_else(|| how.clone(), |words| format!("{how}: {words}"))
    }
}

/// Passes on what the program writes, until it writes no more.
fn read_tickers(output: PipeReader, outlet: &Outlet) {
    let mut lines = Lines::new(output, LINE_BYTES_MAX);
    let mut shown = SkipCounts::default();
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return,
            Err(why) => {
                log::warn!("{EXEC}: its output cannot be read any further: {why}");
                return;
            }
        };
        let read = if line.is_cut {
            Err(Skipped::TooLong)
        } else {
            line::ticker(line.text, now().wall)
        };
        match read {
            Ok(ticker) if outlet.wants(ticker.symbol) => {
                outlet.put(&[ticker], SkipCounts::default());
                outlet.delivered(None, Duration::ZERO);
            }
            Ok(_) => {}
            Err(_) if line.text.trim_ascii().is_empty() => {}
            Err(why) => {
                let mut skipped = SkipCounts::default();
                skipped.count(why);
                outlet.put(&[], skipped);
                // One of a kind is enough to see what is wrong.
                if shown.get(why) == 0 {
                    let head = line.text.get(..SHOWN_BYTES).unwrap_or(line.text);
                    let head = plain(head, head.len() < line.text.len());
                    log::warn!("{EXEC}: a line that {why} is skipped, as others like it: {head}");
                }
                shown.merge(skipped);
            }
        }
    }
}
