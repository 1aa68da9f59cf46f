//! `mockx serve`: builds the configuration, starts the log, and hands over to the daemon.

use super::arguments::ServeOptions;
use super::exit::Failure;
use super::logging;
use crate::config::{Config, Environment, Options};
use crate::daemon::Launch;

/// Runs the daemon until it is told to stop.
pub(super) fn serve(typed: &ServeOptions, environment: &Environment) -> Result<(), Failure> {
    let options = Options {
        config: typed.config.clone(),
        demo: typed.demo,
        listen: typed.listen,
        data_dir: typed.data_dir.clone(),
        source: typed.source.clone(),
        seed: typed.seed,
    };
    let (config, written) = Config::load_written(&options, environment)?;
    logging::start(config.log, environment);
    let launch = Launch {
        config,
        written,
        options,
        environment: environment.clone(),
    };
    crate::daemon::serve(launch).map_err(Failure::Daemon)
}
