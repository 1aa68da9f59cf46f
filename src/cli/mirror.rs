//! `mockx mirror`: has the daemon look after its mirror.

use std::io::{BufWriter, Write as _, stdout};

use serde::Deserialize;

use super::answer;
use super::arguments::MirrorCommand;
use super::client;
use super::exit::Failure;
use super::request::{Request, Verdict};
use crate::config::Environment;
use crate::units::Span;

/// How long a comparison may take; a million orders take minutes.
const VERIFY_PATIENCE: Span = Span::from_secs(3600);

/// What a comparison found.
#[derive(Debug, Deserialize)]
struct Verification {
    keys: u64,
    differ: u64,
    differences: Vec<String>,
}

/// Does what was typed.
pub(super) fn run(command: MirrorCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        MirrorCommand::Verify => verify(environment),
        MirrorCommand::Import(options) => super::import::run(&options, environment),
    }
}

fn verify(environment: &Environment) -> Result<(), Failure> {
    let request = Request {
        method: "POST",
        path: "/admin/mirror/verify".to_owned(),
        body: Some(String::new()),
        verdict: Verdict::Status,
    };
    let (daemon, reply) = client::ask(&request, VERIFY_PATIENCE, environment)?;
    let found: Verification = answer::read(&reply, &daemon)?;
    let mut out = BufWriter::new(stdout().lock());
    for difference in &found.differences {
        writeln!(out, "{difference}")?;
    }
    if found.differ == 0 {
        writeln!(out, "{} keys equal", found.keys)?;
    }
    out.flush()?;
    if found.differ == 0 {
        return Ok(());
    }
    let (differ, keys) = (found.differ, found.keys);
    Err(Failure::Refused(format!(
        "{differ} differences, the exchange has {keys} keys"
    )))
}
