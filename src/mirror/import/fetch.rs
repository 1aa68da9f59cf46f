//! Reads all keys of the old system, page by page.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::order::Found;
use super::{Failure, Progress};
use crate::keyspace::{Key, Kind, Names};
use crate::mirror::link::Link;

/// The most orders that are taken over; they are in the memory together.
const ORDERS_MAX: usize = 300_000;
/// Keys, or orders, that the server looks at for one answer.
const SCAN_COUNT: usize = 1000;

/// A cursor, and fields with their values.
type Scanned = (u64, Vec<(Vec<u8>, Vec<u8>)>);
/// Fields with their values.
pub(super) type Hash = BTreeMap<String, Vec<u8>>;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Old {
    pub(super) hashes: BTreeMap<Key, Hash>,
    pub(super) sets: BTreeMap<Key, BTreeSet<String>>,
    pub(super) orders: Vec<Found>,
    /// What could not be read, in words.
    pub(super) unread: Vec<String>,
}

/// Reads everything.
pub(super) fn fetch(
    link: &mut Link,
    names: &Names,
    progress: Progress<'_>,
) -> Result<Old, Failure> {
    let mut old = Old::default();
    for key in keys(link, names)? {
        let name = names.name(key);
        let kind: String = link.ask(redis::cmd("TYPE").arg(&name))?;
        if kind != key.kind().as_str() {
            old.unread.push(format!(
                "{name}: is a {kind}, not a {}",
                key.kind().as_str()
            ));
            continue;
        }
        match key.kind() {
            Kind::Hash if key == Key::Orders => orders(link, &name, &mut old, progress)?,
            Kind::Hash => {
                let rows: Vec<(Vec<u8>, Vec<u8>)> =
                    pairs(link.ask(redis::cmd("HGETALL").arg(&name))?);
                old.hashes.insert(
                    key,
                    rows.into_iter()
                        .map(|(field, value)| (text(&field), value))
                        .collect(),
                );
            }
            Kind::Set => {
                let members: Vec<Vec<u8>> = link.ask(redis::cmd("SMEMBERS").arg(&name))?;
                old.sets
                    .insert(key, members.iter().map(|member| text(member)).collect());
            }
        }
    }
    Ok(old)
}

fn pairs(rows: BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows.into_iter().collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn keys(link: &mut Link, names: &Names) -> Result<BTreeSet<Key>, Failure> {
    let (mut keys, mut cursor) = (BTreeSet::new(), 0u64);
    loop {
        let mut question = redis::cmd("SCAN");
        question.arg(cursor).arg("COUNT").arg(SCAN_COUNT);
        let (next, found): (u64, Vec<Vec<u8>>) = link.ask(&question)?;
        let found = found.iter().filter_map(|name| str::from_utf8(name).ok());
        keys.extend(found.filter_map(|name| names.key(name)));
        if next == 0 {
            return Ok(keys);
        }
        cursor = next;
    }
}

fn orders(
    link: &mut Link,
    name: &str,
    old: &mut Old,
    progress: Progress<'_>,
) -> Result<(), Failure> {
    let total: usize = link.ask(redis::cmd("HLEN").arg(name))?;
    if total > ORDERS_MAX {
        return Err(Failure::Refused(format!(
            "{name} holds {total} orders, and at most {ORDERS_MAX} are taken over: let the old system prune some"
        )));
    }
    let (mut seen, mut cursor) = (BTreeSet::new(), 0u64);
    loop {
        let mut question = redis::cmd("HSCAN");
        question.arg(name).arg(cursor).arg("COUNT").arg(SCAN_COUNT);
        let (next, rows): Scanned = link.ask(&question)?;
        for (field, json) in rows {
            let field = text(&field);
            // A scan may give one twice.
            if !seen.insert(field.clone()) {
                continue;
            }
            let read = Document::parse(&json).zip(Document::numbered(&json, "history"));
            match read {
                Some((fields, history)) => old.orders.push(Found {
                    name: field,
                    fields,
                    history,
                }),
                None => old.unread.push(format!("{name}: {field} cannot be read")),
            }
        }
        progress(seen.len(), total);
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}
