//! Every venue through the real poller: its list of markets first, then its prices.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mockx::config;
use mockx::oracle::{
    Batch, Fetcher, Health, HealthReport, Listing, Poll, SourceState, VENUES, run, venue,
};
use mockx::units::{Asset, Symbol};
use tiny_http::ResponseBox;
use tokio::sync::{mpsc, watch};

use crate::oracle::runtime;
use crate::venue_server::{Answers, answer, settings};
use crate::venues::{fixture, fixture_symbols, symbols};

/// Nothing here takes as long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

fn listing(quotes: &[&str], refresh: Duration) -> Listing {
    Listing {
        known: Vec::new(),
        quotes: quotes
            .iter()
            .map(|quote| Asset::parse(quote).unwrap())
            .collect(),
        limit: Some(10),
        refresh,
    }
}

/// A poller at work on one venue.
struct Polling {
    batches: mpsc::Receiver<Batch>,
    health: Health,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

/// Needs a runtime around it.
fn start(name: &str, url: &str, symbols: &[Symbol], listing: Listing) -> Polling {
    let poll = Poll {
        venue: venue(name, Some(url)).unwrap(),
        symbols: symbols.to_vec(),
        listing: Some(listing),
        fetcher: Fetcher::new(settings()),
        interval: Duration::from_millis(5),
        seed: 1,
    };
    let (out, batches) = mpsc::channel(4);
    let (stop, stopped) = watch::channel(false);
    let health = Health::new("venue", symbols);
    Polling {
        batches,
        health: health.clone(),
        stop,
        task: tokio::spawn(run(poll, out, health, stopped)),
    }
}

impl Polling {
    async fn batch(&mut self) -> String {
        let batch = tokio::time::timeout(PATIENCE, self.batches.recv()).await;
        let tickers = batch.unwrap().unwrap().tickers;
        let prices = tickers
            .iter()
            .map(|one| format!("{} {}", one.symbol, one.last));
        prices.collect::<Vec<_>>().join(", ")
    }

    async fn polled(&self, polls: u64) -> HealthReport {
        tokio::time::timeout(PATIENCE, self.health.polled(polls))
            .await
            .unwrap();
        self.health.report(Instant::now(), Duration::from_secs(60))
    }

    async fn end(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

/// Answers as the venue does: its list where the list is asked for, else its tickers.
fn stored(name: &'static str, path: &str) -> ResponseBox {
    let venue = venue(name, Some("")).unwrap();
    let asked_for_list = path == venue.list_requests(false)[0].url;
    let kind = if asked_for_list { "list" } else { "tickers" };
    answer(200, &[], fixture(name, kind))
}

#[test]
fn every_venue_is_listed_and_polled() {
    for name in VENUES {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&paths);
        let server = Answers::by(move |_, path| {
            asked.lock().unwrap().push(path.to_owned());
            stored(name, path)
        });
        runtime().block_on(async {
            let mut wanted = fixture_symbols(name);
            let quote = wanted[0].quote();
            wanted.truncate(1);
            wanted.push(Symbol::new(Asset::parse("BCT").unwrap(), quote).unwrap());
            // Dogecoin is discovered, except where a call is about one product and the answer here is about Bitcoin.
            let quotes: &[&str] = if name == "coinbase" {
                &[]
            } else {
                &[quote.as_str()]
            };
            let day = Duration::from_secs(86_400);
            let mut polling = start(name, &server.url, &wanted, listing(quotes, day));
            let mut prices = polling.batch().await;
            if name == "gate" {
                prices = format!("{prices}, {}", polling.batch().await);
            }
            let bitcoin = wanted[0];
            assert!(
                prices.starts_with(&format!("{bitcoin} 90100.1")),
                "{name}: {prices}"
            );
            assert!(
                name == "coinbase" || prices.contains(&format!("DOGE/{quote} 0.12345")),
                "{name}: {prices}"
            );
            let report = polling.polled(1).await;
            assert_eq!(
                report.state,
                SourceState::Up,
                "{name}: {:?}",
                report.last_error
            );
            assert_eq!(report.unknown.len(), 1, "{name}");
            assert_eq!(report.unknown[0].nearest[0], bitcoin, "{name}");
            assert_eq!(report.stale, 0, "{name}: {:?}", report.ages);
            polling.end().await;
        });
        let url = paths.lock().unwrap()[0].clone();
        assert_eq!(
            url,
            venue(name, Some("")).unwrap().list_requests(true)[0].url
        );
    }
}

#[test]
fn a_market_that_goes_is_told_and_one_that_comes_is_joined() {
    let server = Answers::by(|number, path| {
        if !path.contains("instruments") {
            return answer(200, &[], fixture("okx", "tickers"));
        }
        let list = String::from_utf8(fixture("okx", "list")).unwrap();
        let new = match number {
            0 => list.replace("DOGE", "DOGE2"),
            _ => list
                .replace("\"BTC-USDT\"", "\"BTC-USDX\"")
                .replace("\"BTC\"", "\"BTX\""),
        };
        answer(200, &[], new)
    });
    runtime().block_on(async {
        let refresh = Duration::from_millis(1);
        let mut polling = start("okx", &server.url, &[], listing(&["USDT"], refresh));
        assert_eq!(polling.batch().await, "BTC/USDT 90100.1");
        let mut later = polling.batch().await;
        while later == "BTC/USDT 90100.1" {
            later = polling.batch().await;
        }
        assert_eq!(later, "DOGE/USDT 0.12345");
        let report = polling.polled(3).await;
        assert_eq!(report.not_trading, symbols(&["BTC/USDT", "DOGE2/USDT"]));
        polling.end().await;
    });
}

#[test]
fn prices_need_no_list() {
    for (status, body) in [
        (500, "oops"),
        (200, "{\"code\":\"0\",\"data\":[]}"),
        (404, ""),
    ] {
        let server = Answers::by(move |_, path| {
            if path.contains("instruments") {
                answer(status, &[], body)
            } else {
                answer(200, &[], fixture("okx", "tickers"))
            }
        });
        runtime().block_on(async {
            let wanted = symbols(&["BTC/USDT", "NOT/USDT"]);
            let day = Duration::from_secs(86_400);
            let mut polling = start("okx", &server.url, &wanted, listing(&[], day));
            assert_eq!(polling.batch().await, "BTC/USDT 90100.1");
            assert_eq!(polling.batch().await, "BTC/USDT 90100.1");
            assert_eq!(polling.polled(1).await.state, SourceState::Up);
            polling.end().await;
        });
    }
}

#[test]
fn a_wrong_pair_at_kraken_does_not_stop_the_others() {
    let server = Answers::by(|_, path| match path {
        "/0/public/Ticker" => answer(200, &[], fixture("kraken", "tickers")),
        path if path.contains("Ticker") => {
            answer(200, &[], "{\"error\":[\"EQuery:Unknown asset pair\"]}")
        }
        _ => answer(404, &[], ""),
    });
    runtime().block_on(async {
        let wanted = symbols(&["BTC/USD", "NOT/USD"]);
        let day = Duration::from_secs(86_400);
        let mut polling = start("kraken", &server.url, &wanted, listing(&[], day));
        assert_eq!(polling.batch().await, "BTC/USD 90100.1");
        assert_eq!(polling.polled(1).await.state, SourceState::Up);
        polling.end().await;
    });
}

#[test]
fn a_venue_that_refuses_the_list_is_left_alone() {
    let server = Answers::by(|_, _| answer(429, &["Retry-After: 3600"], ""));
    runtime().block_on(async {
        let wanted = symbols(&["BTC/USDT"]);
        let polling = start("bybit", &server.url, &wanted, listing(&["USDT"], PATIENCE));
        let report = polling.polled(1).await;
        assert_eq!((report.state, server.asked()), (SourceState::Down, 1));
        assert!(report.next_poll.unwrap().as_millis() > 3_590_000);
        polling.end().await;
    });
}

#[test]
fn a_list_without_any_wanted_market_is_an_error_in_words() {
    let server = Answers::by(|_, path| stored("kucoin", path));
    runtime().block_on(async {
        let wanted = symbols(&["BTC/USDD"]);
        let day = Duration::from_secs(86_400);
        let polling = start("kucoin", &server.url, &wanted, listing(&[], day));
        let report = polling.polled(1).await;
        assert_eq!(report.state, SourceState::Down);
        assert_eq!(
            report.last_error.unwrap().1,
            "none of the markets that are wanted is traded there"
        );
        assert_eq!(report.unknown[0].nearest, symbols(&["BTC/USDT"]));
        polling.end().await;
    });
}

#[test]
fn the_configuration_names_the_same_venues() {
    assert_eq!(config::Venue::ALL.map(config::Venue::name), VENUES);
}
