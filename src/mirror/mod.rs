//! The mirror: writes what the exchange does into a Valkey or Redis server, in the keys that its readers know.
//!
//! It may lag, and it never holds up or fails the exchange. The matcher hands over what has become durable, as images of
//! what changed, one [`Changes`] a commit, and the newest prices; a thread writes them, each commit in one transaction.
//! The queue between the two is bounded. When it overflows, or anything at all goes wrong with the server, what waits is
//! dropped, and once the server can be reached again everything is compared and what differs is written (`walk`).
//!
//! A comparison goes on page by page beside the changes, and every page stands in the queue at the very place among the
//! changes at which the exchange was looked at. What the thread writes is therefore always the newest it knows, nothing
//! runs backwards, and nothing has to be locked or copied whole.
//!
//! *Ours* is every key whose name the keyspace can give, under the prefix, if it has the type that goes with the name:
//! such a key is removed when the exchange has nothing for it. `open:foo` names no symbol, so it is somebody else's.
//! A key of ours that holds another type is somebody else's too: it is never removed, and the mirror says so and waits.
//!
//! | file | is |
//! | --- | --- |
//! | `changes` | what a commit changed, in images |
//! | `queue` | the bounded queue, and how the mirror is doing |
//! | `page` | looks at the exchange, for comparisons |
//! | `link` | the connection |
//! | `write` | from changes to commands |
//! | `walk` | the comparison, in stages; it repairs or only tells |
//! | `orders` | the stages of it that go over orders |
//! | `worker` | the thread |
//! | `import` | the other way: what an old server holds becomes an exchange |

mod changes;
pub mod import;
mod link;
mod orders;
mod page;
mod queue;
#[cfg(test)]
mod tests;
mod walk;
mod worker;
mod write;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

pub use changes::Changes;
pub use link::BadServer;
pub use page::{Ask, Seen};
pub use queue::Feed;

use crate::archive::Archive;
use crate::keyspace::Names;
use link::Server;
use queue::Queue;
use worker::Worker;

const STACK_BYTES: usize = 512 * 1024;

/// What a mirror needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Where the server is: `redis://[[user]:password@]host[:port][/db]`, `rediss://` with TLS, `unix:///path`.
    pub url: String,
    /// The password, where it is not part of the address.
    pub password: Option<String>,
    /// The names of keys.
    pub names: Names,
    /// Whether tickers are written; not where prices are read from there.
    pub tickers: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest may hold a password.
        f.debug_struct("Settings")
            .field("names", &self.names)
            .field("tickers", &self.tickers)
            .finish_non_exhaustive()
    }
}

/// A running mirror.
#[derive(Debug)]
pub struct Mirror {
    feed: Feed,
}

impl Mirror {
    /// Checks the address and starts the thread; whoever reads the asks looks at the exchange for it.
    pub fn start(
        settings: &Settings,
        archive: Arc<dyn Archive>,
    ) -> Result<(Mirror, mpsc::Receiver<Ask>), BadServer> {
        let server = Server::new(&settings.url, settings.password.as_deref())?;
        let (asks, inbox) = mpsc::channel(1);
        let queue = Arc::new(Queue::new(server.shown(), settings.tickers));
        let worker = Worker::new(server, settings, archive, asks, Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("mirror".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || worker.run());
        if let Err(why) = thread {
            queue.no_thread(&why.to_string());
        }
        let feed = Feed::new(queue);
        Ok((Mirror { feed }, inbox))
    }

    /// The end that takes what is to be written.
    pub fn feed(&self) -> Feed {
        self.feed.clone()
    }

    /// Takes no more, and waits for what is there to be written, but no longer than this. Blocks.
    pub fn finish(&self, patience: Duration) {
        self.feed.finish(patience);
    }
}
