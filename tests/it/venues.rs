//! What every venue reads from answers in its documented shape, and what it makes of broken ones.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use mockx::oracle::{Instrument, Quote, VENUES, Venue, VenueError, venue};
use mockx::units::{Exact, Symbol, Timestamp};
use serde_json::Value;

use crate::oracle::recorded;

/// A stored answer: `tickers` or `list`.
pub(crate) fn fixture(venue: &str, kind: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/venues");
    std::fs::read(format!("{folder}/{venue}_{kind}.json")).unwrap()
}

pub(crate) fn symbols(names: &[&str]) -> Vec<Symbol> {
    names
        .iter()
        .map(|name| Symbol::parse(name).unwrap())
        .collect()
}

/// Symbols of the fixtures.
pub(crate) fn fixture_symbols(name: &str) -> Vec<Symbol> {
    match name {
        "coinbase" => symbols(&["BTC/USD"]),
        "kraken" | "bitstamp" | "bitfinex" => symbols(&["BTC/USD", "DOGE/USD"]),
        _ => symbols(&["BTC/USDT", "DOGE/USDT"]),
    }
}

pub(crate) fn at_home(name: &str) -> std::sync::Arc<dyn Venue> {
    venue(name, Some("http://h/")).unwrap()
}

fn text(value: Option<Exact>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

pub(crate) fn show(quote: &Quote) -> String {
    format!(
        "{} {} {} {} {} {} {}",
        quote.symbol,
        text(quote.last),
        text(quote.bid),
        text(quote.bid_quantity),
        text(quote.ask),
        text(quote.ask_quantity),
        quote.at.map_or(0, Timestamp::as_millis),
    )
}

pub(crate) fn show_instrument(instrument: &Instrument) -> String {
    format!(
        "{} {} {} {}",
        instrument.symbol,
        instrument.id,
        if instrument.trading { "on" } else { "off" },
        text(instrument.quote_volume)
    )
}

/// Venue, its quote of Bitcoin, its quote of Dogecoin.
const QUOTED: [(&str, &str, &str); 12] = [
    (
        "binance",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
    (
        "binanceus",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
    (
        "kraken",
        "BTC/USD 90100.1 90100 0.4 90100.2 0.1 0",
        "DOGE/USD 0.12345 0.12344 1000 0.12346 2000 0",
    ),
    (
        "coinbase",
        "BTC/USD 90100.1 90100 - 90100.2 - 1790000000000",
        "",
    ),
    (
        "okx",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
    (
        "bybit",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
    (
        "kucoin",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
    (
        "bitstamp",
        "BTC/USD 90100.1 90100 - 90100.2 - 1790000000000",
        "DOGE/USD 0.12345 0.12344 - 0.12346 - 1790000000000",
    ),
    (
        "gate",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 0",
        "DOGE/USDT 0.12345 0.12344 - 0.12346 - 0",
    ),
    (
        "mexc",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 - 0.12346 - 1790000000000",
    ),
    (
        "bitfinex",
        "BTC/USD 90100.1 90100 - 90100.2 - 0",
        "DOGE/USD 0.12345 0.12344 - 0.12346 - 0",
    ),
    (
        "cryptocom",
        "BTC/USDT 90100.1 90100 0.4 90100.2 0.1 1790000000000",
        "DOGE/USDT 0.12345 0.12344 1000 0.12346 2000 1790000000000",
    ),
];

#[test]
fn every_venue_is_found_by_its_name() {
    for (name, (quoted, ..)) in VENUES.iter().zip(QUOTED) {
        let venue = venue(name, None).unwrap();
        assert_eq!((venue.name(), quoted), (*name, *name));
        assert!(venue.requests(&[]).is_empty(), "{name}");
        let requests = venue.requests(&fixture_symbols(name));
        assert!(requests[0].url.starts_with("https://"), "{name}");
        assert!(venue.limit().weight >= requests[0].weight, "{name}");
    }
    assert!(venue("nowhere", None).is_none());
}

#[test]
fn answers_are_read() {
    for (name, bitcoin, dogecoin) in QUOTED {
        let venue = at_home(name);
        let mut request = venue.requests(&fixture_symbols(name)).remove(0);
        // Where two are asked for one by one, the answer here is about both.
        for other in venue.requests(&fixture_symbols(name)) {
            request.names.extend(other.names);
        }
        let quotes = venue.parse(&request, &fixture(name, "tickers")).unwrap();
        let shown: Vec<String> = quotes.iter().map(show).collect();
        let expected: Vec<&str> = [bitcoin, dogecoin]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(shown, expected, "{name}");
    }
}

/// Venue, symbol, the venue's name of it, path and query of the request for it alone.
#[rustfmt::skip]
const NAMES: [(&str, &str, &str, &str); 25] = [
    ("binance", "BTC/USDT", "BTCUSDT", "api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22%5D"),
    ("binanceus", "BTC/USD", "BTCUSD", "api/v3/ticker/24hr?symbols=%5B%22BTCUSD%22%5D"),
    ("kraken", "BTC/USD", "XBTUSD", "0/public/Ticker?pair=XBTUSD"),
    ("kraken", "ETH/BTC", "ETHXBT", "0/public/Ticker?pair=ETHXBT"),
    ("kraken", "DOGE/EUR", "XDGEUR", "0/public/Ticker?pair=XDGEUR"),
    ("kraken", "SOL/USDT", "SOLUSDT", "0/public/Ticker?pair=SOLUSDT"),
    ("kraken", "LUNA/EUR", "LUNA2EUR", "0/public/Ticker?pair=LUNA2EUR"),
    ("coinbase", "BTC/USD", "BTC-USD", "products/BTC-USD/ticker"),
    ("coinbase", "CELO/USD", "CGLD-USD", "products/CGLD-USD/ticker"),
    ("okx", "BTC/USDT", "BTC-USDT", "api/v5/market/ticker?instId=BTC-USDT"),
    ("bybit", "BTC/USDT", "BTCUSDT", "v5/market/tickers?category=spot&symbol=BTCUSDT"),
    ("kucoin", "BTC/USDT", "BTC-USDT", "api/v1/market/orderbook/level1?symbol=BTC-USDT"),
    ("bitstamp", "BTC/USD", "BTC/USD", "api/v2/ticker/btcusd/"),
    ("gate", "BTC/USDT", "BTC_USDT", "api/v4/spot/tickers?currency_pair=BTC_USDT"),
    ("mexc", "BTC/USDT", "BTCUSDT", "api/v3/ticker/24hr?symbol=BTCUSDT"),
    ("mexc", "XBT/USDT", "XBTUSDT", "api/v3/ticker/24hr?symbol=XBTUSDT"),
    ("bitfinex", "BTC/USD", "tBTCUSD", "v2/tickers?symbols=tBTCUSD"),
    ("bitfinex", "BTC/USDT", "tBTCUST", "v2/tickers?symbols=tBTCUST"),
    ("bitfinex", "DOGE/USD", "tDOGE:USD", "v2/tickers?symbols=tDOGE:USD"),
    ("bitfinex", "DOGE/USDT", "tDOGE:UST", "v2/tickers?symbols=tDOGE:UST"),
    ("bitfinex", "DUSK/USDT", "tDUSK:UST", "v2/tickers?symbols=tDUSK:UST"),
    ("bitfinex", "LUNA/USDT", "tLUNA2:UST", "v2/tickers?symbols=tLUNA2:UST"),
    ("bitfinex", "DASH/BTC", "tDSHBTC", "v2/tickers?symbols=tDSHBTC"),
    ("bitfinex", "LUNC/USD", "tLUNA:USD", "v2/tickers?symbols=tLUNA:USD"),
    ("cryptocom", "BTC/USDT", "BTC_USDT", "exchange/v1/public/get-tickers?instrument_name=BTC_USDT"),
];

#[test]
fn symbols_are_named_as_the_venue_does() {
    for (name, symbol, id, path) in NAMES {
        let venue = at_home(name);
        let symbol = Symbol::parse(symbol).unwrap();
        assert_eq!(venue.market_id(symbol), id);
        let requests = venue.requests(&[symbol]);
        assert_eq!(requests.len(), 1, "{name}");
        assert_eq!(requests[0].url, format!("http://h/{path}"));
        assert_eq!(requests[0].names.get(id), Some(&symbol));
    }
}

#[test]
fn many_symbols_take_few_requests() {
    let many: Vec<String> = (0..150).map(|number| format!("C{number}/USDT")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for name in VENUES {
        let requests = at_home(name).requests(&symbols(&many)).len();
        let expected = match name {
            "binance" | "binanceus" => 8,
            "coinbase" => 150,
            _ => 1,
        };
        assert_eq!(requests, expected, "{name}");
    }
}

#[test]
fn very_many_symbols_take_one_request_wherever_that_is_possible() {
    let many: Vec<String> = (0..300).map(|number| format!("C{number}/USDT")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for name in VENUES.into_iter().filter(|name| *name != "coinbase") {
        let requests = at_home(name).requests(&symbols(&many));
        assert_eq!(requests.len(), 1, "{name}");
        assert!(requests[0].url.len() < 100, "{name}");
    }
}

#[test]
fn lists_are_read() {
    for name in VENUES {
        let venue = at_home(name);
        let (quote, [btc, doge, old]) = match name {
            "kraken" => ("USD", ["XXBTZUSD", "XDGUSD", "OLDUSD"]),
            "coinbase" => ("USD", ["BTC-USD", "DOGE-USD", "OLD-USD"]),
            "bitstamp" => ("USD", ["BTC/USD", "DOGE/USD", "OLD/USD"]),
            "bitfinex" => ("USD", ["tBTCUSD", "tDOGE:USD", ""]),
            "okx" | "kucoin" => ("USDT", ["BTC-USDT", "DOGE-USDT", "OLD-USDT"]),
            "gate" | "cryptocom" => ("USDT", ["BTC_USDT", "DOGE_USDT", "OLD_USDT"]),
            _ => ("USDT", ["BTCUSDT", "DOGEUSDT", "OLDUSDT"]),
        };
        let volumes = match name {
            "coinbase" => ["-", "-"],
            "kraken" | "bitstamp" => ["1126250", "500"],
            "cryptocom" | "bitfinex" => ["1126251.25", "493.8"],
            _ => ["1126250", "500.5"],
        };
        let mut expected = vec![
            format!("BTC/{quote} {btc} on {}", volumes[0]),
            format!("DOGE/{quote} {doge} on {}", volumes[1]),
            format!("OLD/{quote} {old} off -"),
        ];
        if name == "bitfinex" {
            expected[2] = "BTC/USDT tBTCUST on 72080000".to_owned();
            expected.swap(1, 2);
        }
        let requests = venue.list_requests(true).len();
        assert_eq!(requests, if name == "coinbase" { 1 } else { 2 }, "{name}");
        assert_eq!(venue.list_requests(false).len(), 1, "{name}");
        let bodies = [fixture(name, "list"), fixture(name, "tickers")];
        let listed = venue.instruments(&bodies).unwrap();
        let shown: Vec<String> = listed.iter().map(show_instrument).collect();
        assert_eq!(shown, expected, "{name}");
        let alone = venue.instruments(&bodies[..1]).unwrap();
        assert_eq!(alone.len(), listed.len(), "{name}");
        assert!(
            alone
                .iter()
                .all(|instrument| instrument.quote_volume.is_none())
        );
    }
}

/// Venue, an error that comes instead of an answer, and how it is told.
#[rustfmt::skip]
const REFUSALS: [(&str, &str, &str); 12] = [
    ("binance", r#"{"code":-1121,"msg":"Invalid symbol."}"#, "Invalid symbol. (-1121)"),
    ("binanceus", r#"{"code":-1003,"msg":"Too many requests."}"#, "Too many requests. (-1003)"),
    ("kraken", r#"{"error":["EQuery:Unknown asset pair","EGeneral:Bad"]}"#, "EQuery:Unknown asset pair, EGeneral:Bad"),
    ("coinbase", r#"{"message":"NotFound"}"#, "NotFound"),
    ("okx", r#"{"code":"51001","msg":"Instrument ID does not exist","data":[]}"#, "Instrument ID does not exist (51001)"),
    ("bybit", r#"{"retCode":10001,"retMsg":"Not supported symbols","result":{},"time":1}"#, "Not supported symbols (10001)"),
    ("kucoin", r#"{"code":"400100","msg":"symbol not exists"}"#, "symbol not exists (400100)"),
    ("bitstamp", r#"{"code":"400.009","message":"Bad pair","reason":""}"#, "Bad pair"),
    ("gate", r#"{"label":"INVALID_CURRENCY_PAIR","message":"Invalid pair"}"#, "Invalid pair (INVALID_CURRENCY_PAIR)"),
    ("mexc", r#"{"code":"-1121","msg":"Invalid symbol."}"#, "Invalid symbol. (-1121)"),
    ("bitfinex", r#"["error",10020,"symbols: invalid"]"#, "symbols: invalid (10020)"),
    ("cryptocom", r#"{"id":-1,"code":40004,"message":"Bad instrument_name"}"#, "Bad instrument_name (40004)"),
];

#[test]
fn errors_with_status_200_are_told_in_the_words_of_the_venue() {
    for (name, body, words) in REFUSALS {
        let venue = at_home(name);
        let request = &venue.requests(&fixture_symbols(name))[0];
        let error = Err(VenueError::Refused(words.to_owned()));
        assert_eq!(venue.parse(request, body.as_bytes()), error, "{name}");
        let listed = venue.instruments(&[body.as_bytes().to_vec()]);
        assert_eq!(listed, Err(VenueError::Refused(words.to_owned())), "{name}");
    }
}

/// The value that another program read from the same answer.
fn expected(value: &Value) -> Option<Exact> {
    (!value.is_null()).then(|| Exact::parse(&value.to_string()).unwrap())
}

#[test]
fn recorded_answers_of_kraken_and_coinbase_give_the_recorded_values() {
    for (file, name) in [("kraken", "kraken"), ("coinbaseexchange", "coinbase")] {
        let Some(path) = recorded(&format!("tickers/{file}.json")) else {
            return;
        };
        let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let venue = at_home(name);
        for case in cases.as_array().unwrap() {
            let body = serde_json::to_vec(&case["httpResponse"]).unwrap();
            let parsed = &case["parsed"];
            let Some(symbol) = parsed["symbol"].as_str() else {
                let listed = venue.instruments(&[body]).unwrap();
                assert_eq!(listed.len(), if name == "kraken" { 13 } else { 10 });
                assert!(listed.iter().all(|instrument| instrument.trading));
                let by_rule = |one: &Instrument| venue.market_id(one.symbol) == one.id;
                assert!(name == "kraken" || listed.iter().all(by_rule));
                let named: Vec<String> = listed.iter().map(|one| one.symbol.to_string()).collect();
                assert!(named.contains(&"ETH/BTC".to_owned()), "{named:?}");
                assert!(name != "kraken" || named.contains(&"DOGE/USD".to_owned()));
                continue;
            };
            let requests = venue.requests(&symbols(&[symbol]));
            let quotes = venue.parse(&requests[0], &body).unwrap();
            assert_eq!(quotes.len(), 1, "{symbol}");
            let quote = &quotes[0];
            assert_eq!(quote.symbol.to_string(), symbol);
            assert_eq!(quote.last, expected(&parsed["last"]), "{symbol}");
            assert_eq!(quote.bid, expected(&parsed["bid"]), "{symbol}");
            assert_eq!(quote.ask, expected(&parsed["ask"]), "{symbol}");
            let at = parsed["timestamp"].as_u64();
            assert_eq!(quote.at.map(Timestamp::as_millis), at, "{symbol}");
            assert!(quote.ticker(Timestamp::default()).is_ok());
        }
    }
}
