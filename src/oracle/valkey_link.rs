//! A connection to a Valkey or Redis server, and the few questions that are asked on it.
//!
//! Nothing is ever written to the server, its configuration included. Every call has a time-out, and a connection on
//! which one failed is given up.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use redis::{
    Client, Connection, ConnectionInfo, PubSub, RedisConnectionInfo, RedisError, RedisResult,
};

use super::valkey_hash::{FIELDS, Hash};
use crate::exchange::SYMBOLS_MAX;

/// To connect, name resolution left out, and to be known to the server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For an answer, and to send a question.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Hashes that are asked for at a time.
const HASHES_MAX: usize = 500;
/// Keys that the server looks at for one answer.
const SCAN_COUNT: usize = 1000;
/// After the first event, further ones are waited for so long, so that a burst is read at once.
const BURST_GAP: Duration = Duration::from_millis(2);
/// But no longer than this, as a key may be written without end.
const BURST_MAX: Duration = Duration::from_millis(20);

/// The values of the fields of a hash.
type Fields = Vec<Option<Vec<u8>>>;

/// A connection for questions.
pub(super) struct Link(Connection);

impl Link {
    /// Connects.
    pub(super) fn open(server: &ConnectionInfo) -> RedisResult<Link> {
        connect(server).map(Link)
    }

    /// What to subscribe to, where the server tells of changed hashes; `None` where it does not, or does not say.
    pub(super) fn patterns(&mut self, db: i64, prefix: &str) -> RedisResult<Option<String>> {
        let mut question = redis::cmd("CONFIG");
        question.arg("GET").arg("notify-keyspace-events");
        let answer: RedisResult<Vec<String>> = question.query(&mut self.0);
        let flags = match answer {
            Ok(answer) => answer.into_iter().nth(1).unwrap_or_default(),
            // Not every user may ask, and not every server knows the question.
            Err(why) if is_refusal(&why) => return Ok(None),
            Err(why) => return Err(why),
        };
        let hashes = flags.contains(['A', 'h']);
        Ok(if hashes && flags.contains('K') {
            Some(format!("__keyspace@{db}__:{}*", glob(prefix)))
        } else if hashes && flags.contains('E') {
            Some(format!("__keyevent@{db}__:h*"))
        } else {
            None
        })
    }

    /// The keys that begin with `prefix`, and whether those are all.
    pub(super) fn keys(&mut self, prefix: &str) -> RedisResult<(BTreeSet<Vec<u8>>, bool)> {
        let pattern = format!("{}*", glob(prefix));
        let (mut keys, mut cursor) = (BTreeSet::new(), 0u64);
        loop {
            let mut question = redis::cmd("SCAN");
            question.arg(cursor).arg("MATCH").arg(&pattern);
            question.arg("COUNT").arg(SCAN_COUNT);
            let (next, found): (u64, Vec<Vec<u8>>) = question.query(&mut self.0)?;
            keys.extend(found);
            if next == 0 || keys.len() > SYMBOLS_MAX {
                let all = keys.len() <= SYMBOLS_MAX;
                return Ok((keys.into_iter().take(SYMBOLS_MAX).collect(), all));
            }
            cursor = next;
        }
    }

    /// The hashes under these keys, in their order; `None` where there is something else than a hash.
    pub(super) fn hashes(&mut self, keys: &[Vec<u8>]) -> RedisResult<Vec<Option<Hash>>> {
        let mut hashes = Vec::with_capacity(keys.len());
        for keys in keys.chunks(HASHES_MAX) {
            let mut questions = redis::pipe();
            questions.ignore_errors();
            for key in keys {
                questions.cmd("HMGET").arg(key).arg(&FIELDS);
            }
            let answers: Vec<RedisResult<Fields>> = questions.query(&mut self.0)?;
            for answer in answers {
                hashes.push(match answer {
                    Ok(fields) => Some(Hash::new(fields)),
                    Err(why) if why.code() == Some("WRONGTYPE") => None,
                    Err(why) => return Err(why),
                });
            }
        }
        Ok(hashes)
    }
}

/// A connection on which the server tells which keys have changed.
pub(super) struct Events(Connection);

impl Events {
    /// Connects.
    pub(super) fn open(server: &ConnectionInfo) -> RedisResult<Events> {
        connect(server).map(Events)
    }

    /// Subscribes; `None` if the server does not let us.
    pub(super) fn subscribe(&mut self, pattern: &str) -> RedisResult<Option<Subscription<'_>>> {
        let mut events = self.0.as_pubsub();
        match events.psubscribe(pattern) {
            Ok(()) => Ok(Some(Subscription(events))),
            Err(why) if is_refusal(&why) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// What the server tells.
pub(super) struct Subscription<'a>(PubSub<'a>);

impl Subscription<'_> {
    /// The keys that changed, each once, after waiting for up to `patience` for the first.
    pub(super) fn keys(&mut self, patience: Duration) -> RedisResult<BTreeSet<Vec<u8>>> {
        let mut keys = BTreeSet::new();
        let (mut wait, mut begun) = (patience, None::<Instant>);
        while keys.len() < HASHES_MAX && begun.is_none_or(|begun| begun.elapsed() < BURST_MAX) {
            self.0.set_read_timeout(Some(wait))?;
            match self.0.get_message() {
                Ok(told) => {
                    let channel = told.get_channel_name();
                    // `__keyspace@0__:key` tells what happened to it, `__keyevent@0__:hset` to which key it happened.
                    let key = if channel.starts_with("__keyspace@") {
                        let key = channel.split_once(':').map_or("", |(_, key)| key);
                        key.as_bytes()
                    } else {
                        told.get_payload_bytes()
                    };
                    keys.insert(key.to_vec());
                    begun.get_or_insert_with(Instant::now);
                    wait = BURST_GAP;
                }
                Err(why) if why.is_timeout() => break,
                Err(why) => return Err(why),
            }
        }
        Ok(keys)
    }
}

/// Connects, and then says who asks: the library would keep the server's words about a wrong password to itself.
fn connect(server: &ConnectionInfo) -> RedisResult<Connection> {
    let account = server.redis_settings();
    let nobody = RedisConnectionInfo::default().set_skip_set_lib_name();
    let client = Client::open(server.clone().set_redis_settings(nobody))?;
    let mut connection = client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
    connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    if let Some(password) = account.password() {
        let mut question = redis::cmd("AUTH");
        if let Some(name) = account.username() {
            question.arg(name);
        }
        question.arg(password).query::<()>(&mut connection)?;
    }
    if account.db() != 0 {
        let mut question = redis::cmd("SELECT");
        question.arg(account.db()).query::<()>(&mut connection)?;
    }
    Ok(connection)
}

/// Whether the server understood and does not want to.
fn is_refusal(why: &RedisError) -> bool {
    matches!(why.code(), Some("NOPERM" | "ERR"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_means_itself() {
        assert_eq!(glob("tickers:"), "tickers:");
        assert_eq!(glob("a*[b]\\"), "a\\*\\[b\\]\\\\");
    }
}
