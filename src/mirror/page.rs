//! Looks at the exchange, a page at a time, for comparisons.

use crate::exchange::{Account, Exchange, Order, Side, Ticker, TradeTotals};
use crate::keyspace::{Key, Keyspace, Names};
use crate::units::{Asset, OrderId, Symbol};

use super::queue::Feed;

/// Orders of one page.
pub(super) const PAGE_ORDERS: usize = 200;

/// A question to the exchange, with a number that goes along with its answer.
#[derive(Debug)]
pub struct Ask {
    pub(super) number: u64,
    pub(super) what: What,
}

/// What is to be looked at.
#[derive(Debug)]
pub(super) enum What {
    /// All tickers, into the queue of prices.
    FeedTickers,
    /// All tickers.
    Tickers,
    /// Everything small.
    State,
    /// Which of these keys exist.
    Exists(Names, Vec<Key>),
    /// Those of these orders that are open.
    Open(Vec<OrderId>),
    /// Open orders from this one on.
    OpenFrom(OrderId),
}

/// What was seen.
#[derive(Debug)]
pub(super) enum Page {
    /// The tickers are on their way.
    Fed,
    /// All tickers.
    Tickers(Vec<Ticker>),
    /// Everything small.
    State(Box<State>),
    /// The keys that exist.
    Exists(Vec<Key>),
    /// Open orders.
    Open(Vec<Order>),
}

/// Everything but orders and prices.
#[derive(Debug)]
pub(super) struct State {
    pub(super) accounts: Vec<(Asset, Account)>,
    pub(super) trades: Vec<(Side, Symbol, TradeTotals)>,
    /// Every symbol, and whether it has a price.
    pub(super) symbols: Vec<(Symbol, bool)>,
    pub(super) cash: Asset,
    pub(super) next_order: OrderId,
}

/// An answer: what was seen, to be handed over once it is durable.
#[derive(Debug)]
pub struct Seen(pub(super) u64, pub(super) Page);

impl Ask {
    /// Looks.
    pub fn look(&self, exchange: &Exchange, feed: &Feed) -> Seen {
        Seen(self.number, self.what.look(exchange, feed))
    }
}

impl What {
    fn look(&self, exchange: &Exchange, feed: &Feed) -> Page {
        match self {
            What::FeedTickers => {
                feed.tickers(tickers(exchange));
                Page::Fed
            }
            What::Tickers => Page::Tickers(tickers(exchange).collect()),
            What::State => Page::State(Box::new(state(exchange))),
            What::Exists(names, keys) => {
                let space = Keyspace::new(names, exchange);
                let found = keys.iter().copied().filter(|&key| space.exists(key));
                Page::Exists(found.collect())
            }
            What::Open(ids) => {
                let found = ids.iter().filter_map(|&id| exchange.order(id));
                Page::Open(found.cloned().collect())
            }
            What::OpenFrom(id) => {
                let found = exchange.open_orders_from(*id).take(PAGE_ORDERS);
                Page::Open(found.cloned().collect())
            }
        }
    }
}

fn tickers(exchange: &Exchange) -> impl Iterator<Item = Ticker> {
    exchange.markets().filter_map(|(_, market)| market.ticker)
}

fn state(exchange: &Exchange) -> State {
    let markets = exchange.markets();
    State {
        accounts: exchange
            .accounts()
            .map(|(asset, account)| (asset, *account))
            .collect(),
        trades: exchange
            .trades()
            .map(|(side, symbol, totals)| (side, symbol, *totals))
            .collect(),
        symbols: markets
            .map(|(symbol, market)| (symbol, market.ticker.is_some()))
            .collect(),
        cash: exchange.rules().cash_asset,
        next_order: OrderId::new(exchange.next_order()),
    }
}
