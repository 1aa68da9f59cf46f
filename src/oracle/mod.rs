//! Where prices come from.
//!
//! A source turns what the world says into [`Ticker`](crate::exchange::Ticker)s; the daemon applies them to the
//! exchange. Nothing here knows of orders, and nothing of floats: a number goes from its text into a decimal.
//!
//! - [`Sim`] makes prices up, from a seed;
//! - [`Replay`] reads them from a recorded file, on a thread of its own;
//! - a [`Venue`], found by name with [`venue()`], says how to ask an exchange for them, and [`run`] asks it;
//! - [`Exec`] is a program of the user's that writes them, which [`run_program`] keeps running;
//! - [`Valkey`] follows what another program writes to a server.
//!
//! An [`Asker`] asks a venue for what a client wants to know of it besides.
//!
//! Where there are several, a [`Choice`] says whose price of a symbol counts.
//!
//! # Invariants
//!
//! A ticker has a price above zero, by the one rule of [`Quote::ticker`]; what has none is skipped and counted. No source
//! waits for a disk or a remote host on the executor's thread, and every queue, body and row has a named bound.

mod alias;
mod asker;
mod backoff;
mod binance;
mod binanceus;
mod bitfinex;
mod bitstamp;
mod bybit;
mod calendar;
mod chatter;
mod coinbase;
mod cryptocom;
mod discover;
mod exec;
mod fallback;
mod fetch;
mod field;
mod filters;
mod gate;
mod group;
mod guard;
mod health;
mod history;
mod kraken;
mod kucoin;
mod line;
mod lines;
mod mexc;
mod okx;
mod outlet;
mod pace;
mod plan;
mod poll;
mod quote;
mod replay;
mod replay_file;
mod replay_row;
mod retry_after;
mod roots;
mod rules_file;
mod sim;
mod stamp;
mod valkey;
mod valkey_hash;
mod valkey_link;
mod venue;
mod venues;

pub use asker::{AskError, Asker};
pub use binance::{BINANCE_URL, Binance};
pub use discover::{Listing, Selection, UnknownSymbol, select};
pub use exec::{EXEC, Exec, run_program};
pub use fallback::{Choice, Handover};
pub use fetch::{FetchError, FetchSettings, Fetched, Fetcher};
pub use guard::JumpGuard;
pub use health::{Health, HealthReport, Instants, PollEnd, SourceState};
pub use outlet::{Inlet, Outlet, outlet};
pub use poll::{Batch, Poll, PollError, run, run_when};
pub use quote::{Quote, SkipCounts, Skipped};
pub use replay::{Progress, Replay, ReplayError, Row, SkippedRow};
pub use replay_row::BadHeader;
pub use roots::{Roots, RootsError};
pub use rules_file::{RulesError, read_rules};
pub use sim::{DEFAULT_SYMBOLS, Sim, default_symbols};
pub use valkey::{VALKEY, Valkey, ValkeyError, ValkeySettings};
pub use valkey_hash::ticker_of;
pub use venue::{Instrument, Limit, Market, Remedy, Venue, VenueError, VenueRequest};
pub use venues::{VENUES, venue};
