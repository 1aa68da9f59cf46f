//! Writes the manual pages and the completions of the shells into a directory:
//! `cargo run --example manual -- DIRECTORY`. They are made from the command line itself and from `config.toml`, so they
//! cannot drift from them, and the program need not carry them. The same sources give the same bytes.

mod pages;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> io::Result<ExitCode> {
    let Some(directory) = env::args_os().nth(1).map(PathBuf::from) else {
        return Ok(ExitCode::from(2));
    };
    fs::create_dir_all(&directory)?;
    for (name, text) in pages::all() {
        fs::write(directory.join(name), text)?;
    }
    Ok(ExitCode::SUCCESS)
}
