//! The arguments as typed: every command, its options and its help text. No behaviour.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};

use super::candles::CandleFilter;
use super::operands::{AssetAmount, Number, OrderFilter, Side, SymbolPrice};
use super::order_terms::{NewOrder, OrderSketch, PairSketch, ReplaceSketch};

const AFTER_HELP: &str = "\
A first try:
  mockx serve --demo            start with simulated prices and a funded wallet
  mockx order BTC/USDT buy 0.1  in a second terminal
  mockx balance --table

Environment of the client commands (on the daemon's own machine none is needed):
  API_URL          address of the daemon, such as http://192.168.1.20:8000
  API_KEY          its key
  API_TIMEOUT_SEC  seconds to wait for an answer (default 10)

Exit codes:
  0  done
  1  refused: an error answer, an order answered as rejected, can-exec not ok,
     a ticker that is not available
  2  wrong usage or configuration
  3  daemon not reachable, or no answer in time";

/// Version, commit, target.
pub(super) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("MOCKX_BUILD"), ")");

/// A small, exact, deterministic paper exchange for trading bots
#[derive(Debug, Parser)]
#[command(name = "mockx", version = VERSION, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Print aligned columns for people instead of JSON
    #[arg(long, global = true, display_order = 900)]
    pub(super) table: bool,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What mockx can be told to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the exchange, until SIGTERM or Ctrl-C
    #[command(after_help = "\
Settings come from the file, then the environment, then these options; the last one wins.
Without --config the file is $MOCKX_CONFIG, else /etc/mockx/config.toml if there is one.

Example: mockx serve --source replay:ticks.csv.gz --listen 127.0.0.1:9000 --seed 7")]
    Serve(ServeOptions),

    /// Check file and environment: prints "ok: ...", or the error with exit code 2
    #[command(after_help = "Example: mockx check-config /etc/mockx/config.toml")]
    CheckConfig {
        /// The file [default: the one that serve would take]
        file: Option<PathBuf>,
    },

    /// Print what an issue report needs, and what looks wrong; never a secret
    #[command(after_help = "\
It works with the daemon down; as root or in the group mockx it sees more. Exit code 1 if
something looks wrong.")]
    Doctor,

    /// Copy the state of the running daemon into a file, whole and checked
    #[command(after_help = "Example: mockx backup /backups/mockx-2026-01-31.redb")]
    Backup {
        /// The file, which must not exist
        file: PathBuf,
    },

    /// Put a backup in the place of the state, with the daemon stopped
    #[command(after_help = "\
What is there is kept beside it as mockx.redb.replaced. Ids that it has given are not given again.")]
    Restore {
        /// The backup
        file: PathBuf,

        /// Even if there are orders or money, or what is there is damaged
        #[arg(long)]
        force: bool,
    },

    /// Check pages, rows and books of a store that nobody has open; writes nothing
    #[command(
        after_help = "Exit code 1 if it is not sound. Example: mockx check /backups/mockx-2026-01-31.redb"
    )]
    Check {
        /// The store or backup [default: that of the data directory]
        file: Option<PathBuf>,
    },

    /// Look after the mirror in a Valkey or Redis server
    Mirror {
        #[command(subcommand)]
        command: MirrorCommand,
    },

    #[command(flatten)]
    Client(ClientCommand),
}

/// What can be done with the mirror.
#[derive(Debug, Subcommand)]
pub(super) enum MirrorCommand {
    /// Compare it with the exchange, key by key: prints "N keys equal", or what differs with exit code 1
    #[command(after_help = "\
The daemon compares while it goes on; what differs only in passing is not told.
Waits for up to an hour, unless API_TIMEOUT_SEC says otherwise.")]
    Verify,

    /// Make what an old suite keeps there the state of an empty mockx
    #[command(after_help = "\
The daemon must not run meanwhile. Server and names of keys are those of [mirror] and the environment. What cannot be
kept, or does not add up, is printed; then nothing is imported, with exit code 1, unless differences are accepted.

Example: REDIS_URL=redis://:secret@old:6379/0 mockx mirror import --accept-differences --ids ids.tsv")]
    Import(ImportOptions),
}

/// Options of `mockx mirror import`.
#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Where the state is kept [default: where serve keeps it]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,

    /// Import although something differs
    #[arg(long)]
    pub(super) accept_differences: bool,

    /// Write old ids and new ones to this file, a pair a line, where they differ
    #[arg(long, value_name = "FILE")]
    pub(super) ids: Option<PathBuf>,
}

/// Options of `mockx serve`.
#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Simulated prices and a wallet of 100000 USDT, in a data directory of its own
    #[arg(long)]
    pub(super) demo: bool,

    /// Address and port to listen on [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,

    /// Where the state is kept [default: /var/lib/mockx for root, else ~/.local/share/mockx]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,

    /// Where prices come from [default: sim]
    #[arg(long, value_name = "sim|push|replay:FILE|VENUE[,VENUE...]")]
    pub(super) source: Option<String>,

    /// Seed of all chance: same seed, same input, same fills [default: 1]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}

/// One request to a running daemon each.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// List the symbols that have a price
    Tickers,

    /// Show the ticker of one symbol or of several
    #[command(after_help = "Example: mockx ticker BTC/USDT,ETH/USDT")]
    Ticker {
        /// Symbol, or several with commas between
        #[arg(value_name = "SYMBOL[,SYMBOL]", value_parser = NonEmptyStringValueParser::new())]
        symbols: String,
    },

    /// Show candles of a symbol, the oldest first: its prices, and what was traded here
    #[command(after_help = "Example: mockx candles BTC/USDT --interval 1h --limit 24 --table")]
    Candles(CandleFilter),

    /// Show what the last 24 hours brought, of one symbol or of all
    #[command(after_help = "Example: mockx stats BTC/USDT")]
    Stats {
        /// Symbol [default: all that have a price]
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        symbol: Option<String>,
    },

    /// Show the balance of every asset
    Balance,

    /// Show the balance of one asset
    #[command(after_help = "Example: mockx balance-asset USDT")]
    BalanceAsset {
        /// Asset, such as BTC
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        asset: String,
    },

    /// List the assets that have a balance
    BalanceList,

    /// Pay an amount in
    #[command(after_help = "Example: mockx deposit USDT 5000")]
    Deposit(AssetAmount),

    /// Take an amount out of what is free
    #[command(after_help = "Example: mockx withdrawal USDT 250.50")]
    Withdrawal(AssetAmount),

    /// Pay an amount in, by the administrator's route
    #[command(after_help = "Example: mockx fund BTC 0.5")]
    Fund(AssetAmount),

    /// Place an order; one that is answered as rejected ends with exit code 1
    #[command(after_help = "\
Examples:
  mockx order BTC/USDT buy 0.1
  mockx order BTC/USDT buy --quote-amount 500
  mockx order BTC/USDT sell 0.1 --type limit --price 72000
  mockx order BTC/USDT sell 0.1 --price 59000 --trigger stop_loss --trigger-price 60000")]
    Order(NewOrder),

    /// Place a limit order and a stop loss, of which one ends the other
    #[command(after_help = "\
Of a sale --price is above the market and --stop-price below, of a buy the other way round.

Example: mockx pair BTC/USDT sell 0.1 --price 72000 --stop-price 60000")]
    Pair(PairSketch),

    /// Cancel an order and place another in one step
    #[command(after_help = "\
Exit code 1 if the new order is not placed; the other one may be canceled nevertheless.

Example: mockx replace 000000000007 BTC/USDT sell 0.1 --price 71000")]
    Replace(ReplaceSketch),

    /// Ask whether an order could be placed, without placing it
    #[command(after_help = "\
With --price a limit order is asked about, else a market order. Exit code 1 if it could not.

Example: mockx can-exec BTC/USDT buy 0.1 --price 60000")]
    CanExec(OrderSketch),

    /// List orders, the latest change first
    #[command(after_help = "Example: mockx orders --status new,partially_filled --tail 20 --table")]
    Orders(OrderFilter),

    /// List the ids of orders, the latest change first
    #[command(after_help = "Example: mockx orders-simple --symbol BTC/USDT --side buy")]
    OrdersSimple(OrderFilter),

    /// Show one order
    OrderGet {
        /// Id of the order
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// With every change of its state
        #[arg(long)]
        history: bool,
    },

    /// Cancel an open order
    Cancel {
        /// Id of the order
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },

    /// Cancel all open orders, or those of a symbol
    CancelAll {
        /// Symbol, such as BTC/USDT
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        symbol: Option<String>,
    },

    /// Show what markets demand of orders: steps, bounds and bands
    Rules {
        /// Symbol, such as BTC/USDT
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        symbol: Option<String>,
    },

    /// Show equity, deposits, withdrawals and profit or loss, in the cash asset
    OverviewCapital {
        /// By asset instead of summed up
        #[arg(long)]
        raw: bool,
    },

    /// Show the value of cash and assets, free and frozen, in the cash asset
    OverviewAssets,

    /// Show count, amount, notional and fees of what was traded
    #[command(after_help = "Example: mockx overview-trades --side buy --assets BTC,ETH")]
    OverviewTrades {
        /// One side only
        #[arg(long, value_enum)]
        side: Option<Side>,
        /// These base assets only, with commas between
        #[arg(long, value_name = "ASSET[,ASSET]")]
        assets: Option<String>,
    },

    /// Set a balance as it stands, reservations included (for tests)
    #[command(after_help = "Example: mockx set-balance USDT --free 1000 --used 0")]
    SetBalance {
        /// Asset, such as USDT
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        asset: String,
        /// Amount that is free
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        free: Number,
        /// Amount reserved by orders
        #[arg(
            long,
            value_name = "N",
            default_value = "0",
            allow_negative_numbers = true
        )]
        used: Number,
    },

    /// Set the price of a symbol; its orders meet it at once
    #[command(after_help = "Example: mockx set-price BTC/USDT 65000 --ask-volume 0.5")]
    SetPrice(SymbolPrice),

    /// Look after the keys of the Binance-compatible API
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },

    /// Delete all balances, orders and counters, without asking; prices stay
    ResetData,

    /// Ask the daemon how it is; exit code 1 if it cannot do its work
    #[command(after_help = "\
For the health check of a container: 0 says that orders are taken and the books balance. A source
without prices is no reason for 1, as a restart would not bring them.")]
    Health,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key: prints both its halves, which are never shown again
    #[command(after_help = "\
What a client of Binance calls API key and API secret. It counts at once.

Example: mockx key new --name freqtrade")]
    New {
        /// What it is for, in your words
        #[arg(long)]
        name: Option<String>,
        /// It may look, but not trade
        #[arg(long)]
        read_only: bool,
    },

    /// List the keys, without what keeps them secret
    List,

    /// Let nobody in with a key any more, from now on
    #[command(after_help = "Example: mockx key revoke freqtrade")]
    Revoke {
        /// Id or name of the key, as `key list` tells it
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
