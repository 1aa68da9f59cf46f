//! The poller: asks one venue again and again, and passes on what it says.
//!
//! One task per venue. It has at most one call under way, made on the blocking pool, so neither a slow venue nor a large
//! answer holds up the executor. A poll that takes longer than the interval makes the next one late, not two at once.
//! After a failure it waits longer each time, and never less than the venue asks for; requests keep below its published
//! limit. What it logs is a change of state, not a poll.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, watch};

use super::backoff;
use super::discover::{Listing, UnknownSymbol};
use super::fetch::{FetchError, Fetcher};
use super::health::{Health, Instants, PollEnd, SourceState};
use super::pace::Pacer;
use super::plan::{Mended, Plan};
use super::quote::SkipCounts;
use super::venue::{Remedy, Venue, VenueError, VenueRequest};
use crate::exchange::{Digest, Ticker};
use crate::units::{Symbol, Timestamp};

/// The longest wait after failures of a venue that says nothing about it.
const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// The longest wait while the clock of this machine is to blame: it costs the venue a greeting, and prices are to come
/// soon after the network has told the time.
const CLOCK_WAIT_MAX: Duration = Duration::from_secs(15);
/// The first wait after an answer that says that this address is not welcome, and the longest.
const UNWELCOME_WAIT: Duration = Duration::from_secs(60);
const UNWELCOME_WAIT_MAX: Duration = Duration::from_secs(1800);

/// What a poller needs.
#[derive(Clone)]
pub struct Poll {
    /// Whom to ask.
    pub venue: Arc<dyn Venue>,
    /// What for.
    pub symbols: Vec<Symbol>,
    /// What to look up in the venue's list of markets; none: the symbols are taken as they are.
    pub listing: Option<Listing>,
    /// By what means.
    pub fetcher: Fetcher,
    /// How often, give or take a tenth.
    pub interval: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl std::fmt::Debug for Poll {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poll")
            .field("venue", &self.venue.name())
            .field("symbols", &self.symbols.len())
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// The tickers of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Name of the source.
    pub source: &'static str,
    /// What it said.
    pub tickers: Vec<Ticker>,
}

/// Why a request gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// No answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An answer of no use.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// An answer that says nothing about any symbol that was asked for.
    #[error("the answer has no price of any symbol that was asked for")]
    Nothing,
    /// Nothing to ask for.
    #[error("none of the markets that are wanted is traded there")]
    NoMarkets,
    /// The thread that made the call came to grief.
    #[error("the call was broken off")]
    BrokenOff,
}

impl PollError {
    /// Whether the other requests of the poll can be expected to do better.
    pub(super) fn is_of_request(&self) -> bool {
        match self {
            PollError::Fetch(why) => why.is_of_request(),
            PollError::Venue(_) | PollError::Nothing | PollError::NoMarkets => true,
            PollError::BrokenOff => false,
        }
    }

    /// Whether the venue does not want to hear from this address for a while.
    fn is_unwelcome(&self) -> bool {
        match self {
            PollError::Fetch(why) => why.is_unwelcome(),
            PollError::Venue(_)
            | PollError::Nothing
            | PollError::NoMarkets
            | PollError::BrokenOff => false,
        }
    }

    /// The wait after so many polls in a row that ended so.
    fn wait(&self, failures: u32, interval: Duration, random: u64) -> Duration {
        let fetch = match self {
            PollError::Fetch(why) => Some(why),
            PollError::Venue(_)
            | PollError::Nothing
            | PollError::NoMarkets
            | PollError::BrokenOff => None,
        };
        let (base, cap) = if fetch.is_some_and(FetchError::is_unwelcome) {
            (UNWELCOME_WAIT.max(interval), UNWELCOME_WAIT_MAX)
        } else if fetch.is_some_and(FetchError::is_of_clock) {
            (interval, CLOCK_WAIT_MAX)
        } else {
            (interval, BACKOFF_MAX)
        };
        let asked = fetch.and_then(FetchError::retry_after);
        match asked {
            // Where the venue names a time, that is how long it takes; doubling would only add to it.
            Some(wait) => backoff::at_least(wait, random).max(interval),
            None => backoff::after_failures(failures, base, cap.max(interval), random),
        }
    }
}

/// How a round of requests ended.
#[derive(Default)]
struct Round {
    delivered: bool,
    error: Option<PollError>,
    mended: Mended,
}

impl Round {
    /// A round that came to nothing.
    fn failed(why: PollError) -> Round {
        Round {
            error: Some(why),
            ..Round::default()
        }
    }

    /// A request failed; gives whether that ends the round.
    fn note(&mut self, why: PollError) -> bool {
        let ends_round = !why.is_of_request();
        // What ends the round says more than what one request ran into.
        if ends_round || self.error.is_none() {
            self.error = Some(why);
        }
        ends_round
    }
}

/// An answer, read.
struct Answer {
    tickers: Vec<Ticker>,
    used_weight: Option<u32>,
    skipped: SkipCounts,
}

/// Polls until `shutdown` becomes true or is dropped, or nobody takes the batches any more.
pub async fn run(
    poll: Poll,
    out: mpsc::Sender<Batch>,
    health: Health,
    shutdown: watch::Receiver<bool>,
) {
    let (_always, wanted) = watch::channel(true);
    run_when(poll, out, health, shutdown, wanted).await;
}

/// The same, but after the first poll only while `wanted` is true.
///
/// A poller that stands by keeps its waits: becoming wanted again never makes it ask sooner than it would have.
pub async fn run_when(
    poll: Poll,
    out: mpsc::Sender<Batch>,
    health: Health,
    mut shutdown: watch::Receiver<bool>,
    wanted: watch::Receiver<bool>,
) {
    // Dropping the loop at any point is sound: a call under way ends by itself, within its time-out.
    tokio::select! {
        biased;
        _ = shutdown.wait_for(|&stop| stop) => {}
        () = polls(&poll, &out, &health, wanted) => {}
    }
}

async fn polls(
    poll: &Poll,
    out: &mpsc::Sender<Batch>,
    health: &Health,
    mut wanted: watch::Receiver<bool>,
) {
    let mut plan = Plan::new(poll);
    let mut pacer = Pacer::new(poll.venue.limit());
    let mut chance = Digest::from_bits(poll.seed);
    let mut failures = 0u32;
    while !plan.is_over() {
        let begin = Instant::now();
        health.poll_begins();
        chance.word(1);
        let listed = plan.refresh(poll, &mut pacer, health, chance.bits()).await;
        let round = match listed {
            Err(why) if why.is_unwelcome() || plan.requests.is_empty() => Round::failed(why),
            Ok(()) if plan.requests.is_empty() => Round::failed(PollError::NoMarkets),
            // Prices need no list.
            Ok(()) | Err(_) => match round(poll, &plan.requests, &mut pacer, out, health).await {
                Some(round) => round,
                None => return,
            },
        };
        let Round {
            delivered,
            error,
            mended,
        } = round;
        if mended.changed {
            plan.mend(mended, health);
        }
        chance.word(1);
        let wait = match &error {
            // Requests that fail by themselves fail again at any pace; the others are not to suffer for it.
            Some(why) if !(delivered && why.is_of_request()) => {
                failures = failures.saturating_add(1);
                why.wait(failures, poll.interval, chance.bits())
            }
            _ => {
                failures = 0;
                backoff::around(poll.interval, chance.bits()).saturating_sub(begin.elapsed())
            }
        };
        let end = PollEnd {
            delivered,
            error: error.map(|why| why.to_string()),
            wait,
        };
        finish(poll, &end, health);
        tokio::time::sleep(wait).await;
        // Nobody is there to say no any more where the sender has gone.
        drop(wanted.wait_for(|&wanted| wanted).await);
    }
}

/// Makes the requests one after the other; `None` if nobody takes batches any more.
async fn round(
    poll: &Poll,
    requests: &[Arc<VenueRequest>],
    pacer: &mut Pacer,
    out: &mpsc::Sender<Batch>,
    health: &Health,
) -> Option<Round> {
    let mut round = Round::default();
    let mut waiting: VecDeque<Arc<VenueRequest>> = requests.iter().cloned().collect();
    while let Some(request) = waiting.pop_front() {
        tokio::time::sleep(pacer.take(request.weight, Instant::now())).await;
        match ask(poll, &request).await {
            Ok(answer) => {
                if let Some(used) = answer.used_weight {
                    pacer.told(used, Instant::now());
                }
                health.arrived(&answer.tickers, answer.skipped, now());
                if answer.tickers.is_empty() {
                    round.note(PollError::Nothing);
                } else {
                    round.delivered = true;
                    let batch = Batch {
                        source: poll.venue.name(),
                        tickers: answer.tickers,
                    };
                    out.send(batch).await.ok()?;
                }
            }
            Err(why) if mend(poll, &request, &why, &mut waiting, &mut round.mended) => continue,
            Err(why) => {
                if round.note(why) {
                    waiting.clear();
                    round.mended.changed = false;
                }
            }
        }
        round.mended.requests.push(request);
    }
    if !round.delivered && round.error.is_none() {
        round.error = Some(PollError::NoMarkets);
    }
    Some(round)
}

/// Finds out about wrong names in a request that was refused; `false` if that is not why.
fn mend(
    poll: &Poll,
    request: &Arc<VenueRequest>,
    why: &PollError,
    waiting: &mut VecDeque<Arc<VenueRequest>>,
    mended: &mut Mended,
) -> bool {
    if !why.is_of_request() {
        return false;
    }
    match poll.venue.remedy(request, &why.to_string()) {
        Remedy::None => return false,
        Remedy::Ask(instead) => {
            for request in instead.into_iter().rev() {
                waiting.push_front(Arc::new(request));
            }
        }
        Remedy::Drop => {
            for &symbol in request.names.values() {
                log::warn!(
                    "{}: {symbol} is not a market there: {why}",
                    poll.venue.name()
                );
                mended.wrong.push(UnknownSymbol {
                    symbol,
                    nearest: Vec::new(),
                });
            }
        }
    }
    mended.changed = true;
    true
}

/// Makes one request and reads the answer, both on the blocking pool.
async fn ask(poll: &Poll, request: &Arc<VenueRequest>) -> Result<Answer, PollError> {
    let (venue, fetcher, request) = (
        Arc::clone(&poll.venue),
        poll.fetcher.clone(),
        Arc::clone(request),
    );
    let call = move || {
        let fetched = fetcher.get(&request.url)?;
        let quotes = venue.parse(&request, &fetched.body)?;
        let arrived = now().wall;
        let mut answer = Answer {
            tickers: Vec::with_capacity(quotes.len()),
            used_weight: fetched.used_weight,
            skipped: SkipCounts::default(),
        };
        for quote in &quotes {
            match quote.ticker(arrived) {
                Ok(ticker) => answer.tickers.push(ticker),
                Err(why) => answer.skipped.count(why),
            }
        }
        Ok(answer)
    };
    tokio::task::spawn_blocking(call)
        .await
        .unwrap_or(Err(PollError::BrokenOff))
}

fn finish(poll: &Poll, end: &PollEnd, health: &Health) {
    let name = poll.venue.name();
    let why = end.error.as_deref().unwrap_or_default();
    match health.poll_ended(end, now()) {
        Some(SourceState::Up) => log::info!("{name}: prices arrive"),
        Some(SourceState::Partial) => log::warn!("{name}: some prices are missing: {why}"),
        Some(SourceState::Down) => {
            log::warn!(
                "{name}: no prices: {why}; next try in {} s",
                end.wait.as_secs()
            );
        }
        Some(SourceState::Starting) | None => {}
    }
}

/// Now, on both clocks.
pub(super) fn now() -> Instants {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 counts as 1970.
    let millis = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
    Instants {
        monotonic: Instant::now(),
        wall: Timestamp::from_millis(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(2);

    fn limited(retry_after: Option<u64>) -> PollError {
        PollError::Fetch(FetchError::RateLimited {
            status: 429,
            retry_after: retry_after.map(Duration::from_secs),
            words: String::new(),
        })
    }

    #[test]
    fn the_wait_that_the_venue_asks_for_is_kept() {
        let wait = limited(Some(7200)).wait(1, INTERVAL, u64::MAX);
        assert!(wait >= Duration::from_secs(7200) && wait < Duration::from_secs(7921));
        assert_eq!(limited(Some(0)).wait(1, INTERVAL, 0), INTERVAL);
    }

    #[test]
    fn a_venue_that_says_go_away_is_left_alone_for_minutes() {
        assert_eq!(limited(None).wait(1, INTERVAL, 0), UNWELCOME_WAIT / 2);
        assert_eq!(limited(None).wait(9, INTERVAL, 0), UNWELCOME_WAIT_MAX / 2);
        let dns = PollError::Fetch(FetchError::Dns);
        assert_eq!(dns.wait(1, INTERVAL, 0), INTERVAL / 2);
        assert_eq!(dns.wait(99, INTERVAL, 0), BACKOFF_MAX / 2);
        let clock = PollError::Fetch(FetchError::Clock(String::new()));
        assert!(clock.wait(99, INTERVAL, u64::MAX) <= CLOCK_WAIT_MAX);
        // An interval above the cap is not cut by failing.
        assert_eq!(dns.wait(1, BACKOFF_MAX * 4, 0), BACKOFF_MAX * 2);
    }
}
