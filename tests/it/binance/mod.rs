//! The Binance-compatible API: the real binary, spoken to as its clients do.

mod clients;
mod fees;
mod filter_rows;
mod filters;
mod keys;
mod lists;
mod orders;
mod replace;
mod requests;
pub(crate) mod stage;
