//! A small, exact, deterministic paper exchange for trading bots.
//!
//! [`exchange::Exchange`] is the machine: a pure function of commands and times, to be used by itself for back-tests or
//! under the daemon, which adds a store, prices and an HTTP API. `ARCHITECTURE.md` has the map and the reasons.
//!
//! ```
//! use mockx::exchange::{Command, Exchange, NewOrder, OrderKind, Outcome, Rules, Side, Strict, Terms, Ticker};
//! use mockx::units::{Amount, Asset, Moment, Price, Quantity, Span, Symbol, Timestamp};
//!
//! let mut exchange = Exchange::new(Rules::default());
//! let symbol = Symbol::parse("BTC/USDT")?;
//! let start = Moment { now: Timestamp::from_millis(1_700_000_000_000), ..Moment::default() };
//! let ticker = Ticker {
//!     symbol,
//!     last: Price::parse("64780.1")?,
//!     bid: Some(Price::parse("64780")?),
//!     ask: Some(Price::parse("64780.2")?),
//!     bid_quantity: None,
//!     ask_quantity: None,
//!     at: start.now,
//! };
//! exchange.handle(start, Command::ApplyTickers(vec![ticker]))?;
//! exchange.handle(start, Command::Deposit(Asset::parse("USDT")?, Amount::parse_positive("1000")?))?;
//! let quantity = Quantity::parse_positive("0.01")?;
//! let terms = Terms::default();
//! let order = NewOrder { symbol, side: Side::Buy, kind: OrderKind::Market, quantity, terms, strict: Strict::default() };
//! exchange.handle(start, Command::Place(order))?;
//!
//! // Market orders take up to a second.
//! exchange.handle(start.plus(Span::from_secs(1)), Command::Wake)?;
//! let bitcoin = exchange.account(Asset::parse("BTC")?).unwrap_or_default();
//! assert_eq!(bitcoin.free.to_string(), "0.01");
//! exchange.audit()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod archive;
pub mod binance;
pub mod candles;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod exchange;
pub mod http;
pub mod keys;
pub mod keyspace;
pub mod mailbox;
pub mod mirror;
pub mod oracle;
pub mod pages;
pub mod pool;
mod private_file;
pub mod resp;
pub mod samples;
mod shapes;
pub mod status;
pub mod stepper;
pub mod store;
pub mod units;
pub mod venue_data;
pub mod verifier;
