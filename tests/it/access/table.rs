//! Every route, for everybody, from everywhere: one table. A route that is not in it fails the test.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mockx::http::ROUTES;
use tempfile::TempDir;

use super::{exchange, other_address, request, status};
use crate::binance::stage::{Key, now};
use crate::support::{Daemon, Launch};

/// What a client brings along.
#[derive(Debug, Clone, Copy)]
enum Bearer {
    Nobody,
    WrongKey,
    /// A key of the Binance-compatible API that may only read.
    ReadOnly,
    /// The daemon's own key, or one of the Binance-compatible API that may trade.
    Right,
}

const BEARERS: [Bearer; 4] = [
    Bearer::Nobody,
    Bearer::WrongKey,
    Bearer::ReadOnly,
    Bearer::Right,
];

/// Whether `server.reads_need_key` closes it to all but the right key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    Close,
    Stay,
}

/// Method, path, status for each bearer, and what `reads_need_key` does.
type Row = (&'static str, &'static str, [u16; 4], Reads);

/// Let in are all those whose status is neither 401 nor 403: they have sent nothing that makes sense.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // mockx's own API, keys as `X-API-Key`.
    ("GET", "/", [200; 4], Reads::Close),
    ("GET", "/docs", [200; 4], Reads::Close),
    ("GET", "/openapi.json", [200; 4], Reads::Close),
    ("GET", "/healthz", [200; 4], Reads::Stay),
    ("GET", "/readyz", [200; 4], Reads::Stay),
    ("GET", "/metrics", [200; 4], Reads::Close),
    ("GET", "/tickers", [200; 4], Reads::Close),
    ("GET", "/tickers/{symbols}", [200; 4], Reads::Close),
    ("GET", "/candles/{symbol}", [200; 4], Reads::Close),
    ("GET", "/stats", [200; 4], Reads::Close),
    ("GET", "/stats/{symbol}", [200; 4], Reads::Close),
    ("GET", "/depth/{symbol}", [200; 4], Reads::Close),
    ("GET", "/orders", [200; 4], Reads::Close),
    ("POST", "/orders", [403, 403, 403, 422], Reads::Stay),
    ("GET", "/orders/list", [200; 4], Reads::Close),
    ("POST", "/orders/can_execute", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/orders/pair", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/orders/cancel", [403, 403, 403, 200], Reads::Stay),
    ("GET", "/orders/{id}", [404; 4], Reads::Close),
    ("POST", "/orders/{id}/cancel", [403, 403, 403, 404], Reads::Stay),
    ("POST", "/orders/{id}/replace", [403, 403, 403, 422], Reads::Stay),
    ("GET", "/rules", [200; 4], Reads::Close),
    ("GET", "/trades", [200; 4], Reads::Close),
    ("GET", "/balance", [200; 4], Reads::Close),
    ("GET", "/balance/list", [200; 4], Reads::Close),
    ("GET", "/balance/{asset}", [200; 4], Reads::Close),
    ("POST", "/balance/{asset}/deposit", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/balance/{asset}/withdrawal", [403, 403, 403, 422], Reads::Stay),
    ("GET", "/overview/capital", [200; 4], Reads::Close),
    ("GET", "/overview/assets", [200; 4], Reads::Close),
    ("GET", "/overview/trades", [200; 4], Reads::Close),
    ("PATCH", "/admin/tickers/{symbol}/price", [403, 403, 403, 422], Reads::Stay),
    ("PATCH", "/admin/balance/{asset}", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/admin/fund", [403, 403, 403, 422], Reads::Stay),
    ("DELETE", "/admin/data", [403, 403, 403, 200], Reads::Stay),
    ("POST", "/admin/replay/step", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/admin/mirror/verify", [403, 403, 403, 400], Reads::Stay),
    ("GET", "/admin/keys", [403, 403, 403, 200], Reads::Stay),
    ("POST", "/admin/keys", [403, 403, 403, 200], Reads::Stay),
    ("DELETE", "/admin/keys/{id}", [403, 403, 403, 404], Reads::Stay),
    ("GET", "/admin/backup", [403, 403, 403, 200], Reads::Stay),
    ("GET", "/admin/health", [200; 4], Reads::Close),
    // The API for clients of Binance, keys as `X-MBX-APIKEY` with a signature.
    ("GET", "/api/v3/ping", [200; 4], Reads::Stay),
    ("GET", "/api/v3/time", [200; 4], Reads::Stay),
    ("GET", "/api/v3/exchangeInfo", [200; 4], Reads::Stay),
    ("GET", "/api/v3/ticker/price", [200; 4], Reads::Stay),
    ("GET", "/api/v3/ticker/bookTicker", [200; 4], Reads::Stay),
    ("GET", "/api/v3/depth", [400; 4], Reads::Stay),
    ("GET", "/api/v3/klines", [400; 4], Reads::Stay),
    ("GET", "/api/v3/uiKlines", [400; 4], Reads::Stay),
    ("GET", "/api/v3/ticker/24hr", [200; 4], Reads::Stay),
    ("GET", "/api/v3/ticker/tradingDay", [400; 4], Reads::Stay),
    ("GET", "/api/v3/ticker", [400; 4], Reads::Stay),
    ("GET", "/api/v3/trades", [400; 4], Reads::Stay),
    ("GET", "/api/v3/historicalTrades", [400; 4], Reads::Stay),
    ("GET", "/api/v3/aggTrades", [400; 4], Reads::Stay),
    ("GET", "/api/v3/avgPrice", [400; 4], Reads::Stay),
    ("GET", "/api/v3/account", [401, 401, 200, 200], Reads::Stay),
    ("GET", "/api/v3/account/commission", [401, 401, 400, 400], Reads::Stay),
    ("GET", "/api/v3/rateLimit/order", [401, 401, 200, 200], Reads::Stay),
    ("POST", "/api/v3/order", [401, 401, 401, 400], Reads::Stay),
    ("POST", "/api/v3/order/test", [401, 401, 401, 400], Reads::Stay),
    ("POST", "/api/v3/order/cancelReplace", [401, 401, 401, 400], Reads::Stay),
    ("POST", "/api/v3/order/oco", [401, 401, 401, 400], Reads::Stay),
    ("POST", "/api/v3/orderList/oco", [401, 401, 401, 400], Reads::Stay),
    ("DELETE", "/api/v3/orderList", [401, 401, 401, 400], Reads::Stay),
    ("GET", "/api/v3/orderList", [401, 401, 400, 400], Reads::Stay),
    ("GET", "/api/v3/openOrderList", [401, 401, 200, 200], Reads::Stay),
    ("GET", "/api/v3/order", [401, 401, 400, 400], Reads::Stay),
    ("DELETE", "/api/v3/order", [401, 401, 401, 400], Reads::Stay),
    ("GET", "/api/v3/openOrders", [401, 401, 200, 200], Reads::Stay),
    ("DELETE", "/api/v3/openOrders", [401, 401, 401, 400], Reads::Stay),
    ("GET", "/api/v3/allOrders", [401, 401, 400, 400], Reads::Stay),
    ("GET", "/api/v3/myTrades", [401, 401, 400, 400], Reads::Stay),
    ("GET", "/sapi/v1/system/status", [200; 4], Reads::Stay),
    ("GET", "/sapi/v1/asset/tradeFee", [401, 401, 200, 200], Reads::Stay),
    ("GET", "/sapi/v1/capital/config/getall", [401, 401, 200, 200], Reads::Stay),
    ("GET", "/sapi/v1/margin/allPairs", [200; 4], Reads::Stay),
    ("GET", "/sapi/v1/margin/isolated/allPairs", [200; 4], Reads::Stay),
    ("GET", "/fapi/v1/exchangeInfo", [200; 4], Reads::Stay),
    ("GET", "/dapi/v1/exchangeInfo", [200; 4], Reads::Stay),
    // The pages, with the key as `X-API-Key`; forms bring along the token of the page.
    ("GET", "/ui/style.css", [200; 4], Reads::Stay),
    ("GET", "/ui/script.js", [200; 4], Reads::Stay),
    ("GET", "/ui/icon.svg", [200; 4], Reads::Stay),
    ("GET", "/ui", [200; 4], Reads::Close),
    ("GET", "/ui/performance", [200; 4], Reads::Close),
    ("GET", "/ui/portfolio", [200; 4], Reads::Close),
    ("GET", "/ui/orders", [200; 4], Reads::Close),
    ("GET", "/ui/orders.csv", [200; 4], Reads::Close),
    ("GET", "/ui/orders/{id}", [404; 4], Reads::Close),
    ("GET", "/ui/trade", [200; 4], Reads::Close),
    ("GET", "/ui/login", [200, 200, 200, 303], Reads::Stay),
    ("GET", "/ui/events", [200; 4], Reads::Close),
    ("GET", "/ui/deposit", [200; 4], Reads::Close),
    ("GET", "/ui/withdraw", [200; 4], Reads::Close),
    ("GET", "/ui/reset", [200; 4], Reads::Close),
    ("POST", "/ui/login", [303; 4], Reads::Stay),
    ("POST", "/ui/logout", [303; 4], Reads::Stay),
    ("POST", "/ui/orders", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/ui/orders/{id}/cancel", [403, 403, 403, 404], Reads::Stay),
    ("POST", "/ui/deposit", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/ui/withdraw", [403, 403, 403, 422], Reads::Stay),
    ("POST", "/ui/reset", [403, 403, 403, 422], Reads::Stay),
];

/// A daemon with keys, and the token that forms of its pages bring along.
struct Stage {
    _home: TempDir,
    daemon: Daemon,
    read_only: Key,
    right: Key,
    token: String,
}

impl Stage {
    fn new(config: &str) -> Stage {
        let home = TempDir::new().unwrap();
        let daemon = Launch::new(&home.path().join("data"), "push")
            .listen("0.0.0.0:0")
            .env("SYMBOLS", "BTC/USDT")
            .config(config)
            .start();
        let mut client = daemon.client();
        client.set_price("BTC%2FUSDT", "50000");
        let read_only = Key::new(&mut client, r#"{"read_only":true}"#);
        let right = Key::new(&mut client, "{}");
        let host = daemon.address.to_string();
        let page = request("GET", "/ui/login", &[("host", &host)], "");
        let page = exchange(daemon.address, &page);
        let (_, token) = page.split_once("name=\"token\" value=\"").unwrap();
        let token = token.split('"').next().unwrap().to_owned();
        Stage {
            _home: home,
            daemon,
            read_only,
            right,
            token,
        }
    }

    /// The status of a request of somebody's.
    fn ask(&self, address: SocketAddr, method: &str, path: &str, bearer: Bearer) -> u16 {
        let path = path
            .replace("{symbols}", "BTC/USDT")
            .replace("{symbol}", "BTC%2FUSDT")
            .replace("{asset}", "USDT")
            .replace("{id}", "000000000042");
        let host = address.to_string();
        let mut lines = vec![("host", host.as_str())];
        if path.starts_with("/api/") || path.starts_with("/sapi/") {
            return self.ask_as_binance(address, method, &path, bearer);
        }
        match bearer {
            Bearer::Nobody => {}
            Bearer::WrongKey => lines.push(("x-api-key", "wrong")),
            Bearer::ReadOnly => lines.push(("x-api-key", &self.read_only.public)),
            Bearer::Right => lines.push(("x-api-key", &self.daemon.key)),
        }
        let body = match (method, path.starts_with("/ui")) {
            ("POST", true) => {
                lines.push(("content-type", "application/x-www-form-urlencoded"));
                format!("token={}&key={}", self.token, self.daemon.key)
            }
            ("GET", _) => String::new(),
            _ => "{}".to_owned(),
        };
        status(address, &request(method, &path, &lines, &body))
    }

    fn ask_as_binance(&self, address: SocketAddr, method: &str, path: &str, bearer: Bearer) -> u16 {
        let stranger = Key {
            id: String::new(),
            public: "a".repeat(self.right.public.len()),
            secret: "b".repeat(self.right.secret.len()),
        };
        let key = match bearer {
            Bearer::Nobody => return status(address, &request(method, path, &[], "")),
            Bearer::WrongKey => &stranger,
            Bearer::ReadOnly => &self.read_only,
            Bearer::Right => &self.right,
        };
        // What is for everybody wants no signature.
        let message = format!("timestamp={}", now());
        let is_open = TABLE
            .iter()
            .any(|row| (row.0, row.1) == (method, path) && row.2[0] != 401);
        let target = if is_open {
            path.to_owned()
        } else {
            format!("{path}?{message}&signature={}", key.sign(&message))
        };
        let lines = [("X-MBX-APIKEY", key.public.as_str())];
        status(address, &request(method, &target, &lines, ""))
    }
}

/// From this machine, and from the address that others reach it at.
fn addresses(daemon: &Daemon) -> Vec<SocketAddr> {
    let port = daemon.address.port();
    let other = other_address().map(|address| SocketAddr::new(address, port));
    std::iter::once(daemon.address).chain(other).collect()
}

#[test]
fn no_route_is_missing() {
    let own = ROUTES.iter().map(|route| (route.method, route.path));
    let served: BTreeSet<_> = own
        .chain(mockx::binance::routes())
        .chain(mockx::pages::routes())
        .collect();
    let known: BTreeSet<_> = TABLE.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(known.len(), TABLE.len(), "a row stands twice");
    let missing: Vec<_> = served.difference(&known).collect();
    let gone: Vec<_> = known.difference(&served).collect();
    assert!(missing.is_empty(), "say who may use {missing:?}");
    assert!(gone.is_empty(), "{gone:?} is not served any more");
}

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let stage = Stage::new("");
    let mut wrong = Vec::new();
    for address in addresses(&stage.daemon) {
        for (method, path, statuses, _) in TABLE {
            for (bearer, expected) in BEARERS.into_iter().zip(statuses) {
                let status = stage.ask(address, method, path, bearer);
                if status != *expected {
                    wrong.push(format!(
                        "{method} {path} {bearer:?} from {address}: {status}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn reads_are_closed_where_that_is_set() {
    let stage = Stage::new("[server]\nreads_need_key = true\n");
    let mut wrong = Vec::new();
    for address in addresses(&stage.daemon) {
        for (method, path, statuses, reads) in TABLE {
            for (bearer, open) in BEARERS.into_iter().zip(statuses) {
                let is_closed = *reads == Reads::Close && !matches!(bearer, Bearer::Right);
                let expected = if is_closed { 403 } else { *open };
                let status = stage.ask(address, method, path, bearer);
                if status != expected {
                    wrong.push(format!(
                        "{method} {path} {bearer:?} from {address}: {status}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
