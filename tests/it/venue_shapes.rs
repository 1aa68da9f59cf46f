//! Shapes of answers that venues have documented or sent, beside those of the fixtures: one market alone, older and rarer
//! forms, entries that lack most of what they could hold.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use mockx::oracle::{Remedy, VenueError, venue};
use mockx::units::Timestamp;

use crate::venues::{fixture_symbols, show, show_instrument, symbols};

/// Venue, the symbol that was asked for alone, an answer, and what is read from it.
#[rustfmt::skip]
const ALONE: [(&str, &str, &str, &str); 30] = [
    ("binance", "BTC/USDT", r#"{"symbol":"BTCUSDT","price":"60740.00000000"}"#, "BTC/USDT 60740 - - - - 0"),
    ("binance", "BTC/USDT", r#"[{"symbol":"BTCUSDT","bidPrice":"1.1","bidQty":"3","askPrice":"1.2","askQty":null}]"#, "BTC/USDT - 1.1 3 1.2 - 0"),
    ("binanceus", "BTC/USD", r#"[{"symbol":"BTCUSD","lastPrice":5,"bidPrice":4,"bidQty":0.5,"askPrice":6,"askQty":1e-3,"closeTime":"1700000000000"}]"#, "BTC/USD 5 4 0.5 6 0.001 1700000000000"),
    ("kraken", "ETH/EUR", r#"{"error":[],"result":{"XETHZEUR":{"a":["2.1","1"],"b":["2.0","1"],"c":["2.05","1"]}}}"#, "ETH/EUR 2.05 2 - 2.1 - 0"),
    ("kraken", "DOGE/USD", r#"{"error":[],"result":{"XDGUSD":{"a":["2.1","1","1.5"],"b":null,"c":["2.05"]}}}"#, "DOGE/USD 2.05 - - 2.1 1.5 0"),
    ("kraken", "USDT/USD", r#"{"result":{"USDTZUSD":{"a":[1.0001,3,3.5],"b":["1"],"c":["1.00005","7"]}}}"#, "USDT/USD 1.00005 1 - 1.0001 3.5 0"),
    ("kraken", "SOL/USD", r#"{"error":[],"result":{"SOL/USD":{"a":["2","1","1"],"b":["1","2","2.5"],"c":["2","1"]}}}"#, "SOL/USD 2 1 2.5 2 1 0"),
    ("coinbase", "BTC/USD", r#"{"trade_id":1,"price":"7","size":"9","bid":"6","ask":"8","volume":"100","time":"2024-03-13T11:10:41.270099Z"}"#, "BTC/USD 7 6 - 8 - 1710328241270"),
    ("coinbase", "BTC/USD", r#"{"price":7.5,"bid":null,"time":null}"#, "BTC/USD 7.5 - - - - 0"),
    ("okx", "ETH/BTC", r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"ETH-BTC","last":"0.07319","lastSz":"9","askPx":"0.07322","askSz":"4.2","bidPx":"0.0732","bidSz":"6.05","vol24h":"1","ts":"1621440583784"}]}"#, "ETH/BTC 0.07319 0.0732 6.05 0.07322 4.2 1621440583784"),
    ("okx", "ETH/BTC", r#"{"code":0,"data":[{"instId":"ETH-BTC","last":"","askPx":"","askSz":"0","bidPx":"1"}]}"#, "ETH/BTC - 1 - - 0 0"),
    ("bybit", "BTC/USDT", r#"{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"symbol":"BTCUSDT","bid1Price":"20517.96","bid1Size":"2","ask1Price":"20527.77","ask1Size":"1.862172","lastPrice":"20533.13","turnover24h":"2","volume24h":"1"}]},"time":1673859087947}"#, "BTC/USDT 20533.13 20517.96 2 20527.77 1.862172 1673859087947"),
    ("bybit", "BTC/USDT", r#"{"retCode":"0","result":{"list":[{"symbol":"BTCUSDT","lastPrice":2}]}}"#, "BTC/USDT 2 - - - - 0"),
    ("kucoin", "BTC/USDT", r#"{"code":"200000","data":{"sequence":"1","bestAsk":"3","size":"0.17","price":"2","bestBidSize":"3.803","bestBid":"1","bestAskSize":"1.788","time":1550653727731}}"#, "BTC/USDT 2 1 3.803 3 1.788 1550653727731"),
    ("kucoin", "BTC/USDT", r#"{"code":"200000","data":{"time":1550653727731,"symbol":"BTC-USDT","buy":"1","sell":"3","vol":"7","last":"2"}}"#, "BTC/USDT 2 1 - 3 - 1550653727731"),
    ("kucoin", "BTC/USDT", r#"{"code":"200000","data":{"time":5,"ticker":[{"symbol":"BTC-USDT","buy":null,"sell":"3","last":"2","bestAskSize":4}]}}"#, "BTC/USDT 2 - - 3 4 5"),
    ("bitstamp", "BTC/USD", r#"{"high":"9","last":"2","timestamp":"1643640186","bid":"1","vwap":"3","volume":"5","low":"0","ask":"3","open":6,"side":"1"}"#, "BTC/USD 2 1 - 3 - 1643640186000"),
    ("bitstamp", "BTC/USD", r#"{"timestamp":1643640186,"bid":1,"ask":3}"#, "BTC/USD - 1 - 3 - 1643640186000"),
    ("gate", "BTC/USDT", r#"[{"currency_pair":"BTC_USDT","last":"2","lowest_ask":"3","lowest_size":"0.5","highest_bid":"1","highest_size":"0.25","base_volume":"9","quote_volume":"8"}]"#, "BTC/USDT 2 1 0.25 3 0.5 0"),
    ("gate", "BTC/USDT", r#"{"currency_pair":"BTC_USDT","last":"2","lowest_ask":"","highest_bid":null}"#, "BTC/USDT 2 - - - - 0"),
    ("mexc", "BTC/USDT", r#"{"symbol":"BTCUSDT","lastPrice":"2","lastQty":"","bidPrice":"1","bidQty":"","askPrice":"3","askQty":"0","volume":"9","quoteVolume":null,"closeTime":1641349582808,"count":null}"#, "BTC/USDT 2 1 - 3 - 1641349582808"),
    ("mexc", "BTC/USDT", r#"{"symbol":"BTCUSDT","bidPrice":"1","bidQty":"0.4","askPrice":"3","askQty":"0.1"}"#, "BTC/USDT - 1 0.4 3 0.1 0"),
    ("bitstamp", "BTC/USD", r#"[{"pair":"btcusd","last":"2"}]"#, "BTC/USD 2 - - - - 0"),
    ("gate", "BTC/USDT", r#"[{"currency_pair":"BTC_USDT","highest_bid":"1"}]"#, "BTC/USDT - 1 - - - 0"),
    ("mexc", "BTC/USDT", r#"{"bidPrice":"1","askPrice":3}"#, "BTC/USDT - 1 - 3 - 0"),
    ("bitfinex", "BTC/USD", "[[\"tBTCUSD\",1,12.3,3,9.8,150,0.0017,2,800,4,0.5]]", "BTC/USD 2 1 - 3 - 0"),
    ("bitfinex", "BTC/USD", "[1e0,12.3,3,9.8,150,0.0017,2.5e-3,800,4,0.5]", "BTC/USD 0.0025 1 - 3 - 0"),
    ("bitfinex", "BTC/USD", "[[\"tBTCUSD\",null,null,3,9.8,null,null,null]]", "BTC/USD - - - 3 - 0"),
    ("cryptocom", "BTC/USDT", r#"{"code":0,"method":"public/get-ticker","result":{"instrument_name":"BTC_USDT","data":{"i":"BTC_USDT","b":"1","k":"3","a":2,"t":1605174720289,"v":"9","bs":null}}}"#, "BTC/USDT 2 1 - 3 - 1605174720289"),
    ("cryptocom", "BTC/USDT", r#"{"id":-1,"code":"0","result":{"data":[{"i":"BTC_USDT","a":null,"b":"1","bs":"0.5","k":"3","ks":"0.25","v":"9"}]}}"#, "BTC/USDT - 1 0.5 3 0.25 0"),
];

#[test]
fn answers_about_one_market_are_read() {
    for (name, symbol, body, expected) in ALONE {
        let venue = venue(name, None).unwrap();
        let request = &venue.requests(&symbols(&[symbol]))[0];
        let quotes = venue.parse(request, body.as_bytes()).unwrap();
        assert_eq!(
            quotes.iter().map(show).collect::<Vec<_>>(),
            [expected],
            "{name}"
        );
    }
}

/// Venue, an entry of its list in a body, and what is read from it.
#[rustfmt::skip]
const LISTED: [(&str, &str, &[&str]); 10] = [
    ("kraken", r#"{"error":[],"result":{"LUNAUSD":{"wsname":"LUNA/USD","status":"online"},"XXBTZEUR.d":{"base":"XXBT","quote":"ZEUR"},"XZECZUSD":{"base":"XZEC","quote":"ZUSD"}}}"#,
     &["LUNC/USD LUNAUSD on -", "ZEC/USD XZECZUSD on -"]),
    ("kucoin", r#"{"code":"200000","data":[{"symbol":"BCHSV-USDT","name":"BSV-USDT","baseCurrency":"BCHSV","quoteCurrency":"USDT","enableTrading":true},{"symbol":"A-B","baseCurrency":"A","quoteCurrency":"B","enableTrading":"false"}]}"#,
     &["BSV/USDT BCHSV-USDT on -", "A/B A-B off -"]),
    ("bitfinex", r#"[["BTCUSD","DUSK:USD","LUNA2:UST","TESTBTC:TESTUSD","ALTF0:USTF0",7,null]]"#,
     &["BTC/USD tBTCUSD on -", "DUSK/USD tDUSK:USD on -", "LUNA/USDT tLUNA2:UST on -"]),
    ("coinbase", r#"[{"id":"CGLD-USD","base_currency":"CGLD","quote_currency":"USD","status":"online"},{"id":"X"}]"#, &["CELO/USD CGLD-USD on -"]),
    ("mexc", r#"{"symbols":[{"symbol":"AUSDT","status":1,"baseAsset":"A","quoteAsset":"USDT","isSpotTradingAllowed":false},{"symbol":"BUSDT","status":"ENABLED","baseAsset":"B","quoteAsset":"USDT"}]}"#,
     &["A/USDT AUSDT off -", "B/USDT BUSDT on -"]),
    ("gate", r#"[{"id":"A_B","base":"A","quote":"B","trade_status":"buyable"},{"id":"C_D","base":"c","quote":"d","trade_status":"tradable"}]"#, &["A/B A_B off -", "C/D C_D on -"]),
    ("okx", r#"{"code":"0","data":[{"instId":"A-B","baseCcy":"A","quoteCcy":"B","state":"preopen"}]}"#, &["A/B A-B off -"]),
    ("bybit", r#"{"retCode":0,"result":{"list":[{"symbol":"AB","baseCoin":"A","quoteCoin":"B"}]}}"#, &["A/B AB on -"]),
    ("bitstamp", r#"[{"name":"LTC/USD","url_symbol":"ltcusd","trading":"Disabled"},{"market_symbol":"btceur","base_currency":"BTC","counter_currency":"EUR"},{"name":"BTC/USD-PERP","market_type":"PERPETUAL"}]"#,
     &["LTC/USD LTC/USD off -", "BTC/EUR BTC/EUR on -"]),
    ("cryptocom", r#"{"code":0,"result":{"data":[{"symbol":"A_B","inst_type":"CCY_PAIR","base_ccy":"A","quote_ccy":"B","tradable":"true"}]}}"#, &["A/B A_B on -"]),
];

#[test]
fn lists_with_odd_entries_are_read() {
    for (name, body, expected) in LISTED {
        let listed = venue(name, None)
            .unwrap()
            .instruments(&[body.as_bytes().to_vec()]);
        let shown: Vec<String> = listed.unwrap().iter().map(show_instrument).collect();
        assert_eq!(shown, expected, "{name}");
    }
}

/// Venue, a body that is no answer, and how it is told.
#[rustfmt::skip]
const REFUSALS: [(&str, &str, &str); 12] = [
    ("binance", r#"{"code":0,"msg":"Service unavailable from a restricted location"}"#, "Service unavailable from a restricted location (0)"),
    ("kraken", r#"{"error":"EService:Unavailable","result":{}}"#, "EService:Unavailable"),
    ("kraken", r#"{"error":["EGeneral:Temporary lockout"],"result":null}"#, "EGeneral:Temporary lockout"),
    ("okx", r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#, "Too Many Requests (50011)"),
    ("bybit", r#"{"retCode":10006,"retMsg":"Too many visits!","result":null}"#, "Too many visits! (10006)"),
    ("kucoin", r#"{"code":429000,"msg":"Too many requests"}"#, "Too many requests (429000)"),
    ("bitstamp", r#"{"status":"error","reason":"Invalid pair","code":"API0001"}"#, "Invalid pair"),
    ("bitstamp", r#"{"status":"error","reason":{"__all__":["No such market"]}}"#, r#"{"__all__":["No such market"]}"#),
    ("bitstamp", r#"{"status":"error"}"#, "error"),
    ("mexc", r#"{"msg":"invalid symbol","code":-1121,"_extend":null}"#, "invalid symbol (-1121)"),
    ("bitfinex", r#"["error",11010,"ratelimit: error"]"#, "ratelimit: error (11010)"),
    ("cryptocom", r#"{"code":42901,"method":"public/get-tickers","msg":"RATE_LIMIT"}"#, "RATE_LIMIT (42901)"),
];

#[test]
fn errors_in_other_dresses_are_told_too() {
    for (name, body, words) in REFUSALS {
        let venue = venue(name, None).unwrap();
        let request = &venue.requests(&fixture_symbols(name))[0];
        let error = Err(VenueError::Refused(words.to_owned()));
        assert_eq!(venue.parse(request, body.as_bytes()), error, "{name}");
    }
}

#[test]
fn what_is_not_said_gives_no_ticker_and_no_error() {
    for (name, body) in [
        ("okx", r#"{"code":"0","data":[]}"#),
        ("bybit", r#"{"retCode":0,"result":{"list":[]}}"#),
        (
            "kucoin",
            r#"{"code":"200000","data":{"time":1,"ticker":[]}}"#,
        ),
        ("cryptocom", r#"{"code":0,"result":{"data":[]}}"#),
        ("kraken", r#"{"error":[],"result":{}}"#),
        ("gate", "[]"),
        ("bitstamp", "[]"),
        ("bitfinex", "[]"),
        ("mexc", "[]"),
    ] {
        let venue = venue(name, None).unwrap();
        let request = &venue.requests(&fixture_symbols(name))[0];
        assert_eq!(
            venue.parse(request, body.as_bytes()),
            Ok(Vec::new()),
            "{name}"
        );
    }
    // A market that does not exist is `null` at KuCoin.
    let kucoin = venue("kucoin", None).unwrap();
    let request = &kucoin.requests(&symbols(&["BTC/USDT"]))[0];
    assert!(
        kucoin
            .parse(request, br#"{"code":"200000","data":null}"#)
            .is_err()
    );
}

#[test]
fn one_wrong_name_among_many_is_looked_for() {
    let names: Vec<String> = (0..20).map(|number| format!("C{number}/USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in ["binance", "binanceus"] {
        let venue = venue(name, Some("http://h")).unwrap();
        let request = venue.requests(&symbols(&names)).remove(0);
        let words = r#"HTTP 400: {"code":-1121,"msg":"Invalid symbol."}"#;
        let Remedy::Ask(halves) = venue.remedy(&request, words) else {
            panic!("{name}");
        };
        let sizes: Vec<usize> = halves.iter().map(|half| half.names.len()).collect();
        assert_eq!(sizes, [10, 10], "{name}");
        assert_eq!(halves[0].weight, request.weight);
        let alone = venue.requests(&symbols(&["NOT/USDT"])).remove(0);
        assert_eq!(venue.remedy(&alone, words), Remedy::Drop);
        assert_eq!(venue.remedy(&request, "HTTP 400: nonsense"), Remedy::None);
    }
    let kraken = venue("kraken", Some("http://h")).unwrap();
    let request = kraken.requests(&symbols(&["BTC/USD", "NOT/USD"])).remove(0);
    let words = "the venue says: EQuery:Unknown asset pair";
    let Remedy::Ask(all) = kraken.remedy(&request, words) else {
        panic!("kraken");
    };
    assert_eq!(all[0].url, "http://h/0/public/Ticker");
    assert_eq!(all[0].names, request.names);
    assert_eq!(kraken.remedy(&all[0], words), Remedy::None);
    assert_eq!(
        kraken.remedy(&request, "the venue says: EService:Busy"),
        Remedy::None
    );
}

#[test]
fn a_side_without_anybody_is_empty_and_a_price_is_needed() {
    let venue = venue("binance", None).unwrap();
    let request = &venue.requests(&symbols(&["BTC/USDT"]))[0];
    let read = |body: &str| {
        let quotes = venue.parse(request, body.as_bytes()).unwrap();
        quotes[0].ticker(Timestamp::default())
    };
    let empty = r#"[{"symbol":"BTCUSDT","lastPrice":"2","bidPrice":"0.000","bidQty":"0.000","askPrice":"3","askQty":"1"}]"#;
    let ticker = read(empty).unwrap();
    assert_eq!((ticker.bid, ticker.ask.is_some()), (None, true));
    assert!(ticker.bid_quantity.unwrap().is_zero());
    assert!(read(r#"[{"symbol":"BTCUSDT"}]"#).is_err());
}
