//! What must be there: a replay of what was committed, on an exchange of its own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mockx::archive::{Archive as _, TradeWalk, Walk};
use mockx::exchange::{Command, Event, Exchange, HistoryEntry, Order, Snapshot, Trade};
use mockx::store::Reader;
use mockx::units::{Elapsed, Moment, OrderId};

/// A command and its moment.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Where the clients' answers find it.
    pub(crate) number: u64,
    pub(crate) moment: Moment,
    pub(crate) command: Command,
}

/// The exchange, and what is on the disk only.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) exchange: Exchange,
    closed: BTreeMap<OrderId, Order>,
    histories: BTreeMap<OrderId, Vec<HistoryEntry>>,
    trades: BTreeMap<u64, Trade>,
    /// What was updated before may be gone.
    prune_before: Elapsed,
    prune_trades_before: Elapsed,
}

impl Model {
    pub(crate) fn new(exchange: Exchange) -> Model {
        Model {
            exchange,
            closed: BTreeMap::new(),
            histories: BTreeMap::new(),
            trades: BTreeMap::new(),
            prune_before: Elapsed::default(),
            prune_trades_before: Elapsed::default(),
        }
    }

    /// The model after these.
    pub(crate) fn after(&self, entries: &[Entry]) -> Model {
        let mut model = self.clone();
        for entry in entries {
            drop(model.exchange.handle(entry.moment, entry.command.clone()));
        }
        for event in model.exchange.take_events() {
            model.note(event);
        }
        model
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::OrderClosed(order) => {
                self.closed.insert(order.id, *order);
            }
            Event::History(entry) => {
                self.histories.entry(entry.order).or_default().push(*entry);
            }
            Event::Trade(trade) => {
                self.trades.insert(trade.id, *trade);
            }
            Event::Prune { updated_before } => {
                self.prune_before = self.prune_before.max(updated_before);
            }
            Event::PruneTrades { made_before } => {
                self.prune_trades_before = self.prune_trades_before.max(made_before);
            }
            Event::Reset => {
                self.closed.clear();
                self.histories.clear();
                self.trades.clear();
            }
            Event::OrderOpen(_)
            | Event::AccountChanged(_)
            | Event::TradesCounted(..)
            | Event::MarketTouched(_)
            | Event::RulesChanged(_) => {}
        }
    }

    /// Whether that is the same state, but for the prices.
    pub(crate) fn is(&self, found: &Exchange) -> bool {
        let (mine, theirs) = (self.exchange.snapshot(), found.snapshot());
        let counted = |snapshot: Snapshot| Snapshot {
            markets: Vec::new(),
            moment: Moment::default(),
            ..snapshot
        };
        self.exchange.digest() == found.digest() && counted(mine) == counted(theirs)
    }

    /// What differs between the archive and what it should be.
    pub(crate) fn compare(&self, reader: &Reader) -> Result<(), String> {
        let told = |error| format!("the archive cannot be read: {error}");
        let mut found = Vec::new();
        let walked = reader.walk(Walk::default(), &mut |order| {
            found.push(order);
            ControlFlow::Continue(())
        });
        walked.map_err(told)?;
        let keys: Vec<_> = found
            .iter()
            .map(|order| (order.updated_at, order.id))
            .collect();
        if !keys.is_sorted_by(|a, b| a > b) {
            return Err(format!("closed orders are not in their order: {keys:?}"));
        }
        let found: BTreeMap<_, _> = found.into_iter().map(|order| (order.id, order)).collect();
        let due = |order: &Order| order.updated_elapsed < self.prune_before;
        for (id, order) in &self.closed {
            match found.get(id) {
                Some(there) if there != order => {
                    return Err(format!("{id} is {there:?} and not {order:?}"));
                }
                None if !due(order) => return Err(format!("{id} is lost")),
                None => continue,
                Some(_) => {}
            }
            let history = reader.history(*id).map_err(told)?;
            if history != self.histories.get(id).cloned().unwrap_or_default() {
                return Err(format!("the history of {id} is {history:?}"));
            }
        }
        if let Some(id) = found.keys().find(|id| !self.closed.contains_key(id)) {
            return Err(format!("{id} was never closed"));
        }
        self.compare_open(reader)?;
        self.compare_trades(reader)
    }

    fn compare_open(&self, reader: &Reader) -> Result<(), String> {
        for order in self.exchange.open_orders() {
            let history = reader
                .history(order.id)
                .map_err(|error| error.to_string())?;
            if history != self.histories.get(&order.id).cloned().unwrap_or_default() {
                return Err(format!("the history of {} is {history:?}", order.id));
            }
        }
        Ok(())
    }

    fn compare_trades(&self, reader: &Reader) -> Result<(), String> {
        let mut found = BTreeMap::new();
        let walked = reader.trades(TradeWalk::default(), &mut |trade| {
            found.insert(trade.id, trade);
            ControlFlow::Continue(())
        });
        walked.map_err(|error| format!("trades cannot be read: {error}"))?;
        for (id, trade) in &self.trades {
            match found.get(id) {
                Some(there) if there == trade => {}
                None if trade.elapsed < self.prune_trades_before => {}
                there => return Err(format!("trade {id} is {there:?} and not {trade:?}")),
            }
        }
        match found.keys().find(|id| !self.trades.contains_key(id)) {
            Some(id) => Err(format!("trade {id} was never made")),
            None => Ok(()),
        }
    }
}
