//! `/ui/orders/{id}`: one order, its life, and why it has not been filled yet.

use askama::Template;

use super::figure::{self, Figure};
use super::frame::{self, Frame, Section};
use super::life::{Life, Scene};
use super::order_search::status_text;
use super::order_terms::{Term, headline, terms};
use super::order_waits::sentence;
use super::route::Visit;
use super::time::{When, latency_text};
use crate::archive::Archive;
use crate::exchange::{CloseReason, Exchange, FeeMode, HistoryEntry, Level, Order, Trade};
use crate::http::{Problem, Response};
use crate::units::{Amount, Asset, OrderId, Price, Timestamp};

#[derive(Debug, Template)]
#[template(path = "order.html")]
struct OrderPage {
    frame: Frame,
    id: String,
    headline: String,
    status: String,
    is_open: bool,
    waits: Option<String>,
    other: Option<Other>,
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

/// The other order of a pair.
#[derive(Debug)]
struct Other {
    id: OrderId,
    /// Whether both wait still.
    waits: bool,
    /// Whether the money of both is set aside for the other.
    holds: bool,
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

/// An open order.
#[derive(Debug)]
struct Open {
    order: Order,
    /// Why it has not been filled yet.
    waits: Option<String>,
    /// Whether it belongs to a pair of which both orders wait.
    is_paired: bool,
}

/// What is taken from the exchange in one look.
#[derive(Debug)]
struct View {
    now: Timestamp,
    cash: Asset,
    open: Option<Open>,
    last: Option<(Timestamp, Price)>,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let id = id_of(&visit.parameter)?;
    let look = move |exchange: &Exchange| View::take(exchange, id);
    let view = visit.pages.context.mailbox.look(look).await?;
    let View {
        now,
        cash,
        open,
        last,
    } = view;
    let is_paired = open.as_ref().is_some_and(|open| open.is_paired);
    let (open, waits) = open.map(|open| (open.order, open.waits)).unzip();
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
        other: Other::of(&order, is_paired),
        comment: comment.map(|reason| reason.to_string()),
        tiles: tiles(&order, cash),
        facts: facts(&order, cash),
        terms: terms(&order, zone),
        fills: fills(&trades, &entries, |trade| fill(trade, &order, cash, visit)),
        fee_asset: order.fee_asset().to_string(),
        is_received: order.terms.fee_mode == FeeMode::Received,
        life,
        placed: zone.full(order.placed_at),
        updated: zone.full(order.updated_at),
        closed: order.closed_at().map(|at| zone.full(at)),
        rows: entries
            .iter()
            .map(|entry| row(entry, &order, cash, visit))
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
            cash: exchange.rules().cash_asset,
            open: order.map(|order| Open {
                order: order.clone(),
                waits: sentence(exchange, order),
                is_paired: exchange.is_paired(order),
            }),
            last: ticker.map(|ticker| (now, ticker.last)),
        }
    }
}

impl Other {
    fn of(order: &Order, is_paired: bool) -> Option<Other> {
        let pair = order.pair.as_ref()?;
        Some(Other {
            id: pair.other,
            waits: is_paired,
            holds: is_paired && pair.id == pair.other,
        })
    }
}

/// The id that a path names.
pub(super) fn id_of(text: &str) -> Result<OrderId, Problem> {
    OrderId::parse(text).map_err(|_| unknown(text))
}

fn unknown(text: &str) -> Problem {
    Problem::new(404, "unknown_order", format!("There is no order {text}."))
}

fn tiles(order: &Order, cash: Asset) -> Vec<Tile> {
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
            Figure::of_asset(order.filled.notional, quote, cash),
            quote.to_string(),
        ),
        tile(
            "Fee",
            Figure::of_asset(order.filled.fee, order.fee_asset(), cash),
            order.fee_asset().to_string(),
        ),
    ]
}

fn facts(order: &Order, cash: Asset) -> Vec<Tile> {
    let (base, quote) = (order.symbol.base(), order.symbol.quote());
    let fact = |name, value, unit: Asset| Tile {
        name,
        value,
        unit: unit.to_string(),
    };
    let money = |name, amount| fact(name, Figure::of_asset(amount, quote, cash), quote);
    let mut facts = vec![fact("Quantity", Figure::quantity(order.quantity), base)];
    if let Some(limit) = order.limit_price() {
        facts.push(fact("Limit", Figure::price(limit), quote));
    }
    if let Some(Level::At(price)) = order.terms.trigger.map(|trigger| trigger.level) {
        facts.push(fact("Trigger", Figure::price(price), quote));
    }
    if let Some(total) = order.terms.quote_amount {
        facts.push(money("Total wanted", total));
    }
    facts.extend([
        fact("Left to fill", Figure::quantity(order.remaining()), base),
        money("Notional set aside at first", order.booked.notional),
        money("Fee set aside at first", order.booked.fee),
        money("Notional set aside now", order.notional_left()),
        money("Fee set aside now", order.hold().fee),
    ]);
    facts
}

/// Trades that the history knows: what came after the state that is shown is left out, as it is of the history.
fn fills(trades: &[Trade], entries: &[HistoryEntry], fill: impl Fn(&Trade) -> Fill) -> Vec<Fill> {
    let known = |trade: &&Trade| entries.iter().any(|entry| entry.trade == Some(trade.id));
    trades.iter().filter(known).map(fill).collect()
}

fn fill(trade: &Trade, order: &Order, cash: Asset, visit: &Visit<'_>) -> Fill {
    Fill {
        id: trade.id,
        at: visit.pages.zone.full(trade.at),
        price: Figure::price(trade.price),
        quantity: Figure::quantity(trade.quantity),
        notional: Figure::of_asset(trade.notional, order.symbol.quote(), cash),
        fee: Figure::of_asset(trade.fee, order.fee_asset(), cash),
        part: if trade.is_maker { "maker" } else { "taker" },
    }
}

fn row(entry: &HistoryEntry, order: &Order, cash: Asset, visit: &Visit<'_>) -> Row {
    let money = |amount: Amount| Figure::of_asset(amount, order.symbol.quote(), cash);
    Row {
        number: entry.number,
        at: visit.pages.zone.full(entry.at),
        after: latency_text(entry.at.since(order.placed_at)),
        status: status_text(entry.status),
        price: entry.price.map(Figure::price),
        quantity: Figure::quantity(entry.quantity),
        remaining: Figure::quantity(entry.remaining),
        notional: money(entry.notional),
        fee: Figure::of_asset(entry.fee, order.fee_asset(), cash),
        notional_left: money(entry.notional_left),
        fee_left: money(entry.fee_left),
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
