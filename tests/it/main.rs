//! All integration tests, in one binary: linking many would cost minutes on a small machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::get_unwrap,
    clippy::print_stderr,
    reason = "a helper of a test reports by panicking, as the test itself does"
)]

mod api;
mod cli;
mod kill;
mod oracle;
mod oracle_fetch;
mod oracle_venues;
mod replay_session;
mod server;
mod stop;
mod support;
mod tidy;
mod venue_server;
