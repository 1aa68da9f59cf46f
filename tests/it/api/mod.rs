//! The REST API without sockets: requests go straight to the router, an exchange answers from memory.

mod access;
mod inputs;
mod lists;
mod numbers;
mod session;
mod stage;
