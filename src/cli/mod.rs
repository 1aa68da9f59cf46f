//! The command line: what was typed becomes a running daemon, a checked configuration, or one
//! request to a running daemon.
//!
//! - stdout holds the daemon's JSON exactly as it came, or a table with `--table`; nothing else.
//! - stderr holds errors, one line each (wrong usage with the right one below), and the log of
//!   `serve`.
//! - The exit code is 0 done, 1 refused, 2 usage or configuration, 3 not reachable.
//!
//! This is the only module that prints.

mod answer;
mod arguments;
mod candles;
mod check;
mod client;
mod doctor;
mod exit;
mod import;
mod locate;
mod logging;
mod mirror;
mod operands;
mod order_terms;
mod request;
mod serve;
mod state;
mod table;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::config::Environment;
use arguments::{Arguments, Command};
use exit::Failure;

/// Does what `arguments` (the program's name first) ask for, and answers with the exit code.
pub fn run<I, T>(arguments: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(answer) => return usage(&answer),
    };
    let environment = Environment::of_process();
    let done = match arguments.command {
        None => help(),
        Some(Command::Serve(options)) => serve::serve(&options, &environment),
        Some(Command::CheckConfig { file }) => check::check(file.as_deref(), &environment),
        Some(Command::Backup { file }) => state::backup(&file, &environment),
        Some(Command::Restore { file, force }) => state::restore(&file, force, &environment),
        Some(Command::Check { file }) => state::check(file, &environment),
        Some(Command::Doctor) => doctor::doctor(&environment),
        Some(Command::Mirror { command }) => mirror::run(command, &environment),
        Some(Command::Client(command)) => client::run(&command, arguments.table, &environment),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // With stderr closed there is nobody left to tell; the exit code still does.
            let prefix = logging::error_prefix(&environment);
            writeln!(std::io::stderr(), "{prefix}mockx: {failure}").ok();
            failure.code()
        }
    }
}

/// Every command with its options, for those who write manuals and completions from it.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// `--help` and `--version` come as errors too: they go to stdout and end with 0, the rest with 2.
fn usage(answer: &clap::Error) -> ExitCode {
    answer.print().ok();
    if answer.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

/// What `mockx` alone says.
fn help() -> Result<(), Failure> {
    let text = Arguments::command().render_help();
    Ok(write!(std::io::stdout().lock(), "{text}")?)
}
