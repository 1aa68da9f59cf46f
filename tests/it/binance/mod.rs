//! The Binance-compatible API: the real binary, spoken to as its clients do.

mod clients;
mod keys;
mod orders;
mod requests;
mod stage;
