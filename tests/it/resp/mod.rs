//! The port that speaks the protocol of Valkey and Redis: the real binary, asked by redis's own Rust client, by redis-py,
//! and by bare sockets.

mod bounds;
mod python;
mod read;
pub(crate) mod stage;
