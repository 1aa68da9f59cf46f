//! Asks a venue for what is not polled: candles of before, and its book, when a client wants them.
//!
//! One call at a time, on the blocking pool, within the time-out of the fetcher; out of a budget of its own, a fifth of what the
//! venue allows, beside the half that polls may use. What would have to wait long is not asked for, nor is anything for a
//! while after a failure: whoever wants it goes by what is known here. Candles that are over do not change, so they are kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fetch::{FetchError, Fetcher};
use super::history;
use super::pace::Pacer;
use super::venue::{Limit, Venue, VenueError, VenueRequest};
use crate::candles::Candle;
use crate::venue_data::{Book, BookWish, CandleWish, ROWS_MAX};

/// The part of a venue's limit that goes here.
const BUDGET: u32 = 5;
/// The longest wait for the budget.
const PACE_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a venue is left alone after a failure, where it says nothing of it; and where it does not want to be asked.
const QUIET: Duration = Duration::from_secs(15);
const UNWELCOME_QUIET: Duration = Duration::from_secs(120);
/// Candles that are kept, of all answers together.
const CANDLES_KEPT_MAX: usize = 10_000;
/// How long an answer is good that has the present candle, and a book; and how many books are kept.
const CANDLE_AGE: Duration = Duration::from_secs(10);
const BOOK_AGE: Duration = Duration::from_secs(1);
const BOOKS_KEPT_MAX: usize = 16;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// It has been asked often enough, or failed a short while ago.
    #[error("the venue is not asked now")]
    NotNow,
    /// It gave no answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its answer is of no use.
    #[error(transparent)]
    Venue(#[from] VenueError),
}

/// Candles that were told.
struct Told {
    wish: CandleWish,
    /// Until when they are good; for ever where all were over.
    until: Option<Instant>,
    candles: Vec<Candle>,
}

/// Whom to ask, and what was told.
pub struct Asker {
    venue: Arc<dyn Venue>,
    base: String,
    fetcher: Fetcher,
    pacer: Pacer,
    quiet_until: Option<Instant>,
    /// The one that was asked for last at the end.
    told: Vec<Told>,
    books: Vec<(BookWish, Instant, Book)>,
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asker")
            .field("venue", &self.venue.name())
            .finish_non_exhaustive()
    }
}

impl Asker {
    /// Nothing has been asked yet; none where nobody knows how to ask the venue.
    pub fn new(venue: Arc<dyn Venue>, fetcher: Fetcher) -> Option<Asker> {
        let Limit { weight, per } = venue.limit();
        Some(Asker {
            base: venue.history()?.to_owned(),
            venue,
            fetcher,
            pacer: Pacer::new(Limit {
                weight: weight / BUDGET,
                per,
            }),
            quiet_until: None,
            told: Vec::new(),
            books: Vec::new(),
        })
    }

    /// Who is asked.
    pub fn name(&self) -> &'static str {
        self.venue.name()
    }

    /// Candles, oldest first.
    pub async fn candles(&mut self, wish: CandleWish) -> Result<Vec<Candle>, AskError> {
        let wanted = |candle: &&Candle| candle.start >= wish.first && candle.start <= wish.last;
        let now = Instant::now();
        self.told
            .retain(|told| told.until.is_none_or(|until| now < until));
        if let Some(at) = self.told.iter().position(|told| told.wish.covers(&wish)) {
            let told = self.told.remove(at);
            let found = told.candles.iter().filter(wanted).copied().collect();
            self.told.push(told);
            return Ok(found);
        }
        let id = self.venue.market_id(wish.symbol);
        let request = history::candle_request(&self.base, &id, &wish);
        let body = self.get(request).await?;
        let mut candles = self.heard(history::candles(&body))?;
        // The venue says what it likes; more than was asked for is of no use.
        candles.retain(|candle| wanted(&candle));
        candles.truncate(ROWS_MAX);
        let is_over = wish.interval.after(wish.last) <= wish.now;
        let until = (!is_over).then(|| Instant::now() + CANDLE_AGE);
        self.told.push(Told {
            wish,
            until,
            candles: candles.clone(),
        });
        let kept = |told: &[Told]| {
            told.iter()
                .map(|told| told.candles.len() + 1)
                .sum::<usize>()
        };
        while kept(&self.told) > CANDLES_KEPT_MAX {
            self.told.remove(0);
        }
        Ok(candles)
    }

    /// A book.
    pub async fn book(&mut self, wish: BookWish) -> Result<Book, AskError> {
        self.books.retain(|(_, at, _)| at.elapsed() < BOOK_AGE);
        if let Some((.., book)) = self.books.iter().find(|(known, ..)| *known == wish) {
            return Ok(book.clone());
        }
        let id = self.venue.market_id(wish.symbol);
        let request = history::book_request(&self.base, &id, &wish);
        let body = self.get(request).await?;
        let mut book = self.heard(history::book(&body))?;
        book.bids.truncate(wish.levels);
        book.asks.truncate(wish.levels);
        if self.books.len() == BOOKS_KEPT_MAX {
            self.books.remove(0);
        }
        self.books.push((wish, Instant::now(), book.clone()));
        Ok(book)
    }

    async fn get(&mut self, request: VenueRequest) -> Result<Vec<u8>, AskError> {
        let now = Instant::now();
        let wait = self.pacer.wait(request.weight, now);
        if self.quiet_until.is_some_and(|until| now < until) || wait > PACE_WAIT_MAX {
            return Err(AskError::NotNow);
        }
        tokio::time::sleep(self.pacer.take(request.weight, now)).await;
        let fetcher = self.fetcher.clone();
        let got = tokio::task::spawn_blocking(move || fetcher.get(&request.url)).await;
        let got = got.unwrap_or(Err(FetchError::Other("the call was broken off".to_owned())));
        self.heard(got.map(|fetched| fetched.body))
    }

    /// After a failure the venue is left alone for a while.
    fn heard<T, E: Into<AskError>>(&mut self, answer: Result<T, E>) -> Result<T, AskError> {
        answer.map_err(Into::into).inspect_err(|why| {
            let quiet = match why {
                AskError::Fetch(why) if why.is_unwelcome() => {
                    why.retry_after().unwrap_or(UNWELCOME_QUIET)
                }
                // Something about one market says nothing about the others.
                AskError::Fetch(why) if why.is_of_request() => return,
                AskError::Fetch(why) => why.retry_after().unwrap_or(QUIET),
                AskError::Venue(_) | AskError::NotNow => return,
            };
            self.quiet_until = Instant::now().checked_add(quiet);
        })
    }
}

impl CandleWish {
    /// Whether what answers this answers the other too.
    fn covers(&self, other: &CandleWish) -> bool {
        (self.symbol, self.interval) == (other.symbol, other.interval)
            && self.first <= other.first
            && self.last >= other.last
    }
}
