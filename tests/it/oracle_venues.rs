//! Polled venues against servers on loopback.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use mockx::exchange::Ticker;
use mockx::oracle::{
    Batch, Binance, Fetcher, Health, HealthReport, Poll, Skipped, SourceState, Venue, run,
};
use mockx::units::{Exact, Symbol, Timestamp};
use serde_json::Value;
use tiny_http::{Header, Request, Response, ResponseBox, Server};
use tokio::sync::{mpsc, watch};

use crate::oracle::{recorded, runtime};
use crate::venue_server::{Answers, answer, raw, settings};

const FIXTURE: &str = include_str!("../fixtures/binance_ticker24hr.json");
/// Nothing here takes as long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

fn symbols(names: &[&str]) -> Vec<Symbol> {
    names
        .iter()
        .map(|name| Symbol::parse(name).unwrap())
        .collect()
}

fn fixture_symbols() -> Vec<Symbol> {
    symbols(&["BTC/USDT", "ETH/USDT", "OLD/USDT", "NEW/USDT"])
}

/// A poller at work.
struct Running {
    batches: mpsc::Receiver<Batch>,
    health: Health,
    stop: watch::Sender<bool>,
    fetcher: Fetcher,
    task: tokio::task::JoinHandle<()>,
}

/// Needs a runtime around it.
fn start(url: &str, symbols: &[Symbol]) -> Running {
    let fetcher = Fetcher::new(settings());
    let poll = Poll {
        venue: Arc::new(Binance::at(url)),
        symbols: symbols.to_vec(),
        listing: None,
        fetcher: fetcher.clone(),
        interval: Duration::from_millis(5),
        seed: 1,
    };
    let (out, batches) = mpsc::channel(4);
    let (stop, stopped) = watch::channel(false);
    let health = Health::new("binance", symbols);
    Running {
        batches,
        health: health.clone(),
        stop,
        fetcher,
        task: tokio::spawn(run(poll, out, health, stopped)),
    }
}

impl Running {
    async fn batch(&mut self) -> Vec<Ticker> {
        let batch = tokio::time::timeout(PATIENCE, self.batches.recv()).await;
        batch.unwrap().unwrap().tickers
    }

    async fn polled(&self, polls: u64) {
        tokio::time::timeout(PATIENCE, self.health.polled(polls))
            .await
            .unwrap();
    }

    fn report(&self) -> HealthReport {
        self.health.report(Instant::now(), Duration::from_secs(60))
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.fetcher.interrupt();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

#[test]
fn a_poll_delivers_and_counts() {
    let server = Answers::by(|_, path| {
        assert!(path.starts_with("/api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22%2C%22ETH"));
        answer(200, &[], FIXTURE)
    });
    runtime().block_on(async {
        let mut poller = start(&server.url, &fixture_symbols());
        let tickers = poller.batch().await;
        let names: Vec<String> = tickers.iter().map(|t| t.symbol.to_string()).collect();
        assert_eq!(names, ["BTC/USDT", "ETH/USDT", "NEW/USDT"]);
        assert_eq!(tickers[0].ask_quantity.unwrap().to_string(), "0.1");
        assert_eq!(tickers[0].at.as_millis(), 1_790_000_000_000);
        assert_eq!(tickers[1].last.to_string(), "3012.55");
        assert_eq!(tickers[1].ask_quantity, None);
        assert_eq!(tickers[2].last.to_string(), "0.000012345");
        poller.polled(1).await;
        let report = poller.report();
        assert_eq!((report.state, report.failures), (SourceState::Up, 0));
        assert_eq!((report.fresh, report.stale), (3, 1));
        assert_eq!(
            report.skipped.get(Skipped::NotPositive),
            report.skipped.total()
        );
        poller.end().await;
    });
}

#[test]
fn what_failed_comes_back_by_itself() {
    let server = Answers::by(|number, _| match number {
        0 => answer(500, &[], "oops"),
        1 => answer(200, &[], "<html>maintenance</html>"),
        2 => answer(200, &[], "{\"code\":-1003,\"msg\":\"Way too much\"}"),
        3 => answer(200, &[], "[{\"symbol\":\"BTC"),
        4 => answer(200, &[], "[]"),
        _ => answer(200, &[], FIXTURE),
    });
    runtime().block_on(async {
        let mut poller = start(&server.url, &fixture_symbols());
        poller.polled(3).await;
        let report = poller.report();
        assert_eq!((report.state, report.fresh), (SourceState::Down, 0));
        assert_eq!(poller.batch().await.len(), 3);
        poller.polled(6).await;
        let report = poller.report();
        assert_eq!((report.state, report.failures), (SourceState::Up, 5));
        assert_eq!(
            report.last_error.unwrap().1,
            "the answer has no price of any symbol that was asked for"
        );
        poller.end().await;
    });
}

#[test]
fn retry_after_is_obeyed() {
    let server = Answers::by(|_, _| answer(429, &["Retry-After: 3600"], ""));
    runtime().block_on(async {
        let poller = start(&server.url, &fixture_symbols());
        poller.polled(1).await;
        let report = poller.report();
        let wait = report.next_poll.unwrap().as_millis();
        assert!((3_590_000..3_960_001).contains(&wait), "{wait}");
        assert_eq!(report.state, SourceState::Down);
        assert_eq!(report.last_error.unwrap().1, "HTTP 429: too many requests");
        assert_eq!(server.asked(), 1);
        // A wait of an hour is no reason to stop an hour late.
        poller.end().await;
    });
}

#[test]
fn a_request_that_fails_by_itself_does_not_stop_the_others() {
    let server = Answers::by(|_, path| {
        if path.contains("NOSUCHUSDT") {
            answer(400, &[], "{\"code\":-1000,\"msg\":\"Not today.\"}")
        } else {
            answer(200, &[], FIXTURE)
        }
    });
    let mut many: Vec<Symbol> = (0..19)
        .map(|number| Symbol::parse(&format!("C{number}/USDT")).unwrap())
        .collect();
    many.extend(symbols(&["NOSUCH/USDT"]));
    many.extend(fixture_symbols());
    runtime().block_on(async {
        let mut poller = start(&server.url, &many);
        assert_eq!(poller.batch().await.len(), 3);
        poller.polled(1).await;
        let report = poller.report();
        assert_eq!(report.state, SourceState::Partial);
        assert!(report.last_error.unwrap().1.contains("Not today."));
        // The healthy half is asked again at the usual pace.
        assert_eq!(poller.batch().await.len(), 3);
        poller.end().await;
    });
}

/// Answers for each name of a request alike, and refuses the whole for one wrong name, as Binance does.
fn strict(path: &str) -> ResponseBox {
    let names = path.split("%22").filter(|name| name.ends_with("USDT"));
    let tickers = names.map(|name| format!("{{\"symbol\":\"{name}\",\"lastPrice\":\"1\"}}"));
    let body = format!("[{}]", tickers.collect::<Vec<_>>().join(","));
    if path.contains("exchangeInfo") {
        answer(404, &[], "")
    } else if path.contains("NOSUCHUSDT") || path.contains("WRONGUSDT") {
        answer(400, &[], "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}")
    } else {
        answer(200, &[], body)
    }
}

#[test]
fn wrong_names_are_found_without_a_list_and_do_not_stop_the_others() {
    let server = Answers::by(|_, path| strict(path));
    let mut wanted: Vec<Symbol> = (0..38)
        .map(|number| Symbol::parse(&format!("C{number}/USDT")).unwrap())
        .collect();
    wanted.insert(3, symbols(&["NOSUCH/USDT"])[0]);
    wanted.insert(30, symbols(&["WRONG/USDT"])[0]);
    runtime().block_on(async {
        let mut poller = start(&server.url, &wanted);
        let mut found = 0;
        while found < 38 {
            found += poller.batch().await.len();
        }
        poller.polled(1).await;
        let report = poller.report();
        let unknown: Vec<Symbol> = report.unknown.iter().map(|one| one.symbol).collect();
        assert_eq!(unknown, symbols(&["NOSUCH/USDT", "WRONG/USDT"]));
        assert_eq!(report.state, SourceState::Up);
        assert_eq!((report.fresh, report.stale), (38, 0));
        let asked = server.asked();
        assert!(asked <= 22, "{asked} requests to find two of forty");
        poller.end().await;
    });
}

#[test]
fn a_venue_that_says_how_much_is_used_is_asked_less() {
    let server = Answers::by(|_, path| {
        let mut response = strict(path);
        response.add_header("X-MBX-USED-WEIGHT-1M: 5990".parse::<Header>().unwrap());
        response
    });
    let wanted: Vec<Symbol> = (0..30)
        .map(|number| Symbol::parse(&format!("C{number}/USDT")).unwrap())
        .collect();
    runtime().block_on(async {
        let mut poller = start(&server.url, &wanted);
        assert_eq!(poller.batch().await.len(), 20);
        // The other ten would come at once.
        let more = tokio::time::timeout(Duration::from_millis(300), poller.batches.recv());
        assert!(more.await.is_err());
        assert_eq!(server.asked(), 1);
        poller.end().await;
    });
}

#[test]
fn a_host_that_fails_ends_the_poll() {
    let server = Answers::by(|number, _| match number {
        0 => answer(200, &[], FIXTURE),
        _ => answer(403, &["Retry-After: 900"], "Forbidden"),
    });
    let mut many = fixture_symbols();
    many.extend((0..56).map(|number| Symbol::parse(&format!("C{number}/USDT")).unwrap()));
    runtime().block_on(async {
        let mut poller = start(&server.url, &many);
        assert_eq!(poller.batch().await.len(), 3);
        poller.polled(1).await;
        assert_eq!(server.asked(), 2);
        let report = poller.report();
        assert_eq!(report.state, SourceState::Partial);
        assert!(report.next_poll.unwrap().as_millis() > 890_000);
        poller.end().await;
    });
}

#[test]
fn there_is_never_more_than_one_call_under_way() {
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.server_addr());
    let checks = std::thread::spawn(move || {
        for _ in 0..3 {
            let request: Request = server.recv().unwrap();
            // Forty intervals without an answer.
            assert!(
                server
                    .recv_timeout(Duration::from_millis(200))
                    .unwrap()
                    .is_none()
            );
            request.respond(Response::from_string(FIXTURE)).unwrap();
        }
    });
    runtime().block_on(async {
        let mut poller = start(&url, &fixture_symbols());
        for _ in 0..3 {
            poller.batch().await;
        }
        checks.join().unwrap();
        poller.end().await;
    });
}

#[test]
fn it_stops_in_the_middle_of_a_call() {
    let url = raw(Vec::new(), false);
    runtime().block_on(async {
        let poller = start(&url, &fixture_symbols());
        // The poll is under way once the task has run up to its first wait.
        tokio::task::yield_now().await;
        let begin = Instant::now();
        poller.end().await;
        assert!(begin.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn it_stops_when_nobody_listens() {
    let server = Answers::by(|_, _| answer(200, &[], FIXTURE));
    runtime().block_on(async {
        let poller = start(&server.url, &fixture_symbols());
        drop(poller.batches);
        tokio::time::timeout(PATIENCE, poller.task)
            .await
            .unwrap()
            .unwrap();
    });
}

/// The value that another program read from the same answer.
fn expected(value: &Value) -> Option<Exact> {
    (!value.is_null()).then(|| Exact::parse(&value.to_string()).unwrap())
}

#[test]
fn recorded_answers_give_the_recorded_values() {
    let Some(path) = recorded("tickers/binance.json") else {
        return;
    };
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let case = &cases.as_array().unwrap()[0];
    let parsed = case["parsed"].as_array().unwrap();
    let body = serde_json::to_vec(&case["httpResponse"]).unwrap();
    let names: Vec<&str> = parsed
        .iter()
        .map(|p| p["symbol"].as_str().unwrap())
        .collect();
    let venue = Binance::default();
    let requests = venue.requests(&symbols(&names));
    assert_eq!(requests.len(), 2);
    let mut quotes = Vec::new();
    for request in &requests {
        quotes.extend(venue.parse(request, &body).unwrap());
    }
    assert_eq!(quotes.len(), parsed.len());
    let mut skipped = 0;
    for parsed in parsed {
        let symbol = Symbol::parse(parsed["symbol"].as_str().unwrap()).unwrap();
        let quote = quotes.iter().find(|quote| quote.symbol == symbol).unwrap();
        assert_eq!(quote.last, expected(&parsed["last"]), "{symbol}");
        assert_eq!(quote.bid, expected(&parsed["bid"]), "{symbol}");
        assert_eq!(quote.ask, expected(&parsed["ask"]), "{symbol}");
        assert_eq!(
            quote.bid_quantity,
            expected(&parsed["bidVolume"]),
            "{symbol}"
        );
        assert_eq!(
            quote.ask_quantity,
            expected(&parsed["askVolume"]),
            "{symbol}"
        );
        assert_eq!(
            quote.at.map(Timestamp::as_millis),
            parsed["timestamp"].as_u64(),
            "{symbol}"
        );
        skipped += usize::from(quote.ticker(quote.at.unwrap()).is_err());
    }
    // Those had stopped trading: all zero.
    assert_eq!(skipped, 6);
}
