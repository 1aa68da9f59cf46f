//! The mirror, where there is one: who starts it, looks at the exchange for it, and passes requests on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_local};

use super::board::Board;
use super::fatal::Fatal;
use crate::config::{self, Config, Source};
use crate::keyspace::Names;
use crate::mailbox::Mailbox;
use crate::mirror::{Ask, Feed, Mirror, Settings};
use crate::store::Store;
use crate::units::OrderId;
use crate::verifier::VerifyRequest;

/// How long the last changes may take to be written when the daemon stops.
const FINISH_PATIENCE: Duration = Duration::from_millis(500);
/// Lists of pruned orders that can wait for the matcher.
const PRUNED_MAX: usize = 64;

/// The mirror at work.
pub(super) struct Following {
    mirror: Mirror,
    tasks: [JoinHandle<()>; 2],
}

/// The matcher's end of it.
#[derive(Debug)]
pub(super) struct Followed {
    feed: Feed,
    /// Closed orders that the store has pruned.
    pruned: mpsc::Receiver<Vec<OrderId>>,
}

impl Followed {
    /// Who is told, and what the store has pruned.
    pub(super) fn into_parts(self) -> (Feed, mpsc::Receiver<Vec<OrderId>>) {
        (self.feed, self.pruned)
    }
}

impl Following {
    /// Starts the mirror that the configuration names, if it does.
    pub(super) fn start(
        config: &Config,
        store: &Store,
        board: &Board,
        mailbox: Mailbox,
        requests: mpsc::Receiver<VerifyRequest>,
    ) -> Result<Option<(Following, Followed)>, Fatal> {
        let Some(server) = &config.mirror else {
            return Ok(None);
        };
        let password = server.password.as_ref();
        let settings = Settings {
            url: server.url.expose().to_owned(),
            password: password.map(|password| password.expose().to_owned()),
            names: Names::new(&server.key_prefix, &server.ticker_prefix)
                .map_err(|why| Fatal::Mirror(format!("mirror.ticker_prefix {why}")))?,
            tickers: !is_fed_by(config, server),
        };
        let archive = Arc::new(store.reader());
        let started = Mirror::start(&settings, archive);
        let (mirror, asks) = started.map_err(|why| Fatal::Mirror(why.to_string()))?;
        let (tell, pruned) = mpsc::channel(PRUNED_MAX);
        let feed = mirror.feed();
        store.tell_pruned(move |ids| {
            if tell.try_send(ids).is_err() {
                feed.lost();
            }
        });
        *board.mirror.borrow_mut() = Some(mirror.feed());
        let tasks = [
            spawn_local(look(asks, mailbox, mirror.feed())),
            spawn_local(pass_on(requests, mirror.feed())),
        ];
        let feed = mirror.feed();
        Ok(Some((
            Following { mirror, tasks },
            Followed { feed, pruned },
        )))
    }

    /// Looks at the exchange no more.
    pub(super) async fn stop(&mut self) {
        for task in &mut self.tasks {
            task.abort();
            // Its mailbox is gone when it is.
            drop(task.await);
        }
    }

    /// Waits for the last changes to be written, within a bound. Nobody else needs the executor any more.
    pub(super) fn finish(self) {
        self.mirror.finish(FINISH_PATIENCE);
    }
}

/// Whether prices come from the very keys that the mirror would write: each would then follow from the other for ever.
/// Two addresses may mean one server, so only names are looked at.
fn is_fed_by(config: &Config, server: &config::Mirror) -> bool {
    let oracle = &config.oracle;
    let mut sources = std::iter::once(&oracle.source).chain(&oracle.fallback);
    sources.any(|source| match source {
        Source::Valkey(source) => {
            source.prefix == format!("{}{}", server.key_prefix, server.ticker_prefix)
        }
        Source::Sim | Source::Push | Source::Venue(_) | Source::Exec(_) | Source::Replay { .. } => {
            false
        }
    })
}

/// Answers the mirror's questions, in the order of what becomes durable.
async fn look(mut asks: mpsc::Receiver<Ask>, mailbox: Mailbox, feed: Feed) {
    while let Some(ask) = asks.recv().await {
        let (looking, telling) = (feed.clone(), feed.clone());
        let looked = mailbox.look_then(
            move |exchange| ask.look(exchange, &looking),
            move |seen| telling.seen(seen),
        );
        if looked.await.is_err() {
            return;
        }
    }
}

async fn pass_on(mut requests: mpsc::Receiver<VerifyRequest>, feed: Feed) {
    while let Some(request) = requests.recv().await {
        feed.verify(request);
    }
}
