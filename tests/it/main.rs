//! All integration tests, in one binary: linking many would cost minutes on a small machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::get_unwrap,
    clippy::print_stderr,
    reason = "a helper of a test reports by panicking, as the test itself does"
)]
#![allow(unreachable_pub, reason = "nothing outside can use a test binary")]
#![allow(missing_docs, reason = "names tell enough in a test; comments say why")]

mod access;
mod age;
mod api;
mod backup;
mod binance;
mod candles;
mod cli;
mod description;
mod doctor;
mod exec;
mod exec_ccxt;
mod fallback;
mod faults;
mod feed_stage;
mod kill;
mod manual;
mod mirror;
mod model;
mod oracle;
mod oracle_fetch;
mod oracle_venues;
mod pages;
mod replay_session;
mod resp;
mod scenarios;
mod server;
mod service;
mod small_disk;
mod stop;
mod support;
mod tidy;
mod valkey;
mod venue_data;
mod venue_mutants;
mod venue_polls;
mod venue_proxy;
mod venue_rules;
mod venue_server;
mod venue_shapes;
mod venues;
mod wall_clock;
