//! From settings as written to the [`Config`]: the defaults, the conversions, and what must hold
//! between one setting and another.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use log::LevelFilter;

use super::binance::binance;
use super::env::{PORT, TEST_ENV};
use super::error::{ConfigError, Place};
use super::fees;
use super::pages::pages;
use super::raw::Raw;
use super::resp::resp;
use super::setting::Setting;
use super::sources::{self, Recording};
use super::valkey::{mirror, valkey};
use super::{
    Config, Discovery, Exchange, MarketRules, Oracle, Pace, Server, Source, Store, TlsRoots,
};
use crate::candles::Kept;
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
/// A silence that is shorter than so many intervals is none.
const SILENT_POLLS_MIN: u64 = 2;
/// Default of how long a silence makes the next source take over.
const FALLBACK_SECS: u64 = 30;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
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
        mirror: mirror(raw)?,
        resp: resp(raw)?,
        store: store(raw)?,
        pages: pages(raw)?,
        binance: binance(raw)?,
        data_dir,
        log: get(raw, "log.level", level)?.unwrap_or(LevelFilter::Info),
    })
}

/// The value of a key, converted; None when it is not set.
pub(super) fn get<T>(
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

/// `venue`, `off`, or a path.
fn market_rules(setting: &Setting) -> Result<MarketRules, ConfigError> {
    Ok(match setting.text()? {
        "venue" => MarketRules::Venue,
        "off" => MarketRules::Off,
        _ => MarketRules::File(setting.path()?),
    })
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
    let commission = get(raw, "exchange.commission", fees::commission)?;
    let commission = commission.unwrap_or_else(|| Rate::from_millionths(1000));
    let sigma = |setting: &Setting| setting.millionths(SIGMA_MAX, "0.1");
    Ok(Exchange {
        cash_asset: cash_asset(raw)?,
        commission,
        maker_commission: get(raw, "exchange.maker_commission", fees::commission)?
            .unwrap_or(commission),
        symbol_commissions: get(raw, "exchange.symbol_commissions", fees::of_symbols)?
            .unwrap_or_default(),
        fee_in_received: get(raw, "exchange.fee_asset", fees::in_received)?.unwrap_or(false),
        market_rules: get(raw, "exchange.market_rules", market_rules)?.unwrap_or_default(),
        enforce_market_rules: get(raw, "exchange.enforce_market_rules", Setting::truth)?
            .unwrap_or(false),
        seed: seed.unwrap_or(DEFAULT_SEED),
        tick_loop: span_or_never("exchange.tick_loop", 10)?,
        market_delay_min,
        market_delay_max,
        fill_sigma_ppm: get(raw, "exchange.fill_sigma", sigma)?.unwrap_or(DEFAULT_SIGMA_PPM),
        match_limit_at_once: at_once.unwrap_or(false),
        expire_after: span_or_never("exchange.expire_after", DAY)?,
        prune_after: span_or_never("exchange.prune_after", 90 * DAY)?,
        prune_trades_after: get(raw, "exchange.prune_trades_after", Setting::span_or_never)?
            .flatten(),
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
    let replay = Recording { pace, looped };
    let sources = get(raw, "oracle.source", |setting| {
        sources::read(raw, setting, replay)
    })?;
    let (source, fallback) = sources.unwrap_or((Source::Sim, Vec::new()));
    // What is set for another source is checked all the same.
    valkey(raw)?;
    get(raw, "oracle.command", Setting::command)?;
    let symbols: Option<Vec<Symbol>> = get(raw, "oracle.symbols", Setting::symbols)?;
    let interval = get(raw, "oracle.interval", Setting::positive_span)?;
    let interval = interval.unwrap_or(Span::from_secs(10));
    let fallback_after = fallback_after(raw, interval, !fallback.is_empty())?;
    let max_age = get(raw, "oracle.max_age", Setting::span_or_never)?;
    let max_jump = get(raw, "oracle.max_jump", max_jump)?;
    let base_urls = get(raw, "oracle.base_urls", Setting::base_urls)?;
    Ok(Oracle {
        max_age: max_age.unwrap_or_else(|| {
            let of_source = default_max_age(&source, interval);
            // The next source takes over before the last price is too old.
            of_source.map(|age| {
                if fallback.is_empty() {
                    age
                } else {
                    age.max(times(fallback_after, 2))
                }
            })
        }),
        source,
        fallback,
        fallback_after,
        fetch_through: get(raw, "oracle.fetch_through", Setting::truth)?.unwrap_or(true),
        symbols: symbols.unwrap_or_default(),
        interval,
        max_jump: max_jump.unwrap_or(Some(Rate::from_millionths(DEFAULT_JUMP_PPM))),
        discovery: discovery(raw)?,
        base_urls: base_urls.unwrap_or_default(),
        tls_roots: get(raw, "oracle.tls_roots", tls_roots)?.unwrap_or_default(),
    })
}

fn tls_roots(setting: &Setting) -> Result<TlsRoots, ConfigError> {
    match setting.text() {
        Ok("bundled") => Ok(TlsRoots::Bundled),
        Ok("system") => Ok(TlsRoots::System),
        Ok(text) if text.contains('/') => setting.path().map(TlsRoots::File),
        Ok(_) | Err(_) => Err(setting
            .bad("must be \"bundled\", \"system\" or the path of a file, such as \"./ca.pem\"")),
    }
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

/// How long a source may be silent about a symbol before the next one takes it over.
fn fallback_after(raw: &Raw, interval: Span, used: bool) -> Result<Span, ConfigError> {
    let Some(setting) = raw.get("oracle.fallback_after") else {
        return Ok(times(interval, MISSED_POLLS).max(Span::from_secs(FALLBACK_SECS)));
    };
    let (span, least) = (setting.positive_span()?, times(interval, SILENT_POLLS_MIN));
    if used && span < least {
        return Err(setting.bad(format!(
            "must be at least {least}, {SILENT_POLLS_MIN} times oracle.interval: a poll may be late"
        )));
    }
    Ok(span)
}

fn times(span: Span, count: u64) -> Span {
    Span::from_millis(span.as_millis().saturating_mul(count))
}

/// What clients push and what a recording holds does not age; other prices may be missed a few times.
fn default_max_age(source: &Source, interval: Span) -> Option<Span> {
    let polls = times(interval, MISSED_POLLS);
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
    let (kept, usual) = (|key| get(raw, key, Setting::span), Kept::default());
    Ok(Store {
        cache_mib: cache_mib.unwrap_or(4),
        price_flush: price_flush.unwrap_or(Span::from_secs(5 * MINUTE)),
        candles: Kept {
            minutes: kept("store.candle_minutes")?.unwrap_or(usual.minutes),
            hours: kept("store.candle_hours")?.unwrap_or(usual.hours),
            days: kept("store.candle_days")?.unwrap_or(usual.days),
        },
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
mod tests;
