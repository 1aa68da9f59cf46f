//! `/ui`: is everything all right, what is there, and what happens.

use std::ops::{ControlFlow, Range};
use std::rc::Rc;

use askama::Template;

use super::facts::{Fact, facts};
use super::figure::{self, Figure, side_word};
use super::frame::{self, Frame, Section};
use super::pager::{Pager, ROWS_MAX, asked_from};
use super::price_rows::{self, PriceRow};
use super::route::Visit;
use super::time::{When, Zone, span_text};
use super::verdict::{Grade, Verdict, bytes_text};
use crate::archive::Walk;
use crate::exchange::{Exchange, Order};
use crate::http::{Problem, Response};
use crate::status::Status;

/// Prices on the page; the others are behind a link.
const PRICES_MAX: usize = 30;
/// Orders in each of the two lists.
const ORDERS_MAX: usize = 6;
/// Closed orders that are looked at for such as were filled.
const WALK_MAX: usize = 200;

#[derive(Debug, Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    view: View,
    fills: Vec<OrderRow>,
    prices: Vec<PriceRow>,
    facts: Vec<Fact>,
    /// For the prices, where all are asked for.
    pager: Option<Pager>,
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
    quotes: Vec<price_rows::Quote>,
    markets: usize,
    open: Vec<OrderRow>,
    /// Open orders that are filled in part, latest first.
    partly: Vec<Order>,
    open_orders: Figure,
    fills: Figure,
    uptime: String,
    memory: Option<String>,
}

/// An order in a list.
#[derive(Debug)]
struct OrderRow {
    id: String,
    symbol: String,
    side: &'static str,
    quantity: Figure,
    price: Option<Figure>,
    at: When,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let context = &visit.pages.context;
    let status_of = Rc::clone(&context.status);
    let from = asked_from(visit)?;
    let rows = match from {
        Some(from) => from..from.saturating_add(ROWS_MAX),
        None => 0..PRICES_MAX,
    };
    let look = move |exchange: &Exchange| View::take(exchange, status_of(exchange), rows.clone());
    let view = context.mailbox.look(look).await?;
    let closed = context.archive.read(|archive| {
        let (mut found, mut seen) = (Vec::new(), 0);
        archive.walk(Walk::default(), &mut |order| {
            seen += 1;
            if order.filled.quantity.is_positive() {
                found.push(order);
            }
            if found.len() < ORDERS_MAX && seen < WALK_MAX {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(found)
    });
    let fills = fills(&closed.await?, &view);
    let prices = {
        let samples = visit.pages.samples.borrow();
        price_rows::rows(&view.quotes, &samples.prices, view.status.now)
    };
    frame::page(&Overview {
        frame: Frame::new(visit, Section::Overview, "Overview", view.status.now),
        facts: facts(&view.status),
        pager: from.map(|from| Pager::new(from, view.markets, "")),
        view,
        fills,
        prices,
    })
}

impl View {
    fn take(exchange: &Exchange, status: Status, rows: Range<usize>) -> View {
        let capital = exchange.capital();
        let worth = exchange.valuation();
        let profit = capital.profit_loss();
        let partly = |order: &&Order| order.filled.quantity.is_positive();
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
            quotes: price_rows::take(exchange, rows),
            markets: exchange.markets().count(),
            open: exchange
                .open_orders()
                .take(ORDERS_MAX)
                .map(|order| open_row(order, &status))
                .collect(),
            partly: exchange
                .open_orders()
                .take(WALK_MAX)
                .filter(partly)
                .take(ORDERS_MAX)
                .cloned()
                .collect(),
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

/// Open: what is left of it, and its limit.
fn open_row(order: &Order, status: &Status) -> OrderRow {
    OrderRow {
        quantity: Figure::quantity(order.remaining()),
        price: order.limit_price().map(Figure::price),
        ..filled_row(order, status)
    }
}

/// Filled: how much of it, and at what price.
fn filled_row(order: &Order, status: &Status) -> OrderRow {
    OrderRow {
        id: order.id.to_string(),
        symbol: order.symbol.to_string(),
        side: side_word(order.side),
        quantity: Figure::quantity(order.filled.quantity),
        price: order.average_price().map(Figure::price),
        at: Zone::ago(order.updated_at, status.now),
    }
}

/// The orders that were filled last, open ones among them.
fn fills(closed: &[Order], view: &View) -> Vec<OrderRow> {
    let mut orders: Vec<&Order> = closed.iter().chain(&view.partly).collect();
    orders.sort_by_key(|order| std::cmp::Reverse((order.updated_at, order.id)));
    orders.dedup_by_key(|order| order.id);
    orders
        .into_iter()
        .take(ORDERS_MAX)
        .map(|order| filled_row(order, &view.status))
        .collect()
}
