//! A daemon with prices that clients set, a key, and requests that are signed.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Client, Daemon, Launch};

/// Both halves of a key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) public: String,
    pub(crate) secret: String,
}

impl Key {
    /// A key that the daemon makes.
    pub(crate) fn new(client: &mut Client, body: &str) -> Key {
        let made = client.post("/admin/keys", body).json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Key {
            id: text("id"),
            public: text("api_key"),
            secret: text("secret"),
        }
    }

    /// The signature of a message.
    pub(crate) fn sign(&self, message: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let tag = hmac::sign(&key, message.as_bytes());
        tag.as_ref().iter().fold(String::new(), |digits, byte| {
            digits + &format!("{byte:02x}")
        })
    }
}

/// Milliseconds since the epoch.
pub(crate) fn now() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_millis()
}

/// A running exchange and a trader.
pub(crate) struct Stage {
    _directory: TempDir,
    pub(super) daemon: Daemon,
    pub(crate) own: Client,
    pub(super) key: Key,
    client: Client,
}

impl Stage {
    /// BTC at 50000, ETH at 2500; 100000 USDT and 10 ETH.
    pub(crate) fn new(config: &str) -> Stage {
        let directory = tempfile::tempdir().unwrap();
        let daemon = Launch::new(&directory.path().join("data"), "push")
            .env("SYMBOLS", "BTC/USDT,ETH/USDT,ETH/BTC,NEW/USDT")
            .config(config)
            .start();
        let mut own = daemon.client();
        own.set_price("BTC%2FUSDT", "50000");
        own.set_price("ETH%2FUSDT", "2500");
        own.set_price("ETH%2FBTC", "0.05");
        own.post("/balance/USDT/deposit", r#"{"amount":100000}"#);
        own.post("/balance/ETH/deposit", r#"{"amount":10}"#);
        let key = Key::new(&mut own, "{}");
        Stage::of(directory, daemon, own, key)
    }

    /// A trader on another exchange.
    pub(super) fn of(directory: TempDir, daemon: Daemon, own: Client, key: Key) -> Stage {
        let client = daemon.client();
        Stage {
            _directory: directory,
            daemon,
            own,
            key,
            client,
        }
    }

    /// Sends a request with headers and a body of its own.
    pub(super) fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: mockx\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        self.client.send(&request).unwrap();
        self.client.answer().unwrap()
    }

    /// A request without a signature.
    pub(super) fn open(&mut self, target: &str) -> Answer {
        self.send("GET", target, "", "")
    }

    /// A signed request with its parameters in the query.
    pub(super) fn signed(&mut self, method: &str, path: &str, query: &str) -> Answer {
        let key = self.key.clone();
        self.signed_by(&key, method, path, query)
    }

    /// The same with another key.
    pub(super) fn signed_by(&mut self, key: &Key, method: &str, path: &str, query: &str) -> Answer {
        let and = if query.is_empty() { "" } else { "&" };
        let message = format!("{query}{and}timestamp={}", now());
        let target = format!("{path}?{message}&signature={}", key.sign(&message));
        let headers = format!("X-MBX-APIKEY: {}\r\n", key.public);
        self.send(method, &target, &headers, "")
    }

    /// The JSON of a signed request that succeeds.
    pub(crate) fn done(&mut self, method: &str, path: &str, query: &str) -> Value {
        self.signed(method, path, query).ok().json()
    }

    /// Code and text of a signed request that is refused.
    pub(super) fn refused(&mut self, method: &str, path: &str, query: &str) -> (i64, String) {
        let answer = self.signed(method, path, query);
        assert!(answer.status >= 400, "{query}: {}", answer.body);
        told(&answer)
    }

    /// Places an order that is accepted.
    pub(crate) fn place(&mut self, query: &str) -> Value {
        self.done("POST", "/api/v3/order", query)
    }

    /// What is free and locked of an asset.
    pub(super) fn balance(&mut self, asset: &str) -> (String, String) {
        let account = self.done("GET", "/api/v3/account", "");
        let rows = account["balances"].as_array().unwrap();
        let row = rows.iter().find(|row| row["asset"] == asset).unwrap();
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("free"), text("locked"))
    }

    /// Sets a price with so much on offer at both sides.
    pub(crate) fn set_price(&mut self, symbol: &str, price: &str, volume: &str) {
        let path = format!("/admin/tickers/{symbol}/price");
        let body = json!({"price": price, "bid_volume": volume, "ask_volume": volume});
        let body = body.to_string();
        self.own.request("PATCH", &path, &body).unwrap().ok();
    }
}

/// Code and text of a refusal.
pub(super) fn told(answer: &Answer) -> (i64, String) {
    let fault = answer.json();
    (
        fault["code"].as_i64().unwrap(),
        fault["msg"].as_str().unwrap().to_owned(),
    )
}
