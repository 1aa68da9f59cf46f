//! Compares the server with the exchange, in stages, a page at a time; it repairs what differs, or only tells.
//!
//! First what is small, then keys that nothing belongs to, then members of open sets that are not open, then what stands
//! in `orders`, then what is missing there. At no time is anything removed that is written again later, and an id stands
//! in an open set only together with its order, so a reader never sees less than there is.

use std::collections::{BTreeMap, BTreeSet};

use redis::Cmd;

use super::link::{Link, Trouble};
use super::orders::{OrderStage, SetStage};
use super::page::{Page, State, What};
use super::write::Script;
use crate::archive::Archive;
use crate::exchange::Ticker;
use crate::keyspace::{
    Direction, Figure, Key, Kind, Names, TICKER_FIELDS, amount_text, balance_row, base_fees,
    figure_of, flow_of, flow_rows, ticker_rows,
};
use crate::units::{OrderId, Symbol};

/// Keys that are read at once.
const CHUNK: usize = 200;
/// Keys that the server looks at for one answer.
const SCAN_COUNT: usize = 1000;
/// Bytes of a value that are shown where it differs.
const SHOWN_MAX: usize = 400;

/// What a walk works with.
pub(super) struct Ground<'a> {
    pub(super) link: &'a mut Link,
    pub(super) names: &'a Names,
    pub(super) archive: &'a dyn Archive,
    /// Whether tickers are ours.
    pub(super) tickers: bool,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// Go on when what waits has been written.
    Again,
    /// Look at the exchange, and take what was seen.
    Ask(What),
    /// That was all.
    Done,
}

/// What differs, and what makes it equal.
pub(super) struct Fix {
    pub(super) what: String,
    pub(super) commands: Vec<Cmd>,
}

/// Whether what differs is repaired.
#[derive(Debug)]
enum Mode {
    Repair,
    Check(BTreeSet<String>),
}

/// Where the walk is.
#[derive(Debug)]
enum Stage {
    Tickers,
    State,
    /// The cursor, and keys that seem to belong to nothing.
    Keys(u64, Vec<Key>),
    Sets(SetStage),
    Orders(OrderStage),
    Done,
}

/// A walk over everything.
#[derive(Debug)]
pub(super) struct Walk {
    mode: Mode,
    stage: Stage,
    /// Symbols, each with whether it has a price.
    symbols: BTreeMap<Symbol, bool>,
    /// Keys of hashes that should be there.
    known: BTreeSet<Key>,
    /// Orders from this one on were placed since, and come as changes.
    below: OrderId,
    /// Keys that the exchange has.
    pub(super) keys: u64,
    /// Rows that were written.
    pub(super) written: usize,
}

impl Walk {
    pub(super) fn repair() -> Walk {
        Walk::new(Mode::Repair)
    }

    pub(super) fn check() -> Walk {
        Walk::new(Mode::Check(BTreeSet::new()))
    }

    fn new(mode: Mode) -> Walk {
        Walk {
            mode,
            stage: Stage::Tickers,
            symbols: BTreeMap::new(),
            known: BTreeSet::new(),
            below: OrderId::new(0),
            keys: 0,
            written: 0,
        }
    }

    /// Whether it repairs.
    pub(super) fn repairs(&self) -> bool {
        matches!(self.mode, Mode::Repair)
    }

    /// What differs, where that was only to be told.
    pub(super) fn differences(self) -> BTreeSet<String> {
        match self.mode {
            Mode::Repair => BTreeSet::new(),
            Mode::Check(differences) => differences,
        }
    }

    /// Goes on without having seen anything.
    pub(super) fn go_on(&mut self, ground: &mut Ground<'_>) -> Result<Step, Trouble> {
        let repairs = self.repairs();
        match &mut self.stage {
            Stage::Tickers if !ground.tickers => Ok(self.enter(Stage::State)),
            Stage::Tickers if repairs => Ok(Step::Ask(What::FeedTickers)),
            Stage::Tickers => Ok(Step::Ask(What::Tickers)),
            Stage::State => Ok(Step::Ask(What::State)),
            Stage::Keys(cursor, _) => {
                let cursor = *cursor;
                self.scan(cursor, ground)
            }
            Stage::Sets(stage) => {
                if let Some((step, fixes)) = stage.go_on(ground)? {
                    self.fix(ground, fixes)?;
                    return Ok(step);
                }
                Ok(self.enter(Stage::Orders(OrderStage::new(self.below))))
            }
            Stage::Orders(stage) => {
                if let Some((step, fixes)) = stage.go_on(ground)? {
                    self.fix(ground, fixes)?;
                    return Ok(step);
                }
                self.keys += stage.keys();
                Ok(self.enter(Stage::Done))
            }
            Stage::Done => Ok(Step::Done),
        }
    }

    /// Takes what was seen.
    pub(super) fn take(&mut self, page: Page, ground: &mut Ground<'_>) -> Result<Step, Trouble> {
        match (&mut self.stage, page) {
            (Stage::Tickers, Page::Fed) => Ok(self.enter(Stage::State)),
            (Stage::Tickers, Page::Tickers(tickers)) => {
                self.check_tickers(&tickers, ground)?;
                Ok(self.enter(Stage::State))
            }
            (Stage::State, Page::State(state)) => {
                self.compare(&state, ground)?;
                Ok(self.enter(Stage::Keys(0, Vec::new())))
            }
            (Stage::Keys(cursor, strays), Page::Exists(there)) => {
                let cursor = *cursor;
                strays.retain(|key| !there.contains(key));
                let fixes = strays
                    .drain(..)
                    .map(|key| stray(ground.names, key))
                    .collect();
                self.fix(ground, fixes)?;
                Ok(self.after_keys(cursor))
            }
            (Stage::Sets(stage), Page::Open(orders)) => {
                let fixes = stage.take(&orders, ground)?;
                self.fix(ground, fixes)?;
                Ok(Step::Again)
            }
            (Stage::Orders(stage), Page::Open(orders)) => {
                let fixes = stage.take(&orders, ground)?;
                self.fix(ground, fixes)?;
                Ok(Step::Again)
            }
            // An answer to what is not asked any more.
            (_, _) => Ok(Step::Again),
        }
    }

    fn enter(&mut self, stage: Stage) -> Step {
        self.stage = stage;
        Step::Again
    }

    /// Repairs or tells.
    fn fix(&mut self, ground: &mut Ground<'_>, fixes: Vec<Fix>) -> Result<(), Trouble> {
        match &mut self.mode {
            Mode::Check(differences) => {
                differences.extend(fixes.into_iter().map(|fix| fix.what));
                Ok(())
            }
            Mode::Repair => {
                self.written += fixes.len();
                let commands = fixes.into_iter().flat_map(|fix| fix.commands);
                ground.link.transactions([commands.collect()])
            }
        }
    }

    fn check_tickers(
        &mut self,
        tickers: &[Ticker],
        ground: &mut Ground<'_>,
    ) -> Result<(), Trouble> {
        let hashes = tickers.iter().map(|ticker| {
            let rows = ticker_rows(ticker).into_iter().collect();
            (Key::Ticker(ticker.symbol), rows)
        });
        self.compare_hashes(&hashes.collect(), ground)
    }

    /// Everything small.
    fn compare(&mut self, state: &State, ground: &mut Ground<'_>) -> Result<(), Trouble> {
        self.below = state.next_order;
        self.symbols = state.symbols.iter().copied().collect();
        let (hashes, sets) = expected(state, ground.names);
        self.known = hashes.keys().copied().collect();
        self.compare_hashes(&hashes, ground)?;
        if ground.tickers && self.repairs() {
            self.remove_odd_fields(ground)?;
        }
        for (key, members) in sets {
            let name = ground.names.name(key);
            let question = redis::cmd("SMEMBERS").arg(&name).clone();
            let there: Vec<BTreeSet<Vec<u8>>> =
                ground.link.ask_all(&[question], |_| name.clone())?;
            let there = there.into_iter().next().unwrap_or_default();
            self.keys += u64::from(!members.is_empty());
            let mut script = Script::new(ground.names);
            for member in members
                .iter()
                .filter(|member| !there.contains(member.as_bytes()))
            {
                script.member("SADD", key, member);
            }
            for member in &there {
                let text = String::from_utf8_lossy(member);
                if !members.contains(text.as_ref()) {
                    let mut command = redis::cmd("SREM");
                    script.commands.push(command.arg(&name).arg(member).clone());
                }
            }
            if !script.commands.is_empty() {
                let there = there.len();
                let what = format!(
                    "{name}: {there} members, the exchange has {}",
                    members.len()
                );
                let commands = script.commands;
                self.fix(ground, vec![Fix { what, commands }])?;
            }
        }
        Ok(())
    }

    /// Tickers have been written already; what else is in their hashes goes.
    fn remove_odd_fields(&mut self, ground: &mut Ground<'_>) -> Result<(), Trouble> {
        let priced = self.symbols.iter().filter(|(_, priced)| **priced);
        let names = priced.map(|(symbol, _)| ground.names.name(Key::Ticker(*symbol)));
        let names: Vec<String> = names.collect();
        let questions: Vec<Cmd> = names
            .iter()
            .map(|name| redis::cmd("HKEYS").arg(name).clone())
            .collect();
        let fields: Vec<Vec<String>> = ground
            .link
            .ask_all(&questions, |at| names.get(at).cloned().unwrap_or_default())?;
        let mut fixes = Vec::new();
        for (name, fields) in names.iter().zip(fields) {
            let odd = |field: &&String| !TICKER_FIELDS.contains(&field.as_str());
            for field in fields.iter().filter(odd) {
                fixes.push(Fix {
                    what: format!("{name}: {field}"),
                    commands: vec![redis::cmd("HDEL").arg(name).arg(field).clone()],
                });
            }
        }
        self.fix(ground, fixes)
    }

    fn compare_hashes(&mut self, hashes: &Hashes, ground: &mut Ground<'_>) -> Result<(), Trouble> {
        let keys: Vec<&Key> = hashes.keys().collect();
        for keys in keys.chunks(CHUNK) {
            let names: Vec<String> = keys.iter().map(|key| ground.names.name(**key)).collect();
            let questions: Vec<Cmd> = names
                .iter()
                .map(|name| redis::cmd("HGETALL").arg(name).clone())
                .collect();
            let answers: Vec<Fields> = ground
                .link
                .ask_all(&questions, |at| names.get(at).cloned().unwrap_or_default())?;
            let mut fixes = Vec::new();
            for (key, there) in keys.iter().zip(answers) {
                let Some(rows) = hashes.get(key) else {
                    continue;
                };
                self.keys += u64::from(!rows.is_empty());
                fixes.extend(differing(ground.names, **key, rows, &there));
            }
            self.fix(ground, fixes)?;
        }
        Ok(())
    }

    /// Looks for keys that nothing belongs to.
    fn scan(&mut self, cursor: u64, ground: &mut Ground<'_>) -> Result<Step, Trouble> {
        let pattern = format!("{}*", glob(ground.names.prefix()));
        let mut question = redis::cmd("SCAN");
        question.arg(cursor).arg("MATCH").arg(&pattern);
        question.arg("COUNT").arg(SCAN_COUNT);
        let (next, found): (u64, Vec<Vec<u8>>) = ground.link.ask(&question)?;
        let names = found.iter().filter_map(|name| str::from_utf8(name).ok());
        let keys = names.filter_map(|name| ground.names.key(name));
        let strays: BTreeSet<Key> = keys
            .filter(|&key| self.may_be_stray(key, ground.tickers))
            .collect();
        let strays = right_kind(strays, ground)?;
        if strays.is_empty() {
            return Ok(self.after_keys(next));
        }
        let ask = What::Exists(ground.names.clone(), strays.clone());
        self.stage = Stage::Keys(next, strays);
        Ok(Step::Ask(ask))
    }

    fn after_keys(&mut self, next: u64) -> Step {
        if next != 0 {
            return self.enter(Stage::Keys(next, Vec::new()));
        }
        let symbols = self.symbols.keys().copied();
        self.enter(Stage::Sets(SetStage::new(symbols)))
    }

    fn may_be_stray(&self, key: Key, tickers: bool) -> bool {
        match key {
            Key::Ticker(symbol) => tickers && self.symbols.get(&symbol) != Some(&true),
            // Members of these are looked at later.
            Key::Open(symbol) => !self.symbols.contains_key(&symbol),
            Key::Trades(..) | Key::Flow(..) => !self.known.contains(&key),
            Key::Balances
            | Key::Orders
            | Key::OpenSet
            | Key::TradesIndex(_)
            | Key::FlowIndex(_) => false,
        }
    }
}

/// What a server gave of a hash.
type Fields = BTreeMap<Vec<u8>, Vec<u8>>;
/// What hashes should hold.
type Hashes = BTreeMap<Key, BTreeMap<String, Vec<u8>>>;
/// What sets should hold.
type Sets = BTreeMap<Key, BTreeSet<String>>;

/// What everything small should hold; some of it may be empty.
fn expected(state: &State, names: &Names) -> (Hashes, Sets) {
    let (mut hashes, mut sets) = (Hashes::new(), Sets::new());
    let balances = hashes.entry(Key::Balances).or_default();
    for (asset, account) in &state.accounts {
        if let Some(row) = balance_row(*asset, account) {
            balances.insert(asset.to_string(), row);
        }
    }
    for direction in Direction::ALL {
        let index = sets.entry(Key::FlowIndex(direction)).or_default();
        for (asset, account) in &state.accounts {
            if let Some(flow) = flow_of(account, direction) {
                let key = Key::Flow(direction, *asset);
                index.insert(names.name(key));
                let rows = flow_rows(*asset, state.cash, flow);
                hashes.insert(key, rows.into_iter().collect());
            }
        }
    }
    for figure in Figure::ALL {
        let index = sets.entry(Key::TradesIndex(figure)).or_default();
        for (side, symbol, totals) in &state.trades {
            let key = Key::Trades(*side, symbol.base(), figure);
            index.insert(names.name(key));
            let quote = symbol.quote().to_string();
            let rows = hashes.entry(key).or_default();
            rows.insert(quote, figure_of(totals, figure));
        }
    }
    let totals = state.trades.iter();
    for ((side, base), fee) in
        base_fees(totals.map(|(side, symbol, totals)| (*side, *symbol, totals)))
    {
        let rows = hashes.entry(Key::Trades(side, base, Figure::Fee));
        rows.or_default().insert(base.to_string(), amount_text(fee));
    }
    (hashes, sets)
}

/// What makes a hash equal, if it is not.
fn differing(
    names: &Names,
    key: Key,
    rows: &BTreeMap<String, Vec<u8>>,
    there: &Fields,
) -> Option<Fix> {
    let name = names.name(key);
    let mut script = Script::new(names);
    let mut told = Vec::new();
    for (field, value) in rows {
        let present = there.get(field.as_bytes());
        if present != Some(value) {
            told.push(difference(field, present, Some(value)));
            script.set(key, field, value);
        }
    }
    for (field, value) in there {
        let text = String::from_utf8_lossy(field);
        if !rows.contains_key(text.as_ref()) {
            told.push(difference(&text, Some(value), None));
            let mut command = redis::cmd("HDEL");
            script.commands.push(command.arg(&name).arg(field).clone());
        }
    }
    let what = format!("{name}: {}", told.join("; "));
    let commands = script.commands;
    (!commands.is_empty()).then_some(Fix { what, commands })
}

/// A difference in words.
pub(super) fn difference(field: &str, there: Option<&Vec<u8>>, here: Option<&Vec<u8>>) -> String {
    let shown = |value: Option<&Vec<u8>>| match value {
        Some(value) => {
            let text = String::from_utf8_lossy(value);
            let cut: String = text.chars().take(SHOWN_MAX).collect();
            cut
        }
        None => "nothing".to_owned(),
    };
    format!(
        "{field} is {}, the exchange has {}",
        shown(there),
        shown(here)
    )
}

fn stray(names: &Names, key: Key) -> Fix {
    let mut script = Script::new(names);
    script.remove([key]);
    Fix {
        what: format!("{}: the exchange has no such key", names.name(key)),
        commands: script.commands,
    }
}

/// Those of the keys that hold the kind of value that we would have put there.
fn right_kind(keys: BTreeSet<Key>, ground: &mut Ground<'_>) -> Result<Vec<Key>, Trouble> {
    let keys: Vec<Key> = keys.into_iter().collect();
    let questions: Vec<Cmd> = keys
        .iter()
        .map(|key| redis::cmd("TYPE").arg(ground.names.name(*key)).clone())
        .collect();
    let kinds: Vec<String> = ground.link.ask_all(&questions, |_| "TYPE".to_owned())?;
    let expected = |key: &Key| match key.kind() {
        Kind::Hash => "hash",
        Kind::Set => "set",
    };
    let pairs = keys.into_iter().zip(kinds);
    Ok(pairs
        .filter(|(key, kind)| kind == expected(key))
        .map(|(key, _)| key)
        .collect())
}

/// A text as a pattern that means nothing but itself.
fn glob(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if "*?[]\\^-".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
