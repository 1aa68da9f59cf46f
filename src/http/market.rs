//! Market data as every API gives it: candles, what happened in the last day, the book, the average price.
//!
//! All of it is what this exchange has seen: prices from its tickers, volume from its own fills. Nothing is made up: where
//! nothing was traded the volume is zero, and a candle without a price repeats the close before it and counts no prices.
//! Where prices come from a venue that tells, candles of a time that nobody saw here are the venue's, and so is its book.

use std::collections::BTreeMap;
use std::iter;
use std::ops::ControlFlow;

use super::context::Context;
use super::holes::Holes;
use super::problem::Problem;
use crate::archive::{Archive, CandleWalk, TradeWalk, Unreadable};
use crate::candles::{Candle, Candles, Interval, Level, Volume, merged, without_gaps};
use crate::exchange::{Exchange, Ticker, Trade};
use crate::units::{Exact, Price, Quantity, Rounding, Span, Symbol, Timestamp};
use crate::venue_data::{self, Book, BookWish, CandleWish, VenueData};

/// The most candles in one answer.
pub const CANDLES_MAX: usize = 1000;
/// A day.
pub const DAY: Span = Span::from_secs(86_400);
/// Minutes of the average price where nothing says how many.
const AVERAGE_MINUTES: u16 = 5;
/// Decimals of a change in per cent, as on Binance.
const PERCENT_DECIMALS: u32 = 3;

/// Which candles are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only those that begin at or after this; the oldest of them come then, else the newest.
    pub from: Option<Timestamp>,
    /// Only those that begin at or before this.
    pub to: Option<Timestamp>,
    /// At most so many, and at most [`CANDLES_MAX`].
    pub limit: usize,
}

/// Since when what happened is summed up; the minute that it falls into counts whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Span),
    /// The start of the day, in UTC.
    Today,
}

/// What happened to a market in the last 24 hours, or another time, by minutes.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The market.
    pub symbol: Symbol,
    /// The present prices.
    pub ticker: Ticker,
    /// First, highest, lowest and last price, how many there were, and what our own fills traded.
    pub sum: Candle,
    /// The last price less the first.
    pub change: Exact,
    /// The same in per cent of the first, to three decimals.
    pub change_percent: Exact,
    /// What a unit cost on average in our own fills; none where there were none.
    pub weighted_average: Option<Exact>,
    /// From when.
    pub opened: Timestamp,
    /// To when.
    pub closed: Timestamp,
    /// The first and the last of our own fills in it.
    pub trades: Option<(u64, Trade)>,
}

/// The price of a market over its last minutes.
#[derive(Debug, Clone, Copy)]
pub struct AveragePrice {
    /// Of how many minutes.
    pub minutes: u16,
    /// The mean.
    pub price: Exact,
    /// The end of them.
    pub at: Timestamp,
}

/// The best prices of a market with what is on offer there; an empty side has none.
#[derive(Debug, Clone, Copy)]
pub struct Top {
    /// Best bid; where its quantity is unknown the venue did not say.
    pub bid: Option<(Price, Option<Quantity>)>,
    /// Best ask.
    pub ask: Option<(Price, Option<Quantity>)>,
    /// Number of the tick.
    pub tick: u64,
    /// When the source says that it was so.
    pub at: Timestamp,
}

impl Context {
    /// Candles of a symbol, oldest first; none of one that never had a price.
    pub async fn candles(
        &self,
        symbol: Symbol,
        interval: Interval,
        wanted: Wanted,
    ) -> Result<Vec<Candle>, Problem> {
        let now = self.mailbox.look(now_of).await?;
        let limit = wanted.limit.min(CANDLES_MAX);
        let to = wanted.to.unwrap_or(now).min(now);
        let (mut first, mut last) = stretch(interval, wanted.from, to, limit);
        if limit == 0 || first > to {
            return Ok(Vec::new());
        }
        let level = interval.level();
        let walk = |from, to, most, oldest_first| CandleWalk {
            symbol,
            level,
            from,
            to,
            most,
            oldest_first,
        };
        let before = walk(Timestamp::default(), just_before(first), 1, false);
        let before = self.seen(before).await?;
        let all = |first, last| walk(first, just_before(interval.after(last)), usize::MAX, false);
        let mut own = merged(&self.seen(all(first, last)).await?, interval);
        let holes = Holes::of(&own, !before.is_empty(), interval, now);
        let told = self.told(symbol, &holes, first, last).await;
        if before.is_empty() && told.is_empty() && wanted.from.is_some() {
            // Who asks for more than there is gets what there is from its beginning on.
            let oldest = self.seen(walk(first, to, 1, true)).await?;
            if let Some(oldest) = oldest.first() {
                let begin = interval.start(oldest.start).max(first);
                (first, last) = stretch(interval, Some(begin), to, limit);
                own = merged(&self.seen(all(first, last)).await?, interval);
            }
        } else {
            own = holes.filled(told);
        }
        // What was quiet at first repeats the close before it.
        let before = before.last().map(|candle| Candle {
            start: interval.start(candle.start),
            ..*candle
        });
        own.splice(0..0, before);
        let mut candles = without_gaps(&own, interval, last, limit);
        candles.retain(|candle| candle.start >= first);
        Ok(candles)
    }

    /// What the venue tells of the holes from one candle to another; nothing where there are none, or it is not to be had.
    async fn told(
        &self,
        symbol: Symbol,
        holes: &Holes<'_>,
        first: Timestamp,
        last: Timestamp,
    ) -> Vec<Candle> {
        let (Some(venue), Some([first, last])) = (&self.venue_data, holes.within(first, last))
        else {
            return Vec::new();
        };
        let wish = CandleWish {
            symbol,
            interval: holes.interval,
            first,
            last,
            now: holes.now,
        };
        venue.candles(wish).await.unwrap_or_default()
    }

    /// Whether there is a venue that tells what was not seen here.
    pub fn has_venue(&self) -> bool {
        let venue = self.venue_data.as_ref();
        venue.is_some_and(VenueData::is_answered)
    }

    /// The venue's own book, where it tells; orders here meet the best bid and ask of the last tick only.
    pub async fn book(&self, symbol: Symbol, levels: usize) -> Option<Book> {
        let levels = levels.min(venue_data::ROWS_MAX);
        let wish = BookWish { symbol, levels };
        self.venue_data.as_ref()?.book(wish).await
    }

    /// What happened to these symbols; those that have no price are left out.
    pub async fn summaries(
        &self,
        symbols: Vec<Symbol>,
        since: Since,
    ) -> Result<Vec<Summary>, Problem> {
        let look = move |exchange: &Exchange| {
            let ticker = |&symbol: &Symbol| exchange.market(symbol)?.ticker;
            let tickers: Vec<Ticker> = symbols.iter().filter_map(ticker).collect();
            (now_of(exchange), tickers)
        };
        let (now, tickers) = self.mailbox.look(look).await?;
        let opened = match since {
            Since::Ago(span) => Level::Minute.candle_start(now.minus(span)),
            Since::Today => Level::Day.candle_start(now),
        };
        let symbols = tickers.iter().map(|ticker| ticker.symbol);
        let fresh = self.candles.borrow().copied(symbols);
        let read = move |archive: &dyn Archive| {
            let one = |&ticker: &Ticker| summary(archive, ticker, &fresh, opened, now);
            tickers.iter().map(one).collect()
        };
        self.archive.read(read).await
    }

    /// The best bid and ask; none of a symbol without a price.
    pub async fn top(&self, symbol: Symbol) -> Result<Option<Top>, Problem> {
        let look = move |exchange: &Exchange| {
            let market = exchange.market(symbol)?;
            let ticker = market.ticker?;
            Some(Top {
                bid: ticker.bid.map(|price| (price, ticker.bid_quantity)),
                ask: ticker.ask.map(|price| (price, ticker.ask_quantity)),
                tick: market.ticks,
                at: ticker.at,
            })
        };
        Ok(self.mailbox.look(look).await?)
    }

    /// The average price that orders are held against; where the rules of the market want none, the mean of the closes of the
    /// last five minutes, those without a price repeating the close before. None of a symbol without a price.
    pub async fn average_price(&self, symbol: Symbol) -> Result<Option<AveragePrice>, Problem> {
        let look = move |exchange: &Exchange| (exchange.average(symbol), now_of(exchange));
        let (known, at) = self.mailbox.look(look).await?;
        if let Some((minutes, price)) = known {
            return Ok(Some(AveragePrice {
                minutes,
                price: price.exact(),
                at,
            }));
        }
        let wanted = Wanted {
            limit: AVERAGE_MINUTES.into(),
            ..Wanted::default()
        };
        let candles = self.candles(symbol, Interval::MINUTE, wanted).await?;
        let closes = candles.iter().map(|candle| candle.close.exact());
        let sum = closes.fold(Exact::ZERO, Exact::plus_rounded);
        let count = i64::try_from(candles.len()).unwrap_or(i64::MAX);
        let price = sum.over(Exact::whole(count));
        Ok(price.map(|price| AveragePrice {
            minutes: AVERAGE_MINUTES,
            price,
            at,
        }))
    }

    /// The candles of a level that are wanted, be they on the disk yet or not.
    async fn seen(&self, walk: CandleWalk) -> Result<Vec<Candle>, Problem> {
        // Memory first: what goes to the disk between the two is found there.
        let fresh = self.candles.borrow().copied(iter::once(walk.symbol));
        let read = move |archive: &dyn Archive| Ok(joined(archive.candles(walk)?, &fresh, walk));
        self.archive.read(read).await
    }
}

fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(1))
}

fn now_of(exchange: &Exchange) -> Timestamp {
    exchange.moment().now
}

/// When the first and the last of the candles begin that are wanted.
fn stretch(
    interval: Interval,
    from: Option<Timestamp>,
    to: Timestamp,
    limit: usize,
) -> (Timestamp, Timestamp) {
    let newest = interval.start(to);
    let more = limit.saturating_sub(1);
    let Some(from) = from else {
        let mut first = newest;
        for _ in 0..more {
            first = interval.before(first).unwrap_or(first);
        }
        return (first, newest);
    };
    let begun = interval.start(from);
    let first = if begun < from {
        interval.after(begun)
    } else {
        begun
    };
    let mut last = first;
    for _ in 0..more {
        if last >= newest {
            break;
        }
        last = interval.after(last);
    }
    (first, last.min(newest))
}

/// Candles of both, of which what is in memory goes before what is on the disk.
fn joined(stored: Vec<Candle>, fresh: &Candles, walk: CandleWalk) -> Vec<Candle> {
    let wanted = |candle: &Candle| candle.start >= walk.from && candle.start <= walk.to;
    let fresh = fresh.of(walk.symbol, walk.level);
    let all = stored.into_iter().chain(fresh).filter(wanted);
    let by_start: BTreeMap<Timestamp, Candle> = all.map(|candle| (candle.start, candle)).collect();
    by_start.into_values().collect()
}

/// What happened to a market since a minute began: its last minutes until a full hour, and the hours from there on.
fn summary(
    archive: &dyn Archive,
    ticker: Ticker,
    fresh: &Candles,
    opened: Timestamp,
    closed: Timestamp,
) -> Result<Summary, Unreadable> {
    let symbol = ticker.symbol;
    let full = Interval::HOUR.after(Interval::HOUR.start(just_before(opened)));
    let part = |level, from, to| {
        let walk = CandleWalk {
            symbol,
            level,
            from,
            to,
            most: usize::MAX,
            oldest_first: false,
        };
        Ok::<_, Unreadable>(joined(archive.candles(walk)?, fresh, walk))
    };
    let mut parts = part(Level::Minute, opened, just_before(full))?;
    parts.extend(part(Level::Hour, full, closed)?);
    let mut sum = Candle::flat(opened, ticker.last);
    for part in parts {
        sum.append(&part);
    }
    let change = sum.close.exact().minus(sum.open.exact());
    let change = change.unwrap_or_default();
    let share = change.over(sum.open.exact()).unwrap_or_default();
    let percent = share.times(Exact::whole(100), PERCENT_DECIMALS, Rounding::HalfUp);
    let Volume { base, quote, .. } = sum.volume;
    Ok(Summary {
        symbol,
        ticker,
        sum,
        change,
        change_percent: percent.unwrap_or_default(),
        weighted_average: quote.exact().over(base.exact()),
        opened,
        closed,
        trades: trades_since(archive, symbol, opened)?,
    })
}

/// The id of the first trade of a market since then, and the last trade, if there is any. Ids and times both grow, so the
/// first one is found by halving.
fn trades_since(
    archive: &dyn Archive,
    symbol: Symbol,
    since: Timestamp,
) -> Result<Option<(u64, Trade)>, Unreadable> {
    let next = |from: Option<u64>| {
        let walk = TradeWalk {
            symbol: Some(symbol),
            from,
            before: None,
            oldest_first: from.is_some(),
        };
        let mut found = None;
        archive.trades(walk, &mut |trade| {
            found = Some(trade);
            ControlFlow::Break(())
        })?;
        Ok::<_, Unreadable>(found.filter(|trade| trade.at >= since))
    };
    let Some(last) = next(None)? else {
        return Ok(None);
    };
    let (mut early, mut late, mut first) = (0, last.id, last.id);
    while early < late {
        let middle = early.midpoint(late);
        match next(Some(middle))? {
            Some(trade) => (first, late) = (trade.id, middle),
            None => early = middle + 1,
        }
    }
    Ok(Some((first, last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    #[test]
    fn the_stretch_is_what_binance_gives() {
        let minute = Interval::parse("1m").unwrap();
        let spans = |from: Option<u64>, to, limit| {
            let (first, last) = stretch(minute, from.map(at), at(to), limit);
            (first.as_millis() / 1000, last.as_millis() / 1000)
        };
        assert_eq!(spans(None, 630, 3), (480, 600));
        assert_eq!(spans(None, 60, 500), (0, 60));
        assert_eq!(spans(Some(121), 630, 3), (180, 300));
        assert_eq!(spans(Some(120), 630, 500), (120, 600));
        assert_eq!(spans(Some(700), 630, 5), (720, 600));
    }
}
