//! A small, exact, deterministic paper exchange for trading bots.

pub mod http;
