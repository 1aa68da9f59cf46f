//! Symbols and their prices.

use std::collections::BTreeSet;

use super::market::{Market, Ticker};
use super::market_rules::MarketRules;
use super::order::{Lifecycle, Order, Stage};
use super::{Command, Event, Exchange, Fact, NewPrice, Outcome, Rejection, Seen};
use crate::units::{OrderId, Price, Quantity, Symbol};

/// The most symbols that can be listed; bounds the memory.
pub const SYMBOLS_MAX: usize = 10_000;

/// Who delivers a price that was set by hand.
pub const SET_PRICE_SOURCE: &str = "push";

/// Base units on offer at a price that was set by hand without a quantity.
pub const SET_PRICE_QUANTITY: i64 = 1_000_000_000_000;

impl Exchange {
    /// Makes symbols known.
    pub(super) fn list(&mut self, symbols: &[Symbol]) -> Result<Outcome, Rejection> {
        // A batch may name a symbol many times.
        let new: BTreeSet<&Symbol> = symbols
            .iter()
            .filter(|symbol| !self.markets.contains_key(symbol))
            .collect();
        if self.markets.len().saturating_add(new.len()) > SYMBOLS_MAX {
            return Err(Rejection::TooManySymbols(SYMBOLS_MAX));
        }
        for &symbol in symbols {
            self.markets.entry(symbol).or_insert_with(Market::new);
            self.assets.insert(symbol.base());
            self.assets.insert(symbol.quote());
        }
        Ok(Outcome::Done)
    }

    /// Each ticker is a tick; the orders that it crosses meet it before the next one.
    pub(super) fn apply_tickers(
        &mut self,
        source: Option<&'static str>,
        tickers: &[Ticker],
    ) -> Result<Outcome, Rejection> {
        let known = |ticker: &Ticker| self.markets.contains_key(&ticker.symbol);
        if !tickers.iter().all(known) {
            let symbols: Vec<Symbol> = tickers.iter().map(|ticker| ticker.symbol).collect();
            self.list(&symbols)?;
        }
        for ticker in tickers {
            self.apply_ticker(source, *ticker);
        }
        Ok(Outcome::Done)
    }

    /// A price set by hand is a ticker with bid = ask = last.
    pub(super) fn set_price(&mut self, new: NewPrice) -> Result<Outcome, Rejection> {
        if !self.markets.contains_key(&new.symbol) {
            return Err(Rejection::UnknownSymbol(new.symbol));
        }
        let plenty = Quantity::from_stored(crate::units::Exact::whole(SET_PRICE_QUANTITY));
        let ticker = Ticker {
            symbol: new.symbol,
            last: new.price,
            bid: Some(new.price),
            ask: Some(new.price),
            bid_quantity: Some(new.bid_quantity.unwrap_or(plenty)),
            ask_quantity: Some(new.ask_quantity.unwrap_or(plenty)),
            at: self.moment.now,
        };
        self.apply_ticker(Some(SET_PRICE_SOURCE), ticker);
        Ok(Outcome::Ticker(Box::new(ticker)))
    }

    /// Says of symbols whether they are traded.
    pub(super) fn set_trading(&mut self, markets: &[(Symbol, bool)]) -> Result<Outcome, Rejection> {
        let symbols: Vec<Symbol> = markets.iter().map(|&(symbol, _)| symbol).collect();
        self.list(&symbols)?;
        for &(symbol, trading) in markets {
            let Some(market) = self.markets.get_mut(&symbol) else {
                continue;
            };
            let resumes = trading && !market.trading;
            market.trading = trading;
            if resumes {
                // Orders before others in the book come first here too: all meet the present prices, if those are not old.
                market.begin_tick();
                self.meet_market(symbol);
            }
        }
        Ok(Outcome::Done)
    }

    /// The average price that the rules of a market hold orders against, behind how many minutes it is of; none where they want
    /// none.
    pub fn average(&self, symbol: Symbol) -> Option<(u16, Price)> {
        let market = self.markets.get(&symbol)?;
        let rules = self.rules.of_market(symbol, market.rules.as_deref())?;
        let (minutes, last) = (rules.look_back(), market.ticker?.last);
        let average = market.average.over(self.moment.elapsed, minutes);
        (minutes > 0).then_some((minutes, average.unwrap_or(last)))
    }

    fn apply_ticker(&mut self, source: Option<&'static str>, ticker: Ticker) {
        let Some(market) = self.markets.get_mut(&ticker.symbol) else {
            return;
        };
        market.ticker = Some(ticker);
        market.received = Some(self.moment.elapsed);
        market.source = source;
        let rules = self.rules.of_market(ticker.symbol, market.rules.as_deref());
        let look_back = rules.map_or(0, MarketRules::look_back);
        if look_back > 0 {
            let now = self.moment.elapsed;
            market.average.add(now, ticker.last, look_back);
        }
        market.begin_tick();
        if let Some(repriced) = &mut self.repriced {
            repriced.insert(ticker.symbol);
        }
        if let Some(seen) = &mut self.seen {
            seen.push(Seen::Price(ticker.symbol, self.moment.now, ticker.last));
        }
        market.triggers.follow(ticker.last);
        let reached = if market.triggers.len() == 0 {
            Vec::new()
        } else {
            market.triggers.reached(ticker.last)
        };
        let wanted = market.hungry || market.crosses();
        for &id in &reached {
            self.trigger(id);
        }
        if wanted || !reached.is_empty() {
            self.meet_market(ticker.symbol);
        }
        for id in reached {
            self.end_if_immediate(id);
        }
    }

    /// An order does not wait for its price any more.
    pub(super) fn disarm(&mut self, order: &Order) {
        if let Some(market) = self.markets.get_mut(&order.symbol) {
            market.triggers.remove(order);
        }
        if order.terms.trigger.is_some_and(|trigger| trigger.trails()) {
            self.events.push(Event::MarketTouched(order.symbol));
        }
    }

    /// An order whose price is reached joins the book; the tick that triggered it serves it like any other.
    fn trigger(&mut self, id: OrderId) {
        self.go_on_alone(id);
        let Some(mut order) = self.orders.remove(&id) else {
            return;
        };
        self.disarm(&order);
        if let Some(market) = self.markets.get_mut(&order.symbol) {
            market.book.insert(&order);
        }
        if let Lifecycle::Open { stage, .. } = &mut order.lifecycle {
            *stage = Stage::Resting;
        }
        order.taker_through = self.taker_through(&order, 0);
        self.journal.word(Fact::Triggered as u64);
        self.journal.word(id.sequence());
        self.journal.word(self.moment.now.as_millis());
        self.events.push(Event::OrderOpen(id));
        self.orders.insert(id, order);
    }
}

impl Command {
    /// Whether the command can only change prices and what is known of markets, not worth a commit by themselves.
    pub fn is_price(&self) -> bool {
        matches!(
            self,
            Command::ApplyTickers(_)
                | Command::Deliver(..)
                | Command::SetPrice(_)
                | Command::SetTrading(_)
                | Command::SetRules(_)
                | Command::List(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Rules;
    use crate::units::{Moment, Timestamp};

    #[test]
    fn a_batch_may_name_a_new_symbol_more_often_than_symbols_are_allowed() {
        let row = Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse("100").unwrap(),
            Timestamp::default(),
        );
        let mut exchange = Exchange::new(Rules::default());
        let batch = Command::ApplyTickers(vec![row; SYMBOLS_MAX + 1]);
        assert_eq!(exchange.handle(Moment::default(), batch), Ok(Outcome::Done));
        assert_eq!(exchange.markets().count(), 1);
    }

    #[test]
    fn more_symbols_than_are_allowed_are_refused_together() {
        let symbols = (0..=SYMBOLS_MAX).map(|number| format!("C{number}/USDT"));
        let symbols = symbols.map(|name| Symbol::parse(&name).unwrap()).collect();
        let mut exchange = Exchange::new(Rules::default());
        assert_eq!(
            exchange.handle(Moment::default(), Command::List(symbols)),
            Err(Rejection::TooManySymbols(SYMBOLS_MAX))
        );
        assert_eq!(exchange.markets().count(), 0);
    }
}
