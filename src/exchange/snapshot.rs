//! Everything out, everything in.

use std::collections::BTreeMap;

use super::average::Average;
use super::market::{Depth, Ticker};
use super::market_rules::MarketRules;
use super::trigger::Mark;
use super::{Account, Basis, Broken, Digest, Exchange, Order, Rules, Side, TradeTotals};
use crate::units::{Asset, Elapsed, Moment, OrderId, Symbol};

/// What is kept of a market; its book is made of the open orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketState {
    /// Which.
    pub symbol: Symbol,
    /// The present prices.
    pub ticker: Option<Ticker>,
    /// When they arrived. The store does not keep it: after a restart prices count as old until new ones arrive.
    pub received: Option<Elapsed>,
    /// Who delivered them. The store does not keep it either.
    pub source: Option<&'static str>,
    /// Whether it takes orders. The store does not keep it: the venue's list is read anew.
    pub trading: bool,
    /// What it demands of orders, where that is known; kept in a row of its own.
    pub rules: Option<Box<MarketRules>>,
    /// Its prices of the last minutes. The store does not keep them.
    pub average: Average,
    /// Ticks so far.
    pub ticks: u64,
    /// Left for buyers in this tick.
    pub ask_depth: Depth,
    /// Left for sellers in this tick.
    pub bid_depth: Depth,
    /// How far the trailing orders have come; what is kept of orders that trail no more is not looked at.
    pub marks: Vec<(OrderId, Mark)>,
}

impl MarketState {
    /// A market that has had no price.
    pub fn new(symbol: Symbol) -> MarketState {
        MarketState {
            symbol,
            ticker: None,
            received: None,
            source: None,
            trading: true,
            rules: None,
            average: Average::default(),
            ticks: 0,
            ask_depth: Depth::Undrawn,
            bid_depth: Depth::Undrawn,
            marks: Vec::new(),
        }
    }
}

/// The whole state of an exchange but for its rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The moment of the latest turn.
    pub moment: Moment,
    /// Sequence number of the next order.
    pub next_order: u64,
    /// Id of the next trade.
    pub next_trade: u64,
    /// Fingerprint of everything that ever happened.
    pub journal: Digest,
    /// Markets by symbol.
    pub markets: Vec<MarketState>,
    /// Accounts by asset.
    pub accounts: Vec<(Asset, Account)>,
    /// Cost and results by asset.
    pub bases: Vec<(Asset, Basis)>,
    /// Totals by side and symbol.
    pub trades: Vec<(Side, Symbol, TradeTotals)>,
    /// Open orders by id.
    pub orders: Vec<Order>,
}

impl Exchange {
    /// The whole state.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            moment: self.moment,
            next_order: self.next_order,
            next_trade: self.next_trade,
            journal: self.journal,
            markets: self
                .markets()
                .map(|(symbol, market)| market.state(symbol))
                .collect(),
            accounts: self
                .accounts()
                .map(|(asset, account)| (asset, *account))
                .collect(),
            bases: self.bases().map(|(asset, basis)| (asset, *basis)).collect(),
            trades: self
                .trades()
                .map(|(side, symbol, totals)| (side, symbol, *totals))
                .collect(),
            orders: self
                .orders
                .values()
                .map(|order| Order::clone(order))
                .collect(),
        }
    }

    /// An exchange in the state of a snapshot, if that state is sound.
    pub fn restore(rules: Rules, snapshot: Snapshot) -> Result<Exchange, Broken> {
        let mut exchange = Exchange::new(rules);
        exchange.moment = snapshot.moment;
        exchange.next_order = snapshot.next_order.max(1);
        exchange.next_trade = snapshot.next_trade.max(1);
        exchange.journal = snapshot.journal;
        let mut marks: BTreeMap<OrderId, Mark> = BTreeMap::new();
        for state in snapshot.markets {
            marks.extend(state.marks.iter().copied());
            exchange.restore_market(&state);
        }
        for (asset, account) in snapshot.accounts {
            exchange.ledger.insert(asset, account);
        }
        exchange.bases.extend(snapshot.bases);
        for (side, symbol, totals) in snapshot.trades {
            exchange.counters.insert(side, symbol, totals);
        }
        for order in snapshot.orders {
            let mark = marks.get(&order.id).copied().unwrap_or_default();
            exchange.restore_order(order, mark)?;
        }
        exchange.note_all_hunger();
        exchange.audit()?;
        Ok(exchange)
    }

    fn restore_market(&mut self, state: &MarketState) {
        // More symbols than are allowed can only come from a store that somebody else wrote.
        if self.list(&[state.symbol]).is_err() {
            return;
        }
        if let Some(market) = self.markets.get_mut(&state.symbol) {
            market.ticker = state.ticker;
            market.received = state.received;
            market.source = state.source;
            market.trading = state.trading;
            market.rules.clone_from(&state.rules);
            market.average.clone_from(&state.average);
            market.ticks = state.ticks;
            market.ask_depth = state.ask_depth;
            market.bid_depth = state.bid_depth;
        }
    }

    fn restore_order(&mut self, order: Order, mark: Mark) -> Result<(), Broken> {
        let id = order.id;
        let Some(stage) = order.stage() else {
            return Err(Broken::ClosedOrderIsOpen(id));
        };
        self.list(&[order.symbol])
            .map_err(|_| Broken::OrderWithoutMarket(id))?;
        if !self.markets.contains_key(&order.symbol) {
            return Err(Broken::OrderWithoutMarket(id));
        }
        if let Some(market) = self.markets.get_mut(&order.symbol) {
            // Ticks that took part in nothing may be lost; an order that has rested does not become a taker again.
            market.ticks = market.ticks.max(order.taker_through.saturating_sub(1));
        }
        if let Some(pair) = &order.pair
            && let Some(client) = pair.client_id
            && pair.id < id
            && self.orders.contains_key(&pair.other)
        {
            self.pairs_by_client.insert(client, pair.id);
        }
        self.enter_place(&order, stage, mark);
        self.note_update(&order);
        self.orders.insert(id, Box::new(order));
        Ok(())
    }
}

impl super::Market {
    /// What is kept of it.
    pub fn state(&self, symbol: Symbol) -> MarketState {
        MarketState {
            symbol,
            ticker: self.ticker,
            received: self.received,
            source: self.source,
            trading: self.trading,
            rules: self.rules.clone(),
            average: self.average.clone(),
            ticks: self.ticks,
            ask_depth: self.ask_depth,
            bid_depth: self.bid_depth,
            marks: self.triggers.marks(),
        }
    }
}
