//! The keyspace of an exchange as it is at one moment.

use std::collections::BTreeSet;

use super::content::{Row, balance_row, figure_of, flow_of, flow_rows, ticker_field, ticker_rows};
use super::names::{Direction, Figure, Key, Kind, Names};
use crate::exchange::{Exchange, Side};
use crate::units::{Asset, OrderId, Symbol};

/// All keys but `orders`, whose closed orders the exchange does not have: see `order_text` and `stored_order`.
#[derive(Debug, Clone, Copy)]
pub struct Keyspace<'a> {
    names: &'a Names,
    exchange: &'a Exchange,
}

impl<'a> Keyspace<'a> {
    /// The keyspace of `exchange` under these names.
    pub fn new(names: &'a Names, exchange: &'a Exchange) -> Keyspace<'a> {
        Keyspace { names, exchange }
    }

    /// The keys that exist, each once. `orders` is among them when there are open orders; with closed orders alone it
    /// exists too, which only the archive knows.
    pub fn keys(&self) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for (symbol, market) in self.exchange.markets() {
            if market.ticker.is_some() {
                keys.insert(Key::Ticker(symbol));
            }
        }
        for (asset, account) in self.exchange.accounts() {
            if !account.is_empty() {
                keys.insert(Key::Balances);
            }
            for direction in Direction::ALL {
                if flow_of(account, direction).is_some() {
                    keys.insert(Key::Flow(direction, asset));
                    keys.insert(Key::FlowIndex(direction));
                }
            }
        }
        for (side, symbol, _) in self.exchange.trades() {
            for figure in Figure::ALL {
                keys.insert(Key::Trades(side, symbol.base(), figure));
                keys.insert(Key::TradesIndex(figure));
            }
        }
        for order in self.exchange.open_orders() {
            keys.insert(Key::Open(order.symbol));
        }
        if self.exchange.open_count() > 0 {
            keys.extend([Key::Orders, Key::OpenSet]);
        }
        keys
    }

    /// Whether a key exists; of `orders` whether there are open ones.
    pub fn exists(&self, key: Key) -> bool {
        match key.kind() {
            Kind::Hash if key == Key::Orders => self.exchange.open_count() > 0,
            // The orders of a symbol are looked for among all of them.
            Kind::Set if self.is_unlisted(key) => false,
            Kind::Hash => self.rows(key).next().is_some(),
            Kind::Set => self.members(key).next().is_some(),
        }
    }

    fn is_unlisted(&self, key: Key) -> bool {
        matches!(key, Key::Open(symbol) if self.exchange.market(symbol).is_none())
    }

    /// A field of a hash; nothing of `orders`.
    pub fn field(&self, key: Key, field: &str) -> Option<Vec<u8>> {
        match key {
            Key::Ticker(symbol) => {
                let ticker = self.exchange.market(symbol)?.ticker?;
                ticker_field(&ticker, field)
            }
            Key::Balances => {
                let asset = Asset::parse(field).ok()?;
                balance_row(asset, &self.exchange.account(asset)?)
            }
            Key::Trades(side, base, figure) => {
                let symbol = Symbol::new(base, Asset::parse(field).ok()?).ok()?;
                let totals = self.exchange.trade_totals(side, symbol)?;
                Some(figure_of(totals, figure))
            }
            Key::Flow(..)
            | Key::Orders
            | Key::OpenSet
            | Key::Open(_)
            | Key::TradesIndex(_)
            | Key::FlowIndex(_) => self
                .rows(key)
                .find(|(name, _)| name == field)
                .map(|(_, value)| value),
        }
    }

    /// The fields of a hash with their values, made one after the other; none of a set, and none of `orders`.
    pub fn rows(&self, key: Key) -> Box<dyn Iterator<Item = Row> + 'a> {
        let exchange = self.exchange;
        match key {
            Key::Ticker(symbol) => {
                let ticker = exchange.market(symbol).and_then(|market| market.ticker);
                Box::new(ticker.into_iter().flat_map(|ticker| ticker_rows(&ticker)))
            }
            Key::Balances => Box::new(exchange.accounts().filter_map(|(asset, account)| {
                Some((asset.to_string(), balance_row(asset, account)?))
            })),
            Key::Trades(side, base, figure) => Box::new(
                exchange
                    .trades()
                    .filter(move |(one, symbol, _)| *one == side && symbol.base() == base)
                    .map(move |(_, symbol, totals)| {
                        (symbol.quote().to_string(), figure_of(totals, figure))
                    }),
            ),
            Key::Flow(direction, asset) => {
                let flow = exchange
                    .account(asset)
                    .and_then(|account| flow_of(&account, direction));
                let cash = exchange.rules().cash_asset;
                let rows = flow.map(|flow| flow_rows(asset, cash, flow));
                Box::new(rows.into_iter().flatten())
            }
            Key::Orders | Key::OpenSet | Key::Open(_) | Key::TradesIndex(_) | Key::FlowIndex(_) => {
                Box::new(std::iter::empty())
            }
        }
    }

    /// The members of a set, made one after the other, each once; none of a hash.
    pub fn members(&self, key: Key) -> Box<dyn Iterator<Item = String> + 'a> {
        let (names, exchange) = (self.names, self.exchange);
        match key {
            Key::OpenSet => Box::new(open_ids(exchange, None)),
            Key::Open(symbol) => Box::new(open_ids(exchange, Some(symbol))),
            Key::TradesIndex(figure) => {
                let hashes: BTreeSet<(Side, Asset)> = exchange
                    .trades()
                    .map(|(side, symbol, _)| (side, symbol.base()))
                    .collect();
                Box::new(
                    hashes
                        .into_iter()
                        .map(move |(side, base)| names.name(Key::Trades(side, base, figure))),
                )
            }
            Key::FlowIndex(direction) => Box::new(
                exchange
                    .accounts()
                    .filter(move |(_, account)| flow_of(account, direction).is_some())
                    .map(move |(asset, _)| names.name(Key::Flow(direction, asset))),
            ),
            Key::Ticker(_) | Key::Balances | Key::Orders | Key::Trades(..) | Key::Flow(..) => {
                Box::new(std::iter::empty())
            }
        }
    }

    /// Whether a set has a member.
    pub fn has_member(&self, key: Key, member: &str) -> bool {
        let open = |symbol: Option<Symbol>| {
            let id = OrderId::parse(member).ok();
            let order = id.and_then(|id| self.exchange.order(id));
            order.is_some_and(|order| symbol.is_none_or(|symbol| symbol == order.symbol))
        };
        match key {
            Key::OpenSet => open(None),
            Key::Open(symbol) => open(Some(symbol)),
            Key::TradesIndex(_) | Key::FlowIndex(_) => self.members(key).any(|name| name == member),
            Key::Ticker(_) | Key::Balances | Key::Orders | Key::Trades(..) | Key::Flow(..) => false,
        }
    }
}

fn open_ids(exchange: &Exchange, symbol: Option<Symbol>) -> impl Iterator<Item = String> {
    exchange
        .open_orders_from(OrderId::new(0))
        .filter(move |order| symbol.is_none_or(|symbol| symbol == order.symbol))
        .map(|order| order.id.to_string())
}
