//! All integration tests, in one binary: linking many would cost minutes on a small machine.

mod oracle;
mod oracle_fetch;
mod oracle_venues;
mod venue_server;
