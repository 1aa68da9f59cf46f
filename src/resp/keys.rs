//! Answers to questions about keys, from the exchange as it is at one moment.
//!
//! What `orders` holds is with the archive too, which may wait for a disk: then the answer is drafted here, and made by
//! `orders`.

use super::glob;
use super::orders::{Late, Shape};
use super::parse::Request;
use super::reply::{Protocol, Reply};
use crate::archive::Unreadable;
use crate::exchange::{Exchange, Market};
use crate::keyspace::{Key, Keyspace, Kind, Names};
use crate::units::OrderId;

/// Keys or members of one answer to a scan, where the client does not ask for more.
const SCAN_LEAST: usize = 500;
/// And where it does.
const SCAN_MOST: usize = 10_000;
/// Orders of one answer to a scan.
const ORDERS_MOST: usize = 1000;
/// Ids of a set that are written down while the exchange is looked at; more of them are written elsewhere.
const IDS_MOST: usize = 500;

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const SYNTAX: &str = "ERR syntax error";
const BAD_CURSOR: &str = "ERR invalid cursor";

/// What is known beside the exchange.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Closed orders, where that was asked for; why that is not known.
    pub(super) closed: Result<u64, Unreadable>,
    pub(super) connections: usize,
    pub(super) uptime_secs: u64,
    pub(super) version: &'static str,
}

/// An answer, or what is still to be looked up for it.
#[derive(Debug)]
pub(super) enum Draft {
    Ready(Vec<u8>),
    Late(Late),
}

impl Draft {
    /// Bytes that it has by now.
    pub(super) fn length(&self) -> usize {
        match self {
            Draft::Ready(bytes) => bytes.len(),
            Draft::Late(late) => late.length(),
        }
    }
}

/// What answers are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) names: &'a Names,
    pub(super) exchange: &'a Exchange,
    pub(super) facts: &'a Facts,
    pub(super) protocol: Protocol,
}

/// Whether the number of closed orders must be known before this can be answered.
pub(super) fn needs_count(request: &Request, names: &Names) -> bool {
    let Some((name, rest)) = request.split_first() else {
        return false;
    };
    let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
    if ["keys", "scan", "dbsize", "info"]
        .iter()
        .any(|word| is(word))
    {
        return true;
    }
    let of_keys = ["exists", "type", "ttl", "pttl", "hlen", "get"];
    of_keys.iter().any(|word| is(word))
        && rest
            .iter()
            .any(|name| key(names, name) == Some(Key::Orders))
}

/// Whether the answer says how many orders there are.
pub(super) fn says_count(request: &Request) -> bool {
    request
        .first()
        .is_some_and(|name| name.eq_ignore_ascii_case(b"hlen"))
}

fn key(names: &Names, name: &[u8]) -> Option<Key> {
    names.key(str::from_utf8(name).ok()?)
}

impl Ground<'_> {
    /// Answers a question whose number of words is right.
    pub(super) fn answer(&self, request: &Request) -> Draft {
        let mut reply = Reply::new(self.protocol);
        let Some((name, words)) = request.split_first() else {
            return Draft::Ready(reply.out);
        };
        let closed = self.facts.closed.as_ref();
        if let Err(why) = closed
            && needs_count(request, self.names)
        {
            reply.error(&format!("ERR {why}"));
            return Draft::Ready(reply.out);
        }
        let name = name.to_ascii_lowercase();
        match (name.as_slice(), words) {
            (b"keys", [pattern]) => {
                let names = self.key_names();
                let found = names
                    .iter()
                    .filter(|name| glob::matches(pattern, name.as_bytes()));
                let found: Vec<&String> = found.collect();
                reply.array(found.len());
                reply.bulks(found);
            }
            (b"dbsize", _) => reply.whole(u64::try_from(self.key_names().len()).unwrap_or(0)),
            (b"scan", words) => self.scan(words, &mut reply),
            (b"info", _) => reply.text(&self.info()),
            (b"exists", names) => {
                let there = names.iter().filter(|name| self.there(name).is_some());
                reply.whole(u64::try_from(there.count()).unwrap_or(0));
            }
            (b"type", [name]) => {
                reply.simple(self.there(name).map_or("none", |key| key.kind().as_str()));
            }
            (b"ttl" | b"pttl", [name]) => {
                reply.signed(if self.there(name).is_some() { -1 } else { -2 });
            }
            (b"get", [name]) => match self.there(name) {
                Some(_) => reply.error(WRONG_TYPE),
                None => reply.null(),
            },
            (_, [name, rest @ ..]) => return self.of_key(request, name, rest, reply),
            (_, _) => reply.error(SYNTAX),
        }
        Draft::Ready(reply.out)
    }

    fn space(&self) -> Keyspace<'_> {
        Keyspace::new(self.names, self.exchange)
    }

    /// Closed orders; none of them where nobody asked for that.
    fn closed(&self) -> u64 {
        self.facts.closed.as_ref().copied().unwrap_or(0)
    }

    fn exists(&self, key: Key) -> bool {
        self.space().exists(key) || (key == Key::Orders && self.closed() > 0)
    }

    /// The key of this name, if it exists.
    fn there(&self, name: &[u8]) -> Option<Key> {
        key(self.names, name).filter(|&key| self.exists(key))
    }

    fn key_names(&self) -> Vec<String> {
        let mut keys = self.space().keys();
        if self.closed() > 0 {
            keys.insert(Key::Orders);
        }
        keys.into_iter().map(|key| self.names.name(key)).collect()
    }

    /// Questions about one hash or one set.
    fn of_key(&self, request: &Request, name: &[u8], words: &[Vec<u8>], mut reply: Reply) -> Draft {
        let command = request.first().map(|word| word.to_ascii_lowercase());
        let command = command.unwrap_or_default();
        let kind = if command.starts_with(b"h") {
            Kind::Hash
        } else {
            Kind::Set
        };
        let key = key(self.names, name);
        if let Some(key) = key.filter(|key| key.kind() != kind)
            && self.exists(key)
        {
            reply.error(WRONG_TYPE);
            return Draft::Ready(reply.out);
        }
        let key = key.filter(|key| key.kind() == kind);
        let is_scan = command.ends_with(b"scan");
        let scan = if is_scan {
            match Scan::read(words) {
                Ok(scan) => Some(scan),
                Err(why) => {
                    reply.error(why);
                    return Draft::Ready(reply.out);
                }
            }
        } else {
            None
        };
        match (key, scan) {
            (Some(Key::Orders), scan) => return self.of_orders(&command, words, scan, reply),
            (key, Some(scan)) if kind == Kind::Hash => self.hash_scan(key, &scan, &mut reply),
            (key, Some(scan)) => self.set_scan(key, &scan, &mut reply),
            (key, None) if kind == Kind::Hash => self.of_hash(&command, key, words, &mut reply),
            (Some(key @ (Key::OpenSet | Key::Open(_))), None) if command == b"smembers" => {
                return self.open_members(key, reply);
            }
            (key, None) => self.of_set(&command, key, words, &mut reply),
        }
        Draft::Ready(reply.out)
    }

    fn rows(&self, key: Option<Key>) -> Vec<(String, Vec<u8>)> {
        let rows = key.map(|key| self.space().rows(key));
        rows.into_iter().flatten().collect()
    }

    fn of_hash(&self, command: &[u8], key: Option<Key>, words: &[Vec<u8>], reply: &mut Reply) {
        let field = |field: &Vec<u8>| {
            let field = str::from_utf8(field).ok()?;
            self.space().field(key?, field)
        };
        match (command, words) {
            (b"hget", [name]) => reply.maybe(field(name).as_deref()),
            (b"hexists", [name]) => reply.truth(field(name).is_some()),
            (b"hmget", names) => {
                reply.array(names.len());
                for name in names {
                    reply.maybe(field(name).as_deref());
                }
            }
            (b"hlen", _) => reply.whole(u64::try_from(self.rows(key).len()).unwrap_or(0)),
            (b"hgetall", _) => {
                let rows = self.rows(key);
                reply.map(rows.len());
                for (name, value) in rows {
                    reply.bulk(name.as_bytes());
                    reply.bulk(&value);
                }
            }
            (b"hkeys", _) => {
                let rows = self.rows(key);
                reply.array(rows.len());
                reply.bulks(rows.iter().map(|(name, _)| name));
            }
            (b"hvals", _) => {
                let rows = self.rows(key);
                reply.array(rows.len());
                reply.bulks(rows.iter().map(|(_, value)| value));
            }
            (_, _) => reply.error(SYNTAX),
        }
    }

    fn of_set(&self, command: &[u8], key: Option<Key>, words: &[Vec<u8>], reply: &mut Reply) {
        let has = |member: &Vec<u8>| {
            let member = str::from_utf8(member).ok();
            let found = key.zip(member);
            found.is_some_and(|(key, member)| self.space().has_member(key, member))
        };
        let members = || -> Vec<String> {
            let members = key.map(|key| self.space().members(key));
            members.into_iter().flatten().collect()
        };
        let count = || match key {
            Some(Key::OpenSet) => self.exchange.open_count(),
            Some(Key::Open(symbol)) => {
                let market = self.exchange.market(symbol);
                market.map_or(0, Market::open_count)
            }
            Some(_) | None => members().len(),
        };
        match (command, words) {
            (b"sismember", [member]) => reply.truth(has(member)),
            (b"smismember", wanted) => {
                reply.array(wanted.len());
                for member in wanted {
                    reply.truth(has(member));
                }
            }
            (b"scard", _) => reply.whole(u64::try_from(count()).unwrap_or(0)),
            (b"smembers", _) => {
                let members = members();
                reply.set(members.len());
                reply.bulks(members);
            }
            (_, _) => reply.error(SYNTAX),
        }
    }

    /// All ids of a set of open orders.
    fn open_members(&self, key: Key, mut reply: Reply) -> Draft {
        let ids: Vec<OrderId> = self.space().open_ids(key, OrderId::new(0)).collect();
        if ids.len() > IDS_MOST {
            return Draft::Late(Late::Members(ids, self.protocol));
        }
        reply.ids(&ids);
        Draft::Ready(reply.out)
    }

    /// Questions about the hash of all orders.
    fn of_orders(
        &self,
        command: &[u8],
        words: &[Vec<u8>],
        scan: Option<Scan>,
        mut reply: Reply,
    ) -> Draft {
        let open_count = self.exchange.open_count();
        let shape = match (command, scan) {
            (b"hget", _) => Shape::Field,
            (b"hmget", _) => Shape::Fields,
            (b"hexists", _) => Shape::Exists,
            (b"hgetall", _) => {
                return Draft::Late(Late::all(Shape::Pairs, self.exchange, self.protocol));
            }
            (b"hkeys", _) => {
                return Draft::Late(Late::all(Shape::Ids, self.exchange, self.protocol));
            }
            (b"hvals", _) => {
                return Draft::Late(Late::all(Shape::Values, self.exchange, self.protocol));
            }
            (b"hscan", Some(scan)) => {
                return Draft::Late(Late::page(self.exchange, scan.into_orders(), self.protocol));
            }
            (_, _) => {
                let open = u64::try_from(open_count).unwrap_or(0);
                reply.whole(open.saturating_add(self.closed()));
                return Draft::Ready(reply.out);
            }
        };
        Draft::Late(Late::some(shape, self.exchange, words, self.protocol))
    }

    /// The whole hash at once, as redis does with a small one.
    fn hash_scan(&self, key: Option<Key>, scan: &Scan, reply: &mut Reply) {
        let mut rows = self.rows(key);
        rows.retain(|(name, _)| scan.wants(name.as_bytes()));
        reply.scanned(0);
        reply.array(rows.len() * if scan.no_values { 1 } else { 2 });
        for (name, value) in rows {
            reply.bulk(name.as_bytes());
            if !scan.no_values {
                reply.bulk(&value);
            }
        }
    }

    fn set_scan(&self, key: Option<Key>, scan: &Scan, reply: &mut Reply) {
        let (mut members, next) = match key {
            Some(key @ (Key::OpenSet | Key::Open(_))) => self.open_page(key, scan),
            Some(key) => (self.space().members(key).collect(), 0),
            None => (Vec::new(), 0),
        };
        members.retain(|member| scan.wants(member.as_bytes()));
        reply.scanned(next);
        reply.array(members.len());
        reply.bulks(members);
    }

    /// Ids of open orders from the cursor on, and the next cursor: ids are looked at in their order, so whatever is open
    /// from the first to the last page is found.
    fn open_page(&self, key: Key, scan: &Scan) -> (Vec<String>, u64) {
        let ids = self.space().open_ids(key, OrderId::new(scan.cursor));
        let mut ids: Vec<OrderId> = ids.take(scan.count + 1).collect();
        let next = ids.get(scan.count).map_or(0, |id| id.sequence());
        ids.truncate(scan.count);
        (ids.iter().map(OrderId::to_string).collect(), next)
    }

    /// Keys in the order of a fingerprint of their names, which is the cursor: whatever exists from the first to the last
    /// page is found, whatever else comes and goes.
    fn scan(&self, words: &[Vec<u8>], reply: &mut Reply) {
        let scan = match Scan::read(words) {
            Ok(scan) => scan,
            Err(why) => return reply.error(why),
        };
        let mut names: Vec<(u64, String)> = self
            .key_names()
            .into_iter()
            .map(|name| (fingerprint(name.as_bytes()), name))
            .filter(|(print, _)| *print >= scan.cursor)
            .collect();
        names.sort_unstable();
        // Names with one fingerprint stay together.
        let last = names
            .get(scan.count.saturating_sub(1))
            .map(|(print, _)| *print);
        let after = |print: u64| last.is_some_and(|last| print > last);
        let next = names.iter().find(|(print, _)| after(*print));
        let next = next.map_or(0, |(print, _)| *print);
        names.retain(|(print, name)| !after(*print) && scan.wants(name.as_bytes()));
        names.retain(|(_, name)| scan.wants_kind(self.names.key(name)));
        reply.scanned(next);
        reply.array(names.len());
        reply.bulks(names.into_iter().map(|(_, name)| name));
    }

    fn info(&self) -> String {
        let facts = self.facts;
        let keys = self.key_names().len();
        format!(
            "# Server\r\nredis_version:{COMPATIBLE}\r\nserver_name:mockx\r\nmockx_version:{}\r\nredis_mode:standalone\r\n\
             uptime_in_seconds:{}\r\n\r\n# Clients\r\nconnected_clients:{}\r\n\r\n# Replication\r\nrole:master\r\n\r\n\
             # Keyspace\r\ndb0:keys={keys},expires=0,avg_ttl=0\r\n",
            facts.version, facts.uptime_secs, facts.connections,
        )
    }
}

/// The version of Redis whose answers these are, for clients that ask.
pub(super) const COMPATIBLE: &str = "7.2.0";

/// What a scan wants.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) cursor: u64,
    pub(super) count: usize,
    pub(super) pattern: Option<Vec<u8>>,
    pub(super) no_values: bool,
    kind: Option<Vec<u8>>,
}

impl Scan {
    fn read(words: &[Vec<u8>]) -> Result<Scan, &'static str> {
        let (cursor, mut rest) = words.split_first().ok_or(BAD_CURSOR)?;
        let mut scan = Scan {
            cursor: whole(cursor).ok_or(BAD_CURSOR)?,
            count: SCAN_LEAST,
            pattern: None,
            no_values: false,
            kind: None,
        };
        while let [option, behind @ ..] = rest {
            match (option.to_ascii_lowercase().as_slice(), behind) {
                (b"match", [pattern, behind @ ..]) => {
                    scan.pattern = Some(pattern.clone());
                    rest = behind;
                }
                (b"count", [count, behind @ ..]) => {
                    let count =
                        whole(count).ok_or("ERR value is not an integer or out of range")?;
                    if count == 0 {
                        return Err(SYNTAX);
                    }
                    let count = usize::try_from(count).unwrap_or(SCAN_MOST);
                    scan.count = count.clamp(SCAN_LEAST, SCAN_MOST);
                    rest = behind;
                }
                (b"type", [kind, behind @ ..]) => {
                    scan.kind = Some(kind.to_ascii_lowercase());
                    rest = behind;
                }
                (b"novalues", behind) => {
                    scan.no_values = true;
                    rest = behind;
                }
                (_, _) => return Err(SYNTAX),
            }
        }
        Ok(scan)
    }

    pub(super) fn wants(&self, name: &[u8]) -> bool {
        let pattern = self.pattern.as_ref();
        pattern.is_none_or(|pattern| glob::matches(pattern, name))
    }

    fn wants_kind(&self, key: Option<Key>) -> bool {
        let kind = key.map(|key| key.kind().as_str().as_bytes());
        self.kind.is_none() || self.kind.as_deref() == kind
    }

    /// Each order is a page of its own.
    fn into_orders(self) -> Scan {
        Scan {
            count: self.count.min(ORDERS_MOST),
            ..self
        }
    }
}

fn whole(text: &[u8]) -> Option<u64> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// FNV-1a, and never 0, which is the first cursor.
fn fingerprint(name: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.iter().fold(0xcbf2_9ce4_8422_2325, mix).max(1)
}
