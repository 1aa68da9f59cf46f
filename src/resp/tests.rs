//! What is answered when closed orders cannot be read.

use super::keys::{Draft, Facts, Ground};
use super::parse::Request;
use super::reply::Protocol;
use crate::archive::Unreadable;
use crate::exchange::{Exchange, Rules};
use crate::keyspace::Names;

fn answer(ground: &Ground<'_>, line: &str) -> String {
    let request: Request = line
        .split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect();
    match ground.answer(&request) {
        Draft::Ready(bytes) => String::from_utf8(bytes).unwrap(),
        Draft::Late(late) => panic!("{late:?}"),
    }
}

#[test]
fn closed_orders_that_cannot_be_read_are_not_none() {
    let (names, exchange) = (Names::default(), Exchange::new(Rules::default()));
    let facts = Facts {
        closed: Err(Unreadable("the disk is gone".to_owned())),
        connections: 1,
        uptime_secs: 1,
        version: "0",
    };
    let ground = Ground {
        names: &names,
        exchange: &exchange,
        facts: &facts,
        protocol: Protocol::Two,
    };
    for line in [
        "KEYS *",
        "SCAN 0",
        "DBSIZE",
        "INFO",
        "EXISTS balances orders",
        "TYPE orders",
        "TTL orders",
        "HLEN orders",
    ] {
        let expected = "-ERR the store cannot be read now: the disk is gone\r\n";
        assert_eq!(answer(&ground, line), expected, "{line}");
    }
    // Nothing else depends on them.
    for (line, expected) in [
        ("EXISTS balances", ":0\r\n"),
        ("SCARD open:set", ":0\r\n"),
        ("HLEN balances", ":0\r\n"),
    ] {
        assert_eq!(answer(&ground, line), expected, "{line}");
    }
}
