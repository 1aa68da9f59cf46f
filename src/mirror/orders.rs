//! The stages of a comparison that go over orders: members of the open sets, fields of `orders`, and what is missing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use redis::Cmd;

use super::link::Trouble;
use super::page::{PAGE_ORDERS, What};
use super::walk::{Fix, Ground, Step, difference};
use super::write::Script;
use crate::archive::{Archive, Unreadable};
use crate::exchange::Order;
use crate::keyspace::{Key, Names, order_text, stored_order};
use crate::units::{OrderId, Symbol};

/// Sets that are asked for their size at once.
const SETS_CHUNK: usize = 500;

/// A cursor, and fields with their values.
type Scanned = (u64, Vec<(Vec<u8>, Vec<u8>)>);
/// A step, and what it found.
type Found = Option<(Step, Vec<Fix>)>;

/// Members of open sets that are not open orders.
#[derive(Debug)]
pub(super) struct SetStage {
    /// Sets of which it is not known whether there is anything in them.
    unseen: VecDeque<Key>,
    /// Sets with members.
    filled: VecDeque<Key>,
    cursor: u64,
    /// Members of the first of them.
    members: Vec<Vec<u8>>,
}

impl SetStage {
    pub(super) fn new(symbols: impl Iterator<Item = Symbol>) -> SetStage {
        let sets = symbols.map(Key::Open);
        SetStage {
            unseen: std::iter::once(Key::OpenSet).chain(sets).collect(),
            filled: VecDeque::new(),
            cursor: 0,
            members: Vec::new(),
        }
    }

    /// Reads some members, and asks which of them are open; nothing at the end.
    pub(super) fn go_on(&mut self, ground: &mut Ground<'_>) -> Result<Found, Trouble> {
        let Some(&key) = self.filled.front() else {
            if self.unseen.is_empty() {
                return Ok(None);
            }
            self.look_for_members(ground)?;
            return Ok(Some((Step::Again, Vec::new())));
        };
        let name = ground.names.name(key);
        let mut question = redis::cmd("SSCAN");
        question.arg(&name).arg(self.cursor);
        question.arg("COUNT").arg(PAGE_ORDERS);
        let (next, members): (u64, Vec<Vec<u8>>) = ground.link.ask(&question)?;
        self.cursor = next;
        self.members = members;
        let ids = self.members.iter().filter_map(|member| id(member));
        Ok(Some((Step::Ask(What::Open(ids.collect())), Vec::new())))
    }

    fn look_for_members(&mut self, ground: &mut Ground<'_>) -> Result<(), Trouble> {
        let chunk = self.unseen.len().min(SETS_CHUNK);
        let keys: Vec<Key> = self.unseen.drain(..chunk).collect();
        let names: Vec<String> = keys.iter().map(|key| ground.names.name(*key)).collect();
        let questions: Vec<Cmd> = names
            .iter()
            .map(|name| redis::cmd("SCARD").arg(name).clone())
            .collect();
        let sizes: Vec<u64> = ground
            .link
            .ask_all(&questions, |at| names.get(at).cloned().unwrap_or_default())?;
        let filled = keys.into_iter().zip(sizes).filter(|(_, size)| *size > 0);
        self.filled.extend(filled.map(|(key, _)| key));
        Ok(())
    }

    /// Takes those of the orders that are open. What is not leaves the set together with the change of its order, which
    /// may still be on its way here: a reader never sees the one without the other.
    pub(super) fn take(
        &mut self,
        open: &[Order],
        ground: &mut Ground<'_>,
    ) -> Result<Vec<Fix>, Trouble> {
        let Some(&key) = self.filled.front() else {
            return Ok(Vec::new());
        };
        let here: BTreeSet<OrderId> = open
            .iter()
            .filter(|order| key == Key::OpenSet || key == Key::Open(order.symbol))
            .map(|order| order.id)
            .collect();
        let members = std::mem::take(&mut self.members);
        let mut fixes = Vec::new();
        for member in members {
            let id = id(&member);
            if id.is_none_or(|id| !here.contains(&id)) {
                fixes.push(not_open(key, &member, open, ground)?);
            }
        }
        if self.cursor == 0 {
            self.filled.pop_front();
        }
        Ok(fixes)
    }
}

/// Takes a member out of a set, and brings its order up to date.
fn not_open(
    key: Key,
    member: &[u8],
    open: &[Order],
    ground: &mut Ground<'_>,
) -> Result<Fix, Trouble> {
    let name = ground.names.name(key);
    let text = String::from_utf8_lossy(member);
    let mut commands = vec![redis::cmd("SREM").arg(&name).arg(member).clone()];
    let id = id(member);
    let closed = id.map(|id| ground.archive.order(id)).transpose()?.flatten();
    if let Some(closed) = closed {
        let text = stored_order(ground.archive, &closed)?;
        let mut script = Script::new(ground.names);
        script.order(&closed, &text);
        commands.append(&mut script.commands);
    } else if !open.iter().any(|order| Some(order.id) == id) {
        for (word, key) in [("SREM", Key::OpenSet), ("HDEL", Key::Orders)] {
            let name = ground.names.name(key);
            commands.push(redis::cmd(word).arg(name).arg(member).clone());
        }
    }
    Ok(Fix {
        what: format!("{name}: {text} is not open"),
        commands,
    })
}

/// Where the stage is.
#[derive(Debug)]
enum At {
    /// Goes over what the server has.
    There {
        cursor: u64,
        first: bool,
    },
    /// Goes over what is open.
    Open(OrderId),
    /// Goes over what is closed.
    Closed(OrderId),
    End,
}

/// Orders.
#[derive(Debug)]
pub(super) struct OrderStage {
    at: At,
    /// Orders from this one on were placed since, and come as changes.
    below: OrderId,
    /// Fields of `orders` with their values.
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// Symbols with open orders.
    symbols: BTreeSet<Symbol>,
    any_closed: bool,
}

impl OrderStage {
    pub(super) fn new(below: OrderId) -> OrderStage {
        OrderStage {
            at: At::There {
                cursor: 0,
                first: true,
            },
            below,
            rows: Vec::new(),
            symbols: BTreeSet::new(),
            any_closed: false,
        }
    }

    /// Keys that orders make: theirs, and those of the open ones.
    pub(super) fn keys(&self) -> u64 {
        let open = u64::try_from(self.symbols.len()).unwrap_or(u64::MAX);
        let any = u64::from(open > 0 || self.any_closed);
        open + any + u64::from(open > 0)
    }

    /// Goes on; nothing at the end.
    pub(super) fn go_on(&mut self, ground: &mut Ground<'_>) -> Result<Found, Trouble> {
        match self.at {
            At::There {
                cursor: 0,
                first: false,
            } => {
                self.at = At::Open(OrderId::new(0));
                Ok(Some((Step::Again, Vec::new())))
            }
            At::There { cursor, .. } => {
                let name = ground.names.name(Key::Orders);
                let mut question = redis::cmd("HSCAN");
                question.arg(&name).arg(cursor);
                question.arg("COUNT").arg(PAGE_ORDERS);
                let answers: Vec<Scanned> = ground.link.ask_all(&[question], |_| name.clone())?;
                let (next, rows) = answers.into_iter().next().unwrap_or_default();
                self.rows = rows;
                self.at = At::There {
                    cursor: next,
                    first: false,
                };
                let ids = self.rows.iter().filter_map(|(field, _)| id(field));
                Ok(Some((Step::Ask(What::Open(ids.collect())), Vec::new())))
            }
            At::Open(from) => Ok(Some((Step::Ask(What::OpenFrom(from)), Vec::new()))),
            At::Closed(from) => {
                let fixes = self.closed(from, ground)?;
                Ok(Some((Step::Again, fixes)))
            }
            At::End => Ok(None),
        }
    }

    /// Takes open orders.
    pub(super) fn take(
        &mut self,
        open: &[Order],
        ground: &mut Ground<'_>,
    ) -> Result<Vec<Fix>, Trouble> {
        match self.at {
            At::There { .. } => {
                let rows = std::mem::take(&mut self.rows);
                Ok(compare(&rows, open, ground.names, ground.archive)?)
            }
            At::Open(_) => {
                self.symbols.extend(open.iter().map(|order| order.symbol));
                self.at = match open.last() {
                    Some(last) if open.len() >= PAGE_ORDERS => At::Open(after(last.id)),
                    Some(_) | None => At::Closed(OrderId::new(0)),
                };
                missing_open(open, ground)
            }
            At::Closed(_) | At::End => Ok(Vec::new()),
        }
    }

    /// Closed orders that are missing.
    fn closed(&mut self, from: OrderId, ground: &mut Ground<'_>) -> Result<Vec<Fix>, Trouble> {
        let page = ground.archive.closed_from(from, PAGE_ORDERS)?;
        self.at = match page.last() {
            Some((last, _)) if page.len() >= PAGE_ORDERS && last.id < self.below => {
                At::Closed(after(last.id))
            }
            Some(_) | None => At::End,
        };
        let page: Vec<_> = page
            .into_iter()
            .filter(|(order, _)| order.id < self.below)
            .collect();
        self.any_closed |= !page.is_empty();
        let there = are_there(page.iter().map(|(order, _)| order.id), ground)?;
        let missing = page.iter().zip(there).filter(|(_, there)| !there);
        let fixes = missing.map(|((order, history), _)| {
            let text = order_text(order, history);
            write(order, &text, None, ground.names)
        });
        Ok(fixes.collect())
    }
}

/// What the server has in `orders`, beside those of the orders that are open and what the archive has.
fn compare(
    rows: &[(Vec<u8>, Vec<u8>)],
    open: &[Order],
    names: &Names,
    archive: &dyn Archive,
) -> Result<Vec<Fix>, Unreadable> {
    let open: BTreeMap<OrderId, &Order> = open.iter().map(|order| (order.id, order)).collect();
    let mut fixes = Vec::new();
    for (field, value) in rows {
        let id = id(field);
        let closed = match id {
            Some(id) if !open.contains_key(&id) => archive.order(id)?,
            Some(_) | None => None,
        };
        let open = id.and_then(|id| open.get(&id).copied());
        let Some(order) = open.or(closed.as_ref()) else {
            fixes.push(no_order(field, value, names));
            continue;
        };
        let text = stored_order(archive, order)?;
        if text != *value {
            fixes.push(write(order, &text, Some(value), names));
        }
    }
    Ok(fixes)
}

fn no_order(field: &[u8], value: &Vec<u8>, names: &Names) -> Fix {
    let (orders, open) = (names.name(Key::Orders), names.name(Key::OpenSet));
    let text = String::from_utf8_lossy(field);
    let commands = vec![
        redis::cmd("SREM").arg(open).arg(field).clone(),
        redis::cmd("HDEL").arg(&orders).arg(field).clone(),
    ];
    Fix {
        what: format!("{orders}: {}", difference(&text, Some(value), None)),
        commands,
    }
}

fn write(order: &Order, text: &Vec<u8>, there: Option<&Vec<u8>>, names: &Names) -> Fix {
    let mut script = Script::new(names);
    script.order(order, text);
    let name = names.name(Key::Orders);
    let told = difference(&order.id.to_string(), there, Some(text));
    Fix {
        what: format!("{name}: {told}"),
        commands: script.commands,
    }
}

/// Open orders that are missing in `orders` or in a set.
fn missing_open(open: &[Order], ground: &mut Ground<'_>) -> Result<Vec<Fix>, Trouble> {
    let there = are_there(open.iter().map(|order| order.id), ground)?;
    let in_all = are_in(open.iter().map(|order| (Key::OpenSet, order.id)), ground)?;
    let in_own = are_in(
        open.iter().map(|order| (Key::Open(order.symbol), order.id)),
        ground,
    )?;
    let mut fixes = Vec::new();
    let found = there.into_iter().zip(in_all).zip(in_own);
    for (order, ((there, in_all), in_own)) in open.iter().zip(found) {
        if there && in_all && in_own {
            continue;
        }
        let text = stored_order(ground.archive, order)?;
        let mut fix = write(order, &text, None, ground.names);
        if there {
            let own = ground.names.name(Key::Open(order.symbol));
            let all = ground.names.name(Key::OpenSet);
            let name = if in_all { own } else { all };
            fix.what = format!("{name}: {} is missing", order.id);
        }
        fixes.push(fix);
    }
    Ok(fixes)
}

fn are_there(
    ids: impl Iterator<Item = OrderId>,
    ground: &mut Ground<'_>,
) -> Result<Vec<bool>, Trouble> {
    let name = ground.names.name(Key::Orders);
    let questions: Vec<Cmd> = ids
        .map(|id| redis::cmd("HEXISTS").arg(&name).arg(id.to_string()).clone())
        .collect();
    ground.link.ask_all(&questions, |_| name.clone())
}

fn are_in(
    members: impl Iterator<Item = (Key, OrderId)>,
    ground: &mut Ground<'_>,
) -> Result<Vec<bool>, Trouble> {
    let questions: Vec<Cmd> = members
        .map(|(key, id)| {
            let name = ground.names.name(key);
            redis::cmd("SISMEMBER")
                .arg(name)
                .arg(id.to_string())
                .clone()
        })
        .collect();
    ground.link.ask_all(&questions, |_| "open".to_owned())
}

fn id(text: &[u8]) -> Option<OrderId> {
    let text = str::from_utf8(text).ok()?;
    OrderId::parse(text).ok()
}

fn after(id: OrderId) -> OrderId {
    OrderId::new(id.sequence().saturating_add(1))
}
