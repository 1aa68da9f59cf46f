//! The keyspace of an exchange as it is at one moment.

use std::collections::BTreeSet;

use super::content::{
    Row, amount_text, balance_row, base_fees, figure_of, flow_of, flow_rows, ticker_field,
    ticker_rows,
};
use super::names::{Direction, Figure, Key, Kind, Names};
use crate::exchange::{Exchange, Side};
use crate::units::{Amount, Asset, OrderId, Symbol};

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
            if market.open_count() > 0 {
                keys.insert(Key::Open(symbol));
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
        if self.exchange.open_count() > 0 {
            keys.extend([Key::Orders, Key::OpenSet]);
        }
        keys
    }

    /// Whether a key exists; of `orders` whether there are open ones.
    pub fn exists(&self, key: Key) -> bool {
        match key.kind() {
            Kind::Hash if key == Key::Orders => self.exchange.open_count() > 0,
            Kind::Hash => self.rows(key).next().is_some(),
            Kind::Set => self.members(key).next().is_some(),
        }
    }

    /// The ids of the orders that are open, all or those of a symbol, from one on; none of other keys.
    pub fn open_ids(&self, key: Key, from: OrderId) -> Box<dyn Iterator<Item = OrderId> + 'a> {
        let exchange = self.exchange;
        match key {
            Key::OpenSet => Box::new(exchange.open_ids_from(from)),
            Key::Open(symbol) => {
                let market = exchange.market(symbol).into_iter();
                Box::new(market.flat_map(move |market| market.open_ids_from(from)))
            }
            Key::Ticker(_)
            | Key::Balances
            | Key::Orders
            | Key::Trades(..)
            | Key::TradesIndex(_)
            | Key::Flow(..)
            | Key::FlowIndex(_) => Box::new(std::iter::empty()),
        }
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
            Key::Trades(side, base, Figure::Fee) if field == base.as_str() => {
                self.base_fee(side, base).map(amount_text)
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
                    })
                    .chain(
                        (figure == Figure::Fee)
                            .then(|| self.base_fee(side, base))
                            .flatten()
                            .map(|fee| (base.to_string(), amount_text(fee))),
                    ),
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

    /// Fees of a side that were paid in the base asset itself.
    fn base_fee(&self, side: Side, base: Asset) -> Option<Amount> {
        base_fees(self.exchange.trades()).remove(&(side, base))
    }

    /// The members of a set, made one after the other, each once; none of a hash.
    pub fn members(&self, key: Key) -> Box<dyn Iterator<Item = String> + 'a> {
        let (names, exchange) = (self.names, self.exchange);
        match key {
            Key::OpenSet | Key::Open(_) => {
                let ids = self.open_ids(key, OrderId::new(0));
                Box::new(ids.map(|id| id.to_string()))
            }
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
