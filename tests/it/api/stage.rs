//! An exchange with its matcher, an archive in memory, and a client.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mockx::archive::{Archive, CandleWalk, Name, OrderWalk, Stored, TradeWalk, Unreadable, Walk};
use mockx::candles::{Candle, Candles};
use mockx::exchange::{Command, Event, Exchange, HistoryEntry, Order, Rules, Ticker, Trade};
use mockx::http::{Access, ApiKey, Body, Context, Method, Request, Response, answer};
use mockx::keys::Keyring;
use mockx::mailbox::{Fate, Job, Mailbox, Unavailable, Work};
use mockx::pool::Pool;
use mockx::status::{ReplayStatus, SourceStatus, Status};
use mockx::stepper::{StepRequest, Stepper};
use mockx::units::{Elapsed, Moment, OrderId, Price, Quantity, Span, Symbol, Timestamp};
use mockx::verifier::{Verification, Verifier, VerifyRequest};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// The moment at which every stage begins.
pub(super) const START_MS: u64 = 1_723_075_200_000;

/// Closed orders and histories in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    shelves: Mutex<Shelves>,
    /// How often it was read.
    pub(super) reads: AtomicUsize,
}

#[derive(Debug, Default)]
struct Shelves {
    closed: BTreeMap<OrderId, Order>,
    by_update: BTreeSet<(Timestamp, OrderId)>,
    histories: BTreeMap<OrderId, Vec<HistoryEntry>>,
    trades: Vec<Trade>,
}

impl Memory {
    fn keep(&self, events: Vec<Event>) {
        let mut shelves = self.shelves.lock().unwrap();
        for event in events {
            match event {
                Event::OrderClosed(order) => {
                    shelves.by_update.insert((order.updated_at, order.id));
                    shelves.closed.insert(order.id, *order);
                }
                Event::History(entry) => {
                    shelves
                        .histories
                        .entry(entry.order)
                        .or_default()
                        .push(*entry);
                }
                Event::Reset => *shelves = Shelves::default(),
                Event::Trade(trade) => shelves.trades.push(*trade),
                Event::OrderOpen(_)
                | Event::AccountChanged(_)
                | Event::TradesCounted(..)
                | Event::MarketTouched(_)
                | Event::RulesChanged(_)
                | Event::Prune { .. }
                | Event::PruneTrades { .. } => {}
            }
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Shelves) -> T) -> T {
        self.reads.fetch_add(1, Ordering::Relaxed);
        look(&self.shelves.lock().unwrap())
    }

    /// Forgets a closed order, as pruning does.
    pub(super) fn forget(&self, id: OrderId) {
        let mut shelves = self.shelves.lock().unwrap();
        if let Some(order) = shelves.closed.remove(&id) {
            shelves.by_update.remove(&(order.updated_at, id));
            shelves.histories.remove(&id);
        }
    }
}

impl Archive for Memory {
    fn backup(&self, send: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>) -> Result<(), Unreadable> {
        // What is in memory has no rows.
        let _: ControlFlow<()> = send(b"no rows".to_vec());
        Ok(())
    }

    /// Nothing is older here than what is in memory.
    fn candles(&self, _: CandleWalk) -> Result<Vec<Candle>, Unreadable> {
        Ok(Vec::new())
    }

    fn order(&self, id: OrderId) -> Result<Option<Order>, Unreadable> {
        Ok(self.read(|shelves| shelves.closed.get(&id).cloned()))
    }

    fn history(&self, id: OrderId) -> Result<Vec<HistoryEntry>, Unreadable> {
        Ok(self.read(|shelves| shelves.histories.get(&id).cloned().unwrap_or_default()))
    }

    fn walk(
        &self,
        walk: Walk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        self.read(|shelves| {
            for place in shelves.by_update.iter().rev() {
                let behind = walk.after.is_none_or(|after| *place < after);
                let wanted = walk.since.is_none_or(|since| place.0 >= since);
                if behind && wanted && visit(shelves.closed[&place.1].clone()).is_break() {
                    break;
                }
            }
        });
        Ok(())
    }

    fn named(
        &self,
        walk: OrderWalk,
        visit: &mut dyn FnMut(Order) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        let named = |order: &Order| match walk.name {
            Name::Market(symbol) => order.symbol == symbol,
            Name::Client(client) => order.terms.client_id == Some(client),
            Name::Pair(client) => order
                .pair
                .as_ref()
                .is_some_and(|pair| pair.client_id == Some(client) && pair.id == order.id),
        };
        let wanted = |order: &Order| {
            walk.from.is_none_or(|from| order.id >= from)
                && walk.since.is_none_or(|since| order.placed_at >= since)
                && walk.until.is_none_or(|until| order.placed_at <= until)
        };
        let mut orders: Vec<Order> =
            self.read(|shelves| shelves.closed.values().cloned().collect());
        orders.retain(|order| named(order) && wanted(order));
        if !walk.oldest_first {
            orders.reverse();
        }
        // Whoever has seen enough breaks off.
        let _ = orders.into_iter().try_for_each(visit);
        Ok(())
    }

    fn closed_ids(&self) -> Result<Vec<OrderId>, Unreadable> {
        Ok(self.read(|shelves| shelves.closed.keys().copied().collect()))
    }

    fn closed_from(&self, from: OrderId, most: usize) -> Result<Vec<Stored>, Unreadable> {
        let with_history = |shelves: &Shelves, order: &Order| {
            let history = shelves.histories.get(&order.id).cloned();
            (order.clone(), history.unwrap_or_default())
        };
        Ok(self.read(|shelves| {
            let closed = shelves.closed.range(from..).take(most);
            closed
                .map(|(_, order)| with_history(shelves, order))
                .collect()
        }))
    }

    fn trades(
        &self,
        walk: TradeWalk,
        visit: &mut dyn FnMut(Trade) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        let wanted = |trade: &Trade| {
            walk.symbol.is_none_or(|symbol| trade.symbol == symbol)
                && walk.from.is_none_or(|from| trade.id >= from)
                && walk.before.is_none_or(|before| trade.id < before)
        };
        let mut trades = self.read(|shelves| shelves.trades.clone());
        trades.sort_by_key(|trade| trade.id);
        if !walk.oldest_first {
            trades.reverse();
        }
        // Whoever has seen enough breaks off.
        let _ = trades.into_iter().filter(wanted).try_for_each(visit);
        Ok(())
    }

    fn trades_of(&self, id: OrderId) -> Result<Vec<Trade>, Unreadable> {
        let mut trades = self.read(|shelves| shelves.trades.clone());
        trades.retain(|trade| trade.order == id);
        Ok(trades)
    }

    fn count(&self) -> Result<u64, Unreadable> {
        Ok(self.read(|shelves| shelves.closed.len() as u64))
    }
}

/// Everything on stage.
pub(super) struct Stage {
    /// Where its keys are kept.
    _directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    local: LocalSet,
    context: Rc<Context>,
    pub(super) exchange: Rc<RefCell<Exchange>>,
    pub(super) archive: Arc<Memory>,
    candles: Rc<RefCell<Candles>>,
    clock: Rc<Cell<Moment>>,
    /// Whether the store refuses writes.
    pub(super) broken: Rc<Cell<bool>>,
}

/// What a client got.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

impl Stage {
    /// Market orders fill at the first tick after they were placed, all of what is displayed is on offer.
    pub(super) fn new() -> Stage {
        Stage::with(Access::default())
    }

    /// A stage where changes, or everything, need the key `secret`.
    pub(super) fn locked(reads_need_key: bool) -> Stage {
        let key = ApiKey::new("secret");
        Stage::with(Access {
            key,
            reads_need_key,
            ..Access::default()
        })
    }

    fn with(access: Access) -> Stage {
        let rules = Rules {
            market_delay_max: Span::ZERO,
            fill_sigma_ppm: 0,
            ..Rules::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (mailbox, inbox) = Mailbox::new();
        let (stepper, steps) = Stepper::new();
        let (verifier, verifications) = Verifier::new();
        let exchange = Rc::new(RefCell::new(Exchange::new(rules)));
        let archive = Arc::new(Memory::default());
        let moment = Moment {
            now: Timestamp::from_millis(START_MS),
            elapsed: Elapsed::from_millis(1000),
        };
        let clock = Rc::new(Cell::new(moment));
        let broken = Rc::new(Cell::new(false));
        let (status_clock, status_broken) = (Rc::clone(&clock), Rc::clone(&broken));
        let status =
            move |exchange: &Exchange| status_of(exchange, status_clock.get(), status_broken.get());
        let shelf: Arc<dyn Archive> = Arc::<Memory>::clone(&archive);
        let context = Context::new(mailbox, Pool::new(shelf), access, Rc::new(status), "1.2.3");
        let context = context.with_stepper(Some(stepper)).with_verifier(verifier);
        let directory = tempfile::tempdir().unwrap();
        let context = context.with_keys(Rc::new(Keyring::open(directory.path()).unwrap()));
        let candles = context.draw_on(Candles::default());
        exchange.borrow_mut().note_seen();
        let stage = Stage {
            _directory: directory,
            runtime,
            local: LocalSet::new(),
            context: Rc::new(context),
            exchange,
            archive,
            candles,
            clock,
            broken,
        };
        stage.local.spawn_local(verified(verifications));
        stage.local.spawn_local(matcher(
            inbox,
            (Rc::clone(&stage.exchange), Rc::clone(&stage.candles)),
            Arc::clone(&stage.archive),
            Rc::clone(&stage.clock),
            Rc::clone(&stage.broken),
        ));
        stage.local.spawn_local(stepped(steps));
        stage.list_and_price();
        stage
    }

    /// Three markets with prices, one without.
    fn list_and_price(&self) {
        self.command(Command::List(vec![Symbol::parse("NEW/USDT").unwrap()]));
        self.tick("BTC/USDT", "50000", Some(("49990", "50010", "2")));
        self.tick("ETH/USDT", "2500.5", Some(("2500", "2501", "30")));
        self.tick("ETH/BTC", "0.05", None);
    }

    /// Carries out a command behind the API's back.
    pub(super) fn command(&self, command: Command) {
        let mut exchange = self.exchange.borrow_mut();
        exchange.handle(self.clock.get(), command).unwrap();
        self.archive.keep(exchange.take_events());
        self.candles.borrow_mut().take(exchange.take_seen());
    }

    /// A new ticker; with bid, ask and the quantity at both.
    pub(super) fn tick(&self, symbol: &str, last: &str, quote: Option<(&str, &str, &str)>) {
        let price = |text: &str| Price::parse(text).unwrap();
        let size = quote.map(|(_, _, size)| Quantity::parse_positive(size).unwrap());
        self.command(Command::ApplyTickers(vec![Ticker {
            symbol: Symbol::parse(symbol).unwrap(),
            last: price(last),
            bid: quote.map(|(bid, _, _)| price(bid)),
            ask: quote.map(|(_, ask, _)| price(ask)),
            bid_quantity: size,
            ask_quantity: size,
            at: self.clock.get().now,
        }]));
    }

    /// Lets time pass.
    pub(super) fn wait(&self, millis: u64) {
        self.clock
            .set(self.clock.get().plus(Span::from_millis(millis)));
    }

    /// Lets time pass on one clock only: a wall clock that stands still.
    pub(super) fn wait_unseen(&self, millis: u64) {
        let moment = self.clock.get();
        let elapsed = moment.elapsed.plus(Span::from_millis(millis));
        self.clock.set(Moment { elapsed, ..moment });
    }

    pub(super) fn digest(&self) -> String {
        self.exchange.borrow().digest().to_string()
    }

    /// Sends a request.
    pub(super) fn send(&self, request: Request) -> Answer {
        let work = answer(Rc::clone(&self.context), request);
        let answered = async {
            let mut response = work.await;
            if let Body::Stream(mut pieces) = response.body {
                let mut whole = Vec::new();
                while let Some(piece) = pieces.recv().await {
                    whole.extend(piece);
                }
                response.body = Body::Bytes(whole);
            }
            Answer::from(response)
        };
        self.local.block_on(&self.runtime, answered)
    }

    pub(super) fn get(&self, target: &str) -> Answer {
        self.send(Request::new(Method::Get, target))
    }

    /// Sends a request with a JSON body.
    pub(super) fn with_body(&self, method: &str, target: &str, body: &str) -> Answer {
        let request = Request::new(Method::from(method), target)
            .with_header("content-type", "application/json")
            .with_body(body);
        self.send(request)
    }

    pub(super) fn post(&self, target: &str, body: &str) -> Answer {
        self.with_body("POST", target, body)
    }

    /// The JSON of a read that must succeed.
    pub(super) fn read(&self, target: &str) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text);
        answer.json()
    }

    /// The JSON of a change that must succeed.
    pub(super) fn change(&self, method: &str, target: &str, body: &str) -> Value {
        let answer = self.with_body(method, target, body);
        assert_eq!(
            answer.status, 200,
            "{method} {target} {body}: {}",
            answer.text
        );
        answer.json()
    }

    /// Places an order that must be accepted, and tells its id.
    pub(super) fn place(&self, body: &str) -> String {
        let order = self.change("POST", "/orders", body);
        order["id"].as_str().unwrap().to_owned()
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Answer {
        let Body::Bytes(body) = response.body else {
            panic!("a stream is read first");
        };
        Answer {
            status: response.status,
            headers: response.headers,
            text: String::from_utf8(body).unwrap(),
        }
    }
}

/// Carries out jobs, and says at once that they are durable.
async fn matcher(
    mut inbox: mpsc::Receiver<Job>,
    (exchange, candles): (Rc<RefCell<Exchange>>, Rc<RefCell<Candles>>),
    archive: Arc<Memory>,
    clock: Rc<Cell<Moment>>,
    broken: Rc<Cell<bool>>,
) {
    while let Some(job) = inbox.recv().await {
        let moment = job.at.unwrap_or(clock.get());
        let reply = match job.work {
            Work::Change(_, refuse) if broken.get() => {
                refuse(Unavailable::Store("the disk is full".into()));
                continue;
            }
            Work::Change(change, _) => change(&mut exchange.borrow_mut(), moment),
            Work::Look(look) => look(&exchange.borrow()),
        };
        let events = exchange.borrow_mut().take_events();
        archive.keep(events);
        candles.borrow_mut().take(exchange.borrow_mut().take_seen());
        reply(Fate::Durable);
    }
}

/// A mirror in which one key differs.
async fn verified(mut requests: mpsc::Receiver<VerifyRequest>) {
    while let Some(request) = requests.recv().await {
        let found = Verification {
            keys: 12,
            differences: vec!["balances: USDT is nothing".to_owned()],
            more: 0,
        };
        request.done.send(Ok(found)).unwrap();
    }
}

/// A replay of 1000 rows.
async fn stepped(mut steps: mpsc::Receiver<StepRequest>) {
    let mut position = ReplayStatus::default();
    while let Some(step) = steps.recv().await {
        position.rows = (position.rows + step.rows).min(1000);
        position.finished = position.rows == 1000;
        position.at = Timestamp::from_millis(START_MS + position.rows);
        step.done.send(Ok(position)).unwrap();
    }
}

fn status_of(exchange: &Exchange, moment: Moment, broken: bool) -> Status {
    let mut status = Status {
        uptime: Span::from_millis(12_345),
        now: moment.now,
        open_orders: exchange.open_count() as u64,
        ticks: 3,
        sources: vec![SourceStatus {
            name: "push".to_owned(),
            up: true,
            last_success: Some(moment.now),
            polls: 2,
            failures: 1,
            ..SourceStatus::default()
        }],
        ..Status::default()
    };
    let unpriced = exchange
        .markets()
        .filter(|(_, market)| market.ticker.is_none());
    status.symbols_without_price = unpriced.map(|(symbol, _)| symbol).collect();
    status.store.failure = broken.then(|| "the disk is full".to_owned());
    status
}
