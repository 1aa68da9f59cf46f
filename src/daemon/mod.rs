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
mod fatal;
mod feed;
mod matcher;
mod poller;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{LocalSet, spawn_local};

pub use fatal::Fatal;

use crate::config::local::LocalError;
use crate::config::{self, Config, Source, local};
use crate::exchange::{Command, Exchange, FeeMode, Fees, Rules};
use crate::http::{self, Access, ApiKey, Context};
use crate::mailbox::Mailbox;
use crate::oracle::JumpGuard;
use crate::stepper::Stepper;
use crate::store::{self, Store};
use crate::units::{Amount, Exact, Moment, Span, Symbol};
use board::Board;
use clock::{Clock, MarketClock, SystemClock};
use feed::{Feed, symbols};
use matcher::{Matcher, Settings};
use poller::Poller;

/// Threads for calls that may wait.
const BLOCKING_THREADS: usize = 4;
/// What the demo's wallet holds of the cash asset.
const DEMO_FUNDS: i64 = 100_000;
/// How long the end may take once every client has been answered.
const END_TIMEOUT: Duration = Duration::from_millis(300);

/// Runs the daemon until it is told to stop.
pub fn serve(config: Config, demo: bool) -> Result<(), Fatal> {
    make_directory(&config.data_dir)?;
    let path = config.data_dir.join(store::FILE_NAME);
    let cache = usize::try_from(config.store.cache_mib).unwrap_or(1) << 20;
    let (store, snapshot) = Store::open(&path, cache)?;
    let exchange = Exchange::restore(rules(&config), snapshot).map_err(Fatal::Unsound)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(Duration::from_secs(5))
        .build()
        .map_err(Fatal::Runtime)?;
    let result = LocalSet::new().block_on(&runtime, run(config, demo, store, exchange));
    // A venue that does not answer must not hold up the end.
    runtime.shutdown_timeout(END_TIMEOUT);
    result
}

async fn run(config: Config, demo: bool, store: Store, exchange: Exchange) -> Result<(), Fatal> {
    let address = config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| Fatal::Listen { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| Fatal::Listen { address, source })?;
    let (stop, stopped) = watch::channel(false);
    let mut signals = Signals::listen()?;

    let board = Rc::new(Board::new(config.data_dir.join(store::FILE_NAME)));
    let (mailbox, inbox) = Mailbox::new();
    let (stepper, steps) = Stepper::new();
    let context = context(&config, &store, &board, mailbox.clone(), stepper)?;
    let start = exchange.moment();
    let funded = exchange.accounts().next().is_some();
    let feed = Feed::open(&config, demo, &exchange)?;
    let settings = settings(&config);
    let matcher = Matcher::new(
        exchange,
        store,
        clock(&config, start),
        Rc::clone(&board),
        settings,
    );
    let mut matcher = spawn_local(matcher.run(inbox));

    prepare(&mailbox, &config, demo && !funded).await;
    let guard = config.oracle.max_jump.map(JumpGuard::new);
    let poller = feed.start(Poller::new(mailbox, Rc::clone(&board), guard), start, steps);
    let endpoint = local::Endpoint::publish(&config.data_dir, address)?;
    welcome(&config, demo, address);
    let server = spawn_local(serve_http(listener, context, stopped));

    let ended = tokio::select! {
        () = signals.stop() => None,
        ended = &mut matcher => Some(ended),
    };
    board.stopping.set(true);
    let ending = match poller {
        Some(poller) => poller.stop().await,
        None => None,
    };
    stop.send_replace(true);
    // A panic there has been reported already.
    drop(server.await);
    let ended = match ended {
        Some(ended) => ended,
        None => matcher.await,
    };
    if let Some(program) = ending {
        // It has had as long as the clients took.
        drop(program.await);
    }
    drop(endpoint);
    let result = ended.unwrap_or(Err(Fatal::MatcherGone));
    if result.is_ok() {
        log::info!("stopped");
    }
    result
}

/// What makes a daemon stop.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> Result<Signals, Fatal> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate()).map_err(Fatal::Runtime)?,
            interrupt: signal(SignalKind::interrupt()).map_err(Fatal::Runtime)?,
        })
    }

    async fn stop(&mut self) {
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        };
        log::info!("stopping on {name}");
    }
}

async fn serve_http(
    listener: TcpListener,
    context: Rc<Context>,
    mut stopped: watch::Receiver<bool>,
) {
    let answer = move |request| http::answer(Rc::clone(&context), request);
    let shutdown = async move {
        // The sender lives as long as the daemon; its end means the same.
        drop(stopped.wait_for(|&stop| stop).await);
    };
    http::serve(listener, http::Limits::default(), answer, shutdown).await;
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

fn rules(config: &Config) -> Rules {
    let max_age = config.oracle.max_age;
    let config = &config.exchange;
    Rules {
        cash_asset: config.cash_asset,
        fee_rate: config.commission,
        maker_rate: Some(config.maker_commission),
        symbol_fees: symbol_fees(config),
        max_age,
        tick_loop: config.tick_loop,
        market_delay_min: config.market_delay_min,
        market_delay_max: config.market_delay_max,
        fill_sigma_ppm: config.fill_sigma_ppm,
        match_limit_at_once: config.match_limit_at_once,
        expire_after: config.expire_after,
        prune_after: config.prune_after,
        prune_trades_after: config.prune_trades_after,
        prune_every: config.prune_every,
        seed: config.seed,
    }
}

fn symbol_fees(config: &config::Exchange) -> BTreeMap<Symbol, Fees> {
    let fees = config.symbol_commissions.iter();
    fees.map(|(&symbol, &(taker, maker))| (symbol, Fees { taker, maker }))
        .collect()
}

fn settings(config: &Config) -> Settings {
    Settings {
        rules: rules(config),
        price_flush: duration(config.store.price_flush),
        audit_every: config.exchange.audit_every.map(duration),
    }
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
    store: &Store,
    board: &Rc<Board>,
    mailbox: Mailbox,
    stepper: Stepper,
) -> Result<Rc<Context>, Fatal> {
    let key = if config.server.auth {
        Some(api_key(config)?)
    } else {
        None
    };
    let access = Access {
        key,
        reads_need_key: config.server.reads_need_key,
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
    let archive = Arc::new(store.reader());
    let context = Context::new(mailbox, archive, access, status, env!("CARGO_PKG_VERSION"));
    let fee_mode = if config.exchange.fee_in_received {
        FeeMode::Received
    } else {
        FeeMode::Quote
    };
    let context = context.with_fee_mode(fee_mode);
    Ok(Rc::new(context.with_stepper(stepped.then_some(stepper))))
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
        log::info!("  mockx balance    (or http://{address}/docs in a browser)");
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(span.as_millis())
}
