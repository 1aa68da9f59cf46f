//! Every answer of the fixtures, changed at every place in every way: what one field can spoil, and what it cannot.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "JSON has no more kinds of values to come"
)]

use std::sync::Arc;

use mockx::oracle::{Instrument, Quote, VENUES, Venue, VenueError, VenueRequest};
use mockx::units::Timestamp;
use serde_json::{Value, json};

use crate::venues::{at_home, fixture, fixture_symbols};

/// Where the rows stand in the tickers of a venue, and in its list.
const ROWS: [(&str, &str, &str); 12] = [
    ("binance", "", "/symbols"),
    ("binanceus", "", "/symbols"),
    ("kraken", "/result", "/result"),
    ("coinbase", "/none", ""),
    ("okx", "/data", "/data"),
    ("bybit", "/result/list", "/result/list"),
    ("kucoin", "/data/ticker", "/data"),
    ("bitstamp", "", ""),
    ("gate", "", ""),
    ("mexc", "", "/symbols"),
    ("bitfinex", "", "/0"),
    ("cryptocom", "/result/data", "/result/data"),
];
/// What is no number, no name, and no time.
const UNREADABLE: [&str; 8] = [
    "null", "\"\"", "\" \"", "\"?\"", "[]", "{}", "true", "[null]",
];
/// Numbers that are no price, as they are sent by themselves; they come as text too.
const NUMBERS: [&str; 9] = [
    "-1",
    "0",
    "-0.0",
    "0e0",
    "1e400",
    "-1E+400",
    "1e-400",
    "1e15",
    "99999999999999999999999999999999999999999999999999999999999999",
];
/// Stands where a text goes that is not what a document of ours can hold.
const HERE: &str = "@here@";

/// A fixture, and who reads it.
struct Answer {
    venue: Arc<dyn Venue>,
    request: VenueRequest,
    is_list: bool,
    rows: &'static str,
    document: Value,
}

/// What is read from a body.
#[derive(Debug, PartialEq)]
enum Read {
    Quotes(Result<Vec<Quote>, VenueError>),
    Listed(Result<Vec<Instrument>, VenueError>),
}

fn answers() -> Vec<Answer> {
    let mut found = Vec::new();
    for (name, tickers, list) in ROWS {
        let venue = at_home(name);
        let mut requests = venue.requests(&fixture_symbols(name)).into_iter();
        let mut request = requests.next().unwrap();
        // Where two are asked for one by one, the answer here is about both.
        requests.for_each(|other| request.names.extend(other.names));
        for (kind, rows) in [("tickers", tickers), ("list", list)] {
            found.push(Answer {
                venue: Arc::clone(&venue),
                request: request.clone(),
                is_list: kind == "list",
                rows,
                document: serde_json::from_slice(&fixture(name, kind)).unwrap(),
            });
        }
    }
    found
}

impl Answer {
    fn name(&self) -> &'static str {
        self.venue.name()
    }

    fn read(&self, body: &[u8]) -> Read {
        if self.is_list {
            Read::Listed(self.venue.instruments(&[body.to_vec()]))
        } else {
            Read::Quotes(self.venue.parse(&self.request, body))
        }
    }

    fn plain(&self) -> Read {
        self.read(&serde_json::to_vec(&self.document).unwrap())
    }

    /// The row that a place is in.
    fn row(&self, place: &str) -> Option<String> {
        let inside = place.strip_prefix(self.rows)?.strip_prefix('/')?;
        let row = inside.split('/').next()?;
        Some(format!("{}/{row}", self.rows))
    }

    /// What is read of the other rows alone.
    fn without(&self, row: &str) -> Read {
        let body = removed(&self.document, row).unwrap();
        self.read(&serde_json::to_vec(&body).unwrap())
    }
}

/// Every place in a document, as a JSON pointer.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(member, &format!("{here}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn all_places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    places(document, "", &mut found);
    found
}

/// The document with another text at a place.
fn replaced(document: &Value, place: &str, text: &str) -> Vec<u8> {
    let mut mutant = document.clone();
    *mutant.pointer_mut(place).unwrap() = json!(HERE);
    let mutant = mutant.to_string();
    mutant.replace(&format!("\"{HERE}\""), text).into_bytes()
}

/// The document without what stands at a place; none: that is the whole.
fn removed(document: &Value, place: &str) -> Option<Value> {
    let (parent, name) = place.rsplit_once('/')?;
    let mut mutant = document.clone();
    match mutant.pointer_mut(parent)? {
        Value::Object(members) => {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Value::Array(items) => {
            items.remove(name.parse().ok()?);
        }
        _ => return None,
    }
    Some(mutant)
}

/// The document with one place unreadable in every way, or gone.
fn spoiled(document: &Value, place: &str) -> Vec<Vec<u8>> {
    let odd = UNREADABLE.map(|text| replaced(document, place, text));
    // A row of Bitfinex goes by position: what is behind a field that is gone moves up, and is another field.
    let is_item = place
        .rsplit_once('/')
        .is_some_and(|(_, name)| name.parse::<usize>().is_ok());
    let gone = removed(document, place).filter(|_| !is_item);
    let gone = gone.map(|body| serde_json::to_vec(&body).unwrap());
    odd.into_iter().chain(gone).collect()
}

/// The document with one place a number that is no price.
fn miscounted(document: &Value, place: &str) -> Vec<Vec<u8>> {
    let texts = NUMBERS
        .iter()
        .chain(&["N/A", "NaN", "Infinity", "-inf", "0x10", "1,5"]);
    let texts = texts.map(|number| format!("\"{number}\""));
    let texts = texts.chain(NUMBERS.map(str::to_owned));
    texts.map(|text| replaced(document, place, &text)).collect()
}

fn show(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// Whether what is told is the same but for fields that are unknown now.
fn only_lost(now: &Quote, before: &Quote) -> bool {
    let fields = |quote: &Quote| {
        let numbers = [quote.last, quote.close, quote.bid, quote.ask];
        let sizes = [quote.bid_quantity, quote.ask_quantity];
        (
            numbers.into_iter().chain(sizes).collect::<Vec<_>>(),
            quote.at,
        )
    };
    let ((now, now_at), (before, before_at)) = (fields(now), fields(before));
    let mut numbers = now.iter().zip(&before);
    numbers.all(|(now, before)| now.is_none() || now == before)
        && (now_at.is_none() || now_at == before_at)
}

#[test]
fn the_table_names_every_venue_and_its_rows() {
    assert_eq!(ROWS.map(|(name, ..)| name), VENUES);
    for answer in answers() {
        let rows = answer.document.pointer(answer.rows);
        let count = rows.map_or(0, |rows| match rows {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        });
        let single = answer.name() == "coinbase" && !answer.is_list;
        assert!(single || count >= 2, "{}", answer.name());
    }
}

#[test]
fn a_field_that_cannot_be_read_spoils_nothing_else() {
    for answer in answers() {
        let (name, plain) = (answer.name(), answer.plain());
        for place in all_places(&answer.document) {
            let row = answer.row(&place);
            for body in spoiled(&answer.document, &place) {
                match (&plain, answer.read(&body)) {
                    (Read::Quotes(Ok(before)), Read::Quotes(Ok(now))) => {
                        for quote in &now {
                            let same = |one: &&Quote| one.symbol == quote.symbol;
                            let before = before.iter().find(same).unwrap();
                            assert!(only_lost(quote, before), "{name} {place}: {}", show(&body));
                        }
                        let Some(row) = &row else { continue };
                        let Read::Quotes(Ok(others)) = answer.without(row) else {
                            panic!("{name}");
                        };
                        for other in others {
                            assert!(now.contains(&other), "{name} {place}: {}", show(&body));
                        }
                    }
                    (Read::Listed(Ok(before)), Read::Listed(Ok(now))) => {
                        for one in &now {
                            let same = |other: &Instrument| {
                                // Any text may be a name there.
                                let same_id = other.id == one.id || one.id == "?";
                                other.symbol == one.symbol && same_id
                            };
                            assert!(before.iter().any(same), "{name} {place}: {}", show(&body));
                        }
                        let Some(row) = &row else { continue };
                        let Read::Listed(Ok(others)) = answer.without(row) else {
                            panic!("{name}");
                        };
                        for other in others {
                            assert!(now.contains(&other), "{name} {place}: {}", show(&body));
                        }
                    }
                    // Only what is around the rows can make an answer useless.
                    (_, now) => assert_eq!(row, None, "{name} {place}: {} is {now:?}", show(&body)),
                }
            }
        }
    }
}

#[test]
fn a_number_that_is_no_price_spoils_its_row_at_most() {
    for answer in answers() {
        let name = answer.name();
        for place in all_places(&answer.document) {
            for body in miscounted(&answer.document, &place) {
                let Read::Quotes(quotes) = answer.read(&body) else {
                    continue;
                };
                for quote in quotes.iter().flatten() {
                    // Either a ticker that makes sense, or a reason.
                    let Ok(ticker) = quote.ticker(Timestamp::default()) else {
                        continue;
                    };
                    let crossed = ticker
                        .bid
                        .zip(ticker.ask)
                        .is_some_and(|(bid, ask)| bid > ask);
                    assert!(
                        !crossed && ticker.last.is_positive(),
                        "{name}: {}",
                        show(&body)
                    );
                }
                let Some(row) = answer.row(&place) else {
                    continue;
                };
                let Read::Quotes(Ok(others)) = answer.without(&row) else {
                    panic!("{name}");
                };
                let now = quotes.unwrap();
                for other in others {
                    assert!(now.contains(&other), "{name} {place}: {}", show(&body));
                }
            }
        }
    }
}

/// The document with each number in another dress; `dress` gets its digits.
fn dressed(document: &Value, dress: impl Fn(&str) -> Option<Value>) -> Value {
    let mut mutant = document.clone();
    for place in all_places(document) {
        let here = mutant.pointer_mut(&place).unwrap();
        let digits = match &*here {
            Value::String(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Some(new) = dress(&digits) {
            *here = new;
        }
    }
    mutant
}

/// `90100.1` as `901001e-1`.
fn scientific(digits: &str) -> Option<String> {
    let (whole, part) = digits
        .split_once('.')
        .filter(|(whole, _)| !whole.starts_with('-'))?;
    Some(format!("{whole}{part}E-{}", part.len()))
}

#[test]
fn numbers_are_the_same_in_every_dress() {
    for answer in answers() {
        let (name, plain) = (answer.name(), answer.plain());
        let as_text = dressed(&answer.document, |digits| Some(json!(digits))).to_string();
        let marked = |digits: &str| Some(json!(format!("{HERE}{digits}{HERE}")));
        let bare = |text: Value| {
            let text = text.to_string();
            text.replace(&format!("\"{HERE}"), "")
                .replace(&format!("{HERE}\""), "")
        };
        let as_number = bare(dressed(&answer.document, |digits| {
            // JSON has no 0123.
            let plain = digits.trim_start_matches('0');
            let is_number =
                plain.len() == digits.len() || plain.starts_with('.') || plain.is_empty();
            is_number.then(|| marked(digits)).flatten()
        }));
        let in_science = dressed(&answer.document, |digits| Some(json!(scientific(digits)?)));
        let bare_science = bare(dressed(&answer.document, |digits| {
            let science = scientific(digits)?;
            let trimmed = science.trim_start_matches('0');
            marked(if trimmed.starts_with('E') {
                digits
            } else {
                trimmed
            })
        }));
        for body in [as_text, as_number, in_science.to_string(), bare_science] {
            assert_eq!(answer.read(body.as_bytes()), plain, "{name}: {body}");
        }
    }
}

#[test]
fn what_is_not_known_yet_changes_nothing() {
    for answer in answers() {
        let mut richer = answer.document.clone();
        // The innermost first: a place stays where it is while what is in it grows.
        for place in all_places(&answer.document).iter().rev() {
            let new = json!({"new": [{"new": 1}, null]});
            match richer.pointer_mut(place).unwrap() {
                Value::Array(items) => items.push(new),
                Value::Object(members) => {
                    members.insert("new".to_owned(), new);
                }
                _ => {}
            }
        }
        let body = richer.to_string();
        let name = answer.name();
        assert_eq!(
            answer.read(body.as_bytes()),
            answer.plain(),
            "{name}: {body}"
        );
    }
}

#[test]
fn answers_that_are_cut_off_are_errors() {
    for answer in answers() {
        let whole = serde_json::to_vec(&answer.document).unwrap();
        for end in (0..whole.len()).step_by(7) {
            match answer.read(&whole[..end]) {
                Read::Quotes(read) => assert!(read.is_err(), "{}", answer.name()),
                Read::Listed(read) => assert!(read.is_err(), "{}", answer.name()),
            }
        }
    }
}

#[test]
fn volumes_that_cannot_be_read_leave_the_list_as_it_is() {
    for name in VENUES {
        let (venue, list) = (at_home(name), fixture(name, "list"));
        let names = |bodies: &[Vec<u8>]| -> Vec<String> {
            let listed = venue.instruments(bodies).unwrap();
            listed.into_iter().map(|one| one.id).collect()
        };
        let alone = names(std::slice::from_ref(&list));
        let document: Value = serde_json::from_slice(&fixture(name, "tickers")).unwrap();
        for place in all_places(&document) {
            for body in spoiled(&document, &place) {
                assert_eq!(names(&[list.clone(), body]), alone, "{name} {place}");
            }
        }
    }
}

#[test]
fn bodies_of_no_use_give_no_price() {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let objects = [
        br#"{"data":"#.repeat(50_000),
        b"1".to_vec(),
        b"}".repeat(50_000),
    ]
    .concat();
    let html = b"<html><body>Service unavailable</body></html>".to_vec();
    let others: [&[u8]; 8] = [
        b"",
        b"7",
        b"null",
        b"\"\"",
        b"[]",
        b"{}",
        b"[[]]",
        b"\xff\xfe",
    ];
    let bodies = others
        .into_iter()
        .map(<[u8]>::to_vec)
        .chain([deep, objects, html]);
    for body in bodies {
        for name in VENUES {
            let venue = at_home(name);
            let request = &venue.requests(&fixture_symbols(name))[0];
            for quote in venue.parse(request, &body).unwrap_or_default() {
                assert!(quote.ticker(Timestamp::default()).is_err(), "{name}");
            }
            let listed = venue.instruments(std::slice::from_ref(&body));
            assert!(listed.is_err() || listed.unwrap().is_empty(), "{name}");
        }
    }
}

#[test]
fn tickers_in_the_place_of_a_list_name_no_market() {
    for name in VENUES {
        let listed = at_home(name).instruments(&[fixture(name, "tickers")]);
        assert!(listed.is_err() || listed.unwrap().is_empty(), "{name}");
    }
}
