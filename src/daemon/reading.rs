//! The port that answers readers of Valkey and Redis, where the settings have one.

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};

use super::Fatal;
use crate::config::Config;
use crate::keyspace::Names;
use crate::mailbox::Mailbox;
use crate::oracle;
use crate::pool::Pool;
use crate::resp::{self, Password, Settings, Sources};

/// The port at work, where there is one.
pub(super) struct Reading(Option<JoinHandle<()>>);

/// Serves the port that the configuration names, if it does, until told to stop.
pub(super) async fn start(
    config: &Config,
    mailbox: &Mailbox,
    pool: &Pool,
    stopped: &watch::Receiver<bool>,
) -> Result<Reading, Fatal> {
    let Some(port) = &config.resp else {
        return Ok(Reading(None));
    };
    let names = Names::new(&port.key_prefix, &port.ticker_prefix)
        .map_err(|why| Fatal::Mirror(format!("resp.ticker_prefix {why}")))?;
    let address = port.listen;
    let failed = |source| Fatal::Resp { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let pushed = if port.push {
        ", prices may be pushed"
    } else {
        ""
    };
    log::info!("resp: keys can be read at redis://{address}{pushed}");
    let password = port.password.as_ref();
    let settings = Settings {
        names,
        password: password.and_then(|password| Password::new(password.expose())),
        read_ticker: port.push.then_some(oracle::ticker_of),
    };
    let sources = Sources {
        mailbox: mailbox.clone(),
        pool: pool.clone(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let mut stopped = stopped.clone();
    let serving = spawn_local(async move {
        // The sender lives as long as the daemon; its end means the same.
        let shutdown = async { drop(stopped.wait_for(|&stop| stop).await) };
        resp::serve(listener, settings, sources, shutdown).await;
    });
    Ok(Reading(Some(serving)))
}

impl Reading {
    /// Waits until nobody is served any more.
    pub(super) async fn ended(self) {
        if let Some(serving) = self.0 {
            // A panic there has been reported already.
            drop(serving.await);
        }
    }
}
