//! From changes to commands. All of them set what is, none counts up: done twice, they do no harm.

use std::collections::{BTreeMap, BTreeSet};

use redis::Cmd;

use super::changes::{Changed, Changes};
use crate::archive::{Archive, Unreadable};
use crate::exchange::{Account, Flow, Order, Side, Ticker, TradeTotals};
use crate::keyspace::{
    Direction, Figure, Key, Names, Row, TICKER_FIELDS, amount_text, balance_row, figure_of,
    flow_of, flow_rows, order_text, stored_order, ticker_rows,
};
use crate::units::{Asset, OrderId, Symbol};

/// What came in and went out as it was written last: most balances change by orders alone.
pub(super) type Flows = BTreeMap<(Direction, Asset), Flow>;

/// Writes commands that go together.
#[derive(Debug)]
pub(super) struct Script<'a> {
    pub(super) names: &'a Names,
    pub(super) commands: Vec<Cmd>,
}

impl<'a> Script<'a> {
    pub(super) fn new(names: &'a Names) -> Script<'a> {
        Script {
            names,
            commands: Vec::new(),
        }
    }

    /// A commit; what of `flows` is as it was is left out. May wait for a disk.
    pub(super) fn changes(
        &mut self,
        changes: &Changes,
        flows: &mut Flows,
        archive: &dyn Archive,
    ) -> Result<(), Unreadable> {
        if let Some(symbols) = &changes.reset {
            flows.clear();
            self.reset(symbols, changes.cash);
        }
        self.orders(&changes.orders, archive)?;
        self.balances(&changes.accounts);
        for (asset, account) in &changes.accounts {
            self.flows(*asset, account, flows, changes.cash);
        }
        for (side, symbol, totals) in &changes.trades {
            self.trades(*side, *symbol, totals);
        }
        for (&(side, base), &fee) in &changes.base_fees {
            let key = Key::Trades(side, base, Figure::Fee);
            self.set(key, base.as_str(), &amount_text(fee));
        }
        Ok(())
    }

    /// Orders, and which of them are open; a command for each key.
    fn orders(&mut self, orders: &[Changed], archive: &dyn Archive) -> Result<(), Unreadable> {
        let mut rows = Vec::with_capacity(orders.len());
        let mut sets: BTreeMap<(&str, Key), Vec<String>> = BTreeMap::new();
        for changed in orders {
            let order = &changed.order;
            let id = order.id.to_string();
            let word = word(order);
            for key in [Key::OpenSet, Key::Open(order.symbol)] {
                sets.entry((word, key)).or_default().push(id.clone());
            }
            rows.push((id, image(changed, archive)?));
        }
        if !rows.is_empty() {
            self.rows(Key::Orders, &rows);
        }
        for ((word, key), ids) in sets {
            let mut command = self.command(word, key);
            command.arg(ids);
            self.commands.push(command);
        }
        Ok(())
    }

    fn balances(&mut self, accounts: &[(Asset, Account)]) {
        let mut rows = Vec::new();
        for (asset, account) in accounts {
            match balance_row(*asset, account) {
                Some(row) => rows.push((asset.to_string(), row)),
                None => self.unset(Key::Balances, asset.as_str()),
            }
        }
        if !rows.is_empty() {
            self.rows(Key::Balances, &rows);
        }
    }

    /// An order, and whether it is open.
    pub(super) fn order(&mut self, order: &Order, text: &[u8]) {
        let id = order.id.to_string();
        self.set(Key::Orders, &id, text);
        self.member(word(order), Key::OpenSet, &id);
        self.member(word(order), Key::Open(order.symbol), &id);
    }

    /// Orders that are gone.
    pub(super) fn gone(&mut self, ids: &[OrderId]) {
        if ids.is_empty() {
            return;
        }
        let mut command = self.command("HDEL", Key::Orders);
        for id in ids {
            command.arg(id.to_string());
        }
        self.commands.push(command);
    }

    /// The newest prices of a symbol.
    pub(super) fn ticker(&mut self, ticker: &Ticker) {
        let key = Key::Ticker(ticker.symbol);
        let rows = ticker_rows(ticker);
        let absent = TICKER_FIELDS
            .iter()
            .filter(|field| !rows.iter().any(|(name, _)| name == *field));
        let absent: Vec<&&str> = absent.collect();
        if !absent.is_empty() {
            let mut command = self.command("HDEL", key);
            for field in absent {
                command.arg(*field);
            }
            self.commands.push(command);
        }
        self.rows(key, &rows);
    }

    fn flows(&mut self, asset: Asset, account: &Account, flows: &mut Flows, cash: Asset) {
        for direction in Direction::ALL {
            let Some(flow) = flow_of(account, direction) else {
                continue;
            };
            if flows.insert((direction, asset), flow) != Some(flow) {
                let key = Key::Flow(direction, asset);
                self.rows(key, &flow_rows(asset, cash, flow));
                self.member("SADD", Key::FlowIndex(direction), &self.names.name(key));
            }
        }
    }

    fn trades(&mut self, side: Side, symbol: Symbol, totals: &TradeTotals) {
        for figure in Figure::ALL {
            let key = Key::Trades(side, symbol.base(), figure);
            let value = figure_of(totals, figure);
            self.set(key, symbol.quote().as_str(), &value);
            self.member("SADD", Key::TradesIndex(figure), &self.names.name(key));
        }
    }

    /// Every key but those of tickers that may be there.
    fn reset(&mut self, symbols: &[Symbol], cash: Asset) {
        let mut keys = vec![Key::Balances, Key::Orders, Key::OpenSet];
        keys.extend(Figure::ALL.map(Key::TradesIndex));
        keys.extend(Direction::ALL.map(Key::FlowIndex));
        let bases: BTreeSet<Asset> = symbols.iter().map(Symbol::base).collect();
        let quotes = symbols.iter().map(Symbol::quote);
        let assets: BTreeSet<Asset> = bases.iter().copied().chain(quotes).chain([cash]).collect();
        keys.extend(symbols.iter().copied().map(Key::Open));
        for base in bases {
            for side in Side::ALL {
                keys.extend(Figure::ALL.map(|figure| Key::Trades(side, base, figure)));
            }
        }
        for asset in assets {
            keys.extend(Direction::ALL.map(|direction| Key::Flow(direction, asset)));
        }
        self.remove(keys);
    }

    /// Removes keys.
    pub(super) fn remove(&mut self, keys: impl IntoIterator<Item = Key>) {
        let mut command = redis::cmd("UNLINK");
        for key in keys {
            command.arg(self.names.name(key));
        }
        self.commands.push(command);
    }

    /// Sets fields.
    pub(super) fn rows(&mut self, key: Key, rows: &[Row]) {
        let mut command = self.command("HSET", key);
        for (field, value) in rows {
            command.arg(field).arg(value);
        }
        self.commands.push(command);
    }

    /// Sets a field.
    pub(super) fn set(&mut self, key: Key, field: &str, value: &[u8]) {
        let mut command = self.command("HSET", key);
        command.arg(field).arg(value);
        self.commands.push(command);
    }

    /// Removes a field.
    pub(super) fn unset(&mut self, key: Key, field: &str) {
        let mut command = self.command("HDEL", key);
        command.arg(field);
        self.commands.push(command);
    }

    /// `SADD` or `SREM`.
    pub(super) fn member(&mut self, word: &str, key: Key, member: &str) {
        let mut command = self.command(word, key);
        command.arg(member);
        self.commands.push(command);
    }

    fn command(&self, word: &str, key: Key) -> Cmd {
        let mut command = redis::cmd(word);
        command.arg(self.names.name(key));
        command
    }
}

/// What becomes of an order's id in the sets of open ones.
fn word(order: &Order) -> &'static str {
    if order.is_open() { "SADD" } else { "SREM" }
}

/// The JSON of an order as of its change; the archive knows what came before.
fn image(changed: &Changed, archive: &dyn Archive) -> Result<Vec<u8>, Unreadable> {
    if changed.is_whole() {
        return Ok(order_text(&changed.order, &changed.entries));
    }
    stored_order(archive, &changed.order)
}
