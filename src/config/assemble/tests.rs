//! Settings from texts: defaults, bounds, and what is said of bad values.

use std::path::Path;

use super::super::{Environment, Venue};
use super::*;

const SHIPPED: &str = include_str!("../../../config.toml");

fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_with(text, &[])
}

fn parse_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut raw = Raw::parse(text, Path::new("/etc/c.toml"))?;
    Environment::of(variables.iter().copied()).apply(&mut raw)?;
    config(&raw, PathBuf::from("/data"))
}

/// `exchange.seed` and `7` as a file with that one key.
fn one(key: &str, value: &str) -> Result<Config, ConfigError> {
    let (section, key) = key.split_once('.').unwrap();
    parse(&format!("[{section}]\n{key} = {value}\n"))
}

fn uncommented() -> String {
    let key = |line: &str| {
        line.strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            .map(str::to_owned)
    };
    let lines: Vec<String> = SHIPPED
        .lines()
        .map(|line| key(line).unwrap_or_else(|| line.to_owned()))
        .collect();
    lines.join("\n")
}

#[test]
fn the_shipped_file_says_the_defaults() {
    let defaults = parse("").unwrap();
    assert_eq!(parse(SHIPPED).unwrap(), defaults);
    assert_eq!(parse(&uncommented()).unwrap(), defaults);
}

#[test]
fn the_shipped_file_holds_every_key_once() {
    let file = uncommented();
    for key in super::super::raw::KEYS {
        let (section, name) = key.split_once('.').unwrap();
        let (head, start) = (format!("[{section}]"), format!("{name} = "));
        let lines = file.lines().skip_while(|line| *line != head).skip(1);
        let lines = lines.take_while(|line| !line.starts_with('['));
        let count = lines.filter(|line| line.starts_with(&start)).count();
        assert_eq!(count, 1, "{key}");
    }
    let keys = file
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with('#'));
    assert_eq!(keys.count(), super::super::raw::KEYS.len());
}

#[test]
fn defaults_are_the_documented_ones() {
    let config = parse("").unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert!(config.server.auth && !config.server.allow_open && config.server.api_key.is_none());
    assert_eq!(config.exchange.commission, Rate::parse("0.001", 1).unwrap());
    assert_eq!(config.exchange.fill_sigma_ppm, 100_000);
    assert_eq!(config.exchange.cash_asset.as_str(), "USDT");
    assert_eq!(
        config.exchange.prune_after,
        Some(Span::from_secs(2160 * 3600))
    );
    assert_eq!(config.oracle.source, Source::Sim);
    assert_eq!(config.oracle.max_age, Some(Span::from_secs(60)));
    assert_eq!(config.oracle.fallback_after, Span::from_secs(30));
    assert!(config.oracle.fallback.is_empty());
    assert_eq!(
        config.store,
        Store {
            cache_mib: 4,
            price_flush: Span::from_secs(300),
            candles: Kept::default(),
        }
    );
    assert_eq!(config.log, LevelFilter::Info);
}

/// Key, value as in the file, and how the error about it begins.
#[rustfmt::skip]
const BAD_VALUES: [(&str, &str, &str); 37] = [
    ("server.listen", "8000", "8000: must be a text in quotes"),
    ("server.listen", "\"localhost\"", "\"localhost\": must be an IP address and a port"),
    ("server.api_key", "\"my secret\"", "(not shown): must be 1 to 256 visible ASCII"),
    ("server.auth", "\"maybe\"", "\"maybe\": must be true or false"),
    ("exchange.cash_asset", "\"U$D\"", "\"U$D\": may hold only A-Z, 0-9"),
    ("exchange.commission", "1.1", "1.1: must be a number from 0 to 1 with"),
    ("exchange.commission", "-0.1", "-0.1: must be a number from 0 to 1 with"),
    ("exchange.commission", "\"1 %\"", "\"1 %\": must be a number from 0 to 1 with"),
    ("exchange.commission", "nan", "nan: must be a number from 0 to 1 with"),
    ("exchange.commission", "inf", "inf: must be a number from 0 to 1 with"),
    ("exchange.commission", "1e-10", "1e-10: must be a number from 0 to 1 with"),
    ("exchange.seed", "-1", "-1: must be a whole number from 0 to 18446744073709551615"),
    ("exchange.seed", "1.5", "1.5: must be a whole number from 0 to"),
    ("exchange.tick_loop", "\"soon\"", "\"soon\": must be a time such as"),
    ("exchange.prune_every", "0", "0: must be a time above 0"),
    ("exchange.fill_sigma", "0.0000001", "0.0000001: must be a number from 0 to 10 with at most 6"),
    ("exchange.fill_sigma", "11", "11: must be a number from 0 to 10 with"),
    ("oracle.source", "\"krakn\"", "\"krakn\": must be one of sim, push, replay:FILE, exec, valkey, binance, binanceus, kraken, coinbase, okx, bybit, kucoin, bitstamp, gate, mexc, bitfinex, cryptocom"),
    ("oracle.source", "[\"sim\", \"push\"]", "[\"sim\", \"push\"]: must not have sim beside others"),
    ("oracle.source", "\"replay:\"", "\"replay:\": must be one of sim, push, replay:FILE, exec, valkey, binance"),
    ("oracle.symbols", "[\"BTCUSDT\"]", "[\"BTCUSDT\"]: symbol \"BTCUSDT\" must be written"),
    ("oracle.interval", "0", "0: must be a time above 0"),
    ("oracle.max_jump", "1", "1: must be 0, or a factor above 1 such as 5"),
    ("oracle.quotes", "\"USDT,U$D\"", "\"USDT,U$D\": asset \"U$D\" may hold only"),
    ("oracle.discover", "\"USDT\"", "\"USDT\": must be true or false"),
    ("oracle.discover_limit", "-1", "-1: must be a whole number from 0 to"),
    ("oracle.base_urls", "\"http://h\"", "\"http://h\": must be a table of addresses"),
    ("oracle.base_urls", "{ krakn = \"http://h\" }", "{ krakn = \"http://h\" }: must be a table of"),
    ("oracle.base_urls", "{ kraken = \"h:1\" }", "{ kraken = \"h:1\" }: must be a table of"),
    ("oracle.tls_roots", "\"ca.pem\"", "\"ca.pem\": must be \"bundled\", \"system\" or the path"),
    ("oracle.tls_roots", "1", "1: must be \"bundled\", \"system\" or the path"),
    ("oracle.replay_pace", "0", "0: must be fast, stepped, or a speed above 0"),
    ("oracle.replay_pace", "\"slow\"", "\"slow\": must be fast, stepped, or a speed"),
    ("store.cache_mib", "65", "65: must be a whole number from 1 to 64"),
    ("store.candle_hours", "\"ever\"", "\"ever\": must be a time such as"),
    ("store.price_flush", "\"0s\"", "\"0s\": must be a time above 0"),
    ("log.level", "\"loud\"", "\"loud\": must be one of off, error, warn"),
];

#[test]
fn bad_values_name_line_key_value_and_what_is_allowed() {
    for (key, value, expected) in BAD_VALUES {
        let error = one(key, value).unwrap_err().to_string();
        let expected = format!("/etc/c.toml:2: {key} = {expected}");
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[test]
fn variables_override_the_file() {
    let file = "[exchange]\ncommission = 0.5\nprune_after = 1\n[server]\nlisten = \"[::1]:1\"\n";
    let variables = [
        ("API_KEY", "k"),
        ("TEST_ENV", "yes"),
        ("ENGINE_PORT", "8001"),
        ("CASH_ASSET", "eur"),
        ("COMMISSION", "0.00075"),
        ("TICK_LOOP_SEC", "30"),
        ("MIN_TIME_ANSWER_ORDER_MARKET", "3.5"),
        ("MAX_TIME_ANSWER_ORDER_MARKET", "5"),
        ("SIGMA_FILL_MARKET_ORDER", "0"),
        ("PRUNE_EVERY_MIN", "5"),
        ("STALE_AFTER_H", "24"),
        ("EXPIRE_AFTER_H", "0"),
        ("SANITY_CHECK_EVERY_MIN", "0.5"),
        ("EXCHANGE", "Push"),
        ("SYMBOLS", "btc/usdt, ETH/USDT,,BTC/USDT"),
        ("INTERVAL_SEC", "2"),
        ("LOG_LEVEL", "WARNING"),
    ];
    let config = parse_with(file, &variables).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:8001");
    assert_eq!(config.server.api_key.unwrap().expose(), "k");
    assert!(!config.server.auth);
    let exchange = config.exchange;
    assert_eq!(exchange.cash_asset.as_str(), "EUR");
    assert_eq!(exchange.commission, Rate::parse("0.00075", 1).unwrap());
    assert_eq!(exchange.tick_loop, Some(Span::from_secs(30)));
    assert_eq!(exchange.market_delay_min, Span::from_millis(3500));
    assert_eq!(exchange.market_delay_max, Span::from_secs(5));
    assert_eq!(exchange.fill_sigma_ppm, 0);
    assert_eq!(exchange.prune_every, Span::from_secs(300));
    assert_eq!(exchange.prune_after, Some(Span::from_secs(86_400)));
    assert_eq!(exchange.expire_after, None);
    assert_eq!(exchange.audit_every, Some(Span::from_secs(30)));
    assert_eq!(config.oracle.source, Source::Push);
    let symbols: Vec<String> = config
        .oracle
        .symbols
        .iter()
        .map(Symbol::to_string)
        .collect();
    assert_eq!(symbols, ["BTC/USDT", "ETH/USDT"]);
    assert_eq!(config.oracle.interval, Span::from_secs(2));
    assert_eq!(config.log, LevelFilter::Warn);
}

#[test]
fn an_open_exchange_must_be_asked_for_twice() {
    let open = "[server]\nlisten = \"0.0.0.0:8000\"\nauth = false\n";
    let error = parse(open).unwrap_err().to_string();
    assert!(error.contains("server.allow_open = true"), "{error}");
    assert!(parse(&format!("{open}allow_open = true\n")).is_ok());
    assert!(parse_with("[server]\nlisten = \"[::]:1\"\n", &[("TEST_ENV", "true")]).is_err());
    assert!(parse("[server]\nlisten = \"[::ffff:127.0.0.1]:1\"\nauth = false\n").is_ok());
    assert!(
        parse_with(
            "[server]\nauth = false\nlisten = \"0.0.0.0:1\"\n",
            &[("TEST_ENV", "no")]
        )
        .is_ok()
    );
}

#[test]
fn one_bound_of_the_delay_is_enough() {
    let bounds = |text: &str| {
        let exchange = parse(&format!("[exchange]\n{text}\n"))?.exchange;
        Ok::<_, ConfigError>((exchange.market_delay_min, exchange.market_delay_max))
    };
    let secs = Span::from_secs;
    assert_eq!(bounds("market_delay_min = 3").unwrap(), (secs(3), secs(3)));
    assert_eq!(bounds("market_delay_max = 0").unwrap(), (secs(0), secs(0)));
    let error = bounds("market_delay_min = 3\nmarket_delay_max = 2")
        .unwrap_err()
        .to_string();
    let expected =
        "/etc/c.toml:3: exchange.market_delay_max = 2: must not be below the shortest delay, 3 s";
    assert_eq!(error, expected);
}

#[test]
fn the_time_of_a_takeover_fits_the_interval() {
    let oracle = |text: &str| parse(&format!("[oracle]\n{text}\n")).map(|config| config.oracle);
    let list = "source = [\"binance\", \"kraken\"]\ninterval = \"40s\"";
    let slow = oracle(list).unwrap();
    assert_eq!(slow.source, Source::Venue(Venue::Binance));
    assert_eq!(slow.fallback, [Source::Venue(Venue::Kraken)]);
    assert_eq!(slow.fallback_after, Span::from_secs(120));
    // The second has taken over before the last price of the first is too old.
    assert_eq!(slow.max_age, Some(Span::from_secs(240)));
    let error = oracle(&format!("{list}\nfallback_after = \"79s\"")).unwrap_err();
    let expected = "fallback_after = \"79s\": must be at least 80 s, 2 times oracle.interval";
    assert!(error.to_string().contains(expected), "{error}");
    let set = oracle(&format!("{list}\nfallback_after = \"80s\"")).unwrap();
    assert_eq!(set.fallback_after, Span::from_secs(80));
    // One source alone has nobody to take over.
    oracle("source = \"kraken\"\ninterval = \"40s\"\nfallback_after = \"30s\"").unwrap();
    let variables = [("EXCHANGE", "Okx,valkey")];
    let oracle = parse_with("", &variables).unwrap().oracle;
    assert_eq!(oracle.source, Source::Venue(Venue::Okx));
    assert!(matches!(oracle.fallback[..], [Source::Valkey(_)]));
}

#[test]
fn every_exchange_is_a_source() {
    for venue in Venue::ALL {
        let text = format!("[oracle]\nsource = \"{}\"\n", venue.name());
        let oracle = parse(&text).unwrap().oracle;
        assert_eq!(oracle.source, Source::Venue(venue));
        assert_eq!((oracle.discovery, oracle.base_urls.len()), (None, 0));
    }
    let named = parse_with("", &[("EXCHANGE", "Kraken")]).unwrap();
    assert_eq!(named.oracle.source, Source::Venue(Venue::Kraken));
    let text = "[oracle.base_urls]\nkraken = \"http://127.0.0.1:1234\"\n";
    let urls = parse(text).unwrap().oracle.base_urls;
    assert_eq!(&urls[&Venue::Kraken], "http://127.0.0.1:1234");
}

#[test]
fn markets_are_discovered_when_that_is_asked_for() {
    let found = |variables: &[(&str, &str)]| {
        let discovery = parse_with("", variables).unwrap().oracle.discovery;
        discovery.map(|found| {
            let quotes: Vec<String> = found.quotes.iter().map(Asset::to_string).collect();
            (quotes.join(" "), found.limit)
        })
    };
    let (on, limit) = (("DISCOVER_QUOTES", "true"), ("DISCOVER_LIMIT", "20"));
    assert_eq!(found(&[("QUOTES", "USDT"), limit]), None);
    assert_eq!(found(&[on]), Some(("USDT".to_owned(), None)));
    assert_eq!(
        found(&[on, limit, ("CASH_ASSET", "usd")]),
        Some(("USD".to_owned(), Some(20)))
    );
    assert_eq!(
        found(&[
            on,
            ("QUOTE", "BTC"),
            ("QUOTES", "usdt, EUR,usdt"),
            ("DISCOVER_LIMIT", "0")
        ]),
        Some(("USDT EUR".to_owned(), None))
    );
    assert_eq!(
        found(&[on, ("QUOTE", "BTC")]),
        Some(("BTC".to_owned(), None))
    );
}

#[test]
fn a_recording_and_its_pace() {
    let text =
        "[oracle]\nsource = \"replay:t.csv.gz\"\nreplay_pace = \"fast\"\nreplay_loop = true\n";
    let file = PathBuf::from("/etc/t.csv.gz");
    let expected = Source::Replay {
        file,
        pace: Pace::Fast,
        looped: true,
    };
    assert_eq!(parse(text).unwrap().oracle.source, expected);
    let relative = parse_with("", &[("EXCHANGE", "replay:a:b.csv")])
        .unwrap()
        .oracle
        .source;
    let pace = Pace::Speed(Rate::from_millionths(1_000_000));
    assert_eq!(
        relative,
        Source::Replay {
            file: PathBuf::from("a:b.csv"),
            pace,
            looped: false
        }
    );
}

#[test]
fn a_program_must_be_named_to_be_run() {
    let error = one("oracle.source", "\"exec\"").unwrap_err().to_string();
    let expected = "/etc/c.toml:2: oracle.source = \"exec\": must come with oracle.command";
    assert!(error.starts_with(expected), "{error}");
    assert!(one("oracle.command", "\"feed.sh\"").is_err());
    let text = "[oracle]\nsource = \"exec\"\ncommand = ";
    for bad in ["\"sh feed.sh\"", "[\"\", \"x\"]"] {
        let error = parse(&format!("{text}{bad}\n")).unwrap_err().to_string();
        assert!(error.contains("oracle.command = ") && error.contains("must be a list such as"));
    }
    let source = parse(&format!("{text}[\"a b\", \"\", \"c,d\"]\n"))
        .unwrap()
        .oracle
        .source;
    let command = ["a b", "", "c,d"].map(str::to_owned).to_vec();
    assert_eq!(source, Source::Exec(command));
}

#[test]
fn a_server_is_the_local_one_until_it_is_named() {
    let Source::Valkey(server) = parse_with("", &[("EXCHANGE", "valkey")])
        .unwrap()
        .oracle
        .source
    else {
        panic!("another source");
    };
    assert_eq!(server.url.expose(), "redis://127.0.0.1:6379/0");
    assert_eq!(server.prefix, "tickers:");
    let tls = [("EXCHANGE", "valkey"), ("REDIS_URL", "rediss://h")];
    assert!(parse_with("", &tls).is_ok());
}
