//! A small, exact, deterministic paper exchange for trading bots.

pub mod archive;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod exchange;
pub mod http;
pub mod mailbox;
pub mod oracle;
pub mod status;
pub mod stepper;
pub mod store;
pub mod units;
