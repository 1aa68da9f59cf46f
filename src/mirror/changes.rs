//! What a commit changed, in images that are as of its end.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::{Account, Event, Exchange, HistoryEntry, Order, Side, TradeTotals};
use crate::keyspace::base_fees;
use crate::units::{Amount, Asset, OrderId, Symbol};

/// One commit's worth of changes.
#[derive(Debug)]
pub struct Changes {
    /// The symbols that are known, where everything but their prices was forgotten before the rest happened.
    pub(super) reset: Option<Vec<Symbol>>,
    pub(super) orders: Vec<Changed>,
    pub(super) accounts: Vec<(Asset, Account)>,
    pub(super) trades: Vec<(Side, Symbol, TradeTotals)>,
    /// Fees in the base asset, where some of those trades paid such.
    pub(super) base_fees: BTreeMap<(Side, Asset), Amount>,
    pub(super) cash: Asset,
}

/// An order that changed, and the entries that its history got.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) order: Order,
    pub(super) entries: Vec<HistoryEntry>,
}

impl Changed {
    /// Whether the entries, the creation aside, are its whole history.
    pub(super) fn is_whole(&self) -> bool {
        let made = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        made.saturating_add(1) >= self.order.history_count
    }
}

/// What events name.
#[derive(Debug, Default)]
struct Named {
    reset: bool,
    open: BTreeSet<OrderId>,
    closed: BTreeMap<OrderId, Order>,
    history: BTreeMap<OrderId, Vec<HistoryEntry>>,
    accounts: BTreeSet<Asset>,
    trades: BTreeSet<(Side, Symbol)>,
}

impl Changes {
    /// The images of what `events`, just taken from `exchange`, name.
    pub fn collect(exchange: &Exchange, events: &[Event]) -> Changes {
        let mut named = Named::default();
        for event in events {
            named.add(event);
        }
        let mut history = named.history;
        let open = named.open.iter().filter_map(|&id| exchange.order(id));
        let orders: Vec<Order> = open.cloned().chain(named.closed.into_values()).collect();
        let orders = orders.into_iter().map(|order| Changed {
            entries: history.remove(&order.id).unwrap_or_default(),
            order,
        });
        let accounts = named.accounts.into_iter();
        let mut fees = BTreeMap::new();
        if !named.trades.is_empty() {
            fees = base_fees(exchange.trades());
            fees.retain(|(side, base), _| {
                let mut trades = named.trades.iter();
                trades.any(|(one, symbol)| one == side && symbol.base() == *base)
            });
        }
        let trades = named.trades.into_iter();
        Changes {
            reset: named
                .reset
                .then(|| exchange.markets().map(|(symbol, _)| symbol).collect()),
            orders: orders.collect(),
            accounts: accounts
                .filter_map(|asset| Some((asset, exchange.account(asset)?)))
                .collect(),
            trades: trades
                .filter_map(|(side, symbol)| {
                    Some((side, symbol, *exchange.trade_totals(side, symbol)?))
                })
                .collect(),
            base_fees: fees,
            cash: exchange.rules().cash_asset,
        }
    }

    /// Rows that it writes, about.
    pub(super) fn rows(&self) -> usize {
        let entries: usize = self
            .orders
            .iter()
            .map(|changed| changed.entries.len())
            .sum();
        self.orders.len()
            + entries
            + self.accounts.len()
            + self.trades.len()
            + self.base_fees.len()
            + self.reset.as_ref().map_or(0, Vec::len)
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.rows() == 0 && self.reset.is_none()
    }
}

impl Named {
    fn add(&mut self, event: &Event) {
        match event {
            Event::OrderOpen(id) => {
                self.open.insert(*id);
            }
            Event::OrderClosed(order) => {
                self.closed.insert(order.id, order.as_ref().clone());
            }
            Event::History(entry) => {
                self.history.entry(entry.order).or_default().push(**entry);
            }
            Event::AccountChanged(asset) => {
                self.accounts.insert(*asset);
            }
            Event::TradesCounted(side, symbol) => {
                self.trades.insert((*side, *symbol));
            }
            Event::Reset => {
                *self = Named {
                    reset: true,
                    ..Named::default()
                }
            }
            // Pruned orders are told one by one when they are gone; trades have no key of their own.
            Event::MarketTouched(_)
            | Event::RulesChanged(_)
            | Event::Prune { .. }
            | Event::Trade(_)
            | Event::PruneTrades { .. } => {}
        }
    }
}
