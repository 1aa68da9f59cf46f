//! The shell round the exchange: one executor thread that owns it all.
//!
//! ```text
//!   HTTP connections ─┐                    ┌─ commits ─→ store's thread
//!                     ├─ mailbox ─→ matcher ┤
//!   poller (prices) ──┘                    └─ answers, when durable
//! ```
//!
//! Everything but the store's thread and a small pool for calls that may wait (reads of history, venues) runs on a tokio
//! `current_thread` runtime. There is no rule of the exchange in here.

mod board;
mod clock;
mod desk;
mod fatal;
mod feed;
mod following;
mod import;
mod matcher;
mod notify;
mod poller;
mod reading;
mod reload;
mod rules;
mod signals;
mod sockets;
mod stretch;
mod system;
mod tally;
mod through;
mod turns;

use std::cell::RefCell;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, LocalSet, spawn_local};

pub use clock::{Clock, MarketClock, Reading, SystemClock};
pub use fatal::Fatal;
pub use import::{Imported, NotImported, import_keys};
pub use tally::Tally;
pub use turns::{Ask, Housekeeping, Load, Turns};

use crate::binance::{self, Binance};
use crate::candles::Candles;
use crate::config::local::LocalError;
use crate::config::{self, Config, Environment, Options, Source, Written, local};
use crate::exchange::{Command, Exchange, FeeMode, TimeInForce};
use crate::http::limits::{CONNECTIONS_MAX, OTHER_DESCRIPTORS};
use crate::http::{self, Access, ApiKey, Context};
use crate::keys::Keyring;
use crate::mailbox::Mailbox;
use crate::pages::{self, Pages};
use crate::pool::Pool;
use crate::samples::Samples;
use crate::stepper::Stepper;
use crate::store::{self, Store, StoreError};
use crate::units::{Amount, Exact, Moment, Span};
use crate::venue_data::VenueData;
use crate::verifier::Verifier;
use board::Board;
use feed::{Feed, Start, symbols};
use following::{Followed, Following};
use matcher::Matcher;
use notify::{Notifier, Pulse};
use reload::Reloader;
use rules::rules;
use signals::{Asked, Signals};
use stretch::Stretches;

/// Threads for calls that may wait, one of them for what clients want to know of a venue; and one more for each source that
/// stands in for another.
const BLOCKING_THREADS: usize = 5;
/// What the demo's wallet holds of the cash asset.
const DEMO_FUNDS: i64 = 100_000;
/// How long the end may take once every client has been answered.
const END_TIMEOUT: Duration = Duration::from_millis(300);
/// How much longer the supervisor is asked to wait for a store that is being checked: so much, and a second for as many
/// bytes as the slowest SD card reads in one.
const CHECK_EXTENSION: Duration = Duration::from_secs(60);
const CHECK_BYTES_A_SECOND: u64 = 4 << 20;

/// What the daemon is started with. What it was made from is kept, to be read again.
#[derive(Debug)]
pub struct Launch {
    /// The configuration.
    pub config: Config,
    /// What was set for it, and where.
    pub written: Written,
    /// What the command line said.
    pub options: Options,
    /// What the environment says.
    pub environment: Environment,
}

/// Runs the daemon until it is told to stop.
pub fn serve(launch: Launch) -> Result<(), Fatal> {
    let config = &launch.config;
    let notifier = Arc::new(Notifier::of(&launch.environment));
    make_directory(&config.data_dir)?;
    let (store, exchange) = open(config, Arc::clone(&notifier))?;
    let stretches = Stretches::new();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS + config.oracle.fallback.len())
        .thread_keep_alive(Duration::from_secs(5));
    stretches.watch(&mut builder);
    let runtime = builder.build().map_err(Fatal::Runtime)?;
    let daemon = run(launch, notifier, store, exchange, stretches);
    let result = LocalSet::new().block_on(&runtime, daemon);
    // A venue that does not answer must not hold up the end.
    runtime.shutdown_timeout(END_TIMEOUT);
    result
}

/// Opens the store, which takes long only when a large one was not closed properly.
fn open(config: &Config, notifier: Arc<Notifier>) -> Result<(Store, Exchange), Fatal> {
    let path = config.data_dir.join(store::FILE_NAME);
    let cache = usize::try_from(config.store.cache_mib).unwrap_or(1) << 20;
    let on_check = move |bytes: u64| {
        let reading = Duration::from_secs(bytes / CHECK_BYTES_A_SECOND);
        notifier.status("checking the store, which was not closed properly");
        notifier.extend(CHECK_EXTENSION + reading);
    };
    let (store, snapshot) = Store::open_watched(&path, cache, Arc::new(on_check))?;
    let exchange = Exchange::restore(rules(config)?, snapshot).map_err(Fatal::Unsound)?;
    Ok((store, exchange))
}

async fn run(
    launch: Launch,
    notifier: Arc<Notifier>,
    store: Store,
    exchange: Exchange,
    stretches: Stretches,
) -> Result<(), Fatal> {
    let (config, demo) = (&launch.config, launch.options.demo);
    let mut signals = Signals::listen()?;
    let (listener, address) = sockets::listen(config).await?;
    let (stop, stopped) = watch::channel(false);

    let board = Board::new(config.data_dir.join(store::FILE_NAME), stretches);
    let board = Rc::new(board);
    let samples = shared(store.load_samples())?;
    let (mailbox, inbox) = Mailbox::new();
    let ((stepper, steps), (venue_data, wishes)) = (Stepper::new(), through::open());
    let (verifier, verifications) = Verifier::new();
    let pool = Pool::new(Arc::new(store.reader()));
    let reading = reading::start(config, &mailbox, &pool, &stopped).await?;
    let seams = (stepper, verifier, venue_data);
    let context = context(config, pool, &board, mailbox.clone(), seams)?;
    let candles = store.load_candles().map_err(Fatal::StoreLost)?;
    let candles = context.draw_on(candles.kept(config.store.candles));
    let following = Following::start(config, &store, &board, mailbox.clone(), verifications)?;
    let (mut following, followed) = following.unzip();
    let site = Site::new(config, context, &samples)?;
    let (start, funded) = (exchange.moment(), exchange.accounts().next().is_some());
    let feeds = Feed::open_all(config, demo, &exchange)?;
    let pulse = Pulse::of(&launch.environment, Arc::clone(&notifier));
    let (feed, pruned) = followed.map(Followed::into_parts).unzip();
    let turns = turns(config, exchange, &board, (samples, candles));
    let matcher = Matcher::new(turns.followed_by(feed), store, pulse, pruned);
    let mut matcher = spawn_local(matcher.run(inbox));

    prepare(&mailbox, config, demo && !funded).await;
    let begin = Start {
        mailbox: mailbox.clone(),
        board: Rc::clone(&board),
        moment: start,
        steps,
        wishes: Rc::clone(&wishes),
    };
    let running = Feed::start_all(feeds, config, begin);
    let endpoint = local::Endpoint::publish(&config.data_dir, address)?;
    welcome(config, demo, address);
    let server = spawn_local(serve_http(listener, site, stopped));
    notifier.ready();
    let telling = tell(&notifier, &mailbox, &board);

    let mut reloader = Reloader::new(launch, mailbox, Rc::clone(&board), wishes, running);
    let ended = until_stopped(&mut signals, &mut matcher, &mut reloader, &notifier).await;
    board.stopping.set(true);
    notifier.stopping();
    telling.iter().for_each(JoinHandle::abort);
    let mut ending = None;
    for source in reloader.into_running() {
        // At most one of them runs a program.
        ending = source.stop().await.or(ending);
    }
    if let Some(following) = &mut following {
        following.stop().await;
    }
    stop.send_replace(true);
    // A panic there has been reported already.
    drop(server.await);
    reading.ended().await;
    let ended = match ended {
        Some(ended) => ended,
        None => matcher.await,
    };
    if let Some(following) = following {
        following.finish();
    }
    if let Some(program) = ending {
        // It has had as long as the clients took.
        drop(program.await);
    }
    drop(endpoint);
    let ended = ended.unwrap_or(Err(Fatal::MatcherGone));
    ended.inspect(|()| log::info!("stopped"))
}

/// What the store held, to be shared.
fn shared<T>(held: Result<T, StoreError>) -> Result<Rc<RefCell<T>>, Fatal> {
    let held = held.map_err(Fatal::StoreLost)?;
    Ok(Rc::new(RefCell::new(held)))
}

/// All that answers on the port.
#[derive(Clone)]
struct Site {
    context: Rc<Context>,
    pages: Option<Rc<Pages>>,
    binance: Option<Rc<Binance>>,
}

impl Site {
    fn new(
        config: &Config,
        context: Context,
        samples: &Rc<RefCell<Samples>>,
    ) -> Result<Site, Fatal> {
        let keys = Rc::new(Keyring::open(&config.data_dir)?);
        let context = Rc::new(context.with_keys(Rc::clone(&keys)));
        Ok(Site {
            pages: pages(config, &context, samples),
            binance: compatible(config, &context, keys),
            context,
        })
    }

    async fn answer(self, request: http::Request) -> http::Response {
        match (self.pages, self.binance) {
            (Some(pages), _) if Pages::owns(&request.path) => pages.answer(&request).await,
            (_, Some(binance)) if Binance::owns(&request.path) => binance.answer(&request).await,
            _ => http::answer(self.context, request).await,
        }
    }
}

async fn serve_http(listener: TcpListener, site: Site, mut stopped: watch::Receiver<bool>) {
    let live = site.pages.clone();
    let answer = move |request: http::Request| site.clone().answer(request);
    let shutdown = async move {
        // The sender lives as long as the daemon; its end means the same.
        drop(stopped.wait_for(|&stop| stop).await);
        if let Some(pages) = live {
            pages.stop();
        }
    };
    let descriptors = system::descriptors(CONNECTIONS_MAX + OTHER_DESCRIPTORS);
    let limits = http::Limits::default().within_descriptors(descriptors);
    if limits.connections < CONNECTIONS_MAX {
        let (connections, most) = (limits.connections, descriptors);
        log::warn!(
            "{connections} connections at a time: the system allows {most} file descriptors"
        );
    }
    http::serve(listener, limits, answer, shutdown).await;
}

fn make_directory(path: &Path) -> Result<(), Fatal> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|source| Fatal::Directory {
        path: path.to_owned(),
        source,
    })
}

fn turns(
    config: &Config,
    exchange: Exchange,
    board: &Board,
    (samples, candles): (Rc<RefCell<Samples>>, Rc<RefCell<Candles>>),
) -> Turns {
    let housekeeping = Housekeeping {
        price_flush: duration(config.store.price_flush),
        audit: config.exchange.audit_every.map(duration),
    };
    let clock = clock(config, exchange.moment());
    Turns::new(exchange, clock, Rc::clone(&board.tally), housekeeping)
        .with_samples(samples)
        .with_candles(candles)
}

fn clock(config: &Config, start: Moment) -> Clock {
    match &config.oracle.source {
        Source::Replay { pace, .. } => {
            let speed = match pace {
                config::Pace::Fast | config::Pace::Stepped => None,
                config::Pace::Speed(speed) => Some(*speed),
            };
            Clock::Market(MarketClock::new(start, speed))
        }
        Source::Sim | Source::Push | Source::Venue(_) | Source::Exec(_) | Source::Valkey(_) => {
            Clock::System(SystemClock::new(start))
        }
    }
}

fn context(
    config: &Config,
    pool: Pool,
    board: &Rc<Board>,
    mailbox: Mailbox,
    (stepper, verifier, venue_data): (Stepper, Verifier, VenueData),
) -> Result<Context, Fatal> {
    let key = if config.server.auth {
        Some(api_key(config)?)
    } else {
        None
    };
    let access = Access {
        key,
        reads_need_key: config.server.reads_need_key,
        hosts: config.pages.hosts.clone(),
    };
    let board = Rc::clone(board);
    let status = Rc::new(move |exchange: &Exchange| board.status(exchange));
    let stepped = matches!(
        config.oracle.source,
        Source::Replay {
            pace: config::Pace::Stepped,
            ..
        }
    );
    let context = Context::new(mailbox, pool, access, status, env!("CARGO_PKG_VERSION"));
    let front = config.pages.enabled.then_some(pages::FRONT);
    let fee_mode = fee_mode(config.exchange.fee_in_received);
    let enforced = config.exchange.enforce_market_rules;
    let context = context.with_front(front).with_orders(fee_mode, enforced);
    let context = context.with_stepper(stepped.then_some(stepper));
    let context = context.with_venue_data(venue_data);
    Ok(context.with_verifier(verifier))
}

/// Keeps a supervisor informed, if there is one.
fn tell(notifier: &Arc<Notifier>, mailbox: &Mailbox, board: &Rc<Board>) -> Option<JoinHandle<()>> {
    notifier.is_heard().then(|| {
        let (mailbox, board) = (mailbox.clone(), Rc::clone(board));
        spawn_local(notify::tell(Arc::clone(notifier), mailbox, board))
    })
}

/// Reloads whenever it is asked to, until it is asked to stop or the matcher has ended, and tells how that ended.
async fn until_stopped<T>(
    signals: &mut Signals,
    matcher: &mut JoinHandle<T>,
    reloader: &mut Reloader,
    notifier: &Notifier,
) -> Option<Result<T, JoinError>> {
    loop {
        let asked = tokio::select! {
            asked = signals.next() => asked,
            ended = &mut *matcher => return Some(ended),
        };
        match asked {
            Asked::Stop => return None,
            Asked::Reload => reloader.reload(notifier).await,
        }
    }
}

/// The status pages, unless they are switched off.
fn pages(
    config: &Config,
    context: &Rc<Context>,
    samples: &Rc<RefCell<Samples>>,
) -> Option<Rc<Pages>> {
    let pages = &config.pages;
    let settings = pages::Settings {
        title: pages.title.clone(),
        zone: pages.zone.clone(),
        refresh: pages.refresh,
        fresh_window: pages.fresh_window,
        need_key: pages.need_key,
        hosts: pages.hosts.clone(),
    };
    let made = || Rc::new(Pages::new(Rc::clone(context), Rc::clone(samples), settings));
    pages.enabled.then(made)
}

/// The Binance-compatible API, unless it is switched off.
fn compatible(config: &Config, context: &Rc<Context>, keys: Rc<Keyring>) -> Option<Rc<Binance>> {
    let settings = binance::Settings {
        fee_mode: fee_mode(config.binance.fee_in_received),
        limits: config.binance.limits,
        lasting: match config.binance.expiry {
            config::Expiry::Never => TimeInForce::Unlimited,
            config::Expiry::LikeOthers => TimeInForce::GoodTillCancelled,
        },
    };
    let clock = Rc::new(clock::wall_micros);
    let made = || Binance::new(Rc::clone(context), keys, clock, settings);
    config.binance.enabled.then(|| Rc::new(made()))
}

fn fee_mode(in_received: bool) -> FeeMode {
    if in_received {
        FeeMode::Received
    } else {
        FeeMode::Quote
    }
}

fn api_key(config: &Config) -> Result<ApiKey, Fatal> {
    let key = local::api_key(&config.data_dir, config.server.api_key.as_ref())?;
    let path = config.data_dir.join(local::KEY_FILE);
    ApiKey::new(key.expose()).ok_or(Fatal::Local(LocalError::NoKey { path }))
}

/// Makes the symbols known, and fills the demo's wallet.
async fn prepare(mailbox: &Mailbox, config: &Config, fund: bool) {
    let listed = mailbox
        .submit(Command::List(symbols(config)), |_, _| ())
        .await;
    if let Ok(Err(refused)) = listed {
        log::error!("not all symbols are listed: {refused}");
    }
    if fund {
        let cash = config.exchange.cash_asset;
        let funds = Amount::from_stored(Exact::whole(DEMO_FUNDS));
        // An empty wallet takes it; without one the demo is still of use.
        drop(
            mailbox
                .submit(Command::Deposit(cash, funds), |_, _| ())
                .await,
        );
    }
}

fn welcome(config: &Config, demo: bool, address: SocketAddr) {
    log::info!(
        "mockx {} listens on http://{address}",
        env!("CARGO_PKG_VERSION")
    );
    if demo {
        let key = config.data_dir.join(local::KEY_FILE);
        log::info!("demo: prices are simulated, the wallet holds {DEMO_FUNDS} of cash; try");
        log::info!("  curl http://{address}/tickers/BTC/USDT");
        log::info!(
            "  curl http://{address}/orders -H \"x-api-key: $(cat {})\" --json \
             '{{\"symbol\":\"BTC/USDT\",\"side\":\"buy\",\"amount\":0.1}}'",
            key.display()
        );
        log::info!("  mockx balance    (or http://{address} in a browser)");
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(span.as_millis())
}
