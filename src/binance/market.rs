//! What happened on a market: candles, the last day or another time, trades, the average price.
//!
//! Volume is that of this exchange's own fills. A trade here has no maker among its clients; the side of the book that it met
//! is told as the other side of the trade.

use super::fault::Fault;
use super::general::{markets, names};
use super::orders::{Period, ROWS};
use super::route::Call;
use super::symbols::{self, name_of};
use super::text::{Percent, Text, TimeUnit};
use super::trades;
use crate::archive::Archive;
use crate::candles::{Candle, Interval};
use crate::exchange::{Exchange, Side, Trade};
use crate::http::market::{DAY, Since, Summary, Wanted};
use crate::shapes::json::{Items, Members, array, document, object};
use crate::units::{Span, Symbol};

/// Symbols of one call for other times than a day.
const SYMBOLS_MAX: usize = 100;
/// Units of a window: their letter, their length in seconds, and how many there may be.
const WINDOWS: [(char, u64, u64); 3] = [('m', 60, 59), ('h', 3600, 23), ('d', 86_400, 7)];

/// The market of `symbol`.
async fn symbol(call: &Call<'_>) -> Result<Symbol, Fault> {
    let name = symbols::checked(call.params.required("symbol")?)?.to_owned();
    let look = move |exchange: &Exchange| symbols::find(exchange, &name);
    call.facade.context.mailbox.look(look).await?
}

/// Candles and days begin where the calendar of UTC says.
fn check_zone(call: &Call<'_>) -> Result<(), Fault> {
    match call.params.get("timeZone") {
        Some(zone) if !zone.trim_matches(['+', '-', '0', ':']).is_empty() => {
            Err(Fault::not_valid("timeZone"))
        }
        _ => Ok(()),
    }
}

/// `GET /api/v3/klines`, `uiKlines`.
pub(super) async fn klines(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let name = params.required("interval")?;
    let interval = Interval::parse(name).ok_or_else(|| Fault::new(-1120, "Invalid interval."))?;
    check_zone(call)?;
    let wanted = Wanted {
        from: params.time("startTime")?,
        to: params.time("endTime")?,
        limit: params.limit(ROWS.0, ROWS.1)?,
    };
    let symbol = symbol(call).await?;
    let context = &call.facade.context;
    let candles = context.candles(symbol, interval, wanted).await?;
    let mut out = Vec::with_capacity(candles.len() * 192 + 2);
    array(&mut out, |items| {
        for candle in &candles {
            array(items.next(), |figures| {
                put_candle(figures, candle, interval, call.unit);
            });
        }
    });
    Ok(out)
}

fn put_candle(figures: &mut Items<'_>, candle: &Candle, interval: Interval, unit: TimeUnit) {
    figures.put(unit.of(candle.start));
    for price in [candle.open, candle.high, candle.low, candle.close] {
        figures.put(Text::from(price));
    }
    figures.put(Text::from(candle.volume.base));
    figures.put(unit.just_before(interval.after(candle.start)));
    figures.put(Text::from(candle.volume.quote));
    figures.put(candle.volume.trades);
    figures.put(Text::from(candle.volume.taken_base));
    figures.put(Text::from(candle.volume.taken_quote));
    figures.put("0");
}

/// How much of a time's figures is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// With the prices of now.
    Day,
    Full,
    Mini,
}

/// `GET /api/v3/ticker/24hr`: an object for `symbol`, a list for `symbols` or for all.
pub(super) async fn day(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let names = names(call)?;
    summaries(call, names, Since::Ago(DAY), Extent::Day).await
}

/// `GET /api/v3/ticker`: the same of another time.
pub(super) async fn window(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let window = match call.params.get("windowSize") {
        None => DAY,
        Some(text) => span(text).ok_or_else(|| Fault::not_valid("windowSize"))?,
    };
    let names = named(call)?;
    summaries(call, names, Since::Ago(window), Extent::Full).await
}

/// `GET /api/v3/ticker/tradingDay`: the same since midnight, in UTC.
pub(super) async fn trading_day(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    check_zone(call)?;
    let names = named(call)?;
    summaries(call, names, Since::Today, Extent::Full).await
}

fn span(text: &str) -> Option<Span> {
    let unit = text.chars().last()?;
    let (letter, seconds, most) = WINDOWS.into_iter().find(|window| window.0 == unit)?;
    let count: u64 = text.strip_suffix(letter)?.parse().ok()?;
    (1..=most)
        .contains(&count)
        .then(|| Span::from_secs(count * seconds))
}

/// Some names, for here nobody is told of all markets.
fn named(call: &Call<'_>) -> Result<Option<Vec<String>>, Fault> {
    let names = names(call)?.ok_or_else(|| Fault::missing_both("symbol", "symbols"))?;
    if names.len() > SYMBOLS_MAX {
        let (most, count) = (SYMBOLS_MAX, names.len());
        let message = format!("Too many parameters; expected '{most}' and received '{count}'.");
        return Err(Fault::new(-1101, message));
    }
    Ok(Some(names))
}

async fn summaries(
    call: &Call<'_>,
    names: Option<Vec<String>>,
    since: Since,
    extent: Extent,
) -> Result<Vec<u8>, Fault> {
    let single = call.params.get("symbol").is_some();
    let extent = match call.params.get("type") {
        None | Some("FULL") => extent,
        Some("MINI") => Extent::Mini,
        Some(_) => return Err(Fault::not_valid("type")),
    };
    let context = &call.facade.context;
    let look = move |exchange: &Exchange| markets(exchange, names.as_deref());
    let symbols = context.mailbox.look(look).await??;
    let summaries = context.summaries(symbols, since).await?;
    let put = |members: &mut Members<'_>, summary: &Summary| {
        put_summary(members, summary, extent, since, call.unit);
    };
    if single {
        // A market without a price has nothing to tell.
        let summary = summaries.first().ok_or_else(Fault::symbol)?;
        return Ok(document(|members| put(members, summary)));
    }
    let mut out = Vec::with_capacity(summaries.len() * 640 + 2);
    array(&mut out, |items| {
        for summary in &summaries {
            object(items.next(), |members| put(members, summary));
        }
    });
    Ok(out)
}

fn put_summary(
    members: &mut Members<'_>,
    summary: &Summary,
    extent: Extent,
    since: Since,
    unit: TimeUnit,
) {
    let Summary {
        ticker,
        sum,
        trades,
        ..
    } = summary;
    let last = trades.as_ref().map(|(_, last)| last);
    members.put("symbol", &name_of(summary.symbol));
    if extent != Extent::Mini {
        members.put("priceChange", Text(summary.change));
        members.put("priceChangePercent", Percent(summary.change_percent));
        let average = summary.weighted_average.unwrap_or(sum.close.exact());
        members.put("weightedAvgPrice", Text(average));
    }
    if extent == Extent::Day {
        members.put("prevClosePrice", Text::from(sum.open));
    }
    members.put("lastPrice", Text::from(ticker.last));
    if extent == Extent::Day {
        members.put("lastQty", Text::from(last.map(|trade| trade.quantity)));
        members.put("bidPrice", Text::from(ticker.bid_or_last()));
        members.put("bidQty", Text::from(ticker.bid_quantity));
        members.put("askPrice", Text::from(ticker.ask_or_last()));
        members.put("askQty", Text::from(ticker.ask_quantity));
    }
    members.put("openPrice", Text::from(sum.open));
    members.put("highPrice", Text::from(sum.high));
    members.put("lowPrice", Text::from(sum.low));
    members.put("volume", Text::from(sum.volume.base));
    members.put("quoteVolume", Text::from(sum.volume.quote));
    members.put("openTime", unit.of(summary.opened));
    let close = match since {
        Since::Ago(_) => unit.of(summary.closed),
        Since::Today => unit.just_before(summary.opened.plus(DAY)),
    };
    members.put("closeTime", close);
    for (name, id) in [
        ("firstId", trades.as_ref().map(|(first, _)| *first)),
        ("lastId", last.map(|trade| trade.id)),
    ] {
        match id {
            Some(id) => members.put(name, id),
            None => members.put(name, -1i64),
        }
    }
    members.put("count", sum.volume.trades);
}

/// `GET /api/v3/trades`, `historicalTrades`: this exchange's own fills, the newest last.
pub(super) async fn recent(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let period = Period {
        from: None,
        to: None,
    };
    list(call, period, |members, trade, unit| {
        members.put("id", trade.id);
        members.put("price", Text::from(trade.price));
        members.put("qty", Text::from(trade.quantity));
        members.put("quoteQty", Text::from(trade.notional));
        members.put("time", unit.of(trade.at));
        members.put("isBuyerMaker", buyer_rested(trade));
        members.put("isBestMatch", true);
    })
    .await
}

/// `GET /api/v3/aggTrades`: the same fills, each an aggregate of its own.
pub(super) async fn aggregates(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let (from, to) = (params.time("startTime")?, params.time("endTime")?);
    list(call, Period { from, to }, |members, trade, unit| {
        members.put("a", trade.id);
        members.put("p", Text::from(trade.price));
        members.put("q", Text::from(trade.quantity));
        members.put("f", trade.id);
        members.put("l", trade.id);
        members.put("T", unit.of(trade.at));
        members.put("m", buyer_rested(trade));
        members.put("M", true);
    })
    .await
}

/// Whether it was the buyer who had rested, or the book in its place.
fn buyer_rested(trade: &Trade) -> bool {
    (trade.side == Side::Buy) == trade.is_maker
}

async fn list(
    call: &Call<'_>,
    period: Period,
    write: fn(&mut Members<'_>, &Trade, TimeUnit),
) -> Result<Vec<u8>, Fault> {
    let wanted = trades::Wanted {
        order: None,
        from: call.params.whole("fromId")?,
        period,
        rows: call.params.limit(ROWS.0, ROWS.1)?,
    };
    let (symbol, unit) = (symbol(call).await?, call.unit);
    let read = move |archive: &dyn Archive| {
        let trades = wanted.read(archive, symbol)?;
        let mut out = Vec::with_capacity(trades.len() * 192 + 2);
        array(&mut out, |items| {
            for trade in &trades {
                object(items.next(), |members| write(members, trade, unit));
            }
        });
        Ok(out)
    };
    Ok(call.facade.context.archive.read(read).await?)
}

/// `GET /api/v3/avgPrice`.
pub(super) async fn average(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let symbol = symbol(call).await?;
    let context = &call.facade.context;
    let average = context.average_price(symbol).await?;
    let average = average.ok_or_else(Fault::symbol)?;
    Ok(document(|members| {
        members.put("mins", u64::from(average.minutes));
        members.put("price", Text(average.price));
        members.put("closeTime", call.unit.of(average.at));
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_binance() {
        let seconds = |text: &str| span(text).map(|span| span.as_millis() / 1000);
        for (text, expected) in [
            ("1m", Some(60)),
            ("59m", Some(59 * 60)),
            ("23h", Some(23 * 3600)),
            ("7d", Some(7 * 86_400)),
            ("60m", None),
            ("24h", None),
            ("8d", None),
            ("0m", None),
            ("1w", None),
            ("-1d", None),
            ("d", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
