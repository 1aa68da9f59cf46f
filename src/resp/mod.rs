//! A port that speaks the protocol of Valkey and Redis and answers from the exchange itself, in the keys that readers know.
//!
//! It only reads, but for prices where that is allowed. Connections are tasks of the executor; what may wait for a disk,
//! the hash of all orders, is read by the pool of the archive. Requests that come together are answered by one look at the
//! exchange, and so is a transaction that only reads: its answers are of one moment.
//!
//! | file | is |
//! | --- | --- |
//! | `parse` | from bytes to requests; pure |
//! | `reply` | from answers to bytes |
//! | `commands` | which commands there are |
//! | `glob` | patterns of names |
//! | `session` | a client: password, protocol, transactions; pure |
//! | `keys` | answers from the exchange; pure |
//! | `orders` | answers about the hash of all orders |
//! | `work` | looks, asks the archive, pushes prices |
//! | `server` | the connections |

mod commands;
mod glob;
mod keys;
mod orders;
pub mod parse;
mod reply;
mod server;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod work;

use std::rc::Rc;

use tokio::net::TcpListener;

pub use settings::{Password, Settings};

use crate::mailbox::Mailbox;
use crate::pool::Pool;
use work::Shared;

/// Where answers come from.
#[derive(Debug)]
pub struct Sources {
    /// The exchange.
    pub mailbox: Mailbox,
    /// Closed orders.
    pub pool: Pool,
    /// The program's own.
    pub version: &'static str,
}

/// Serves every connection that `listener` accepts until `shutdown` is ready; no connection outlives it.
///
/// Must be called inside a [`tokio::task::LocalSet`].
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    sources: Sources,
    shutdown: impl Future<Output = ()>,
) {
    let Sources {
        mailbox,
        pool,
        version,
    } = sources;
    let shared = Shared::new(settings, mailbox, pool, version);
    server::serve(listener, Rc::new(shared), shutdown).await;
}
