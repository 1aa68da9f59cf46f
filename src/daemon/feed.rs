//! Which sources of prices the configuration asks for, opened and started.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, spawn_local};

use super::board::{Board, SourceBoard};
use super::desk::{Desk, Seat};
use super::duration;
use super::fatal::Fatal;
use super::poller::{Poller, Rows};
use super::through::{self, Wishes};
use crate::config::{self, Config, Source};
use crate::exchange::{Exchange, SET_PRICE_SOURCE};
use crate::mailbox::Mailbox;
use crate::oracle::{
    Asker, EXEC, Exec, FetchSettings, Fetcher, Health, Inlet, JumpGuard, Listing, Outlet, Poll,
    Replay, Roots, Sim, VALKEY, Valkey, ValkeySettings, default_symbols, outlet, run_program,
    venue,
};
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
    Venue(Box<Poll>, Health),
    Exec(Exec, Outlet, Inlet),
    Valkey(Box<Valkey>, Outlet, Inlet),
    Push,
}

/// What all sources need to start.
pub(super) struct Start {
    pub(super) mailbox: Mailbox,
    pub(super) board: Rc<Board>,
    /// Where the exchange's clock stands.
    pub(super) moment: Moment,
    pub(super) steps: mpsc::Receiver<StepRequest>,
    /// What clients want to know of the venue.
    pub(super) wishes: Wishes,
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
    /// Opens all that the configuration names, in its order.
    pub(super) fn open_all(
        config: &Config,
        demo: bool,
        exchange: &Exchange,
    ) -> Result<Vec<Feed>, Fatal> {
        let oracle = &config.oracle;
        std::iter::once(&oracle.source)
            .chain(&oracle.fallback)
            .map(|source| Feed::open(config, source, demo, exchange))
            .collect()
    }

    /// Opens one; the simulation goes on from the prices that are known.
    fn open(
        config: &Config,
        source: &Source,
        demo: bool,
        exchange: &Exchange,
    ) -> Result<Feed, Fatal> {
        let symbols = symbols_of(config, source);
        Ok(match source {
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
                let sim = Sim::new(config.exchange.seed, &symbols, &known);
                Feed::Sim(sim, duration(every))
            }
            Source::Replay { file, pace, looped } => {
                let replay = Replay::open_symbols(file, *looped, &config.oracle.symbols)?;
                Feed::Replay(replay, *pace)
            }
            Source::Venue(venue) => {
                let health = Health::new(venue.name(), &symbols);
                Feed::Venue(Box::new(poll(config, *venue, symbols, exchange)?), health)
            }
            Source::Exec(command) => {
                let (command, seed) = (command.clone(), config.exchange.seed);
                let (outlet, inlet) = outlet(EXEC, &symbols);
                Feed::Exec(Exec { command, seed }, outlet, inlet)
            }
            Source::Valkey(server) => {
                let (outlet, inlet) = outlet(VALKEY, &symbols);
                Feed::Valkey(Box::new(valkey(config, server, symbols)?), outlet, inlet)
            }
            Source::Push => Feed::Push,
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Feed::Sim(..) => "sim",
            Feed::Replay(..) => "replay",
            Feed::Venue(poll, _) => poll.venue.name(),
            Feed::Exec(..) => EXEC,
            Feed::Valkey(..) => VALKEY,
            Feed::Push => SET_PRICE_SOURCE,
        }
    }

    fn health(&self) -> Option<Health> {
        match self {
            Feed::Venue(_, health) => Some(health.clone()),
            Feed::Exec(_, _, inlet) | Feed::Valkey(_, _, inlet) => Some(inlet.health().clone()),
            Feed::Sim(..) | Feed::Replay(..) | Feed::Push => None,
        }
    }

    /// Asks it for what is not polled, where it is a venue that tells.
    fn asker(&self) -> Option<Asker> {
        match self {
            Feed::Venue(poll, _) => Asker::new(Arc::clone(&poll.venue), poll.fetcher.clone()),
            Feed::Sim(..) | Feed::Replay(..) | Feed::Exec(..) | Feed::Valkey(..) | Feed::Push => {
                None
            }
        }
    }

    /// Who stands in for others is asked once, and then when it is called.
    fn seat(&self, place: usize) -> Seat {
        let (name, health) = (self.name(), self.health());
        Seat {
            name,
            board: Rc::new(SourceBoard::new(name, health.clone())),
            health,
            wanted: watch::Sender::new(place == 0),
        }
    }

    /// Starts the tasks of all.
    pub(super) fn start_all(feeds: Vec<Feed>, config: &Config, start: Start) -> Vec<Running> {
        let seats = feeds.iter().enumerate();
        let seats: Vec<Seat> = seats.map(|(place, feed)| feed.seat(place)).collect();
        let boards: Vec<Rc<SourceBoard>> =
            seats.iter().map(|seat| Rc::clone(&seat.board)).collect();
        start.board.sources.borrow_mut().clone_from(&boards);
        let guard = config.oracle.max_jump.map(JumpGuard::new);
        let desk = Rc::new(Desk::new(
            seats,
            duration(config.oracle.fallback_after),
            guard,
        ));
        let mut running = vec![Running::new(spawn_local(Rc::clone(&desk).watch()))];
        let asker = feeds.iter().find_map(Feed::asker);
        let asker = asker.filter(|_| config.oracle.fetch_through);
        let answering = through::answer(asker, start.wishes);
        running.push(Running::new(spawn_local(answering)));
        let mut steps = Some(start.steps);
        for (place, (feed, source)) in feeds.into_iter().zip(boards).enumerate() {
            let poller = Poller {
                mailbox: start.mailbox.clone(),
                board: Rc::clone(&start.board),
                source,
                name: feed.name(),
                place,
                desk: Rc::clone(&desk),
            };
            running.extend(feed.start(poller, start.moment, &mut steps));
        }
        running
    }

    /// Starts its task, if it needs one.
    fn start(
        self,
        poller: Poller,
        moment: Moment,
        steps: &mut Option<mpsc::Receiver<StepRequest>>,
    ) -> Option<Running> {
        let task = match self {
            Feed::Sim(sim, every) => spawn_local(poller.simulate(sim, every)),
            Feed::Replay(replay, pace) => {
                let rows = Rows::new(replay, moment);
                spawn_local(poller.replay(rows, pace, steps.take()?))
            }
            Feed::Venue(poll, health) => {
                let wanted = poller.desk.wanted(poller.place)?;
                spawn_local(poller.poll(*poll, health, wanted))
            }
            Feed::Exec(exec, outlet, inlet) => {
                let (stop, stopped) = watch::channel(false);
                let program = Program {
                    stop,
                    task: spawn_local(run_program(exec, outlet, stopped)),
                };
                return Some(Running {
                    task: spawn_local(poller.follow(inlet)),
                    program: Some(program),
                });
            }
            Feed::Valkey(valkey, outlet, inlet) => {
                valkey.start(outlet);
                spawn_local(poller.follow(inlet))
            }
            Feed::Push => return None,
        };
        Some(Running::new(task))
    }
}

fn valkey(config: &Config, server: &config::Valkey, symbols: Vec<Symbol>) -> Result<Valkey, Fatal> {
    Ok(Valkey::new(ValkeySettings {
        url: server.url.expose().to_owned(),
        password: server
            .password
            .as_ref()
            .map(|password| password.expose().to_owned()),
        prefix: server.prefix.clone(),
        symbols,
        interval: duration(config.oracle.interval),
        seed: config.exchange.seed,
    })?)
}

fn poll(
    config: &Config,
    source: config::Venue,
    symbols: Vec<Symbol>,
    exchange: &Exchange,
) -> Result<Poll, Fatal> {
    let base_url = config.oracle.base_urls.get(&source).map(String::as_str);
    let discovery = config.oracle.discovery.as_ref();
    let priced = exchange
        .markets()
        .filter(|(_, market)| market.ticker.is_some());
    Ok(Poll {
        venue: venue(source.name(), base_url).ok_or(Fatal::NoVenue(source.name()))?,
        symbols,
        listing: Some(Listing {
            known: priced.map(|(symbol, _)| symbol).collect(),
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
    symbols_of(config, &config.oracle.source)
}

/// What a source is asked for at first.
fn symbols_of(config: &Config, source: &Source) -> Vec<Symbol> {
    match source {
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
