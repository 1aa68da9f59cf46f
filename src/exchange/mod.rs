//! The machine: commands in, events out.
//!
//! `Exchange` is a pure state machine. Time is an argument of every turn, chance is a function of the seed, and nothing
//! here knows of files, sockets, threads or clocks: the same rules, commands and times give the same events and the same
//! digest on every machine.
//!
//! # A turn
//!
//! [`Exchange::handle`] first does what became due before `turn`, each thing at its own moment (an order whose delay
//! ended 3 ms ago is filled with a time stamp of 3 ms ago, at the prices of then), and then carries out the command:
//! all of it, or, with a [`Rejection`], none. What changed is collected as [`Event`]s until [`Exchange::take_events`].
//! [`Exchange::deadline`] says when the next turn is due by itself.
//!
//! # Ticks
//!
//! A tick is a new ticker of a symbol, a price set by hand, or the present ticker counted once more: by the tick loop, and
//! when the symbol is traded again after it was not. What a new price triggers joins the book first; then the tick serves
//! buys, then sells; each side in price-time order, sharing the quantity that is on offer.
//!
//! # Invariants
//!
//! [`Exchange::audit`] checks them; they hold after every turn. Per asset the five pockets sum to zero; `held` equals
//! the holds of the open orders; an open order is where its stage says and nowhere else.
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that goes wrong should stop"
    )
)]

mod audit;
mod average;
mod basis;
mod book;
mod chance;
mod close;
mod command;
mod counters;
mod digest;
mod enforce;
mod event;
mod funds;
mod ledger;
mod market;
mod market_rules;
mod order;
mod pair;
mod place;
mod prices;
mod rejection;
mod replace;
mod report;
mod rules;
mod settle;
mod sizing;
mod snapshot;
mod terms;
mod timers;
mod trade;
mod trigger;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

pub use audit::Broken;
pub use average::Average;
pub use basis::{Basis, Trips};
pub use book::Book;
pub use command::{Command, Freed, NewBalance, NewOrder, NewPrice, Outcome, Strict};
pub use counters::TradeTotals;
pub use digest::Digest;
pub use event::{Event, Seen, closed_among};
pub use ledger::{Account, Flow};
pub use market::{Depth, Market, Ticker};
pub use market_rules::{Band, Crowd, Deltas, Filter, MarketRules, Notional, Range, Reference};
pub use order::{
    Booked, CloseReason, FillPrice, Filled, HistoryEntry, Hold, Lifecycle, Order, OrderKind,
    OrderStatus, Side, Stage, Traded,
};
pub use pair::{NewPair, Pair};
pub use prices::{SET_PRICE_QUANTITY, SET_PRICE_SOURCE, SYMBOLS_MAX};
pub use rejection::{RejectReason, Rejection};
pub use replace::{CANCELED_AT_ONCE_MAX, OnlyIf, Replaced, Replacement};
pub use report::{AssetValue, Capital, OpenHolds, Valuation, Worth};
pub use rules::{Fees, Rules};
pub use snapshot::{MarketState, Snapshot};
pub use terms::{Execution, FeeMode, Terms, TimeInForce};
pub use trade::Trade;
pub use trigger::{
    Direction, Level, Mark, TRAILING_BIPS_MAX, TRAILING_PER_SYMBOL_MAX, Trigger, TriggerKind,
};
pub use waiting::Waiting;

use crate::units::{Amount, Asset, ClientId, Elapsed, Moment, OrderId, Span, Symbol};
use basis::Bases;
use counters::Counters;
use ledger::Ledger;
use trigger::Triggers;

/// The most orders that can be open at once; bounds the memory.
pub const OPEN_ORDERS_MAX: usize = 250_000;

/// A spot paper exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    rules: Rules,
    /// The moment of the latest turn; never goes back.
    moment: Moment,
    /// Sequence number of the next order.
    next_order: u64,
    /// Id of the next trade.
    next_trade: u64,
    /// Fingerprint of everything that ever happened.
    journal: Digest,
    markets: BTreeMap<Symbol, Market>,
    /// Every asset that is part of a symbol, and the cash asset.
    assets: BTreeSet<Asset>,
    ledger: Ledger,
    counters: Counters,
    bases: Bases,
    /// Open orders.
    orders: BTreeMap<OrderId, Box<Order>>,
    /// Open orders by their last update.
    by_update: BTreeSet<(Elapsed, OrderId)>,
    /// Those of them that end when they have waited long enough: the first expires first.
    expiring: BTreeSet<(Elapsed, OrderId)>,
    /// Market orders that wait for their delay.
    due: BTreeSet<(Elapsed, OrderId)>,
    /// Open orders that are good till a date.
    good_till: BTreeSet<(Elapsed, OrderId)>,
    /// Open orders by the id that their client gave them.
    by_client: BTreeMap<ClientId, OrderId>,
    /// Open pairs by the id that their client gave them.
    pairs_by_client: BTreeMap<ClientId, OrderId>,
    /// Symbols to which another tick at the present prices makes a difference: the tick loop goes round these.
    hungry: BTreeSet<Symbol>,
    /// What changed since it was last asked for.
    events: Vec<Event>,
    /// Symbols with new prices since they were last asked for; none unless somebody wants to know.
    repriced: Option<BTreeSet<Symbol>>,
    /// Prices and fills since they were last asked for; none unless somebody wants to know.
    seen: Option<Vec<Seen>>,
}

impl Exchange {
    /// An empty exchange.
    pub fn new(rules: Rules) -> Exchange {
        let assets = BTreeSet::from([rules.cash_asset]);
        Exchange {
            rules,
            moment: Moment::default(),
            next_order: 1,
            next_trade: 1,
            journal: Digest::default(),
            markets: BTreeMap::new(),
            assets,
            ledger: Ledger::default(),
            counters: Counters::default(),
            bases: Bases::new(),
            orders: BTreeMap::new(),
            by_update: BTreeSet::new(),
            expiring: BTreeSet::new(),
            due: BTreeSet::new(),
            good_till: BTreeSet::new(),
            by_client: BTreeMap::new(),
            pairs_by_client: BTreeMap::new(),
            hungry: BTreeSet::new(),
            events: Vec::new(),
            repriced: None,
            seen: None,
        }
    }

    /// Does what is due at `turn`, then carries out `command` or refuses it.
    ///
    /// A `turn` before the latest one counts as that one.
    pub fn handle(&mut self, turn: Moment, command: Command) -> Result<Outcome, Rejection> {
        self.advance(turn);
        match command {
            Command::List(symbols) => self.list(&symbols),
            Command::ApplyTickers(tickers) => self.apply_tickers(None, &tickers),
            Command::Deliver(source, tickers) => self.apply_tickers(Some(source), &tickers),
            Command::SetPrice(price) => self.set_price(price),
            Command::SetTrading(markets) => self.set_trading(&markets),
            Command::SetRules(rules) => self.set_rules(rules).map(|()| Outcome::Done),
            Command::Place(order) => self.place(order).map(Outcome::Placed),
            Command::PlacePair(pair) => self.place_pair(&pair),
            Command::Cancel(id) => {
                let (order, freed) = self.cancel(id)?;
                Ok(Outcome::Canceled(order, freed))
            }
            Command::CancelPair(id) => self.cancel_pair(id),
            Command::CancelAll(symbol) => Ok(self.cancel_all(symbol)),
            Command::Replace(replacement) => self.replace(*replacement),
            Command::Deposit(asset, amount) => self.deposit(asset, amount),
            Command::Withdraw(asset, amount) => self.withdraw(asset, amount),
            Command::SetBalance(balance) => self.set_balance(balance),
            Command::Reset => Ok(self.reset()),
            Command::Wake => Ok(Outcome::Done),
        }
    }

    /// Time passes and nothing is done, so that who looks sees how old prices are while no change may be made.
    ///
    /// What becomes due meanwhile is done by the next turn, at that turn's time.
    pub fn let_pass(&mut self, now: Moment) {
        self.moment = Moment {
            now: now.now.max(self.moment.now),
            elapsed: now.elapsed.max(self.moment.elapsed),
        };
    }

    /// What changed since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What changed since events were last taken, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether anything changed since events were last taken.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Notes from here on which symbols get new prices.
    pub fn note_prices(&mut self) {
        self.repriced.get_or_insert_default();
    }

    /// The symbols that got new prices since the last call, where that is noted.
    pub fn take_repriced(&mut self) -> BTreeSet<Symbol> {
        self.repriced
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Notes from here on every price and fill.
    pub fn note_seen(&mut self) {
        self.seen.get_or_insert_default();
    }

    /// Prices and fills since the last call, in order, where that is noted.
    pub fn take_seen(&mut self) -> Vec<Seen> {
        self.seen.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The rules it plays by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Has prices count as old after another time; rules are no part of the state, so nothing is recorded.
    pub fn set_max_age(&mut self, max_age: Option<Span>) {
        self.rules.max_age = max_age;
    }

    /// The moment of the latest turn.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// An open order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id).map(Box::as_ref)
    }

    /// The open order with this client order id.
    pub fn order_of_client(&self, client: ClientId) -> Option<&Order> {
        self.order(*self.by_client.get(&client)?)
    }

    /// Open orders by their last update in elapsed time, latest first.
    ///
    /// Time stamps follow that order, but several updates may share one.
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.by_update
            .iter()
            .rev()
            .filter_map(|&(_, id)| self.order(id))
    }

    /// Open orders by id, from this one on.
    pub fn open_orders_from(&self, id: OrderId) -> impl Iterator<Item = &Order> {
        self.orders.range(id..).map(|(_, order)| order.as_ref())
    }

    /// Open orders of a symbol by id, from this one on.
    pub fn open_orders_of(&self, symbol: Symbol, id: OrderId) -> impl Iterator<Item = &Order> {
        let market = self.markets.get(&symbol);
        let ids = market
            .into_iter()
            .flat_map(move |market| market.open.range(id..));
        ids.filter_map(|id| self.orders.get(id).map(Box::as_ref))
    }

    /// The ids of open orders, from this one on; cheaper than the orders.
    pub fn open_ids_from(&self, id: OrderId) -> impl Iterator<Item = OrderId> {
        self.orders.range(id..).map(|(&id, _)| id)
    }

    /// Number of open orders.
    pub fn open_count(&self) -> usize {
        self.orders.len()
    }

    /// A market.
    pub fn market(&self, symbol: Symbol) -> Option<&Market> {
        self.markets.get(&symbol)
    }

    /// All markets by symbol.
    pub fn markets(&self) -> impl Iterator<Item = (Symbol, &Market)> {
        self.markets
            .iter()
            .map(|(&symbol, market)| (symbol, market))
    }

    /// The account of an asset, if it ever had money.
    pub fn account(&self, asset: Asset) -> Option<Account> {
        self.ledger.has(asset).then(|| self.ledger.account(asset))
    }

    /// All accounts by asset.
    pub fn accounts(&self) -> impl Iterator<Item = (Asset, &Account)> {
        self.ledger.iter()
    }

    /// The running totals of trades.
    pub fn trades(&self) -> impl Iterator<Item = (Side, Symbol, &TradeTotals)> {
        self.counters.iter()
    }

    /// The running totals of one side of a symbol.
    pub fn trade_totals(&self, side: Side, symbol: Symbol) -> Option<&TradeTotals> {
        self.counters.get(side, symbol)
    }

    /// Sequence number of the next order.
    pub fn next_order(&self) -> u64 {
        self.next_order
    }

    /// Id of the next trade.
    pub fn next_trade(&self) -> u64 {
        self.next_trade
    }

    /// Fingerprint of everything that ever happened to balances and orders.
    pub fn journal(&self) -> Digest {
        self.journal
    }

    /// The assets that can have a balance, sorted.
    pub fn assets(&self) -> impl Iterator<Item = Asset> {
        self.assets.iter().copied()
    }

    /// Whether the asset can have a balance: the cash asset, or the base or quote of some symbol.
    pub fn knows_asset(&self, asset: Asset) -> bool {
        self.assets.contains(&asset)
    }

    fn reset(&mut self) -> Outcome {
        self.ledger.clear();
        self.counters.clear();
        self.bases.clear();
        self.orders.clear();
        self.by_update.clear();
        self.expiring.clear();
        self.due.clear();
        self.good_till.clear();
        self.by_client.clear();
        self.pairs_by_client.clear();
        for (&symbol, market) in &mut self.markets {
            market.open.clear();
            market.book = Book::default();
            if market.triggers.trailing() > 0 {
                self.events.push(Event::MarketTouched(symbol));
            }
            market.triggers = Triggers::default();
        }
        self.note_all_hunger();
        self.journal.word(Fact::Reset as u64);
        self.events.push(Event::Reset);
        Outcome::Done
    }

    /// Folds a change of an account into the journal and tells the store.
    fn account_changed(&mut self, asset: Asset, fact: Fact, amount: Amount) {
        self.journal.word(fact as u64);
        self.journal.asset(asset);
        self.journal.number(amount.exact());
        self.events.push(Event::AccountChanged(asset));
    }
}

/// Kinds of entries in the journal's fingerprint.
#[derive(Debug, Clone, Copy)]
enum Fact {
    Reset = 1,
    Deposit = 2,
    Withdrawal = 3,
    FreeSet = 4,
    HeldSet = 5,
    Placed = 6,
    Filled = 7,
    Closed = 8,
    Triggered = 9,
    Decided = 10,
}
