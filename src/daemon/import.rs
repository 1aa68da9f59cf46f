//! `mockx mirror import`: an old suite's server becomes the state of a store that is empty, in one commit or not at all.
//!
//! It works on the store at rest, whose file nobody else can open meanwhile: a daemon that ran beside it could take orders
//! between the look at the old system and the commit.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Fatal, make_directory, rules};
use crate::archive::Archive as _;
use crate::config::Config;
use crate::exchange::{Exchange, Snapshot};
use crate::keyspace::Names;
use crate::mirror::Settings;
use crate::mirror::import::{Failure, Progress, Terms, read};
use crate::oracle;
use crate::store::{self, Batch, Store, StoreError};
use crate::units::{OrderId, Timestamp};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// No server is named.
    #[error("there is no server to import from; [mirror] url, REDIS_URL or VALKEY_HOST names it")]
    NoServer,
    /// The data directory belongs to somebody else, who could not open what this user makes.
    #[error("{0} belongs to another user: run this as that one, such as with sudo -u mockx")]
    NotOurs(String),
    /// The store is not empty.
    #[error("the store in {0} is not empty: nothing is imported into what has balances or orders")]
    NotEmpty(String),
    /// The server or what it holds.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The store cannot be opened.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The store does not take it.
    #[error("the store did not take it, and is as it was: {0}")]
    Store(#[from] StoreError),
}

/// What was imported, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Whether it has been done.
    pub done: bool,
    /// Orders, open ones among them.
    pub orders: usize,
    /// Open orders.
    pub open: usize,
    /// Assets with a balance.
    pub assets: usize,
    /// Symbols with a price.
    pub symbols: usize,
    /// Old ids and new ones, where they differ.
    pub renamed: Vec<(String, OrderId)>,
    /// What differs or does not add up.
    pub differences: Vec<String>,
}

/// Imports what the server of the mirror holds; where something differs only if differences are accepted.
pub fn import_keys(
    config: &Config,
    accept: bool,
    progress: Progress<'_>,
) -> Result<Imported, NotImported> {
    let server = config.mirror.as_ref().ok_or(NotImported::NoServer)?;
    make_directory(&config.data_dir)?;
    check_owner(config)?;
    let place = config.data_dir.display().to_string();
    let path = config.data_dir.join(store::FILE_NAME);
    let cache = usize::try_from(config.store.cache_mib).unwrap_or(1) << 20;
    let (store, present) = Store::open(&path, cache).map_err(Fatal::from)?;
    if !is_empty(&store, &present)? {
        return Err(NotImported::NotEmpty(place));
    }
    let names = Names::new(&server.key_prefix, &server.ticker_prefix);
    let settings = Settings {
        url: server.url.expose().to_owned(),
        password: server
            .password
            .as_ref()
            .map(|password| password.expose().to_owned()),
        names: names.map_err(|why| Fatal::Mirror(format!("mirror.ticker_prefix {why}")))?,
        tickers: true,
    };
    let terms = Terms {
        rules: rules(config)?,
        now: now().max(present.moment.now),
        elapsed: present.moment.elapsed,
        read_ticker: oracle::ticker_of,
    };
    let import = read(&settings, &terms, progress)?;
    let priced = import
        .exchange
        .markets()
        .filter(|(_, market)| market.ticker.is_some());
    let assets = import
        .exchange
        .accounts()
        .filter(|(_, account)| !account.is_empty());
    let mut imported = Imported {
        done: false,
        orders: import.orders,
        open: import.exchange.open_count(),
        assets: assets.count(),
        symbols: priced.count(),
        renamed: import.renamed,
        differences: import.differences,
    };
    if accept || imported.differences.is_empty() {
        let batch = Batch::collect(&import.exchange, import.events);
        let lost = || StoreError("its thread has ended".to_owned());
        store.commit(batch).blocking_recv().map_err(|_| lost())??;
        // What is on the disk must be an exchange too.
        Exchange::restore(terms.rules, store.load()?).map_err(Fatal::Unsound)?;
        imported.done = true;
    }
    Ok(imported)
}

/// Whether nothing has ever happened but prices.
fn is_empty(store: &Store, present: &Snapshot) -> Result<bool, StoreError> {
    let closed = store.reader().count().map_err(|why| StoreError(why.0))?;
    Ok(present.accounts.is_empty()
        && present.trades.is_empty()
        && present.orders.is_empty()
        && present.next_order <= 1
        && closed == 0)
}

fn check_owner(config: &Config) -> Result<(), NotImported> {
    let owner = fs::metadata(&config.data_dir).map(|directory| directory.uid());
    let own = rustix::process::geteuid().as_raw();
    if owner.is_ok_and(|owner| owner != own) {
        return Err(NotImported::NotOurs(config.data_dir.display().to_string()));
    }
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
