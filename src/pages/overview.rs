//! `/ui`: is everything all right, what is there, and what happens.

use askama::Template;

use super::figure::{self, Figure};
use super::frame::{self, Frame, Section};
use super::route::Visit;
use super::time::{When, Zone, span_text};
use super::verdict::{Grade, Verdict, bytes_text, is_stale};
use crate::exchange::Exchange;
use crate::http::{Problem, Response};
use crate::status::Status;

/// Prices on the page; the others are behind a link.
const PRICES_MAX: usize = 50;

#[derive(Debug, Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    view: View,
}

/// What is taken from the exchange in one look.
#[derive(Debug)]
struct View {
    status: Status,
    verdict: Verdict,
    cash: String,
    equity: Figure,
    profit: Figure,
    profit_share: Option<Figure>,
    cash_value: Figure,
    asset_value: Figure,
    held: Figure,
    prices: Vec<PriceRow>,
    markets: usize,
    open_orders: Figure,
    fills: Figure,
    uptime: String,
    memory: Option<String>,
}

#[derive(Debug)]
struct PriceRow {
    symbol: String,
    last: Figure,
    bid: Option<Figure>,
    ask: Option<Figure>,
    received: Option<When>,
    stale: bool,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let context = &visit.pages.context;
    let status_of = std::rc::Rc::clone(&context.status);
    let all = visit.query().get("prices")?.as_deref() == Some("all");
    let limit = if all { usize::MAX } else { PRICES_MAX };
    let look = move |exchange: &Exchange| View::take(exchange, status_of(exchange), limit);
    let view = context.mailbox.look(look).await?;
    let frame = Frame::new(visit, Section::Overview, "Overview", view.status.now);
    frame::page(&Overview { frame, view })
}

impl View {
    fn take(exchange: &Exchange, status: Status, limit: usize) -> View {
        let capital = exchange.capital();
        let worth = exchange.valuation();
        let profit = capital.profit_loss();
        View {
            verdict: Verdict::of(&status, exchange),
            cash: exchange.rules().cash_asset.to_string(),
            equity: Figure::money(capital.equity),
            profit: Figure::gain(profit),
            profit_share: Figure::change(
                capital.deposits.exact(),
                capital.deposits.plus_rounded(profit).exact(),
            ),
            cash_value: Figure::money(worth.cash.total()),
            asset_value: Figure::money(worth.assets.total()),
            held: Figure::money(worth.all().held),
            prices: prices(exchange, limit),
            markets: exchange.markets().count(),
            open_orders: Figure::count(status.open_orders),
            fills: Figure::count(status.fills),
            uptime: span_text(status.uptime),
            memory: status.memory.map(bytes_text),
            status,
        }
    }

    fn grade(&self) -> Grade {
        self.verdict.grade()
    }
}

fn prices(exchange: &Exchange, limit: usize) -> Vec<PriceRow> {
    let now = exchange.moment();
    let priced = exchange
        .markets()
        .filter_map(|(symbol, market)| Some((symbol, market, market.ticker?)));
    priced
        .take(limit)
        .map(|(symbol, market, ticker)| PriceRow {
            symbol: symbol.to_string(),
            last: Figure::price(ticker.last),
            bid: ticker.bid.map(Figure::price),
            ask: ticker.ask.map(Figure::price),
            received: market
                .age(now.elapsed)
                .map(|age| Zone::ago(now.now.minus(age), now.now)),
            stale: is_stale(exchange, symbol),
        })
        .collect()
}
