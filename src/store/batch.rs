//! Which rows change: the new images of what the events of some turns name.

use std::collections::{BTreeMap, BTreeSet};

use crate::candles;
use crate::exchange::{
    Account, Basis, Digest, Event, Exchange, HistoryEntry, MarketRules, MarketState, Order, Side,
    Snapshot, Trade, TradeTotals,
};
use crate::samples::Changes;
use crate::units::{Asset, Elapsed, Moment, OrderId, Symbol};

/// One commit's worth of changes.
#[derive(Debug, Default)]
pub struct Batch {
    /// Whatever came before it in this batch but the markets is void, and every table but theirs is emptied first.
    pub(super) reset: bool,
    pub(super) moment: Moment,
    pub(super) next_order: u64,
    pub(super) next_trade: u64,
    pub(super) journal: Digest,
    pub(super) open: Vec<Order>,
    pub(super) closed: Vec<Order>,
    pub(super) history: Vec<HistoryEntry>,
    pub(super) fills: Vec<Trade>,
    pub(super) accounts: Vec<(Asset, Account)>,
    pub(super) bases: Vec<(Asset, Basis)>,
    pub(super) trades: Vec<(Side, Symbol, TradeTotals)>,
    pub(super) markets: Vec<MarketState>,
    pub(super) rules: Vec<(Symbol, MarketRules)>,
    pub(super) samples: Changes,
    pub(super) candles: candles::Changes,
    pub(super) prune_before: Option<Elapsed>,
    pub(super) prune_trades_before: Option<Elapsed>,
}

/// What events name, once each.
#[derive(Default)]
struct Named {
    reset: bool,
    open: BTreeSet<OrderId>,
    closed: BTreeMap<OrderId, Order>,
    history: Vec<HistoryEntry>,
    fills: Vec<Trade>,
    accounts: BTreeSet<Asset>,
    trades: BTreeSet<(Side, Symbol)>,
    markets: BTreeSet<Symbol>,
    rules: BTreeSet<Symbol>,
    prune_before: Option<Elapsed>,
    prune_trades_before: Option<Elapsed>,
}

impl Batch {
    /// The images of everything that `events`, just taken from `exchange`, name.
    pub fn collect(exchange: &Exchange, events: Vec<Event>) -> Batch {
        let mut named = Named::default();
        for event in events {
            named.add(event);
        }
        let open = named
            .open
            .iter()
            .filter_map(|&id| exchange.order(id).cloned())
            .collect();
        let accounts = named
            .accounts
            .iter()
            .filter_map(|&asset| Some((asset, exchange.account(asset)?)))
            .collect();
        // A basis changes with its account and lies beside it.
        let bases = named
            .accounts
            .iter()
            .filter_map(|&asset| Some((asset, *exchange.basis(asset)?)))
            .collect();
        let trades = named
            .trades
            .iter()
            .filter_map(|&(side, symbol)| {
                Some((side, symbol, *exchange.trade_totals(side, symbol)?))
            })
            .collect();
        let markets = named
            .markets
            .iter()
            .filter_map(|&symbol| Some(exchange.market(symbol)?.state(symbol)))
            .collect();
        let rules = named
            .rules
            .iter()
            .filter_map(|&symbol| {
                Some((symbol, exchange.market(symbol)?.rules.as_deref()?.clone()))
            })
            .collect();
        Batch {
            reset: named.reset,
            open,
            closed: named.closed.into_values().collect(),
            history: named.history,
            fills: named.fills,
            accounts,
            bases,
            trades,
            markets,
            rules,
            prune_before: named.prune_before,
            prune_trades_before: named.prune_trades_before,
            ..Batch::figures(exchange)
        }
    }

    /// The present prices of all markets: what is written now and then and at the end.
    pub fn prices(exchange: &Exchange) -> Batch {
        let markets = exchange
            .markets()
            .map(|(symbol, market)| market.state(symbol))
            .collect();
        Batch {
            markets,
            ..Batch::figures(exchange)
        }
    }

    /// Adds the present prices of all markets to this batch.
    #[must_use]
    pub fn with_prices(self, exchange: &Exchange) -> Batch {
        Batch {
            markets: Batch::prices(exchange).markets,
            ..self
        }
    }

    /// Adds what was sampled since it was last written.
    #[must_use]
    pub fn with_samples(self, samples: Changes) -> Batch {
        Batch { samples, ..self }
    }

    /// Adds candles since they were last written.
    #[must_use]
    pub fn with_candles(self, candles: candles::Changes) -> Batch {
        Batch { candles, ..self }
    }

    /// Whether it begins with forgetting everything.
    pub fn resets(&self) -> bool {
        self.reset
    }

    /// What is stored goes on as it is, but gives no id before these.
    pub(super) fn continuing(snapshot: &Snapshot, (order, trade): (u64, u64)) -> Batch {
        Batch {
            moment: snapshot.moment,
            next_order: snapshot.next_order.max(order),
            next_trade: snapshot.next_trade.max(trade),
            journal: snapshot.journal,
            ..Batch::default()
        }
    }

    fn figures(exchange: &Exchange) -> Batch {
        Batch {
            moment: exchange.moment(),
            next_order: exchange.next_order(),
            next_trade: exchange.next_trade(),
            journal: exchange.journal(),
            ..Batch::default()
        }
    }
}

impl Named {
    fn add(&mut self, event: Event) {
        match event {
            Event::OrderOpen(id) => {
                self.open.insert(id);
            }
            Event::OrderClosed(order) => {
                self.closed.insert(order.id, *order);
            }
            Event::History(entry) => self.history.push(*entry),
            Event::Trade(trade) => self.fills.push(*trade),
            Event::AccountChanged(asset) => {
                self.accounts.insert(asset);
            }
            Event::TradesCounted(side, symbol) => {
                self.trades.insert((side, symbol));
            }
            Event::MarketTouched(symbol) => {
                self.markets.insert(symbol);
            }
            Event::RulesChanged(symbol) => {
                self.rules.insert(symbol);
            }
            Event::Prune { updated_before } => self.prune_before = Some(updated_before),
            Event::PruneTrades { made_before } => self.prune_trades_before = Some(made_before),
            Event::Reset => {
                *self = Named {
                    reset: true,
                    // A reset leaves the markets as they are.
                    markets: std::mem::take(&mut self.markets),
                    rules: std::mem::take(&mut self.rules),
                    ..Named::default()
                }
            }
        }
    }
}
