//! Market data over time: `/candles`, `/stats`, and what is on offer: `/depth`.

use super::fields::invalid;
use super::market::{DAY, Since, Summary, Top, Wanted};
use super::message::Response;
use super::names;
use super::problem::Problem;
use super::router::Call;
use crate::candles::{Candle, INTERVALS, Interval};
use crate::exchange::{Exchange, Rejection};
use crate::shapes::json::{Members, array, document, object};
use crate::units::{Price, Quantity, Symbol, Timestamp};

/// The most candles in one answer, and how many are shown where nothing is said.
const ROWS: (u64, u64) = (1000, 500);

/// `GET /candles/{symbol}`: oldest first.
pub(super) async fn candles(call: &Call<'_>) -> Result<Response, Problem> {
    let query = call.query();
    let name = query.get("interval")?;
    let interval = match &name {
        None => Interval::MINUTE,
        Some(name) => Interval::parse(name).ok_or_else(|| {
            let known = INTERVALS.map(Interval::name).join(", ");
            invalid("interval", format_args!("must be one of {known}"))
        })?,
    };
    let rows = query.whole("limit", ROWS.0)?.unwrap_or(ROWS.1);
    let time = |name| Ok::<_, Problem>(query.whole(name, u64::MAX)?.map(Timestamp::from_millis));
    let wanted = Wanted {
        from: time("since")?,
        to: time("until")?,
        // The bound is below that of any usize.
        limit: usize::try_from(rows).unwrap_or(usize::MAX),
    };
    let symbol = listed(call).await?;
    let candles = call.context.candles(symbol, interval, wanted).await?;
    let mut out = Vec::with_capacity(candles.len() * 128 + 2);
    array(&mut out, |items| {
        for candle in &candles {
            object(items.next(), |members| put_candle(members, candle));
        }
    });
    Ok(Response::json(200, out))
}

fn put_candle(members: &mut Members<'_>, candle: &Candle) {
    members.put("ts", candle.start);
    members.put("open", candle.open);
    members.put("high", candle.high);
    members.put("low", candle.low);
    members.put("close", candle.close);
    members.put("amount", candle.volume.base);
    members.put("notional", candle.volume.quote);
    members.put("trades", candle.volume.trades);
    members.put("prices", candle.prices);
}

/// The symbol of the path, which must be one that there is.
async fn listed(call: &Call<'_>) -> Result<Symbol, Problem> {
    let symbol = names::known_case(call.context, "symbol", &call.parameter).await?;
    let look = move |exchange: &Exchange| exchange.market(symbol).is_some();
    if call.context.mailbox.look(look).await? {
        Ok(symbol)
    } else {
        Err(Rejection::UnknownSymbol(symbol).into())
    }
}

/// `GET /stats`: the last 24 hours of every symbol that has a price.
pub(super) async fn all_stats(call: &Call<'_>) -> Result<Response, Problem> {
    let look = |exchange: &Exchange| exchange.markets().map(|(symbol, _)| symbol).collect();
    let symbols = call.context.mailbox.look(look).await?;
    stats(call, symbols).await
}

/// `GET /stats/{symbol}`: the same of one symbol.
pub(super) async fn stats_of(call: &Call<'_>) -> Result<Response, Problem> {
    let symbol = listed(call).await?;
    stats(call, vec![symbol]).await
}

async fn stats(call: &Call<'_>, symbols: Vec<Symbol>) -> Result<Response, Problem> {
    let summaries = call.context.summaries(symbols, Since::Ago(DAY)).await?;
    let body = document(|members| {
        for summary in &summaries {
            let name = summary.symbol.to_string();
            members.object(&name, |members| put_summary(members, summary));
        }
    });
    Ok(Response::json(200, body))
}

fn put_summary(members: &mut Members<'_>, summary: &Summary) {
    let Summary { sum, .. } = summary;
    members.put("open", sum.open);
    members.put("high", sum.high);
    members.put("low", sum.low);
    members.put("last", sum.close);
    members.put("change", summary.change);
    members.put("change_percent", summary.change_percent);
    members.put("amount", sum.volume.base);
    members.put("notional", sum.volume.quote);
    members.put("trades", sum.volume.trades);
    members.put("average", summary.weighted_average);
    members.put("ts_open", summary.opened);
    members.put("ts_close", summary.closed);
}

/// `GET /depth/{symbol}`: what is on offer, the best first.
pub(super) async fn depth(call: &Call<'_>) -> Result<Response, Problem> {
    let levels = call.query().whole("limit", ROWS.0)?.unwrap_or(1);
    let symbol = listed(call).await?;
    if levels > 1 {
        // The bound is below that of any usize.
        let levels = usize::try_from(levels).unwrap_or(usize::MAX);
        if let Some(book) = call.context.book(symbol, levels).await {
            let side = |side: Vec<_>| {
                side.into_iter()
                    .map(|(price, quantity)| (price, Some(quantity)))
            };
            let sides = [side(book.bids).collect(), side(book.asks).collect()];
            return Ok(Response::json(200, told(symbol, None, &sides)));
        }
    }
    let top = call.context.top(symbol).await?;
    let side = |best: fn(&Top) -> Option<Level>| top.as_ref().and_then(best).into_iter().collect();
    let sides = [side(|top| top.bid), side(|top| top.ask)];
    let answer = told(symbol, top.as_ref().map(|top| top.at), &sides);
    Ok(Response::json(200, answer))
}

/// A price, and what is on offer there, where that is known.
type Level = (Price, Option<Quantity>);

/// Bids and asks, the best first. A venue's own book tells no time.
fn told(symbol: Symbol, at: Option<Timestamp>, sides: &[Vec<Level>; 2]) -> Vec<u8> {
    document(|members| {
        members.put("symbol", symbol);
        members.put("ts", at);
        for (name, side) in ["bids", "asks"].into_iter().zip(sides) {
            members.array(name, |levels| {
                for &(price, quantity) in side {
                    array(levels.next(), |figures| {
                        figures.put(price);
                        figures.put(quantity);
                    });
                }
            });
        }
    })
}
