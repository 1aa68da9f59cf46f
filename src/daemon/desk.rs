//! What the sources of prices share: whose price of a symbol counts, which prices are believed, what is traded.
//!
//! A price passes two checks. First whether it is this source's turn for the symbol ([`Choice`]); what is not chosen goes
//! no further, and leaves no trace in the second. Then whether it is in proportion to the last price that was *used*,
//! whoever it came from: a source that takes over is measured against the one before it, so it is neither believed blindly
//! nor held up, as venues differ by little. A doubted price counts as silence in the first check.
//!
//! A market is not traded if a venue's list says so and no other source is known to trade it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::board::SourceBoard;
use crate::exchange::{Rejection, Ticker};
use crate::oracle::{Choice, Handover, Health, JumpGuard};
use crate::units::Symbol;

/// The longest time between two looks at which sources are needed.
const BEAT_MAX: Duration = Duration::from_secs(1);
/// Of the time after which a source takes over, the part that may pass between two looks.
const BEATS: u32 = 4;
/// The most symbols that a line of the log names.
const NAMES_MAX: usize = 5;

/// A source, as the others see it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) name: &'static str,
    pub(super) health: Option<Health>,
    pub(super) board: Rc<SourceBoard>,
    /// Tells its poller whether it is wanted.
    pub(super) wanted: watch::Sender<bool>,
}

/// Shared by all pollers.
#[derive(Debug)]
pub(super) struct Desk {
    seats: Vec<Seat>,
    /// None where there is one source.
    choice: Option<RefCell<Choice>>,
    /// Doubts prices that others made; none where every price is believed.
    guard: Option<RefCell<JumpGuard>>,
    /// How long a silence makes the next source take over.
    after: Duration,
    /// Handovers that have not been logged yet.
    handovers: RefCell<Vec<Handover>>,
    /// The markets that the exchange has been told are not traded.
    halted: RefCell<BTreeSet<Symbol>>,
    /// Whether it has been said that the exchange refuses prices.
    refused: Cell<bool>,
}

impl Desk {
    pub(super) fn new(seats: Vec<Seat>, after: Duration, guard: Option<JumpGuard>) -> Desk {
        let choice = (seats.len() > 1)
            .then(|| RefCell::new(Choice::new(seats.len(), after, Instant::now())));
        Desk {
            seats,
            choice,
            guard: guard.map(RefCell::new),
            after,
            handovers: RefCell::new(Vec::new()),
            halted: RefCell::new(BTreeSet::new()),
            refused: Cell::new(false),
        }
    }

    /// Tells the poller at this place whether it is wanted.
    pub(super) fn wanted(&self, place: usize) -> Option<watch::Receiver<bool>> {
        Some(self.seats.get(place)?.wanted.subscribe())
    }

    /// What is to be used of the prices that the source at this place has delivered.
    pub(super) fn chosen(&self, place: usize, mut tickers: Vec<Ticker>) -> Vec<Ticker> {
        let now = Instant::now();
        if let Some(choice) = &self.choice {
            let mut choice = choice.borrow_mut();
            tickers.retain(|ticker| choice.wants(place, ticker.symbol, now));
        }
        if let Some(guard) = &self.guard {
            let (believed, doubted) = guard.borrow_mut().sift(tickers);
            log_doubts(&doubted);
            tickers = believed;
        }
        if let Some(choice) = &self.choice {
            let mut choice = choice.borrow_mut();
            let taken = tickers.iter();
            let taken = taken.filter_map(|ticker| choice.took(place, ticker.symbol, now));
            self.handovers.borrow_mut().extend(taken);
        }
        tickers
    }

    /// The exchange has refused something.
    pub(super) fn refused(&self, why: Rejection) {
        if !self.refused.replace(true) {
            log::error!("prices are refused: {why}");
        }
    }

    /// What the exchange is yet to be told of markets that are not traded, or are again.
    pub(super) fn trading_changes(&self) -> Vec<(Symbol, bool)> {
        let healths = || self.seats.iter().filter_map(|seat| seat.health.as_ref());
        let mut halted: BTreeSet<Symbol> = healths().flat_map(Health::not_trading).collect();
        halted.retain(|&symbol| !healths().any(|health| health.trades(symbol)));
        let told = self.halted.borrow();
        let stopped = halted.difference(&told).map(|&symbol| (symbol, false));
        let resumed = told.difference(&halted).map(|&symbol| (symbol, true));
        stopped.chain(resumed).collect()
    }

    /// The exchange has been told.
    pub(super) fn told(&self, changes: &[(Symbol, bool)]) {
        let mut halted = self.halted.borrow_mut();
        for &(symbol, trading) in changes {
            if trading {
                halted.remove(&symbol);
            } else {
                halted.insert(symbol);
            }
        }
    }

    /// Lets sources stand by while they are not needed, and logs what changed hands, for ever.
    pub(super) async fn watch(self: Rc<Self>) {
        let Some(choice) = &self.choice else { return };
        let beat = self
            .after
            .checked_div(BEATS)
            .unwrap_or(self.after)
            .min(BEAT_MAX);
        let mut logged: Option<Instant> = None;
        loop {
            sleep(beat).await;
            let now = Instant::now();
            for (place, seat) in self.seats.iter().enumerate() {
                let needed = choice.borrow().is_needed(place, now);
                // What goes at its own pace is not held up.
                let polled = seat.wanted.receiver_count() > 0;
                seat.board.standby.set(polled && !needed);
                seat.wanted.send_if_modified(|wanted| {
                    let changes = *wanted != needed;
                    *wanted = needed;
                    changes
                });
            }
            // What changes hands one after the other goes into one line.
            let is_time = logged.is_none_or(|at| now.saturating_duration_since(at) >= self.after);
            if is_time && self.log_handovers() {
                logged = Some(now);
            }
        }
    }

    /// One line for each pair of sources; tells whether there was something to tell.
    fn log_handovers(&self) -> bool {
        let mut lines: BTreeMap<(Option<usize>, usize), Vec<Symbol>> = BTreeMap::new();
        for handover in self.handovers.take() {
            let line = lines.entry((handover.from, handover.to)).or_default();
            line.push(handover.symbol);
        }
        let name = |place: usize| self.seats.get(place).map_or("", |seat| seat.name);
        let mut any = false;
        for ((from, to), symbols) in lines {
            let (named, to_name) = (names(&symbols), name(to));
            match from {
                // That the first source delivers is no news.
                None if to == 0 => continue,
                None => log::warn!("{to_name} delivers what no source before it does: {named}"),
                Some(from) if from < to => {
                    log::warn!("{} is silent, {to_name} takes over {named}", name(from));
                }
                Some(from) => {
                    log::info!("{to_name} has taken back from {} {named}", name(from));
                }
            }
            any = true;
        }
        any
    }
}

/// One line, however many there are.
fn log_doubts(doubted: &[Ticker]) {
    match doubted {
        [] => {}
        [ticker] => {
            let (symbol, last) = (ticker.symbol, ticker.last);
            log::warn!("{symbol} at {last} is out of proportion and waits to be confirmed");
        }
        many => {
            let symbols: Vec<Symbol> = many.iter().map(|ticker| ticker.symbol).collect();
            let named = names(&symbols);
            log::warn!("prices out of proportion wait to be confirmed: {named}");
        }
    }
}

/// So many symbols, and the names of the first.
fn names(symbols: &[Symbol]) -> String {
    let first = symbols.iter().take(NAMES_MAX).map(Symbol::to_string);
    let first = first.collect::<Vec<_>>().join(", ");
    match symbols.len() {
        0..=NAMES_MAX => first,
        count => format!("{count} symbols: {first}, ..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Price, Rate, Timestamp};

    fn seat(name: &'static str) -> Seat {
        let health = Health::new(name, &[]);
        Seat {
            name,
            board: Rc::new(SourceBoard::new(name, Some(health.clone()))),
            health: Some(health),
            wanted: watch::Sender::new(true),
        }
    }

    fn ticker(price: &str) -> Ticker {
        Ticker::of_last(
            Symbol::parse("A/Q").unwrap(),
            Price::parse(price).unwrap(),
            Timestamp::default(),
        )
    }

    /// Whether each price is used, with no silence needed for a takeover; `place price`.
    fn used(after: Duration, prices: &[(usize, &str)]) -> Vec<bool> {
        let guard = JumpGuard::new(Rate::from_millionths(5_000_000));
        let desk = Desk::new(vec![seat("a"), seat("b")], after, Some(guard));
        let used = |&(place, price): &(usize, &str)| {
            let chosen = desk.chosen(place, vec![ticker(price)]);
            !chosen.is_empty()
        };
        prices.iter().map(used).collect()
    }

    #[test]
    fn who_takes_over_is_measured_against_the_last_price_that_was_used() {
        let at_once = Duration::ZERO;
        let prices = [(0, "100"), (1, "101"), (1, "1000"), (1, "102")];
        assert_eq!(used(at_once, &prices), [true, true, false, true]);
        // Its very first price is not believed blindly, and its second one is not held up.
        let prices = [(0, "100"), (1, "10000"), (1, "10100")];
        assert_eq!(used(at_once, &prices), [true, false, true]);
    }

    #[test]
    fn prices_that_are_not_chosen_leave_no_trace() {
        let prices = [(0, "100"), (1, "10000"), (1, "10000"), (0, "10000")];
        let later = Duration::from_secs(3600);
        assert_eq!(used(later, &prices), [true, false, false, false]);
    }

    #[test]
    fn many_symbols_make_one_line() {
        let many: Vec<Symbol> = (0..500)
            .map(|number| Symbol::parse(&format!("C{number}/Q")).unwrap())
            .collect();
        assert_eq!(names(&many[..2]), "C0/Q, C1/Q");
        assert_eq!(
            names(&many),
            "500 symbols: C0/Q, C1/Q, C2/Q, C3/Q, C4/Q, ..."
        );
    }
}
