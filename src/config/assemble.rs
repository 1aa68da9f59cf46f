//! From settings as written to the [`Config`]: the defaults, the conversions, and what must hold
//! between one setting and another.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use log::LevelFilter;

use super::env::{PORT, TEST_ENV};
use super::error::{ConfigError, Place};
use super::raw::Raw;
use super::setting::Setting;
use super::valkey::{valkey, valkey_source};
use super::venue::Venue;
use super::{Config, Discovery, Exchange, Oracle, Pace, Server, Source, Store};
use crate::units::{Asset, Rate, Span, Symbol};

const DEFAULT_PORT: u16 = 8000;
const DEFAULT_CASH: &str = "USDT";
const DEFAULT_SEED: u64 = 1;
const MINUTE: u64 = 60;
/// A price five times the last one is doubted.
const DEFAULT_JUMP_PPM: u32 = 5_000_000;
/// The largest factor that can be set.
const JUMP_MAX: i64 = 1_000_000;
/// Polls that may be missed before a price counts as old.
const MISSED_POLLS: u64 = 3;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Highest commission: all of the notional.
const COMMISSION_MAX: i64 = 1;
/// Highest sigma of the liquidity factor, which is cut to 0..1 anyway.
const SIGMA_MAX: u32 = 10;
const DEFAULT_SIGMA_PPM: u32 = 100_000;
/// Highest speed of a replay; who wants more says "fast".
const SPEED_MAX: i64 = 1_000_000;
/// Bounds of the database's cache in MiB.
const CACHE_MIB: (u64, u64) = (1, 64);
/// Most markets per quote asset that a limit can say; 0 says all.
const DISCOVER_LIMIT_MAX: u64 = 1_000_000;

/// The checked configuration.
pub(super) fn config(raw: &Raw, data_dir: PathBuf) -> Result<Config, ConfigError> {
    Ok(Config {
        server: server(raw)?,
        exchange: exchange(raw)?,
        oracle: oracle(raw)?,
        store: store(raw)?,
        data_dir,
        log: get(raw, "log.level", level)?.unwrap_or(LevelFilter::Info),
    })
}

/// The value of a key, converted; None when it is not set.
fn get<T>(
    raw: &Raw,
    key: &str,
    convert: impl FnOnce(&Setting) -> Result<T, ConfigError>,
) -> Result<Option<T>, ConfigError> {
    raw.get(key).map(convert).transpose()
}

fn server(raw: &Raw) -> Result<Server, ConfigError> {
    let test_env = get(raw, TEST_ENV, Setting::truth)?;
    let auth = get(raw, "server.auth", Setting::truth)?.unwrap_or(true);
    let server = Server {
        listen: listen(raw)?,
        api_key: get(raw, "server.api_key", Setting::secret)?,
        auth: test_env.map_or(auth, |test_env| !test_env),
        allow_open: get(raw, "server.allow_open", Setting::truth)?.unwrap_or(false),
        reads_need_key: get(raw, "server.reads_need_key", Setting::truth)?.unwrap_or(false),
    };
    if !server.auth && !server.allow_open && !server.listen.ip().to_canonical().is_loopback() {
        return Err(ConfigError::OpenWithoutAuth {
            listen: server.listen,
        });
    }
    Ok(server)
}

/// `ENGINE_PORT` overrides the port of the file, but not the one of `--listen`.
fn listen(raw: &Raw) -> Result<SocketAddr, ConfigError> {
    let setting = raw.get("server.listen");
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let mut listen = setting.map_or(Ok(default), Setting::address)?;
    let by_flag = setting.is_some_and(|setting| matches!(setting.place, Place::Flag(_)));
    if let Some(port) = raw.get(PORT) {
        let allowed = || port.bad("must be a whole number from 1 to 65535");
        let number = u16::try_from(port.whole(1, 65535)?).map_err(|_| allowed())?;
        if !by_flag {
            listen.set_port(number);
        }
    }
    Ok(listen)
}

fn exchange(raw: &Raw) -> Result<Exchange, ConfigError> {
    let span_or_never = |key, default_secs| -> Result<Option<Span>, ConfigError> {
        let never_or = get(raw, key, Setting::span_or_never)?;
        Ok(never_or.unwrap_or(Some(Span::from_secs(default_secs))))
    };
    let (market_delay_min, market_delay_max) = market_delay(raw)?;
    let prune_every = get(raw, "exchange.prune_every", Setting::positive_span)?;
    let seed = get(raw, "exchange.seed", |setting| setting.whole(0, u64::MAX))?;
    let at_once = get(raw, "exchange.match_limit_at_once", Setting::truth)?;
    let commission = |setting: &Setting| setting.rate(COMMISSION_MAX, "0.001 for 0.1 %");
    let sigma = |setting: &Setting| setting.millionths(SIGMA_MAX, "0.1");
    Ok(Exchange {
        cash_asset: cash_asset(raw)?,
        commission: get(raw, "exchange.commission", commission)?
            .unwrap_or_else(|| Rate::from_millionths(1000)),
        seed: seed.unwrap_or(DEFAULT_SEED),
        tick_loop: span_or_never("exchange.tick_loop", 10)?,
        market_delay_min,
        market_delay_max,
        fill_sigma_ppm: get(raw, "exchange.fill_sigma", sigma)?.unwrap_or(DEFAULT_SIGMA_PPM),
        match_limit_at_once: at_once.unwrap_or(false),
        expire_after: span_or_never("exchange.expire_after", DAY)?,
        prune_after: span_or_never("exchange.prune_after", 90 * DAY)?,
        prune_every: prune_every.unwrap_or(Span::from_secs(HOUR)),
        audit_every: span_or_never("exchange.audit_every", 10 * MINUTE)?,
    })
}

fn cash_asset(raw: &Raw) -> Result<Asset, ConfigError> {
    if let Some(asset) = get(raw, "exchange.cash_asset", Setting::asset)? {
        return Ok(asset);
    }
    Asset::parse(DEFAULT_CASH).map_err(|error| ConfigError::Value {
        place: Place::Default,
        key: "exchange.cash_asset",
        value: DEFAULT_CASH.to_owned(),
        allowed: error.to_string(),
    })
}

/// The bounds of a market order's delay. A bound that is set takes the other one's default with
/// it, so that setting one of them is enough.
fn market_delay(raw: &Raw) -> Result<(Span, Span), ConfigError> {
    let shortest = raw.get("exchange.market_delay_min");
    let longest = raw.get("exchange.market_delay_max");
    let default_max = Span::from_secs(1);
    match (shortest, longest) {
        (None, None) => Ok((Span::ZERO, default_max)),
        (Some(shortest), None) => {
            let shortest = shortest.span()?;
            Ok((shortest, shortest.max(default_max)))
        }
        (None, Some(longest)) => Ok((Span::ZERO, longest.span()?)),
        (Some(shortest), Some(longest)) => {
            let bounds = (shortest.span()?, longest.span()?);
            if bounds.0 > bounds.1 {
                let least = format!("must not be below the shortest delay, {}", bounds.0);
                return Err(longest.bad(least));
            }
            Ok(bounds)
        }
    }
}

fn oracle(raw: &Raw) -> Result<Oracle, ConfigError> {
    let pace = get(raw, "oracle.replay_pace", pace)?;
    let pace = pace.unwrap_or(Pace::Speed(Rate::from_millionths(1_000_000)));
    let looped = get(raw, "oracle.replay_loop", Setting::truth)?.unwrap_or(false);
    let source = get(raw, "oracle.source", |setting| match setting.text() {
        Ok(text) if text.eq_ignore_ascii_case("exec") => command(raw, setting),
        Ok(text) if text.eq_ignore_ascii_case("valkey") => valkey_source(raw).map(Source::Valkey),
        Ok(_) | Err(_) => source(setting, pace, looped),
    })?;
    // What is set for another source is checked all the same.
    valkey(raw)?;
    get(raw, "oracle.command", Setting::command)?;
    let symbols: Option<Vec<Symbol>> = get(raw, "oracle.symbols", Setting::symbols)?;
    let interval = get(raw, "oracle.interval", Setting::positive_span)?;
    let source = source.unwrap_or(Source::Sim);
    let interval = interval.unwrap_or(Span::from_secs(10));
    let max_age = get(raw, "oracle.max_age", Setting::span_or_never)?;
    let max_jump = get(raw, "oracle.max_jump", max_jump)?;
    let base_urls = get(raw, "oracle.base_urls", Setting::base_urls)?;
    Ok(Oracle {
        max_age: max_age.unwrap_or_else(|| default_max_age(&source, interval)),
        source,
        symbols: symbols.unwrap_or_default(),
        interval,
        max_jump: max_jump.unwrap_or(Some(Rate::from_millionths(DEFAULT_JUMP_PPM))),
        discovery: discovery(raw)?,
        base_urls: base_urls.unwrap_or_default(),
    })
}

/// A factor above 1, or 0 for none.
fn max_jump(setting: &Setting) -> Result<Option<Rate>, ConfigError> {
    let factor = setting.rate(JUMP_MAX, "5")?;
    if factor.is_zero() {
        Ok(None)
    } else if factor > Rate::from_millionths(1_000_000) {
        Ok(Some(factor))
    } else {
        Err(setting.bad("must be 0, or a factor above 1 such as 5"))
    }
}

/// What clients push and what a recording holds does not age; other prices may be missed a few times.
fn default_max_age(source: &Source, interval: Span) -> Option<Span> {
    let polls = Span::from_millis(interval.as_millis().saturating_mul(MISSED_POLLS));
    match source {
        Source::Push | Source::Replay { .. } => None,
        Source::Sim | Source::Venue(_) | Source::Exec(_) | Source::Valkey(_) => {
            Some(polls.max(Span::from_secs(MINUTE)))
        }
    }
}

/// What is wrong is told even when nothing is to be discovered.
fn discovery(raw: &Raw) -> Result<Option<Discovery>, ConfigError> {
    let on = get(raw, "oracle.discover", Setting::truth)?.unwrap_or(false);
    let quotes = get(raw, "oracle.quotes", Setting::assets)?.unwrap_or_default();
    let limit = get(raw, "oracle.discover_limit", |setting| {
        let number = setting.whole(0, DISCOVER_LIMIT_MAX)?;
        usize::try_from(number).map_err(|_| setting.bad("must be a whole number"))
    })?;
    if !on {
        return Ok(None);
    }
    let quotes = if quotes.is_empty() {
        vec![cash_asset(raw)?]
    } else {
        quotes
    };
    let limit = limit.filter(|limit| *limit > 0);
    Ok(Some(Discovery { quotes, limit }))
}

fn source(setting: &Setting, pace: Pace, looped: bool) -> Result<Source, ConfigError> {
    let text = setting.text().map_err(|_| setting.bad(sources()))?;
    match text.split_once(':') {
        None if text.eq_ignore_ascii_case("sim") => Ok(Source::Sim),
        None if text.eq_ignore_ascii_case("push") => Ok(Source::Push),
        Some((kind, file)) if kind.eq_ignore_ascii_case("replay") && !file.trim().is_empty() => {
            Ok(Source::Replay {
                file: setting.resolve(file.trim()),
                pace,
                looped,
            })
        }
        None => Venue::named(text)
            .map(Source::Venue)
            .ok_or_else(|| setting.bad(sources())),
        Some(_) => Err(setting.bad(sources())),
    }
}

/// The program of `exec`, which has to be named.
fn command(raw: &Raw, source: &Setting) -> Result<Source, ConfigError> {
    get(raw, "oracle.command", Setting::command)?
        .map(Source::Exec)
        .ok_or_else(|| {
            source.bad("must come with oracle.command = [\"program\", \"argument\", ...]")
        })
}

fn sources() -> String {
    format!(
        "must be one of sim, push, replay:FILE, exec, valkey, {}",
        Venue::names()
    )
}

fn pace(setting: &Setting) -> Result<Pace, ConfigError> {
    match setting.text() {
        Ok("fast") => return Ok(Pace::Fast),
        Ok("stepped") => return Ok(Pace::Stepped),
        Ok(_) | Err(_) => {}
    }
    match setting.rate(SPEED_MAX, "1") {
        Ok(speed) if speed.is_positive() => Ok(Pace::Speed(speed)),
        Ok(_) | Err(_) => Err(setting.bad(format!(
            "must be fast, stepped, or a speed above 0 and up to {SPEED_MAX} (1 is the recording's own)"
        ))),
    }
}

fn store(raw: &Raw) -> Result<Store, ConfigError> {
    let cache_mib = get(raw, "store.cache_mib", |setting| {
        let number = setting.whole(CACHE_MIB.0, CACHE_MIB.1)?;
        u32::try_from(number).map_err(|_| setting.bad("must be a whole number"))
    })?;
    let price_flush = get(raw, "store.price_flush", Setting::positive_span)?;
    Ok(Store {
        cache_mib: cache_mib.unwrap_or(4),
        price_flush: price_flush.unwrap_or(Span::from_secs(5 * MINUTE)),
    })
}

fn level(setting: &Setting) -> Result<LevelFilter, ConfigError> {
    match setting.text()?.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::Off),
        // The words on the right are Python's, which an existing `.env` may hold.
        "error" | "critical" => Ok(LevelFilter::Error),
        "warn" | "warning" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        "trace" => Ok(LevelFilter::Trace),
        _ => Err(setting.bad("must be one of off, error, warn, info, debug, trace")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Environment;
    use super::*;

    const SHIPPED: &str = include_str!("../../config.toml");

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
            let (_, name) = key.split_once('.').unwrap();
            let start = format!("{name} = ");
            assert_eq!(
                file.lines().filter(|line| line.starts_with(&start)).count(),
                1,
                "{key}"
            );
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
        assert_eq!(
            config.store,
            Store {
                cache_mib: 4,
                price_flush: Span::from_secs(300)
            }
        );
        assert_eq!(config.log, LevelFilter::Info);
    }

    /// Key, value as in the file, and how the error about it begins.
    #[rustfmt::skip]
    const BAD_VALUES: [(&str, &str, &str); 34] = [
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
        ("oracle.source", "[\"sim\", \"push\"]", "[\"sim\", \"push\"]: must be one of sim, push"),
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
        ("oracle.replay_pace", "0", "0: must be fast, stepped, or a speed above 0"),
        ("oracle.replay_pace", "\"slow\"", "\"slow\": must be fast, stepped, or a speed"),
        ("store.cache_mib", "65", "65: must be a whole number from 1 to 64"),
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
        let file =
            "[exchange]\ncommission = 0.5\nprune_after = 1\n[server]\nlisten = \"[::1]:1\"\n";
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
        let expected = "/etc/c.toml:3: exchange.market_delay_max = 2: must not be below the shortest delay, 3 s";
        assert_eq!(error, expected);
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
            assert!(
                error.contains("oracle.command = ") && error.contains("must be a list such as")
            );
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
        assert!(parse_with("", &tls).is_err());
        assert!(parse_with("", &tls[1..]).is_ok());
    }
}
