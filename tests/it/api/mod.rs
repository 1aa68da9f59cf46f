//! The REST API without sockets: requests go straight to the router, an exchange answers from memory.

mod access;
mod candles;
mod document;
mod groups;
mod inputs;
mod lists;
mod numbers;
mod schema;
mod session;
mod stage;
