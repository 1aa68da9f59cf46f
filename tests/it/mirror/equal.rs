//! Whether the server's keys say what the HTTP API says.

use std::collections::{BTreeMap, BTreeSet};

use redis::Connection;
use serde_json::{Map, Value};

use super::stage::run;
use crate::support::Client;

/// Names that the API has for its own clients alone.
const ALIASES: [&str; 6] = [
    "filled",
    "remaining",
    "cost",
    "average",
    "created_at",
    "updated_at",
];

type Hash = BTreeMap<String, String>;
/// Asset, direction, field.
type Accounts<'a> =
    BTreeMap<String, BTreeMap<String, BTreeMap<String, &'a serde_json::value::RawValue>>>;

/// Compares everything under a prefix; foreign keys are left out.
pub(crate) fn assert_equal(client: &mut Client, server: &mut Connection, prefix: &str) {
    let expected = expected(client, prefix);
    let mut names: BTreeSet<String> = run(server, &["KEYS", &format!("{prefix}*")]);
    names.retain(|name| !name.contains("foreign"));
    let wanted: BTreeSet<String> = expected.keys().cloned().collect();
    assert_eq!(names, wanted);
    for (name, content) in expected {
        match content {
            Content::Set(members) => {
                let there: BTreeSet<String> = run(server, &["SMEMBERS", &name]);
                assert_eq!(there, members, "{name}");
            }
            Content::Texts(rows) => {
                let there: Hash = run(server, &["HGETALL", &name]);
                assert_eq!(there, rows, "{name}");
            }
            Content::Documents(rows) => {
                let there: Hash = run(server, &["HGETALL", &name]);
                let there: BTreeMap<String, Value> = there
                    .into_iter()
                    .map(|(field, text)| (field, serde_json::from_str(&text).unwrap()))
                    .collect();
                assert_eq!(there, rows, "{name}");
            }
        }
    }
}

#[derive(Debug)]
enum Content {
    Set(BTreeSet<String>),
    Texts(Hash),
    Documents(BTreeMap<String, Value>),
}

fn expected(client: &mut Client, prefix: &str) -> BTreeMap<String, Content> {
    let mut keys = BTreeMap::new();
    let mut put = |name: &str, content: Content| {
        let is_empty = match &content {
            Content::Set(members) => members.is_empty(),
            Content::Texts(rows) => rows.is_empty(),
            Content::Documents(rows) => rows.is_empty(),
        };
        if !is_empty {
            keys.insert(format!("{prefix}{name}"), content);
        }
    };
    put(
        "balances",
        Content::Documents(documents(&client.get("/balance").json())),
    );
    let orders = client.get("/orders?include_history=true").json();
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut images = BTreeMap::new();
    for order in orders.as_array().unwrap() {
        let mut order: Map<String, Value> = order.as_object().unwrap().clone();
        let text = |field: &str| order[field].as_str().unwrap().to_owned();
        let (id, symbol, status) = (text("id"), text("symbol"), text("status"));
        if ["new", "partially_filled"].contains(&status.as_str()) {
            open.entry("set".to_owned()).or_default().insert(id.clone());
            open.entry(symbol).or_default().insert(id.clone());
            order.insert("comment".to_owned(), Value::Null);
        }
        order.retain(|name, _| !ALIASES.contains(&name.as_str()));
        images.insert(id, Value::Object(order));
    }
    put("orders", Content::Documents(images));
    for (name, ids) in open {
        put(&format!("open:{name}"), Content::Set(ids));
    }
    trades(client, prefix, &mut put);
    flows(client, prefix, &mut put);
    tickers(client, &mut put);
    keys
}

fn documents(rows: &Value) -> BTreeMap<String, Value> {
    let rows = rows.as_object().unwrap();
    rows.iter()
        .map(|(name, row)| (name.clone(), row.clone()))
        .collect()
}

fn trades(client: &mut Client, prefix: &str, put: &mut impl FnMut(&str, Content)) {
    let sides = client.get("/overview/trades").json();
    for figure in ["count", "amount", "notional", "fee"] {
        let mut index = BTreeSet::new();
        for side in ["buy", "sell"] {
            let bases = &sides[side.to_uppercase()][figure];
            for (base, quotes) in bases.as_object().unwrap() {
                let rows = quotes.as_object().unwrap().iter();
                let rows: Hash = rows
                    .map(|(quote, total)| (quote.clone(), total.as_str().unwrap().to_owned()))
                    .collect();
                let name = format!("trades:{side}:{base}:{figure}");
                index.insert(format!("{prefix}{name}"));
                put(&name, Content::Texts(rows));
            }
        }
        put(&format!("trades:index:{figure}"), Content::Set(index));
    }
}

fn flows(client: &mut Client, prefix: &str, put: &mut impl FnMut(&str, Content)) {
    let capital = client.get("/overview/capital?aggregation=false");
    // Numbers digit by digit.
    let capital: BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(&capital.body).unwrap();
    let accounts: Accounts<'_> = serde_json::from_str(capital["investment_assets"].get()).unwrap();
    for direction in ["deposits", "withdrawals"] {
        let mut index = BTreeSet::new();
        for (asset, flows) in &accounts {
            let rows = flows[direction].iter();
            let rows: Hash = rows
                .map(|(field, value)| (field.clone(), value.get().trim_matches('"').to_owned()))
                .collect();
            let name = format!("{direction}:{asset}");
            if !rows.is_empty() {
                index.insert(format!("{prefix}{name}"));
            }
            put(&name, Content::Texts(rows));
        }
        put(&format!("{direction}:index"), Content::Set(index));
    }
}

fn tickers(client: &mut Client, put: &mut impl FnMut(&str, Content)) {
    let symbols = client.get("/tickers").json();
    for symbol in symbols.as_array().unwrap() {
        let symbol = symbol.as_str().unwrap();
        let ticker = client.get(&format!("/tickers/{symbol}")).body;
        let ticker: BTreeMap<String, BTreeMap<String, Box<serde_json::value::RawValue>>> =
            serde_json::from_str(&ticker).unwrap();
        let fields = [
            ("symbol", "symbol"),
            ("price", "price"),
            ("timestamp", "timestamp"),
            ("bid", "bid"),
            ("ask", "ask"),
            ("bidVolume", "bid_volume"),
            ("askVolume", "ask_volume"),
        ];
        let rows: Hash = fields
            .iter()
            .map(|(ours, theirs)| {
                let value = ticker[symbol][*theirs].get().trim_matches('"').to_owned();
                ((*ours).to_owned(), value)
            })
            .filter(|(_, value)| value != "null")
            .collect();
        put(&format!("tickers:{symbol}"), Content::Texts(rows));
    }
}
