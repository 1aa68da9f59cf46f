//! Asks the venue that prices come from for what the exchange has not seen itself: candles of before, and its book.
//!
//! It may be that nobody is there to ask (prices come from elsewhere), that the venue does not answer in time, or that it has
//! been asked often enough: then there is no answer, and whoever asks goes by what the exchange has seen.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::candles::{Candle, Interval};
use crate::units::{Price, Quantity, Symbol, Timestamp};

/// Requests that wait for their turn.
const WAITING_MAX: usize = 64;
/// How long a client waits for the venue, behind those that asked before.
const PATIENCE: Duration = Duration::from_secs(8);
/// The most candles, and levels on either side of a book, that are asked for at once.
pub const ROWS_MAX: usize = 1000;

/// Candles that are asked for, those that begin from one time to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandleWish {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which length.
    pub interval: Interval,
    /// The start of the first.
    pub first: Timestamp,
    /// The start of the last; at most [`ROWS_MAX`].
    pub last: Timestamp,
    /// The present time.
    pub now: Timestamp,
}

/// A book that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookWish {
    /// Of which symbol.
    pub symbol: Symbol,
    /// How many levels on either side; at most [`ROWS_MAX`].
    pub levels: usize,
}

/// What is on offer, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// The venue's number of it.
    pub number: u64,
    /// Who would buy.
    pub bids: Vec<(Price, Quantity)>,
    /// Who would sell.
    pub asks: Vec<(Price, Quantity)>,
}

/// What is asked for, and who is told; nobody is where there is no answer.
#[derive(Debug)]
pub enum Wish {
    /// Candles, oldest first.
    Candles(CandleWish, oneshot::Sender<Vec<Candle>>),
    /// A book.
    Book(BookWish, oneshot::Sender<Book>),
}

/// The client's end.
#[derive(Debug, Clone)]
pub struct VenueData {
    wishes: mpsc::Sender<Wish>,
    answers: Rc<Cell<bool>>,
}

/// The end that asks the venue.
#[derive(Debug)]
pub struct Wishes {
    inbox: mpsc::Receiver<Wish>,
    answers: Rc<Cell<bool>>,
}

impl Wishes {
    /// Says whether there is a venue that answers.
    pub fn are_answered(&self, answers: bool) {
        self.answers.set(answers);
    }

    /// What is asked for next; nothing when nobody will ask any more.
    pub async fn next(&mut self) -> Option<Wish> {
        self.inbox.recv().await
    }
}

impl VenueData {
    /// This end, and the one that asks the venue.
    pub fn new() -> (VenueData, Wishes) {
        let (wishes, inbox) = mpsc::channel(WAITING_MAX);
        let answers = Rc::new(Cell::new(false));
        let other = Wishes {
            inbox,
            answers: Rc::clone(&answers),
        };
        (VenueData { wishes, answers }, other)
    }

    /// Whether there is a venue that answers: else nothing need be asked.
    pub fn is_answered(&self) -> bool {
        self.answers.get()
    }

    /// Candles.
    pub async fn candles(&self, wish: CandleWish) -> Option<Vec<Candle>> {
        self.ask(|done| Wish::Candles(wish, done)).await
    }

    /// A book.
    pub async fn book(&self, wish: BookWish) -> Option<Book> {
        self.ask(|done| Wish::Book(wish, done)).await
    }

    async fn ask<T>(&self, wish: impl FnOnce(oneshot::Sender<T>) -> Wish) -> Option<T> {
        if !self.is_answered() {
            return None;
        }
        let (done, answer) = oneshot::channel();
        self.wishes.try_send(wish(done)).ok()?;
        timeout(PATIENCE, answer).await.ok()?.ok()
    }
}
