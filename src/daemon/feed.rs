//! Which source of prices the configuration asks for, opened and started.

use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, spawn_local};

use super::duration;
use super::fatal::Fatal;
use super::poller::{Poller, Rows};
use crate::config::{self, Config, Source};
use crate::exchange::Exchange;
use crate::oracle::{
    EXEC, Exec, FetchSettings, Fetcher, Listing, Poll, Replay, Roots, Sim, VALKEY, Valkey,
    ValkeySettings, default_symbols, outlet, run_program, venue,
};
use crate::status::SourceStatus;
use crate::stepper::StepRequest;
use crate::units::{Moment, Span, Symbol};

/// How often the demo's prices move.
const DEMO_INTERVAL: Span = Span::from_secs(1);
/// How often the list of a venue's markets is read.
const LIST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// A source of prices, ready to start.
pub(super) enum Feed {
    Sim(Sim, Duration),
    Replay(Replay, config::Pace),
    Venue(Box<Poll>),
    Exec(Exec, Vec<Symbol>),
    Valkey(Box<Valkey>, Vec<Symbol>),
    Push,
}

/// A source at work.
pub(super) struct Running {
    task: JoinHandle<()>,
    program: Option<Program>,
}

/// A program of the user's at work.
struct Program {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    fn new(task: JoinHandle<()>) -> Running {
        Running {
            task,
            program: None,
        }
    }

    /// Sends no more prices; what has yet to end by itself, within a bound, is given back.
    pub(super) async fn stop(self) -> Option<JoinHandle<()>> {
        self.task.abort();
        // Its mailbox is gone when it is.
        drop(self.task.await);
        let program = self.program?;
        program.stop.send_replace(true);
        Some(program.task)
    }
}

impl Feed {
    /// Opens what the configuration names; the simulation goes on from the prices that are known.
    pub(super) fn open(config: &Config, demo: bool, exchange: &Exchange) -> Result<Feed, Fatal> {
        Ok(match &config.oracle.source {
            Source::Sim => {
                let every = if demo {
                    DEMO_INTERVAL
                } else {
                    config.oracle.interval
                };
                let known: Vec<_> = exchange
                    .markets()
                    .filter_map(|(_, market)| market.ticker)
                    .collect();
                let sim = Sim::new(config.exchange.seed, &symbols(config), &known);
                Feed::Sim(sim, duration(every))
            }
            Source::Replay { file, pace, looped } => {
                let replay = Replay::open_symbols(file, *looped, &config.oracle.symbols)?;
                Feed::Replay(replay, *pace)
            }
            Source::Venue(venue) => Feed::Venue(Box::new(poll(config, *venue)?)),
            Source::Exec(command) => {
                let (command, seed) = (command.clone(), config.exchange.seed);
                Feed::Exec(Exec { command, seed }, symbols(config))
            }
            Source::Valkey(server) => {
                Feed::Valkey(Box::new(valkey(config, server)?), symbols(config))
            }
            Source::Push => Feed::Push,
        })
    }

    /// Starts its task, if it needs one.
    pub(super) fn start(
        self,
        poller: Poller,
        start: Moment,
        steps: mpsc::Receiver<StepRequest>,
    ) -> Option<Running> {
        let name = match &self {
            Feed::Sim(..) => "sim",
            Feed::Replay(..) => "replay",
            Feed::Venue(poll) => poll.venue.name(),
            Feed::Exec(..) => EXEC,
            Feed::Valkey(..) => VALKEY,
            Feed::Push => "push",
        };
        let status = SourceStatus {
            name: name.to_owned(),
            up: true,
            ..SourceStatus::default()
        };
        *poller.board.source.borrow_mut() = status;
        let task = match self {
            Feed::Sim(sim, every) => spawn_local(poller.simulate(sim, every)),
            Feed::Replay(replay, pace) => {
                let rows = Rows::new(replay, start);
                spawn_local(poller.replay(rows, pace, steps))
            }
            Feed::Venue(poll) => spawn_local(poller.poll(*poll)),
            Feed::Exec(exec, symbols) => return Some(execute(poller, exec, &symbols)),
            Feed::Valkey(valkey, symbols) => {
                let (outlet, inlet) = outlet(name, &symbols);
                valkey.start(outlet);
                spawn_local(poller.follow(inlet))
            }
            Feed::Push => return None,
        };
        Some(Running::new(task))
    }
}

fn execute(poller: Poller, exec: Exec, symbols: &[Symbol]) -> Running {
    let (outlet, inlet) = outlet(EXEC, symbols);
    let (stop, stopped) = watch::channel(false);
    let program = Program {
        stop,
        task: spawn_local(run_program(exec, outlet, stopped)),
    };
    Running {
        task: spawn_local(poller.follow(inlet)),
        program: Some(program),
    }
}

fn valkey(config: &Config, server: &config::Valkey) -> Result<Valkey, Fatal> {
    Ok(Valkey::new(ValkeySettings {
        url: server.url.expose().to_owned(),
        password: server
            .password
            .as_ref()
            .map(|password| password.expose().to_owned()),
        prefix: server.prefix.clone(),
        symbols: symbols(config),
        interval: duration(config.oracle.interval),
        seed: config.exchange.seed,
    })?)
}

fn poll(config: &Config, source: config::Venue) -> Result<Poll, Fatal> {
    let base_url = config.oracle.base_urls.get(&source).map(String::as_str);
    let discovery = config.oracle.discovery.as_ref();
    Ok(Poll {
        venue: venue(source.name(), base_url).ok_or(Fatal::NoVenue(source.name()))?,
        symbols: symbols(config),
        listing: Some(Listing {
            quotes: discovery.map_or_else(Vec::new, |found| found.quotes.clone()),
            limit: discovery.and_then(|found| found.limit),
            refresh: LIST_INTERVAL,
        }),
        fetcher: Fetcher::new(FetchSettings {
            roots: roots(&config.oracle.tls_roots)?,
            ..FetchSettings::default()
        }),
        interval: duration(config.oracle.interval),
        seed: config.exchange.seed,
    })
}

fn roots(trusted: &config::TlsRoots) -> Result<Roots, Fatal> {
    Ok(match trusted {
        config::TlsRoots::Bundled => Roots::default(),
        config::TlsRoots::System => {
            let named = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
            Roots::system(named.as_deref().map(Path::new))?
        }
        config::TlsRoots::File(path) => Roots::file(path)?,
    })
}

/// The symbols that are known before the first price: those that are configured, else the usual ones.
pub(super) fn symbols(config: &Config) -> Vec<Symbol> {
    match &config.oracle.source {
        // These say themselves what they hold.
        Source::Replay { .. } | Source::Exec(_) | Source::Valkey(_) => {
            config.oracle.symbols.clone()
        }
        // So does a venue where its markets are to be discovered.
        Source::Venue(_) if config.oracle.discovery.is_some() => config.oracle.symbols.clone(),
        Source::Sim | Source::Push | Source::Venue(_) if config.oracle.symbols.is_empty() => {
            default_symbols()
        }
        Source::Sim | Source::Push | Source::Venue(_) => config.oracle.symbols.clone(),
    }
}
