//! `/ui/orders/{id}`: one order, its life, and why it has not been filled yet.

use askama::Template;

use super::figure::{self, Figure};
use super::frame::{self, Frame, Section};
use super::life::{Life, Scene};
use super::order_search::status_text;
use super::order_terms::{Term, headline, terms};
use super::order_waits::sentence;
use super::route::Visit;
use super::time::{When, span_text};
use crate::archive::Archive;
use crate::exchange::{CloseReason, Exchange, FeeMode, HistoryEntry, Level, Order, Trade};
use crate::http::{Problem, Response};
use crate::units::{OrderId, Price, Timestamp};

#[derive(Debug, Template)]
#[template(path = "order.html")]
struct OrderPage {
    frame: Frame,
    id: String,
    headline: String,
    status: String,
    is_open: bool,
    waits: Option<String>,
    comment: Option<String>,
    tiles: Vec<Tile>,
    facts: Vec<Tile>,
    terms: Vec<Term>,
    fills: Vec<Fill>,
    fee_asset: String,
    is_received: bool,
    life: Option<Life>,
    placed: When,
    updated: When,
    closed: Option<When>,
    rows: Vec<Row>,
    quote: String,
}

/// A figure with its name.
#[derive(Debug)]
struct Tile {
    name: &'static str,
    value: Figure,
    unit: String,
}

/// An entry of the history.
#[derive(Debug)]
struct Row {
    number: u32,
    at: When,
    after: String,
    status: String,
    price: Option<Figure>,
    quantity: Figure,
    remaining: Figure,
    notional: Figure,
    fee: Figure,
    notional_left: Figure,
    fee_left: Figure,
    comment: String,
}

/// A trade.
#[derive(Debug)]
struct Fill {
    id: u64,
    at: When,
    price: Figure,
    quantity: Figure,
    notional: Figure,
    fee: Figure,
    part: &'static str,
}

/// What is taken from the exchange in one look.
#[derive(Debug)]
struct View {
    now: Timestamp,
    open: Option<(Order, Option<String>)>,
    last: Option<(Timestamp, Price)>,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let id = id_of(&visit.parameter)?;
    let look = move |exchange: &Exchange| View::take(exchange, id);
    let View { now, open, last } = visit.pages.context.mailbox.look(look).await?;
    let (open, waits) = open.unzip();
    // The look above has waited until all that is closed is in the archive.
    let read = move |archive: &dyn Archive| {
        let found = match open {
            Some(order) => Some(order),
            None => archive.order(id)?,
        };
        let Some(order) = found else { return Ok(None) };
        Ok(Some((order, archive.history(id)?, archive.trades_of(id)?)))
    };
    let found = visit.pages.context.archive.read(read).await?;
    let (order, stored, trades) = found.ok_or_else(|| unknown(&visit.parameter))?;
    let creation = order.creation();
    let newer = |entry: &HistoryEntry| entry.number > 0 && entry.number < order.history_count;
    let mut entries = vec![creation];
    entries.extend(stored.into_iter().filter(newer));
    let mut prices: Vec<(Timestamp, Price)> = {
        let samples = visit.pages.samples.borrow();
        samples.prices.of(order.symbol).collect()
    };
    prices.extend(last.filter(|_| order.is_open()));
    let headline = headline(&order);
    let life = Scene {
        order: &order,
        entries: &entries,
        prices: &prices,
        now,
        title: &format!("{headline}: {}", status_text(order.status())),
    }
    .draw(&visit.pages.zone);
    let title = format!("Order {}", id.sequence());
    let comment = order.close_reason().and_then(CloseReason::reject);
    let zone = &visit.pages.zone;
    frame::page(&OrderPage {
        frame: Frame::new(visit, Section::Orders, &title, now),
        id: id.to_string(),
        headline,
        status: status_text(order.status()),
        is_open: order.is_open(),
        waits: waits.flatten(),
        comment: comment.map(|reason| reason.to_string()),
        tiles: tiles(&order),
        facts: facts(&order),
        terms: terms(&order, zone),
        // What came after the state that is shown is left out, as it is of the history.
        fills: trades
            .iter()
            .filter(|trade| entries.iter().any(|entry| entry.trade == Some(trade.id)))
            .map(|trade| fill(trade, visit))
            .collect(),
        fee_asset: order.fee_asset().to_string(),
        is_received: order.terms.fee_mode == FeeMode::Received,
        life,
        placed: zone.full(order.placed_at),
        updated: zone.full(order.updated_at),
        closed: order.closed_at().map(|at| zone.full(at)),
        rows: entries
            .iter()
            .map(|entry| row(entry, &order, visit))
            .collect(),
        quote: order.symbol.quote().to_string(),
    })
}

impl View {
    fn take(exchange: &Exchange, id: OrderId) -> View {
        let now = exchange.moment().now;
        let order = exchange.order(id);
        let ticker = order
            .and_then(|order| exchange.market(order.symbol))
            .and_then(|market| market.ticker);
        View {
            now,
            open: order.map(|order| (order.clone(), sentence(exchange, order))),
            last: ticker.map(|ticker| (now, ticker.last)),
        }
    }
}

/// The id that a path names.
pub(super) fn id_of(text: &str) -> Result<OrderId, Problem> {
    OrderId::parse(text).map_err(|_| unknown(text))
}

fn unknown(text: &str) -> Problem {
    Problem::new(404, "unknown_order", format!("There is no order {text}."))
}

fn tiles(order: &Order) -> Vec<Tile> {
    let (base, quote) = (order.symbol.base(), order.symbol.quote());
    let average = order.average_price().map(Figure::price);
    let tile = |name, value, unit: String| Tile { name, value, unit };
    let of = format!("{base} of {}", Figure::quantity(order.quantity).text());
    vec![
        tile("Filled", Figure::quantity(order.filled.quantity), of),
        tile(
            "Average price",
            figure::or_dash(average.as_ref()),
            quote.to_string(),
        ),
        tile(
            "Notional",
            Figure::money(order.filled.notional),
            quote.to_string(),
        ),
        tile(
            "Fee",
            Figure::amount(order.filled.fee),
            order.fee_asset().to_string(),
        ),
    ]
}

fn facts(order: &Order) -> Vec<Tile> {
    let (base, quote) = (
        order.symbol.base().to_string(),
        order.symbol.quote().to_string(),
    );
    let limit = order.limit_price().map(Figure::price);
    let fact = |name, value, unit: &str| Tile {
        name,
        value,
        unit: unit.to_owned(),
    };
    let mut facts = vec![fact("Quantity", Figure::quantity(order.quantity), &base)];
    if let Some(limit) = limit {
        facts.push(fact("Limit", limit, &quote));
    }
    if let Some(Level::At(price)) = order.terms.trigger.map(|trigger| trigger.level) {
        facts.push(fact("Trigger", Figure::price(price), &quote));
    }
    if let Some(total) = order.terms.quote_amount {
        facts.push(fact("Total wanted", Figure::amount(total), &quote));
    }
    facts.extend([
        fact("Left to fill", Figure::quantity(order.remaining()), &base),
        fact(
            "Notional set aside at first",
            Figure::money(order.booked.notional),
            &quote,
        ),
        fact(
            "Fee set aside at first",
            Figure::money(order.booked.fee),
            &quote,
        ),
        fact(
            "Notional set aside now",
            Figure::money(order.notional_left()),
            &quote,
        ),
        fact("Fee set aside now", Figure::money(order.hold().fee), &quote),
    ]);
    facts
}

fn fill(trade: &Trade, visit: &Visit<'_>) -> Fill {
    Fill {
        id: trade.id,
        at: visit.pages.zone.full(trade.at),
        price: Figure::price(trade.price),
        quantity: Figure::quantity(trade.quantity),
        notional: Figure::money(trade.notional),
        fee: Figure::amount(trade.fee),
        part: if trade.is_maker { "maker" } else { "taker" },
    }
}

fn row(entry: &HistoryEntry, order: &Order, visit: &Visit<'_>) -> Row {
    Row {
        number: entry.number,
        at: visit.pages.zone.full(entry.at),
        after: span_text(entry.at.since(order.placed_at)),
        status: status_text(entry.status),
        price: entry.price.map(Figure::price),
        quantity: Figure::quantity(entry.quantity),
        remaining: Figure::quantity(entry.remaining),
        notional: Figure::money(entry.notional),
        fee: Figure::amount(entry.fee),
        notional_left: Figure::money(entry.notional_left),
        fee_left: Figure::money(entry.fee_left),
        comment: entry
            .reject
            .map_or_else(String::new, |reason| reason.to_string()),
    }
}

impl OrderPage {
    /// From placing to the first fill.
    fn first_fill(&self) -> Option<&str> {
        let is_fill = |row: &&Row| row.number > 0 && row.quantity.exact() != "0";
        self.rows.iter().find(is_fill).map(|row| row.after.as_str())
    }

    /// From placing to the end.
    fn to_end(&self) -> Option<&str> {
        let last = self.rows.last().filter(|_| !self.is_open);
        last.map(|row| row.after.as_str())
    }

    fn status_class(&self) -> &'static str {
        match (self.is_open, self.comment.is_some()) {
            (true, _) => "",
            (_, true) => "bad",
            _ if self.status == "filled" => "good",
            _ => "poor",
        }
    }
}
