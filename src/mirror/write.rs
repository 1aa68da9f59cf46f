//! From changes to commands. All of them set what is, none counts up: done twice, they do no harm.

use std::collections::BTreeSet;

use redis::Cmd;

use super::changes::{Changed, Changes};
use crate::archive::{Archive, Unreadable};
use crate::exchange::{Account, Order, Side, Ticker, TradeTotals};
use crate::keyspace::{
    Direction, Figure, Key, Names, Row, TICKER_FIELDS, balance_row, figure_of, flow_of, flow_rows,
    order_text, stored_order, ticker_rows,
};
use crate::units::{Asset, OrderId, Symbol};

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

    /// A commit. May wait for a disk.
    pub(super) fn changes(
        &mut self,
        changes: &Changes,
        archive: &dyn Archive,
    ) -> Result<(), Unreadable> {
        if let Some(symbols) = &changes.reset {
            self.reset(symbols, changes.cash);
        }
        for changed in &changes.orders {
            let text = image(changed, archive)?;
            self.order(&changed.order, &text);
        }
        for (asset, account) in &changes.accounts {
            self.account(*asset, account, changes.cash);
        }
        for (side, symbol, totals) in &changes.trades {
            self.trades(*side, *symbol, totals);
        }
        Ok(())
    }

    /// An order, and whether it is open.
    pub(super) fn order(&mut self, order: &Order, text: &[u8]) {
        let id = order.id.to_string();
        self.set(Key::Orders, &id, text);
        let word = if order.is_open() { "SADD" } else { "SREM" };
        self.member(word, Key::OpenSet, &id);
        self.member(word, Key::Open(order.symbol), &id);
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

    fn account(&mut self, asset: Asset, account: &Account, cash: Asset) {
        match balance_row(asset, account) {
            Some(row) => self.set(Key::Balances, asset.as_str(), &row),
            None => self.unset(Key::Balances, asset.as_str()),
        }
        for direction in Direction::ALL {
            if let Some(flow) = flow_of(account, direction) {
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

/// The JSON of an order as of its change; the archive knows what came before.
fn image(changed: &Changed, archive: &dyn Archive) -> Result<Vec<u8>, Unreadable> {
    if changed.is_whole() {
        return Ok(order_text(&changed.order, &changed.entries));
    }
    stored_order(archive, &changed.order)
}
