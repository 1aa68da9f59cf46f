//! The Binance-compatible API: the real binary, spoken to as its clients do.

mod clients;
mod fees;
mod filter_rows;
mod filters;
mod keys;
mod lists;
mod market;
mod orders;
mod replace;
mod requests;
mod shapes;
pub(crate) mod stage;
