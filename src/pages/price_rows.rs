//! Rows of prices: the present ones, their age, the line of the last day, and the change since midnight UTC.

use std::ops::Range;

use super::chart::{Svg, spark};
use super::figure::Figure;
use super::time::{When, Zone, midnight};
use super::verdict::is_stale;
use crate::exchange::{Exchange, Ticker};
use crate::samples::Prices;
use crate::units::{Exact, Moment, Price, Span, Symbol, Timestamp};

/// The prices of a symbol as they are now.
#[derive(Debug)]
pub(super) struct Quote {
    ticker: Ticker,
    age: Option<Span>,
    stale: bool,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct PriceRow {
    pub(super) symbol: String,
    pub(super) last: Figure,
    pub(super) bid: Option<Figure>,
    pub(super) ask: Option<Figure>,
    pub(super) spark: Option<Svg>,
    /// Since midnight in UTC, or since the first price after it.
    pub(super) change: Option<Figure>,
    pub(super) received: Option<When>,
    pub(super) stale: bool,
}

/// The prices of symbols, first of those that there is some of.
pub(super) fn take(exchange: &Exchange, rows: Range<usize>) -> Vec<Quote> {
    let Moment { elapsed, .. } = exchange.moment();
    let owned = |symbol: Symbol| {
        let account = exchange.account(symbol.base());
        account.is_some_and(|account| !account.is_empty())
    };
    let priced = |wanted: bool| {
        exchange
            .markets()
            .filter(move |(symbol, _)| owned(*symbol) == wanted)
            .filter_map(move |(symbol, market)| {
                Some(Quote {
                    ticker: market.ticker?,
                    age: market.age(elapsed),
                    stale: is_stale(exchange, symbol),
                })
            })
    };
    priced(true)
        .chain(priced(false))
        .skip(rows.start)
        .take(rows.len())
        .collect()
}

/// The rows of some prices.
pub(super) fn rows(quotes: &[Quote], prices: &Prices, now: Timestamp) -> Vec<PriceRow> {
    quotes.iter().map(|quote| row(quote, prices, now)).collect()
}

fn row(quote: &Quote, prices: &Prices, now: Timestamp) -> PriceRow {
    let ticker = &quote.ticker;
    let symbol = ticker.symbol;
    let mut line: Vec<Exact> = prices.of(symbol).map(|(_, price)| price.exact()).collect();
    line.push(ticker.last.exact());
    let change = prices
        .since(symbol, midnight(now))
        .and_then(|(_, first)| Figure::change(first.exact(), ticker.last.exact()));
    let title = format!("{symbol} over the last day");
    let decimals = [Some(ticker.last), ticker.bid, ticker.ask]
        .into_iter()
        .flatten()
        .map(Figure::price_decimals)
        .max();
    let figure = |price: Price| Figure::padded(price.exact(), decimals.unwrap_or(0));
    PriceRow {
        symbol: symbol.to_string(),
        last: figure(ticker.last),
        bid: ticker.bid.map(figure),
        ask: ticker.ask.map(figure),
        spark: spark(&line, &title),
        change,
        received: quote.age.map(|age| Zone::ago(now.minus(age), now)),
        stale: quote.stale,
    }
}
