//! What a store would do: keeps rows and changes only those that events name.
//!
//! When its rows are those of the exchange after every command, no change goes untold.

use std::collections::BTreeMap;

use mockx::exchange::{Account, Event, Exchange, Order, Side, TradeTotals};
use mockx::units::{Asset, OrderId, Symbol};

/// The rows.
#[derive(Debug, Default)]
pub struct Follower {
    orders: BTreeMap<OrderId, Order>,
    accounts: BTreeMap<Asset, Account>,
    trades: BTreeMap<(Side, Symbol), TradeTotals>,
    last_trade: u64,
}

impl Follower {
    /// Takes over what the events of one turn name. What has no image any more went later in the same turn.
    pub fn follow(&mut self, exchange: &Exchange, events: &[Event]) -> Result<(), String> {
        for event in events {
            match event {
                Event::OrderOpen(id) => {
                    let image = exchange.order(*id).cloned();
                    self.orders.extend(image.map(|order| (*id, order)));
                }
                Event::OrderClosed(order) => {
                    self.orders.remove(&order.id);
                }
                Event::History(entry) => {
                    let image = exchange.order(entry.order);
                    if image.is_some_and(|order| entry.number >= order.history_count) {
                        return Err(format!("{entry:?} is beyond the history of its order"));
                    }
                }
                Event::AccountChanged(asset) => {
                    let image = exchange.account(*asset);
                    self.accounts.extend(image.map(|account| (*asset, account)));
                }
                Event::TradesCounted(side, symbol) => {
                    let image = exchange.trade_totals(*side, *symbol).copied();
                    self.trades
                        .extend(image.map(|totals| ((*side, *symbol), totals)));
                }
                Event::Reset => *self = Follower::default(),
                Event::Trade(trade) => {
                    if trade.id >= exchange.next_trade() || trade.id <= self.last_trade {
                        return Err(format!("{trade:?} is out of turn"));
                    }
                    self.last_trade = trade.id;
                }
                Event::MarketTouched(_)
                | Event::RulesChanged(_)
                | Event::Prune { .. }
                | Event::PruneTrades { .. } => {}
            }
        }
        Ok(())
    }

    /// Whether the rows are what the exchange holds.
    pub fn compare(&self, exchange: &Exchange) -> Result<(), String> {
        let accounts: Vec<_> = exchange
            .accounts()
            .map(|(asset, account)| (asset, *account))
            .collect();
        let trades: Vec<_> = exchange
            .trades()
            .map(|(side, symbol, totals)| ((side, symbol), *totals))
            .collect();
        let mut orders: Vec<&Order> = exchange.open_orders().collect();
        orders.sort_by_key(|order| order.id);
        if !self.orders.values().eq(orders) {
            return Err("an order changed without an event".to_owned());
        }
        if !self
            .accounts
            .iter()
            .map(|(asset, account)| (*asset, *account))
            .eq(accounts)
        {
            return Err("an account changed without an event".to_owned());
        }
        if !self
            .trades
            .iter()
            .map(|(key, totals)| (*key, *totals))
            .eq(trades)
        {
            return Err("totals of trades changed without an event".to_owned());
        }
        Ok(())
    }
}
