//! The other way round: what an old suite keeps in its server becomes the state of an exchange that is empty.
//!
//! Figures are taken as they are printed. What is owned stays to the last digit; how much of it is held follows from the open
//! orders. The result is an exchange that has been audited, or nothing. Whatever the old keys say otherwise than the new
//! ones would, and whatever does not add up, is told as a difference: for every field, by comparing what was read with what
//! the new exchange would write.
//!
//! | file | is |
//! | --- | --- |
//! | `fetch` | reads all keys |
//! | `document` | JSON and numbers as they are printed |
//! | `order` | an order of theirs as one of ours |
//! | `state` | accounts, totals, markets, trades |
//! | `basis` | what assets cost |
//! | `compare` | what differs |

mod basis;
mod compare;
mod document;
mod fetch;
mod order;
mod state;

use super::Settings;
use super::link::{BadServer, Link, Server, Trouble};
use crate::exchange::{Event, Exchange, Rules, Side};
use crate::keyspace::ReadTicker;
use crate::units::{AMOUNT_DECIMALS_MAX, Elapsed, MONEY_DECIMALS, Moment, OrderId, Timestamp};
use fetch::Old;
use order::Era;

/// Told how many orders of how many have been read.
pub type Progress<'a> = &'a dyn Fn(usize, usize);

/// Why nothing can be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no such server.
    #[error(transparent)]
    Address(#[from] BadServer),
    /// The server fails: in its words.
    #[error("{0}")]
    Server(String),
    /// What it holds cannot become an exchange.
    #[error("{0}")]
    Refused(String),
}

impl From<Trouble> for Failure {
    fn from(why: Trouble) -> Failure {
        match why {
            Trouble::Server(why) | Trouble::Archive(why) => Failure::Server(why),
            Trouble::Lost | Trouble::End => Failure::Server("the connection was lost".to_owned()),
        }
    }
}

/// What would be taken over.
#[derive(Debug)]
pub struct Import {
    /// The exchange with open orders, balances, totals and prices.
    pub exchange: Exchange,
    /// Everything that is to be stored, as if it had just happened.
    pub events: Vec<Event>,
    /// Old ids and new ones, where they differ.
    pub renamed: Vec<(String, OrderId)>,
    /// Orders, open and closed.
    pub orders: usize,
    /// What differs, in words that name the key.
    pub differences: Vec<String>,
}

/// What goes along.
#[derive(Debug)]
pub struct Terms {
    /// The rules of the exchange.
    pub rules: Rules,
    /// What time it is.
    pub now: Timestamp,
    /// How long the exchange has seen time pass already.
    pub elapsed: Elapsed,
    /// Reads prices.
    pub read_ticker: ReadTicker,
}

/// Reads everything and makes an exchange of it; nothing is written anywhere.
pub fn read(settings: &Settings, terms: &Terms, progress: Progress<'_>) -> Result<Import, Failure> {
    let server = Server::new(&settings.url, settings.password.as_deref())?;
    let mut link = Link::open(&server)?;
    let old = fetch::fetch(&mut link, &settings.names, progress)?;
    make(&old, settings, terms)
}

fn make(old: &Old, settings: &Settings, terms: &Terms) -> Result<Import, Failure> {
    let now = Moment {
        now: terms.now,
        elapsed: age(old, terms),
    };
    // As many decimals as money from outside may have, or as many as that of trades has.
    let digits = [AMOUNT_DECIMALS_MAX, MONEY_DECIMALS].into_iter();
    let made = digits
        .map(|decimals| Era { now, decimals })
        .find_map(|era| state::state(old, terms.rules.cash_asset, era, terms.read_ticker));
    let Some(mut state) = made else {
        return Err(Failure::Refused(
            "the balances have too many digits to be kept exactly".to_owned(),
        ));
    };
    let unsound = |why: crate::exchange::Broken| {
        Failure::Refused(format!("the result does not add up: {why}"))
    };
    let exchange =
        Exchange::restore(terms.rules.clone(), state.snapshot.clone()).map_err(unsound)?;
    let mut differences = std::mem::take(&mut state.differences);
    differences.extend(compare::differences(
        old,
        &settings.names,
        &exchange,
        &state,
    ));
    differences.sort();
    Ok(Import {
        orders: state.places.len(),
        events: events(&exchange, &mut state),
        renamed: state.renamed,
        exchange,
        differences,
    })
}

/// As if time had been seen to pass since the first order.
fn age(old: &Old, terms: &Terms) -> Elapsed {
    let placed = old.orders.iter().map(order::Found::placed_at);
    let first = placed
        .filter(|&at| at > 0)
        .min()
        .map(Timestamp::from_millis);
    let age = first.map_or(0, |first| terms.now.since(first).as_millis());
    terms.elapsed.max(Elapsed::from_millis(age))
}

fn events(exchange: &Exchange, state: &mut state::State) -> Vec<Event> {
    let open = exchange.open_orders_from(OrderId::new(0));
    let mut events: Vec<Event> = open.map(|order| Event::OrderOpen(order.id)).collect();
    let closed = std::mem::take(&mut state.closed).into_iter();
    events.extend(closed.map(|order| Event::OrderClosed(Box::new(order))));
    let history = std::mem::take(&mut state.history).into_iter();
    events.extend(history.map(|entry| Event::History(Box::new(entry))));
    let fills = std::mem::take(&mut state.fills).into_iter();
    events.extend(fills.map(|trade| Event::Trade(Box::new(trade))));
    events.extend(
        exchange
            .accounts()
            .map(|(asset, _)| Event::AccountChanged(asset)),
    );
    let totals = exchange
        .trades()
        .map(|(side, symbol, _): (Side, _, _)| Event::TradesCounted(side, symbol));
    events.extend(totals);
    events.extend(
        exchange
            .markets()
            .map(|(symbol, _)| Event::MarketTouched(symbol)),
    );
    events
}
