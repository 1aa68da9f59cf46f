//! The `mockx` command: hands its arguments to [`mockx::cli`] and ends with the code it answers.

use std::process::ExitCode;

fn main() -> ExitCode {
    mockx::cli::run(std::env::args_os())
}
