//! From settings as written to the [`Config`]: the defaults, the conversions, and what must hold
//! between one setting and another.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use log::LevelFilter;

use super::env::{PORT, TEST_ENV};
use super::error::{ConfigError, Place};
use super::fees;
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
mod tests;
