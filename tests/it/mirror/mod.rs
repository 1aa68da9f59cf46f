//! The mirror: the real binary, a real redis-server, and readers of its keys.
//!
//! What the mirror wrote is compared with what the HTTP API answers (`equal`), not with what the mirror says of itself.

pub(crate) mod equal;
mod import;
pub(crate) mod random;
mod reader;
mod secure;
pub(crate) mod stage;
mod trouble;
mod verify;
