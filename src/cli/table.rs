//! `--table`: JSON as aligned columns for people.
//!
//! The JSON is taken apart text by text, so every number is shown with the digits it came with.
//! Times are shown in UTC. No JSON is too deep or too strange to be shown somehow.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What of an order fits on a line; `order-get` shows the rest.
const ORDER_COLUMNS: [&str; 10] = [
    "id",
    "ts_update",
    "symbol",
    "side",
    "type",
    "status",
    "amount",
    "filled",
    "limit_price",
    "price",
];
/// What is nested deeper is shown as JSON.
const DEPTH_MAX: usize = 6;
/// What stands for null and for nothing.
const NOTHING: &str = "-";

/// An object in the order in which it came.
struct Pairs(Vec<(String, Box<RawValue>)>);

/// JSON, as far as it matters here.
enum Node {
    Text(String),
    Number(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// The table, each line ended.
pub(super) fn render(json: &RawValue) -> String {
    let mut lines = Vec::new();
    show(&node(json, 0), &mut lines, 0);
    lines.into_iter().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

/// The text with control characters made visible: a terminal obeys them.
pub(super) fn one_line(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(shown).collect()
}

fn node(json: &RawValue, depth: usize) -> Node {
    let text = json.get();
    let nested = depth < DEPTH_MAX;
    match text.as_bytes().first() {
        Some(b'{') if nested => match serde_json::from_str::<Pairs>(text) {
            Ok(Pairs(pairs)) => Node::Map(
                pairs
                    .into_iter()
                    .map(|(key, value)| {
                        let value = timed(&key, node(&value, depth + 1));
                        (one_line(&key), value)
                    })
                    .collect(),
            ),
            Err(_) => Node::Text(one_line(text)),
        },
        Some(b'[') if nested => match serde_json::from_str::<Vec<Box<RawValue>>>(text) {
            Ok(items) => Node::List(items.iter().map(|item| node(item, depth + 1)).collect()),
            Err(_) => Node::Text(one_line(text)),
        },
        Some(b'"') => Node::Text(one_line(
            &serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()),
        )),
        Some(b'-' | b'0'..=b'9') => Node::Number(text.to_owned()),
        _ if text == "null" => Node::Text(NOTHING.to_owned()),
        _ => Node::Text(one_line(text)),
    }
}

/// A point in time as people write it, where `key` says that the number is one.
fn timed(key: &str, value: Node) -> Node {
    let Node::Number(digits) = &value else {
        return value;
    };
    let whole = digits.split('.').next().unwrap_or_default();
    let seconds = match (key, whole.parse::<u64>()) {
        ("timestamp", Ok(seconds)) => Some(seconds),
        (key, Ok(millis)) if key == "ts" || key.starts_with("ts_") || key.ends_with("ed_at") => {
            Some(millis / 1000)
        }
        _ => None,
    };
    match seconds.and_then(utc) {
        Some(time) => Node::Text(time),
        None => value,
    }
}

/// `2026-08-22 10:15:30Z`. None for years that have more than four digits.
fn utc(seconds: u64) -> Option<String> {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    if days > 2_932_896 {
        return None;
    }
    // Counted from 0000-03-01, a leap day is the last day of its year, and of its four years, its
    // century, its 400 years.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!(
        "{year:04}-{month:02}-{of_month:02} {hour:02}:{minute:02}:{second:02}Z"
    ))
}

fn show(node: &Node, lines: &mut Vec<String>, indent: usize) {
    match node {
        Node::Text(text) | Node::Number(text) => lines.push(format!("{:indent$}{text}", "")),
        Node::List(items) if items.is_empty() => lines.push(format!("{:indent$}(none)", "")),
        Node::Map(pairs) if pairs.is_empty() => lines.push(format!("{:indent$}(none)", "")),
        Node::List(items) => {
            let rows: Option<Vec<&[(String, Node)]>> = items.iter().map(Node::pairs).collect();
            match rows {
                Some(rows) => grid(&rows, lines, indent),
                None => items
                    .iter()
                    .for_each(|item| lines.push(format!("{:indent$}{}", "", item.cell()))),
            }
        }
        Node::Map(pairs) => match alike(pairs) {
            Some(rows) => grid(&rows, lines, indent),
            None => show_pairs(pairs, lines, indent),
        },
    }
}

/// The values of an object whose values are rows of one table: they have the same fields, and
/// carry their key among them.
fn alike(pairs: &[(String, Node)]) -> Option<Vec<&[(String, Node)]>> {
    let mut rows = Vec::new();
    for (key, value) in pairs {
        let row = value.pairs()?;
        let named = row.iter().any(|(_, field)| field.cell() == *key);
        let first: &[(String, Node)] = rows.first().copied().unwrap_or(row);
        let same = first
            .iter()
            .map(|(key, _)| key)
            .eq(row.iter().map(|(key, _)| key));
        if !named || !same {
            return None;
        }
        rows.push(row);
    }
    Some(rows)
}

/// Plain values first, as two columns; each nested one below, under its name.
fn show_pairs(pairs: &[(String, Node)], lines: &mut Vec<String>, indent: usize) {
    let plain = |pair: &&(String, Node)| !pair.1.is_nested();
    let width = pairs
        .iter()
        .filter(plain)
        .map(|(key, _)| key.chars().count())
        .max()
        .unwrap_or(0);
    for (key, value) in pairs.iter().filter(plain) {
        lines.push(format!("{:indent$}{key:width$}  {}", "", value.cell()));
    }
    for (key, value) in pairs.iter().filter(|pair| pair.1.is_nested()) {
        lines.push(format!("{:indent$}{key}", ""));
        show(value, lines, indent + 2);
    }
}

/// One row a line under the names of the columns; numbers to the right.
fn grid(rows: &[&[(String, Node)]], lines: &mut Vec<String>, indent: usize) {
    let columns = columns(rows);
    let field = |row: &[(String, Node)], name: &str| {
        let found = row.iter().find(|(key, _)| key == name);
        found.map_or((NOTHING.to_owned(), false), |(_, value)| {
            (value.cell(), value.is_number())
        })
    };
    let mut texts = vec![String::new(); rows.len() + 1];
    for (index, name) in columns.iter().enumerate() {
        let cells: Vec<(String, bool)> = rows.iter().map(|row| field(row, name)).collect();
        let right = cells
            .iter()
            .all(|(text, is_number)| *is_number || text == NOTHING);
        let lengths = cells.iter().map(|(text, _)| text.chars().count());
        let width = lengths.chain([name.chars().count()]).max().unwrap_or(0);
        let column = [*name]
            .into_iter()
            .chain(cells.iter().map(|(text, _)| text.as_str()));
        for (text, cell) in texts.iter_mut().zip(column) {
            let gap = if index == 0 { "" } else { "  " };
            // Writing to a String cannot fail.
            if right {
                write!(text, "{gap}{cell:>width$}").ok();
            } else {
                write!(text, "{gap}{cell:width$}").ok();
            }
        }
    }
    lines.extend(
        texts
            .into_iter()
            .map(|text| format!("{:indent$}{text}", "")),
    );
}

/// The names of the columns, in the order in which they first appear. `info`, which holds whatever
/// a venue sent, is left out.
fn columns<'a>(rows: &[&'a [(String, Node)]]) -> Vec<&'a str> {
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().copied().flatten() {
        if !columns.contains(&key.as_str()) && key != "info" {
            columns.push(key);
        }
    }
    if ["id", "symbol", "status"]
        .iter()
        .all(|name| columns.contains(name))
    {
        // The names are put in the order of the constant; what an order lacks is left out.
        let mut chosen = columns.clone();
        chosen.retain(|name| ORDER_COLUMNS.contains(name));
        chosen.sort_by_key(|name| ORDER_COLUMNS.iter().position(|column| column == name));
        return chosen;
    }
    columns
}

impl Node {
    fn pairs(&self) -> Option<&[(String, Node)]> {
        match self {
            Self::Map(pairs) => Some(pairs),
            Self::Text(_) | Self::Number(_) | Self::List(_) => None,
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    fn is_nested(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(pairs) => !pairs.is_empty(),
            Self::Text(_) | Self::Number(_) => false,
        }
    }

    /// The value on one line.
    fn cell(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::List(items) if items.is_empty() => NOTHING.to_owned(),
            Self::Map(pairs) if pairs.is_empty() => NOTHING.to_owned(),
            Self::List(items) => items.iter().map(Self::cell).collect::<Vec<_>>().join(", "),
            Self::Map(pairs) => {
                let cells: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.cell()))
                    .collect();
                cells.join(", ")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> String {
        render(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn rows_by_name_are_a_grid_with_every_digit() {
        let json = r#"{"BTC":{"asset":"BTC","free":0.100000000000000000001,"used":0,"total":1},
            "USDT":{"asset":"USDT","free":12,"used":0.5,"total":12.5}}"#;
        let expected = "\
asset                     free  used  total
BTC    0.100000000000000000001     0      1
USDT                        12   0.5   12.5
";
        assert_eq!(table(json), expected);
    }

    #[test]
    fn orders_show_what_fits_on_a_line() {
        let json = r#"[{"id":"a1","symbol":"BTC/USDT","side":"buy","amount":0.1,"price":null,
            "status":"new","fee_rate":0.001,"ts_update":1754476530123}]"#;
        let expected = "\
id  ts_update             symbol    side  status  amount  price
a1  2025-08-06 10:35:30Z  BTC/USDT  buy   new        0.1      -
";
        assert_eq!(table(json), expected);
    }

    #[test]
    fn nested_objects_stand_under_their_names() {
        let json = r#"{"misc":{"cash_asset":"USDT","mismatch":{"a":false}},"sum":1,"none":{}}"#;
        let expected = "\
sum   1
none  -
misc
  cash_asset  USDT
  mismatch
    a  false
";
        assert_eq!(table(json), expected);
    }

    #[test]
    fn lists_and_nothing() {
        assert_eq!(table(r#"["BTC/USDT","ETH/USDT"]"#), "BTC/USDT\nETH/USDT\n");
        assert_eq!(table("[]"), "(none)\n");
        assert_eq!(table("{}"), "(none)\n");
        assert_eq!(
            table(r#"{"length":1,"orders":["x"]}"#),
            "length  1\norders\n  x\n"
        );
    }

    #[test]
    fn a_terminal_is_not_commanded() {
        assert_eq!(
            table(r#"{"comment":"a\u001b[2Jb\nc"}"#),
            "comment  a\\u{1b}[2Jb\\nc\n"
        );
    }

    #[test]
    fn strange_json_is_shown_somehow() {
        let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        assert!(table(&deep).contains('1'));
        assert_eq!(table(r#"[1,{"a":2},[3]]"#), "1\na: 2\n3\n");
    }

    #[test]
    fn times_are_the_calendar_s() {
        assert_eq!(utc(0).unwrap(), "1970-01-01 00:00:00Z");
        assert_eq!(utc(951_782_400).unwrap(), "2000-02-29 00:00:00Z");
        assert_eq!(utc(1_709_251_199).unwrap(), "2024-02-29 23:59:59Z");
        assert_eq!(utc(253_402_300_799).unwrap(), "9999-12-31 23:59:59Z");
        assert_eq!(utc(253_402_300_800), None);
    }
}
