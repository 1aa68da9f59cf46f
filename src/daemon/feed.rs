//! Which source of prices the configuration asks for, opened and started.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_local};

use super::duration;
use super::fatal::Fatal;
use super::poller::{Poller, Rows};
use crate::config::{self, Config, Source};
use crate::exchange::Exchange;
use crate::oracle::{FetchSettings, Fetcher, Listing, Poll, Replay, Sim, default_symbols, venue};
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
    Push,
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
            Source::Push => Feed::Push,
        })
    }

    /// Starts its task, if it needs one.
    pub(super) fn start(
        self,
        poller: Poller,
        start: Moment,
        steps: mpsc::Receiver<StepRequest>,
    ) -> Option<JoinHandle<()>> {
        let name = match &self {
            Feed::Sim(..) => "sim",
            Feed::Replay(..) => "replay",
            Feed::Venue(poll) => poll.venue.name(),
            Feed::Push => "push",
        };
        let status = SourceStatus {
            name: name.to_owned(),
            up: true,
            ..SourceStatus::default()
        };
        *poller.board.source.borrow_mut() = status;
        match self {
            Feed::Sim(sim, every) => Some(spawn_local(poller.simulate(sim, every))),
            Feed::Replay(replay, pace) => {
                let rows = Rows::new(replay, start);
                Some(spawn_local(poller.replay(rows, pace, steps)))
            }
            Feed::Venue(poll) => Some(spawn_local(poller.poll(*poll))),
            Feed::Push => None,
        }
    }
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
        fetcher: Fetcher::new(FetchSettings::default()),
        interval: duration(config.oracle.interval),
        seed: config.exchange.seed,
    })
}

/// The symbols that are known before the first price: those that are configured, else the usual ones.
pub(super) fn symbols(config: &Config) -> Vec<Symbol> {
    match &config.oracle.source {
        // A recording says itself what it holds.
        Source::Replay { .. } => config.oracle.symbols.clone(),
        // So does a venue where its markets are to be discovered.
        Source::Venue(_) if config.oracle.discovery.is_some() => config.oracle.symbols.clone(),
        Source::Sim | Source::Push | Source::Venue(_) if config.oracle.symbols.is_empty() => {
            default_symbols()
        }
        Source::Sim | Source::Push | Source::Venue(_) => config.oracle.symbols.clone(),
    }
}
