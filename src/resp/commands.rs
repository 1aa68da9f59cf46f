//! Which commands there are, and how many words each has.

/// Who answers a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The connection.
    Session,
    /// The keys.
    Read,
    /// `HSET`, a price where that is allowed.
    Push,
}

/// A command.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    /// Words, its name included; at least so many where negative.
    pub(super) arity: i64,
    pub(super) kind: Kind,
    /// Place of the first key and of the last, -1 for the last word; 0 where there is none.
    pub(super) keys: (i64, i64),
}

const fn spec(name: &'static str, arity: i64, kind: Kind, keys: (i64, i64)) -> Spec {
    Spec {
        name,
        arity,
        kind,
        keys,
    }
}

const NO_KEY: (i64, i64) = (0, 0);
const ONE_KEY: (i64, i64) = (1, 1);

/// Every command that is answered.
pub(super) const COMMANDS: [Spec; 34] = [
    spec("auth", -2, Kind::Session, NO_KEY),
    spec("client", -2, Kind::Session, NO_KEY),
    spec("command", -1, Kind::Session, NO_KEY),
    spec("dbsize", 1, Kind::Read, NO_KEY),
    spec("discard", 1, Kind::Session, NO_KEY),
    spec("echo", 2, Kind::Session, NO_KEY),
    spec("exec", 1, Kind::Session, NO_KEY),
    spec("exists", -2, Kind::Read, (1, -1)),
    spec("get", 2, Kind::Read, ONE_KEY),
    spec("hello", -1, Kind::Session, NO_KEY),
    spec("hexists", 3, Kind::Read, ONE_KEY),
    spec("hget", 3, Kind::Read, ONE_KEY),
    spec("hgetall", 2, Kind::Read, ONE_KEY),
    spec("hkeys", 2, Kind::Read, ONE_KEY),
    spec("hlen", 2, Kind::Read, ONE_KEY),
    spec("hmget", -3, Kind::Read, ONE_KEY),
    spec("hscan", -3, Kind::Read, ONE_KEY),
    spec("hset", -4, Kind::Push, ONE_KEY),
    spec("hvals", 2, Kind::Read, ONE_KEY),
    spec("info", -1, Kind::Read, NO_KEY),
    spec("keys", 2, Kind::Read, NO_KEY),
    spec("multi", 1, Kind::Session, NO_KEY),
    spec("ping", -1, Kind::Session, NO_KEY),
    spec("pttl", 2, Kind::Read, ONE_KEY),
    spec("quit", -1, Kind::Session, NO_KEY),
    spec("scan", -2, Kind::Read, NO_KEY),
    spec("scard", 2, Kind::Read, ONE_KEY),
    spec("select", 2, Kind::Session, NO_KEY),
    spec("sismember", 3, Kind::Read, ONE_KEY),
    spec("smembers", 2, Kind::Read, ONE_KEY),
    spec("smismember", -3, Kind::Read, ONE_KEY),
    spec("sscan", -3, Kind::Read, ONE_KEY),
    spec("ttl", 2, Kind::Read, ONE_KEY),
    spec("type", 2, Kind::Read, ONE_KEY),
];

/// Commands of other servers that change something: they are known, and refused.
const WRITES: [&str; 46] = [
    "append",
    "copy",
    "decr",
    "decrby",
    "del",
    "eval",
    "evalsha",
    "expire",
    "expireat",
    "flushall",
    "flushdb",
    "getdel",
    "getset",
    "hdel",
    "hincrby",
    "hincrbyfloat",
    "hmset",
    "hsetnx",
    "incr",
    "incrby",
    "incrbyfloat",
    "lpop",
    "lpush",
    "ltrim",
    "mset",
    "msetnx",
    "persist",
    "pexpire",
    "psetex",
    "publish",
    "rename",
    "renamenx",
    "restore",
    "rpop",
    "rpush",
    "sadd",
    "set",
    "setex",
    "setnx",
    "setrange",
    "smove",
    "spop",
    "srem",
    "unlink",
    "xadd",
    "zadd",
];

/// The command that a word names, in any case.
pub(super) fn find(word: &[u8]) -> Option<&'static Spec> {
    COMMANDS
        .iter()
        .find(|spec| word.eq_ignore_ascii_case(spec.name.as_bytes()))
}

/// Whether the word names a command that would change something.
pub(super) fn is_write(word: &[u8]) -> bool {
    WRITES
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether so many words are as many as the command has.
pub(super) fn fits(spec: &Spec, words: usize) -> bool {
    let words = i64::try_from(words).unwrap_or(i64::MAX);
    if spec.arity < 0 {
        words >= -spec.arity
    } else {
        words == spec.arity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_apart() {
        assert!(COMMANDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(WRITES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(WRITES.iter().all(|name| find(name.as_bytes()).is_none()));
        assert_eq!(find(b"HGetAll").unwrap().name, "hgetall");
        assert!(is_write(b"DEL") && !is_write(b"hget"));
    }

    #[test]
    fn words_are_counted() {
        let get = find(b"get").unwrap();
        assert!(fits(get, 2) && !fits(get, 1) && !fits(get, 3));
        let exists = find(b"exists").unwrap();
        assert!(fits(exists, 2) && fits(exists, 9) && !fits(exists, 1));
    }
}
