//! The configuration: final, checked, and the same for everybody who asks.
//!
//! A setting comes from the file, is overridden by the environment, and that by the command line.
//! Whatever is wrong is an error that says where it stands, its name, its value and what is
//! allowed; nothing is silently ignored or corrected. The keys with their defaults and units are
//! in `config.toml` at the top of the source tree.
//!
//! - [`Config`]: what the daemon works with.
//! - [`Options`]: what the command line said.
//! - [`local`]: what a running daemon leaves for the command line on the same machine.

mod assemble;
mod binance;
mod credential;
mod env;
mod error;
mod fees;
pub mod local;
mod pages;
mod paths;
mod raw;
mod resp;
mod secret;
mod setting;
mod sources;
#[cfg(test)]
mod tests;
mod valkey;
mod venue;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use env::Environment;
pub use error::{ConfigError, Place};
pub use paths::{DEMO_DIR, SYSTEM_CONFIG, SYSTEM_STATE};
pub use secret::Secret;
pub use venue::Venue;
pub use written::Written;

use crate::candles::Kept;
use crate::units::{Asset, Rate, Span, Symbol};
use paths::Places;
use raw::Raw;
use setting::{Setting, Value};

/// Every setting, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// The rules of the exchange.
    pub exchange: Exchange,
    /// Where prices come from.
    pub oracle: Oracle,
    /// Where the state is mirrored; none: nowhere.
    pub mirror: Option<Mirror>,
    /// The port that speaks the protocol of Valkey and Redis; none: there is none.
    pub resp: Option<Resp>,
    /// How the state is kept.
    pub store: Store,
    /// The status pages.
    pub pages: Pages,
    /// The Binance-compatible API.
    pub binance: Binance,
    /// Where the state is kept.
    pub data_dir: PathBuf,
    /// How much is logged.
    pub log: log::LevelFilter,
}

/// Section `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address and port of the HTTP server.
    pub listen: SocketAddr,
    /// The key for requests that change something; none means that one is made and kept.
    pub api_key: Option<Secret>,
    /// Whether a key is needed at all.
    pub auth: bool,
    /// Whether `auth` may be off on an address that other machines can reach.
    pub allow_open: bool,
    /// Whether requests that only read need the key too.
    pub reads_need_key: bool,
}

/// Section `[exchange]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The asset that everything is valued in.
    pub cash_asset: Asset,
    /// Fee as a share of the notional.
    pub commission: Rate,
    /// The same for orders that had rested in the book.
    pub maker_commission: Rate,
    /// Symbols with commissions of their own: of takers, of makers.
    pub symbol_commissions: BTreeMap<Symbol, (Rate, Rate)>,
    /// Whether fees of orders that say nothing of it come out of what is received.
    pub fee_in_received: bool,
    /// Where the rules of markets come from.
    pub market_rules: MarketRules,
    /// Whether orders of mockx's own API are held to them.
    pub enforce_market_rules: bool,
    /// Seed of all chance.
    pub seed: u64,
    /// How often each present ticker counts as a tick once more; none: never.
    pub tick_loop: Option<Span>,
    /// Shortest delay of a market order.
    pub market_delay_min: Span,
    /// Longest delay of a market order.
    pub market_delay_max: Span,
    /// Sigma of the liquidity factor in millionths; 0: always all of it.
    pub fill_sigma_ppm: u32,
    /// Whether a limit order that crosses meets the present ticker when it is placed.
    pub match_limit_at_once: bool,
    /// Open orders that have not changed for this long expire; none: never.
    pub expire_after: Option<Span>,
    /// Closed orders older than this are pruned; none: never.
    pub prune_after: Option<Span>,
    /// Trades older than this are pruned; none: never.
    pub prune_trades_after: Option<Span>,
    /// How often pruning looks.
    pub prune_every: Span,
    /// How often the books are audited; none: never.
    pub audit_every: Option<Span>,
}

/// Where the rules of markets come from: steps, bounds and bands of orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MarketRules {
    /// From the venue that prices come from.
    #[default]
    Venue,
    /// There are none.
    Off,
    /// From a file in the form of Binance's `exchangeInfo`.
    File(PathBuf),
}

/// Section `[oracle]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oracle {
    /// Where prices come from.
    pub source: Source,
    /// Who takes symbols over that the sources before it do not deliver, in this order.
    pub fallback: Vec<Source>,
    /// After how long.
    pub fallback_after: Span,
    /// Whether a venue is asked for candles and books that clients want.
    pub fetch_through: bool,
    /// Symbols to ask for, each once; empty: all that the source has by itself.
    pub symbols: Vec<Symbol>,
    /// Time between two polls.
    pub interval: Span,
    /// Prices that arrived longer ago fill nothing; none: prices do not age.
    pub max_age: Option<Span>,
    /// Prices more than so many times above or below the last good one wait to be confirmed; none: all are believed.
    pub max_jump: Option<Rate>,
    /// Markets to find in the list of a real exchange; none: only the symbols.
    pub discovery: Option<Discovery>,
    /// Other addresses of real exchanges than their own.
    pub base_urls: BTreeMap<Venue, String>,
    /// Whom secure connections to them trust.
    pub tls_roots: TlsRoots,
}

/// Whom secure connections trust.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TlsRoots {
    /// The authorities that come with this program.
    #[default]
    Bundled,
    /// Those of the system.
    System,
    /// Those of a file in PEM form.
    File(PathBuf),
}

/// Markets to find in the list of a real exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Those with these quote assets.
    pub quotes: Vec<Asset>,
    /// At most so many for each of them; none: all.
    pub limit: Option<usize>,
}

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A seeded random walk; needs no network.
    Sim,
    /// Clients set the prices.
    Push,
    /// A real exchange.
    Venue(Venue),
    /// A program of the user's: its name and its arguments.
    Exec(Vec<String>),
    /// What another program writes to a Valkey or Redis server.
    Valkey(Valkey),
    /// A recording.
    Replay {
        /// CSV or CSV.gz.
        file: PathBuf,
        /// How fast.
        pace: Pace,
        /// Whether it begins again at its end.
        looped: bool,
    },
}

/// Where a Valkey or Redis server is, and which of its keys are tickers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valkey {
    /// `redis://...`; not to be shown, as it may hold a password.
    pub url: Secret,
    /// The password, where it is not part of the address.
    pub password: Option<Secret>,
    /// What the keys of tickers begin with.
    pub prefix: String,
}

/// Section `[mirror]`, where it is on: a Valkey or Redis server that is told what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// `redis://...`; not to be shown, as it may hold a password.
    pub url: Secret,
    /// The password, where it is not part of the address.
    pub password: Option<Secret>,
    /// What all keys begin with.
    pub key_prefix: String,
    /// What the keys of tickers begin with, behind that.
    pub ticker_prefix: String,
}

/// Section `[resp]`, where it is on: a port that answers in the protocol of Valkey and Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resp {
    /// Its address and port.
    pub listen: SocketAddr,
    /// What clients must know; none: nothing.
    pub password: Option<Secret>,
    /// Whether clients may push prices.
    pub push: bool,
    /// What all keys begin with.
    pub key_prefix: String,
    /// What the keys of tickers begin with, behind that.
    pub ticker_prefix: String,
}

/// How fast a recording is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as possible.
    Fast,
    /// When a client asks for the next rows.
    Stepped,
    /// By its own time stamps, this many times as fast; above zero.
    Speed(Rate),
}

/// Section `[store]`, without the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Size of the database's cache in MiB.
    pub cache_mib: u32,
    /// How often prices are written to disk.
    pub price_flush: Span,
    /// How long candles are kept.
    pub candles: Kept,
}

/// Section `[pages]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// Whether there are any.
    pub enabled: bool,
    /// Whether they are closed to people without the key.
    pub need_key: bool,
    /// Names in lower case under which changes are taken, besides addresses in digits and `localhost`.
    pub hosts: Vec<String>,
    /// What stands at the top of every page.
    pub title: String,
    /// Name of the zone of times where the browser does not tell its own.
    pub zone: String,
    /// How often a live page is renewed; none: never by itself.
    pub refresh: Option<Span>,
    /// How long a row counts as fresh.
    pub fresh_window: Span,
}

/// Section `[binance]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binance {
    /// Whether there is such an API.
    pub enabled: bool,
    /// Whether fees of its orders come out of what is received.
    pub fee_in_received: bool,
    /// Whether requests and orders are limited as on Binance.
    pub limits: bool,
    /// How long its orders may wait.
    pub expiry: Expiry,
}

/// How long open orders of the Binance-compatible API may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Until they are cancelled.
    Never,
    /// As long as those of the own API.
    LikeOthers,
}

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--demo`: simulated prices, unless `--source` says otherwise, in a data directory of its own.
    pub demo: bool,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--source`.
    pub source: Option<String>,
    /// `--seed`.
    pub seed: Option<u64>,
}

impl Config {
    /// Reads the file, the environment and the options, and checks the whole.
    pub fn load(options: &Options, environment: &Environment) -> Result<Self, ConfigError> {
        Self::load_written(options, environment).map(|(config, _)| config)
    }

    /// The same, with what was set and where.
    pub fn load_written(
        options: &Options,
        environment: &Environment,
    ) -> Result<(Self, Written), ConfigError> {
        let places = Places::of(environment);
        let mut raw = match places.config_file(options.config.as_deref()) {
            Some(path) => read(&path)?,
            None => Raw::default(),
        };
        environment.apply(&mut raw)?;
        options.apply(&mut raw);
        let data_dir = options.data_dir(&raw, environment, &places)?;
        Ok((assemble::config(&raw, data_dir)?, Written(raw)))
    }
}

/// The configuration file that would be read when `asked` is what `--config` says; none: defaults.
pub fn file(asked: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    Places::of(environment).config_file(asked)
}

/// The data directories in which a daemon of this machine may run, the likeliest first.
pub fn data_dirs(environment: &Environment) -> Vec<PathBuf> {
    let places = Places::of(environment);
    // A file that this user may not read, or that is broken, is no reason not to go on.
    let raw = places
        .config_file(None)
        .and_then(|path| read(&path).ok())
        .unwrap_or_default();
    let configured = configured_data_dir(&raw, environment).ok().flatten();
    places.candidates(configured)
}

/// A number of seconds, or a number with a unit of time behind it. None if it is neither.
pub fn seconds(text: &str) -> Option<Span> {
    setting::millis(text, 1000).map(Span::from_millis)
}

/// The data directory that the environment or the file names.
fn configured_data_dir(
    raw: &Raw,
    environment: &Environment,
) -> Result<Option<PathBuf>, ConfigError> {
    match environment.path("MOCKX_DATA_DIR") {
        Some(path) => Ok(Some(path)),
        None => raw.get("store.data_dir").map(Setting::path).transpose(),
    }
}

fn read(path: &Path) -> Result<Raw, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    Raw::parse(&text, path)
}

impl Options {
    fn data_dir(
        &self,
        raw: &Raw,
        environment: &Environment,
        places: &Places,
    ) -> Result<PathBuf, ConfigError> {
        if let Some(path) = &self.data_dir {
            return Ok(path.clone());
        }
        let path = match configured_data_dir(raw, environment)? {
            Some(path) => path,
            None => places.data_dir()?,
        };
        Ok(if self.demo { path.join(DEMO_DIR) } else { path })
    }

    fn apply(&self, raw: &mut Raw) {
        let mut put = |key, value: String, flag| {
            raw.put(Setting::new(key, Value::Text(value), Place::Flag(flag)));
        };
        if let Some(listen) = self.listen {
            put("server.listen", listen.to_string(), "--listen");
        }
        if self.demo {
            put("oracle.source", "sim".to_owned(), "--demo");
        }
        if let Some(source) = &self.source {
            put("oracle.source", source.clone(), "--source");
        }
        if let Some(seed) = self.seed {
            put("exchange.seed", seed.to_string(), "--seed");
        }
    }
}
