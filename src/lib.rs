//! A small, exact, deterministic paper exchange for trading bots.

pub mod archive;
pub mod exchange;
pub mod http;
pub mod mailbox;
pub mod status;
pub mod stepper;
pub mod units;
