//! What the exchange has not seen is asked of the venue that prices come from, as far as it tells: the real binary, and a server
//! that plays Binance.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use tiny_http::ResponseBox;

use crate::feed_stage::wait_price;
use crate::support::{Client, Daemon, Launch};
use crate::venue_server::{Answers, answer};
use crate::venues::fixture;

const HOUR: u64 = 3_600_000;
const SPANS: [(&str, u64); 3] = [("1m", 60_000), ("1h", HOUR), ("1d", 24 * HOUR)];

/// A venue that can fail, and remembers what it was asked besides prices.
struct Venue {
    answers: Answers,
    broken: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Venue {
    fn new() -> Venue {
        let (broken, asked) = (
            Arc::<AtomicBool>::default(),
            Arc::<Mutex<Vec<String>>>::default(),
        );
        let (fails, list) = (Arc::clone(&broken), Arc::clone(&asked));
        let books = AtomicUsize::new(0);
        let answers = Answers::by(move |_, path| {
            if path.contains("exchangeInfo") {
                return answer(200, &[], fixture("binance", "list"));
            }
            if path.contains("ticker/24hr") {
                return answer(200, &[], fixture("binance", "tickers"));
            }
            list.lock().unwrap().push(path.to_owned());
            if fails.load(Ordering::SeqCst) {
                return answer(500, &[], "{}");
            }
            if path.contains("/klines?") {
                return answer(200, &[], klines(path).to_string());
            }
            book(books.fetch_add(1, Ordering::SeqCst))
        });
        Venue {
            answers,
            broken,
            asked,
        }
    }

    /// How often it was asked for what contains these words.
    fn asked(&self, words: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|path| path.contains(words)).count()
    }
}

fn parameter<'a>(path: &'a str, name: &str) -> &'a str {
    let (_, rest) = path.split_once(&format!("{name}=")).unwrap();
    rest.split('&').next().unwrap()
}

/// Candles as Binance tells them: each opens at 100 and the number of its start, and closes two higher.
fn klines(path: &str) -> Value {
    assert_eq!(parameter(path, "symbol"), "BTCUSDT");
    let number = |name| parameter(path, name).parse::<u64>().unwrap();
    let (first, last, name) = (
        number("startTime"),
        number("endTime"),
        parameter(path, "interval"),
    );
    let (_, span) = SPANS.into_iter().find(|(known, _)| *known == name).unwrap();
    let rows = (first.div_ceil(span)..=last / span).map(|at| {
        let open = 100 + at % 1000;
        json!([
            at * span,
            open.to_string(),
            (open + 5).to_string(),
            (open - 5).to_string(),
            (open + 2).to_string(),
            "20.5",
            at * span + span - 1,
            "2050.25",
            374,
            "10.5",
            "1050.5",
            "0"
        ])
    });
    rows.collect()
}

fn book(number: usize) -> ResponseBox {
    let side = |best: usize| {
        (0..5)
            .map(|n| json!([(best + n).to_string(), "0.5"]))
            .collect::<Value>()
    };
    let body = json!({"lastUpdateId": number, "bids": side(90_000), "asks": side(90_200)});
    answer(200, &[], body.to_string())
}

fn daemon(home: &TempDir, venue: &Venue, more: &str) -> Daemon {
    let config = format!(
        "[oracle]\nsymbols = [\"BTC/USDT\"]\ninterval = \"100ms\"\n{more}[oracle.base_urls]\nbinance = \"{}\"\n",
        venue.answers.url
    );
    let daemon = Launch::new(&home.path().join("data"), "binance")
        .config(&config)
        .start();
    wait_price(&daemon, "BTC/USDT", "90100.1");
    daemon
}

fn read(client: &mut Client, target: &str) -> Vec<Value> {
    serde_json::from_str(&client.get(target).ok().body).unwrap()
}

fn candles(client: &mut Client, interval: &str, limit: usize) -> Vec<Value> {
    let target = format!("/api/v3/klines?symbol=BTCUSDT&interval={interval}&limit={limit}");
    read(client, &target)
}

#[test]
fn candles_of_before_are_the_venues() {
    let (home, venue) = (TempDir::new().unwrap(), Venue::new());
    let daemon = daemon(&home, &venue, "");
    let mut client = daemon.client();
    let hours = candles(&mut client, "1h", 6);
    assert_eq!(hours.len(), 6);
    for hour in &hours[..5] {
        let open = 100 + hour[0].as_u64().unwrap() / HOUR % 1000;
        assert_eq!(hour[1], format!("{open}.00000000"));
        assert_eq!(hour[4], format!("{}.00000000", open + 2));
        assert_eq!((&hour[5], &hour[8]), (&json!("20.50000000"), &json!(374)));
    }
    // The hour in which this daemon began is of both: opened there, closed here.
    let open = 100 + hours[5][0].as_u64().unwrap() / HOUR % 1000;
    assert_eq!(hours[5][1], format!("{open}.00000000"));
    assert_eq!(
        (&hours[5][2], &hours[5][4]),
        (&json!("90100.10000000"), &json!("90100.10000000"))
    );
    // It is not asked again for what it has told.
    assert_eq!(candles(&mut client, "1h", 4), hours[2..]);
    let own = read(&mut client, "/candles/BTC/USDT?interval=1h&limit=6");
    assert_eq!((own.len(), own[0]["ts"] == hours[0][0]), (6, true));
    assert_eq!(venue.asked("/klines?"), 1);
    // What was seen whole is told from here; a day is another length.
    assert_eq!(candles(&mut client, "1d", 3).len(), 3);
    assert_eq!(
        (venue.asked("interval=1d"), venue.asked("/klines?")),
        (1, 2)
    );
    daemon.stop();
}

#[test]
fn the_book_is_the_venues_where_more_than_the_best_is_asked_for() {
    let (home, venue) = (TempDir::new().unwrap(), Venue::new());
    let daemon = daemon(&home, &venue, "");
    let mut client = daemon.client();
    let best = client
        .get("/api/v3/depth?symbol=BTCUSDT&limit=1")
        .ok()
        .json();
    assert_eq!(best["bids"], json!([["90100.00000000", "0.40000000"]]));
    assert_eq!(venue.asked("/depth?"), 0);
    let book = client
        .get("/api/v3/depth?symbol=BTCUSDT&limit=3")
        .ok()
        .json();
    let levels = json!([
        ["90200.00000000", "0.50000000"],
        ["90201.00000000", "0.50000000"],
        ["90202.00000000", "0.50000000"]
    ]);
    assert_eq!((&book["lastUpdateId"], &book["asks"]), (&json!(0), &levels));
    let own = client.get("/depth/BTC/USDT?limit=2").ok().json();
    assert_eq!(own["bids"], json!([[90000, 0.5], [90001, 0.5]]));
    assert_eq!(venue.asked("/depth?symbol=BTCUSDT&limit="), 2);
    daemon.stop();
}

#[test]
fn a_venue_that_fails_is_left_alone_and_own_data_are_told() {
    let (home, venue) = (TempDir::new().unwrap(), Venue::new());
    let daemon = daemon(&home, &venue, "");
    let mut client = daemon.client();
    let known = candles(&mut client, "1h", 3);
    venue.broken.store(true, Ordering::SeqCst);
    let days = candles(&mut client, "1d", 3);
    assert_eq!((days.len(), &days[0][1]), (1, &json!("90100.10000000")));
    assert!(
        daemon
            .log()
            .contains("binance: no candles or books for clients: HTTP 500"),
        "{}",
        daemon.log()
    );
    // It is not asked for a while, and what it told before is known.
    let book = client.get("/api/v3/depth?symbol=BTCUSDT").ok().json();
    assert_eq!(book["asks"], json!([["90100.20000000", "0.10000000"]]));
    assert_eq!(candles(&mut client, "1h", 2), known[1..]);
    assert_eq!((venue.asked("interval=1d"), venue.asked("/depth?")), (1, 0));
    daemon.stop();
}

#[test]
fn it_can_be_switched_off() {
    let (home, venue) = (TempDir::new().unwrap(), Venue::new());
    let daemon = daemon(&home, &venue, "fetch_through = false\n");
    let mut client = daemon.client();
    assert_eq!(candles(&mut client, "1d", 3).len(), 1);
    assert_eq!(
        client.get("/depth/BTC/USDT?limit=9").ok().json()["asks"],
        json!([[90100.2, 0.1]])
    );
    assert_eq!(venue.asked(""), 0);
    daemon.stop();
}
