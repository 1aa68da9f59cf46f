//! `/ui/events`: tells open pages that something has changed.
//!
//! A stream carries no figures, only a fingerprint of the present state when it is another than before; the page then asks
//! for itself again, by its own address and with its own cookie, and the script takes over what differs. So what is shown
//! live is what a reload would show, and who may see it is asked each time.
//!
//! One hub serves all streams: while there are any it looks once a tick, on the executor, with no thread of its own. A
//! stream that does not take its events is dropped; browsers connect again by themselves.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::route::Visit;
use crate::exchange::Exchange;
use crate::http::{Problem, Response};
use crate::mailbox::Mailbox;
use crate::units::Elapsed;

/// Streams at the same time.
const STREAMS_MAX: usize = 128;
/// Events that a stream has not taken yet.
const EVENTS_MAX: usize = 4;
/// The shortest tick.
const TICK_MIN: Duration = Duration::from_secs(1);
/// An event is sent after this long in any case: ages grow, and a client that has gone is noticed by writing.
const QUIET_MAX: Duration = Duration::from_secs(15);

/// All streams.
#[derive(Debug, Default)]
pub(super) struct Hub {
    streams: RefCell<Vec<mpsc::Sender<Vec<u8>>>>,
    running: Cell<bool>,
    stopped: Cell<bool>,
}

/// Opens a stream.
pub(super) fn stream(visit: &Visit<'_>) -> Result<Response, Problem> {
    let pages = visit.pages;
    let Some(refresh) = pages.settings.refresh else {
        let detail = "These pages are not renewed by themselves: `pages.refresh` is 0.";
        return Err(Problem::new(404, "not_live", detail));
    };
    let hub = &pages.hub;
    let mut streams = hub.streams.borrow_mut();
    streams.retain(|stream| !stream.is_closed());
    if hub.stopped.get() || streams.len() >= STREAMS_MAX {
        let detail = format!("At most {STREAMS_MAX} pages can be live.");
        return Err(Problem::new(503, "too_many_streams", detail).with_header("retry-after", "10"));
    }
    let (events, taken) = mpsc::channel(EVENTS_MAX);
    // There is room for the first one.
    drop(events.try_send(b"retry: 3000\n\n".to_vec()));
    streams.push(events);
    if !hub.running.replace(true) {
        let every = Duration::from_millis(refresh.as_millis()).max(TICK_MIN);
        let mailbox = pages.context.mailbox.clone();
        spawn_local(run(Rc::clone(hub), mailbox, every));
    }
    Ok(Response::stream("text/event-stream", taken))
}

/// Looks and tells, until nobody listens.
async fn run(hub: Rc<Hub>, mailbox: Mailbox, every: Duration) {
    let (mut last, mut quiet) = (None, Duration::ZERO);
    loop {
        tokio::time::sleep(every).await;
        hub.streams
            .borrow_mut()
            .retain(|stream| !stream.is_closed());
        if hub.streams.borrow().is_empty() {
            break;
        }
        let Ok(revision) = mailbox.look(revision).await else {
            hub.stop();
            break;
        };
        quiet += every;
        if last == Some(revision) && quiet < QUIET_MAX {
            continue;
        }
        (last, quiet) = (Some(revision), Duration::ZERO);
        let event = format!("event: changed\ndata: {revision:016x}\n\n").into_bytes();
        let mut streams = hub.streams.borrow_mut();
        streams.retain(|stream| stream.try_send(event.clone()).is_ok());
    }
    hub.running.set(false);
}

impl Hub {
    /// Ends all streams, for good.
    pub(super) fn stop(&self) {
        self.stopped.set(true);
        self.streams.borrow_mut().clear();
    }
}

/// A fingerprint of prices, and of all that ever happened to balances and orders.
fn revision(exchange: &Exchange) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (_, market) in exchange.markets() {
        let received = market.received.map(Elapsed::as_millis);
        (market.ticks, market.trading, received).hash(&mut hasher);
    }
    exchange.journal().bits().hash(&mut hasher);
    hasher.finish()
}
