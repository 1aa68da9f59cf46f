//! `mockx mirror import`: an old suite's server becomes the state of an empty store.

use std::cell::Cell;
use std::fs;
use std::io::{BufWriter, IsTerminal as _, Write as _, stderr, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use super::arguments::ImportOptions;
use super::exit::Failure;
use crate::config::{Config, Environment, Options};
use crate::daemon::{Imported, NotImported, import_keys};

/// Differences that are listed one by one.
const DIFFERENCES_SHOWN: usize = 1000;
/// Between two signs of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Imports, and prints what differs.
pub(super) fn run(typed: &ImportOptions, environment: &Environment) -> Result<(), Failure> {
    let options = Options {
        config: typed.config.clone(),
        data_dir: typed.data_dir.clone(),
        ..Options::default()
    };
    let config = Config::load(&options, environment)?;
    let shown = Cell::new(None::<Instant>);
    let watched = stderr().is_terminal();
    let progress = |done: usize, total: usize| {
        let due = shown.get().is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) || done >= total;
        if watched && due {
            shown.set(Some(Instant::now()));
            // With stderr closed there is nobody to tell.
            write!(stderr(), "\r{done} of {total} orders").ok();
        }
    };
    let answer = import_keys(&config, typed.accept_differences, &progress);
    if shown.get().is_some() {
        // As above.
        writeln!(stderr()).ok();
    }
    let imported = answer.map_err(failure)?;
    if let (Some(path), true) = (&typed.ids, imported.done) {
        write_ids(path, &imported)?;
    }
    tell(&imported)
}

fn failure(why: NotImported) -> Failure {
    match why {
        NotImported::Fatal(fatal) => Failure::Daemon(fatal),
        NotImported::NoServer => Failure::Usage(why.to_string()),
        NotImported::NotOurs(_)
        | NotImported::NotEmpty(_)
        | NotImported::Failure(_)
        | NotImported::Store(_) => Failure::Refused(why.to_string()),
    }
}

/// A line for each order: the old id, a tab, the new one.
fn write_ids(path: &Path, imported: &Imported) -> Result<(), Failure> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    for (old, new) in &imported.renamed {
        writeln!(out, "{old}\t{new}")?;
    }
    out.flush()?;
    Ok(())
}

fn tell(imported: &Imported) -> Result<(), Failure> {
    let mut out = BufWriter::new(stdout().lock());
    for difference in imported.differences.iter().take(DIFFERENCES_SHOWN) {
        writeln!(out, "{difference}")?;
    }
    let differ = imported.differences.len();
    if let Some(more) = differ
        .checked_sub(DIFFERENCES_SHOWN)
        .filter(|more| *more > 0)
    {
        writeln!(out, "and {more} more")?;
    }
    if imported.done {
        let Imported {
            orders,
            open,
            assets,
            symbols,
            ..
        } = imported;
        writeln!(
            out,
            "imported {orders} orders ({open} open), {assets} balances, {symbols} prices"
        )?;
        if let (Some((old, new)), count) = (imported.renamed.first(), imported.renamed.len()) {
            writeln!(
                out,
                "{count} orders have new ids, such as {new} for {old}, which is kept as its client order id where it fits"
            )?;
        }
    }
    out.flush()?;
    if imported.done {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "{differ} differences, and nothing is imported; --accept-differences imports all the same"
    )))
}
