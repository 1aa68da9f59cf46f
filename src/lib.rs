//! A small, exact, deterministic paper exchange for trading bots.

pub mod exchange;
pub mod oracle;
pub mod units;
