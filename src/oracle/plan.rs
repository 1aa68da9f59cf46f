//! What a poller asks for, kept up to date from the venue's list of markets.
//!
//! Until the list has been read, the symbols that are written down are asked for by the venue's rules for names. A list
//! that cannot be had, or is empty, changes nothing: it is asked for again later, and prices go on meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backoff;
use super::discover::{Listing, Selection, UnknownSymbol, select};
use super::health::Health;
use super::pace::Pacer;
use super::poll::{Poll, PollError};
use super::venue::{Instrument, Venue, VenueError, VenueRequest};
use crate::units::Symbol;

/// How long to leave the list alone after it could not be had, at first and at most.
const RETRY: Duration = Duration::from_secs(60);
const RETRY_MAX: Duration = Duration::from_secs(3600);

/// The requests of a poll that were made in the end, after some had been refused for a wrong name in them.
#[derive(Default)]
pub(super) struct Mended {
    pub(super) requests: Vec<Arc<VenueRequest>>,
    pub(super) wrong: Vec<UnknownSymbol>,
    /// Whether they are others than those of the plan.
    pub(super) changed: bool,
}

/// The requests of a poll.
pub(super) struct Plan {
    pub(super) requests: Vec<Arc<VenueRequest>>,
    /// What was last chosen from the list.
    selection: Selection,
    /// When to read the list; none: never.
    due: Option<Instant>,
    failures: u32,
}

impl Plan {
    /// A plan without the list.
    pub(super) fn new(poll: &Poll) -> Plan {
        Plan {
            requests: shared(poll.venue.requests(&poll.symbols)),
            selection: Selection::default(),
            due: poll.listing.is_some().then(Instant::now),
            failures: 0,
        }
    }

    /// Whether there is nothing to ask for, for ever.
    pub(super) fn is_over(&self) -> bool {
        self.requests.is_empty() && self.due.is_none()
    }

    /// Asks for these from now on, and no more for `wrong`, until the list says otherwise.
    pub(super) fn mend(&mut self, mended: Mended, health: &Health) {
        self.requests = mended.requests;
        health.wrong(&mended.wrong);
    }

    /// Reads the list, if it is time to.
    pub(super) async fn refresh(
        &mut self,
        poll: &Poll,
        pacer: &mut Pacer,
        health: &Health,
        random: u64,
    ) -> Result<(), PollError> {
        let Some(listing) = &poll.listing else {
            return Ok(());
        };
        if self.due.is_none_or(|due| due > Instant::now()) {
            return Ok(());
        }
        let result = self.select(poll, listing, pacer).await;
        let wait = match &result {
            Ok(selection) => {
                self.apply(poll, selection, health);
                self.failures = 0;
                backoff::around(listing.refresh, random)
            }
            Err(why) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures == 1 {
                    log::warn!("{}: no list of markets: {why}", poll.venue.name());
                }
                // A host that is not reached yet may be there soon; what it refuses it will refuse again.
                let base = if why.is_of_request() {
                    RETRY
                } else {
                    poll.interval
                };
                backoff::after_failures(self.failures, base, RETRY_MAX, random)
            }
        };
        self.due = Instant::now().checked_add(wait);
        result.map(drop)
    }

    async fn select(
        &self,
        poll: &Poll,
        listing: &Listing,
        pacer: &mut Pacer,
    ) -> Result<Selection, PollError> {
        let volumes = !listing.quotes.is_empty() && listing.limit.is_some();
        let mut bodies = Vec::new();
        for request in poll.venue.list_requests(volumes) {
            tokio::time::sleep(pacer.take(request.weight, Instant::now())).await;
            let fetcher = poll.fetcher.clone();
            let call = tokio::task::spawn_blocking(move || fetcher.get_list(&request.url));
            match call.await.map_err(|_| PollError::BrokenOff)? {
                Ok(body) => bodies.push(body),
                // Without volumes the list is still of use, unless the venue wants to be left alone.
                Err(why) if !bodies.is_empty() && !why.is_unwelcome() => break,
                Err(why) => return Err(why.into()),
            }
        }
        let (venue, symbols, listing) = (
            Arc::clone(&poll.venue),
            poll.symbols.clone(),
            listing.clone(),
        );
        let before: Vec<Symbol> = self.traded();
        let read = move || {
            let listed = listed(venue.as_ref(), &bodies)?;
            Ok(select(&listed, &symbols, &listing, &before))
        };
        tokio::task::spawn_blocking(read)
            .await
            .unwrap_or(Err(PollError::BrokenOff))
    }

    /// Symbols that were traded when the list was read the last time.
    fn traded(&self) -> Vec<Symbol> {
        let markets = self.selection.markets.iter();
        let still = self.selection.not_trading.iter().copied();
        markets.map(|market| market.symbol).chain(still).collect()
    }

    fn apply(&mut self, poll: &Poll, selection: &Selection, health: &Health) {
        let name = poll.venue.name();
        for unknown in &selection.unknown {
            if !self.selection.unknown.contains(unknown) {
                log::warn!("{name}: {unknown}");
            }
        }
        let old = &self.selection.not_trading;
        let gone = selection.not_trading.iter();
        let gone: Vec<Symbol> = gone.filter(|one| !old.contains(one)).copied().collect();
        match &gone[..] {
            [] => {}
            [symbol] => log::warn!("{name}: {symbol} is not traded there now"),
            [first, ..] => {
                let count = gone.len();
                log::warn!("{name}: {count} symbols are not traded there now, {first} for one");
            }
        }
        let (now, before) = (selection.markets.len(), self.selection.markets.len());
        if now != before {
            log::info!("{name}: {now} markets are asked for");
        }
        self.requests = shared(poll.venue.market_requests(&selection.markets));
        self.selection = selection.clone();
        health.listed(selection);
    }
}

fn listed(venue: &dyn Venue, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, PollError> {
    let listed = venue.instruments(bodies)?;
    if listed.is_empty() {
        let why = VenueError::Shape("the list of markets is empty".to_owned());
        return Err(why.into());
    }
    Ok(listed)
}

fn shared(requests: Vec<VenueRequest>) -> Vec<Arc<VenueRequest>> {
    requests.into_iter().map(Arc::new).collect()
}
