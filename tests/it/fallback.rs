//! Sources that stand in for each other, and markets that go: the real binary and servers that play two venues.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mockx::oracle::venue;
use serde_json::Value;
use tempfile::TempDir;

use crate::feed_stage::{logged, ticker, wait_log};
use crate::support::{Client, Daemon, Launch, wait_for};
use crate::venues::fixture;

/// A venue on loopback that can die and come back at the same address.
struct Venue {
    name: &'static str,
    /// Words of its answers, and what stands in their places.
    words: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    asked: Arc<AtomicUsize>,
    address: SocketAddr,
    alive: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Venue {
    fn new(name: &'static str) -> Venue {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut venue = Venue {
            name,
            words: Arc::default(),
            asked: Arc::default(),
            address,
            alive: None,
        };
        venue.serve(listener);
        venue
    }

    /// From now on its answers have other words.
    fn says(&self, words: &[(&'static str, &'static str)]) {
        *self.words.lock().unwrap() = words.to_vec();
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn serve(&mut self, listener: TcpListener) {
        let end = Arc::new(AtomicBool::new(false));
        let (name, ended) = (self.name, Arc::clone(&end));
        let (words, asked) = (Arc::clone(&self.words), Arc::clone(&self.asked));
        let serving = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                asked.fetch_add(1, Ordering::SeqCst);
                // A client that went away is part of the test.
                answer(connection.unwrap(), name, &words.lock().unwrap()).ok();
            }
        });
        self.alive = Some((end, serving));
    }

    /// From now on connections are refused.
    fn die(&mut self) {
        let (end, serving) = self.alive.take().unwrap();
        end.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        serving.join().unwrap();
    }

    fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.serve(listener);
    }
}

/// One answer on one connection.
fn answer(
    connection: TcpStream,
    name: &str,
    words: &[(&'static str, &'static str)],
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let list = &venue(name, Some("")).unwrap().list_requests(false)[0].url;
    let kind = if path == list { "list" } else { "tickers" };
    let mut body = String::from_utf8(fixture(name, kind)).unwrap();
    for (old, new) in words {
        body = body.replace(old, new);
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    reader.get_mut().write_all((head + &body).as_bytes())
}

fn source(client: &mut Client, place: usize) -> Value {
    client.get("/admin/health").json()["sources"][place].clone()
}

fn wait_source(daemon: &Daemon, symbol: &str, name: &str) -> Value {
    let mut client = daemon.client();
    wait_for(&format!("{symbol} from {name}"), || {
        ticker(&mut client, symbol).filter(|ticker| ticker["source"] == name)
    })
}

#[test]
fn the_second_source_takes_over_and_gives_back() {
    let (mut okx, bybit) = (Venue::new("okx"), Venue::new("bybit"));
    bybit.says(&[("90100.1", "90200.1")]);
    let home = TempDir::new().unwrap();
    let config = format!(
        "[oracle]\nsymbols = [\"BTC/USDT\", \"DOGE/USDT\"]\ninterval = \"100ms\"\nfallback_after = \"600ms\"\n\
         base_urls = {{ okx = \"{}\", bybit = \"{}/\" }}\n",
        okx.url(),
        bybit.url()
    );
    let daemon = Launch::new(&home.path().join("data"), "okx, bybit")
        .config(&config)
        .start();
    let mut client = daemon.client();
    assert_eq!(wait_source(&daemon, "BTC/USDT", "okx")["price"], 90100.1);
    wait_for("a second source that stands by", || {
        (source(&mut client, 1)["standby"] == true).then_some(())
    });
    // It has been asked for its list and its prices, and is left alone while the first one goes on.
    wait_for("a second source that is left alone", || {
        let (asked, until) = (bybit.asked(), okx.asked() + 5);
        wait_for("further polls of the first", || {
            (okx.asked() > until).then_some(())
        });
        (bybit.asked() == asked).then_some(())
    });

    okx.die();
    let ticker = wait_source(&daemon, "BTC/USDT", "bybit");
    assert_eq!(ticker["price"], 90200.1);
    assert!(ticker["age_s"].as_f64().unwrap() < 60.0);
    wait_source(&daemon, "DOGE/USDT", "bybit");
    let (first, second) = (source(&mut client, 0), source(&mut client, 1));
    assert_eq!((&first["up"], &second["up"]), (&false.into(), &true.into()));
    assert_eq!(second["standby"], false);
    assert_eq!((&second["fresh"], &second["stale"]), (&2.into(), &0.into()));
    let said = first["last_error"].as_str().unwrap();
    assert!(said.contains("refused"), "{said}");
    wait_log(
        &daemon,
        "okx is silent, bybit takes over BTC/USDT, DOGE/USDT",
    );
    let metrics = client.get("/metrics").body;
    for line in [
        "mockx_source_up{source=\"okx\"} 0",
        "mockx_source_up{source=\"bybit\"} 1",
        "mockx_source_symbols{source=\"bybit\",state=\"fresh\"} 2",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }

    okx.come_back();
    assert_eq!(wait_source(&daemon, "BTC/USDT", "okx")["price"], 90100.1);
    wait_log(&daemon, "okx has taken back from bybit BTC/USDT, DOGE/USDT");
    wait_for("a second source that stands by again", || {
        (source(&mut client, 1)["standby"] == true).then_some(())
    });
    assert_eq!(logged(&daemon, "takes over"), 1, "{}", daemon.log());
}

#[test]
fn a_market_that_was_delisted_takes_no_orders_until_it_is_listed_again() {
    let okx = Venue::new("okx");
    let home = TempDir::new().unwrap();
    // Dogecoin is known from the first start only.
    let start = |symbols: &str| {
        let config = format!(
            "[oracle]\nsymbols = [{symbols}]\ninterval = \"100ms\"\nbase_urls = {{ okx = \"{}\" }}\n",
            okx.url()
        );
        let launch = Launch::new(&home.path().join("data"), "okx");
        launch.config(&config).start()
    };
    let order =
        r#"{"symbol":"DOGE/USDT","side":"buy","type":"limit","limit_price":0.1,"amount":9}"#;
    let daemon = start("\"BTC/USDT\", \"DOGE/USDT\"");
    assert_eq!(wait_source(&daemon, "DOGE/USDT", "okx")["trading"], true);
    let mut client = daemon.client();
    client.post("/balance/USDT/deposit", r#"{"amount":1000}"#);
    let id = client.post("/orders", order).json()["id"].clone();
    daemon.stop();

    // Another name stands in the list in its place.
    okx.says(&[("DOGE", "DOGE2")]);
    let daemon = start("\"BTC/USDT\"");
    let mut client = daemon.client();
    let halted = wait_for("a market that is not traded", || {
        ticker(&mut client, "DOGE/USDT").filter(|ticker| ticker["trading"] == false)
    });
    // Its price is from before the start.
    assert_eq!(
        (&halted["source"], &halted["age_s"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(ticker(&mut client, "BTC/USDT").unwrap()["trading"], true);
    for path in ["/orders", "/orders/can_execute"] {
        let refused = client.request("POST", path, order).unwrap();
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (400, &"not_trading".into())
        );
    }
    let symbols = client.get("/tickers").json();
    assert!(symbols.as_array().unwrap().contains(&"DOGE/USDT".into()));
    assert_eq!(source(&mut client, 0)["not_trading"][0], "DOGE/USDT");
    let path = format!("/orders/{}", id.as_str().unwrap());
    assert_eq!(client.get(&path).json()["status"], "new");
    client.post(&format!("{path}/cancel"), "");
    daemon.stop();

    okx.says(&[]);
    let daemon = start("\"BTC/USDT\"");
    wait_source(&daemon, "BTC/USDT", "okx");
    let mut client = daemon.client();
    assert_eq!(ticker(&mut client, "DOGE/USDT").unwrap()["trading"], true);
    client.post("/orders", order);
}

#[test]
fn sources_that_cannot_stand_in_for_each_other_are_refused() {
    let home = TempDir::new().unwrap();
    for (source, why) in [
        (
            "kraken,sim",
            "must not have sim beside others: its prices are made up",
        ),
        ("kraken,kraken", "must not name kraken twice"),
    ] {
        let output = Launch::new(&home.path().join("data"), source).output();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
}
