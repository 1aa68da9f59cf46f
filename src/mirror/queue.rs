//! The bounded queue between the matcher and the thread that writes, and how the mirror is doing.
//!
//! Commits wait in order; prices do not: the newest of each symbol waits. When more rows wait than the bound allows, or
//! the server is away, everything is dropped and nothing taken until the thread begins anew, which means a comparison.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::changes::Changes;
use super::page::Seen;
use crate::exchange::Ticker;
use crate::status::{MirrorState, MirrorStatus};
use crate::units::{OrderId, Span, Symbol};
use crate::verifier::{NotVerified, VerifyRequest};

/// Rows that can wait: orders, entries of their histories, accounts, totals; some 10 MB.
pub(super) const QUEUE_ROWS_MAX: usize = 20_000;
/// Rows that are written in one go.
pub(super) const BATCH_ROWS_MAX: usize = 1000;
/// How long what has come waits for more, so that many changes are written in one go: each go costs the processor that
/// the next order needs.
pub(super) const LINGER: Duration = Duration::from_millis(10);

/// Something to write, in order.
#[derive(Debug)]
pub(super) enum Item {
    /// A commit.
    Changes(Box<Changes>),
    /// Closed orders that are gone.
    Pruned(Vec<OrderId>),
    /// What was asked for.
    Page(Seen),
}

/// What is next.
#[derive(Debug)]
pub(super) enum Next {
    /// Commits to be written together.
    Changes(Vec<Changes>),
    /// Orders to be removed.
    Pruned(Vec<OrderId>),
    /// What was asked for.
    Page(Seen),
    /// New prices.
    Tickers(Vec<Ticker>),
    /// Nothing for so long as was waited.
    Nothing,
    /// Something was dropped.
    Lost,
    /// There will be no more.
    End,
}

#[derive(Debug)]
struct Inside {
    items: VecDeque<(Instant, Item)>,
    rows: usize,
    tickers: BTreeMap<Symbol, Ticker>,
    /// Since when the oldest of them waits.
    tickers_since: Option<Instant>,
    /// Since when what the thread is at waited.
    working_since: Option<Instant>,
    /// Since when the server is not what it should be.
    behind_since: Option<Instant>,
    /// Whether nothing is taken.
    lost: bool,
    ending: bool,
    ended: bool,
    verify: Option<VerifyRequest>,
    status: MirrorStatus,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    inside: Mutex<Inside>,
    news: Condvar,
    takes_tickers: bool,
}

impl Queue {
    pub(super) fn new(server: String, takes_tickers: bool) -> Queue {
        let inside = Inside {
            items: VecDeque::new(),
            rows: 0,
            tickers: BTreeMap::new(),
            tickers_since: None,
            working_since: None,
            behind_since: Some(Instant::now()),
            lost: true,
            ending: false,
            ended: false,
            verify: None,
            status: MirrorStatus {
                server,
                ..MirrorStatus::default()
            },
        };
        Queue {
            inside: Mutex::new(inside),
            news: Condvar::new(),
            takes_tickers,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, item: Item, rows: usize) {
        let mut inside = self.lock();
        if inside.lost || inside.ending {
            return;
        }
        let is_first = inside.waits_since().is_none();
        inside.rows += rows;
        if inside.rows > QUEUE_ROWS_MAX {
            inside.lose();
        } else {
            inside.items.push_back((Instant::now(), item));
        }
        // Who lingers need not be woken up for a few more.
        if is_first || inside.lost || inside.rows >= BATCH_ROWS_MAX {
            self.news.notify_all();
        }
    }

    /// Takes from here on; what came before is for the comparison that follows.
    pub(super) fn begin(&self) {
        let mut inside = self.lock();
        inside.lose();
        inside.lost = false;
        inside.status.state = MirrorState::Syncing;
        inside.status.resyncs += 1;
    }

    /// Drops everything, and takes nothing until it begins again.
    pub(super) fn lose(&self) {
        self.lock().lose();
        self.news.notify_all();
    }

    /// The server is as it should be; tells whether that is news.
    pub(super) fn in_step(&self) -> bool {
        let mut inside = self.lock();
        inside.behind_since = None;
        inside.status.last_error = None;
        let before = std::mem::replace(&mut inside.status.state, MirrorState::Following);
        before != MirrorState::Following
    }

    /// The server fails.
    pub(super) fn failed(&self, why: &str) {
        let mut inside = self.lock();
        inside.lose();
        inside.status.state = MirrorState::Failing;
        inside.status.last_error = Some(why.to_owned());
        inside.refuse(why);
    }

    /// There is nobody to write.
    pub(super) fn no_thread(&self, why: &str) {
        log::error!("mirror: no thread: {why}");
        self.failed(why);
        self.lock().ended = true;
    }

    /// The thread ends.
    pub(super) fn end(&self) {
        let mut inside = self.lock();
        inside.ended = true;
        inside.refuse("the daemon is stopping");
        self.news.notify_all();
    }

    /// So many rows have been written.
    pub(super) fn wrote(&self, rows: usize) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let mut inside = self.lock();
        inside.status.written = inside.status.written.saturating_add(rows);
    }

    /// Waits for a while, or until the end, which is true.
    pub(super) fn rest(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut inside = self.lock();
        loop {
            if inside.ending {
                return true;
            }
            let why = inside.status.last_error.clone().unwrap_or_default();
            inside.refuse(&why);
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.news.wait_timeout(inside, left);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What is next, after waiting for up to so long, or until somebody wants a comparison and nothing else is at hand.
    /// While no comparison goes on (`is_free`) what has come lingers. Prices and commits take turns: `prices_first` says
    /// whose it is.
    pub(super) fn next(&self, wait: Duration, prices_first: bool, is_free: bool) -> Next {
        let until = Instant::now() + wait;
        let mut inside = self.lock();
        inside.working_since = None;
        loop {
            if inside.lost {
                return Next::Lost;
            }
            let (now, ready) = (Instant::now(), inside.ready_at(is_free));
            if ready.is_some_and(|at| at <= now)
                && let Some(next) = inside.take(prices_first)
            {
                return next;
            }
            let left = until.saturating_duration_since(now);
            if inside.ending {
                return Next::End;
            }
            if left.is_zero() || (is_free && inside.verify.is_some()) {
                return Next::Nothing;
            }
            let left = ready.map_or(left, |at| left.min(at.saturating_duration_since(now)));
            let waited = self.news.wait_timeout(inside, left);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A request to compare, if there is one.
    pub(super) fn verification(&self) -> Option<VerifyRequest> {
        self.lock().verify.take()
    }
}

impl Inside {
    fn lose(&mut self) {
        let now = Instant::now();
        let oldest = self.oldest().unwrap_or(now);
        self.behind_since.get_or_insert(oldest);
        self.lost = true;
        self.rows = 0;
        self.items = VecDeque::new();
        self.tickers.clear();
        self.tickers_since = None;
        self.working_since = None;
    }

    /// Since when the oldest waits that the thread has not taken.
    fn waits_since(&self) -> Option<Instant> {
        let first = self.items.front().map(|(at, _)| *at);
        [self.tickers_since, first].into_iter().flatten().min()
    }

    /// Since when the oldest waits that has not been written.
    fn oldest(&self) -> Option<Instant> {
        let taken = [self.behind_since, self.working_since];
        let all = taken.into_iter().chain([self.waits_since()]);
        all.flatten().min()
    }

    /// When the thread takes what waits: at once, where it is much, where somebody waits for it, or where nothing lingers.
    fn ready_at(&self, lingers: bool) -> Option<Instant> {
        let since = self.waits_since()?;
        let enough = self.rows >= BATCH_ROWS_MAX || self.ending || self.verify.is_some();
        Some(if lingers && !enough {
            since + LINGER
        } else {
            since
        })
    }

    fn refuse(&mut self, why: &str) {
        if let Some(request) = self.verify.take() {
            // Whoever asked may have gone.
            drop(
                request
                    .done
                    .send(Err(NotVerified::Unavailable(why.to_owned()))),
            );
        }
    }

    fn take(&mut self, prices_first: bool) -> Option<Next> {
        let prices = !self.tickers.is_empty();
        if prices && (prices_first || self.items.is_empty()) {
            self.working_since = self.tickers_since.take();
            let tickers = std::mem::take(&mut self.tickers);
            return Some(Next::Tickers(tickers.into_values().collect()));
        }
        let (at, item) = self.items.pop_front()?;
        self.working_since = Some(at);
        let changes = match item {
            Item::Changes(changes) => changes,
            Item::Pruned(ids) => {
                self.rows = self.rows.saturating_sub(ids.len());
                return Some(Next::Pruned(ids));
            }
            Item::Page(page) => return Some(Next::Page(page)),
        };
        let mut rows = changes.rows();
        let mut batch = vec![*changes];
        while rows < BATCH_ROWS_MAX
            && let Some((_, Item::Changes(_))) = self.items.front()
            && let Some((_, Item::Changes(changes))) = self.items.pop_front()
        {
            rows += changes.rows();
            batch.push(*changes);
        }
        self.rows = self.rows.saturating_sub(rows);
        Some(Next::Changes(batch))
    }
}

/// The end that takes what is to be written. Never waits.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Queue>);

impl Feed {
    pub(super) fn new(queue: Arc<Queue>) -> Feed {
        Feed(queue)
    }

    /// Whether changes are wanted now; what is dropped need not be collected.
    pub fn wants_changes(&self) -> bool {
        let inside = self.0.lock();
        !inside.lost && !inside.ending
    }

    /// A commit that is durable.
    pub fn changed(&self, changes: Changes) {
        if !changes.is_empty() {
            let rows = changes.rows();
            self.0.put(Item::Changes(Box::new(changes)), rows);
        }
    }

    /// Closed orders that are gone.
    pub fn pruned(&self, ids: Vec<OrderId>) {
        let rows = ids.len();
        self.0.put(Item::Pruned(ids), rows);
    }

    /// What was asked for, now that it is durable.
    pub fn seen(&self, seen: Seen) {
        self.0.put(Item::Page(seen), 0);
    }

    /// New prices; each takes the place of the one that waits.
    pub fn tickers(&self, tickers: impl Iterator<Item = Ticker>) {
        let mut tickers = tickers.peekable();
        if !self.0.takes_tickers || tickers.peek().is_none() {
            return;
        }
        let mut inside = self.0.lock();
        if inside.lost || inside.ending {
            return;
        }
        let is_first = inside.waits_since().is_none();
        for ticker in tickers {
            inside.tickers.insert(ticker.symbol, ticker);
        }
        inside.tickers_since.get_or_insert_with(Instant::now);
        if is_first {
            self.0.news.notify_all();
        }
    }

    /// The exchange may be other than what was told: everything is to be compared.
    pub fn lost(&self) {
        self.0.lose();
    }

    /// Has everything compared.
    pub fn verify(&self, request: VerifyRequest) {
        let mut inside = self.0.lock();
        if inside.ended {
            let why = inside.status.last_error.clone().unwrap_or_default();
            inside.verify = Some(request);
            inside.refuse(&why);
        } else if inside.verify.is_some() {
            // Whoever asked may have gone.
            drop(request.done.send(Err(NotVerified::Busy)));
        } else {
            inside.verify = Some(request);
            self.0.news.notify_all();
        }
    }

    /// How the mirror is doing.
    pub fn status(&self) -> MirrorStatus {
        let inside = self.0.lock();
        let lag = inside.oldest().map_or(Duration::ZERO, |at| at.elapsed());
        let queued = inside.rows.saturating_add(inside.tickers.len());
        MirrorStatus {
            lag: Span::from_millis(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX)),
            queued: u64::try_from(queued).unwrap_or(u64::MAX),
            ..inside.status.clone()
        }
    }

    /// Takes no more, and waits for what is there to be written, but no longer than this.
    pub(super) fn finish(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut inside = self.0.lock();
        inside.ending = true;
        self.0.news.notify_all();
        while !inside.ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.news.wait_timeout(inside, left);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
