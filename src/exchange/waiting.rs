//! Why an open order that could trade has not.

use super::Exchange;
use super::order::{Order, OrderKind, Stage};
use super::trigger::Level;
use crate::units::{Price, Span, Symbol};

/// What a market order waits for after its delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// The present price arrived too long ago.
    #[error("waiting for a price: that of {symbol} is {age} old")]
    OldPrice {
        /// Whose price.
        symbol: Symbol,
        /// How old it is.
        age: Span,
    },
    /// The venue has delisted or halted the market.
    #[error("waiting for the market: {0} is not traded now")]
    NotTrading(Symbol),
    /// The price that triggers it is not reached.
    #[error("waits for {price} to be reached; last is {last}")]
    Trigger {
        /// What it waits for; for one that trails, as it is now.
        price: Price,
        /// The present price.
        last: Price,
    },
    /// No price has arrived since the start.
    #[error("waiting for a price: none of {0} has arrived since the start")]
    NoPriceYet(Symbol),
}

impl Exchange {
    /// What an order waits for before it joins the book, or why a market order waits although its delay has passed; limit
    /// orders may rest for any reason.
    pub fn waiting(&self, order: &Order) -> Option<Waiting> {
        if order.stage() == Some(Stage::Armed) {
            return self.awaited(order);
        }
        let waits = order.stage() == Some(Stage::Resting);
        if !waits || order.kind != OrderKind::Market {
            return None;
        }
        let (symbol, now) = (order.symbol, self.moment.elapsed);
        let market = self.markets.get(&symbol)?;
        if !market.trading {
            return Some(Waiting::NotTrading(symbol));
        }
        if !market.is_stale(now, &self.rules) {
            return None;
        }
        Some(match market.age(now) {
            Some(age) => Waiting::OldPrice { symbol, age },
            None => Waiting::NoPriceYet(symbol),
        })
    }

    fn awaited(&self, order: &Order) -> Option<Waiting> {
        let market = self.markets.get(&order.symbol)?;
        let last = market.ticker?.last;
        let price = match order.terms.trigger?.level {
            Level::At(price) => price,
            Level::Trail { .. } => market.triggers.awaited(order.id)?,
        };
        Some(Waiting::Trigger { price, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{
        Command, MarketState, NewOrder, OrderStatus, Outcome, Rejection, Rules, Side, Snapshot,
        Strict, Terms, Ticker,
    };
    use crate::units::{Amount, Asset, Elapsed, Moment, OrderId, Quantity, Timestamp};

    const SECOND: Span = Span::from_secs(1);

    fn rules() -> Rules {
        Rules {
            max_age: Some(Span::from_secs(60)),
            market_delay_max: Span::ZERO,
            fill_sigma_ppm: 0,
            ..Rules::default()
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment {
            now: Timestamp::from_millis(seconds * 1000),
            elapsed: Elapsed::from_millis(seconds * 1000),
        }
    }

    fn ticker(price: &str) -> Ticker {
        Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse(price).unwrap(),
            Timestamp::default(),
        )
    }

    fn buy(exchange: &mut Exchange, seconds: u64, kind: OrderKind) -> OrderId {
        let order = NewOrder {
            symbol: Symbol::parse("BTC/USDT").unwrap(),
            side: Side::Buy,
            kind,
            quantity: Quantity::parse_positive("1").unwrap(),
            terms: Terms::default(),
            strict: Strict::default(),
        };
        match exchange.handle(at(seconds), Command::Place(order)) {
            Ok(Outcome::Placed(order)) => order.id,
            other => panic!("{other:?}"),
        }
    }

    fn funded() -> Exchange {
        let mut exchange = Exchange::new(rules());
        exchange
            .handle(at(0), Command::ApplyTickers(vec![ticker("100")]))
            .unwrap();
        let (usdt, funds) = (
            Asset::parse("USDT").unwrap(),
            Amount::parse_positive("10000"),
        );
        exchange
            .handle(at(0), Command::Deposit(usdt, funds.unwrap()))
            .unwrap();
        exchange
    }

    #[test]
    fn an_old_price_fills_nothing_and_a_new_one_goes_on() {
        let mut exchange = funded();
        let limit = OrderKind::Limit {
            price: Price::parse("101").unwrap(),
        };
        let (market, limit) = (
            buy(&mut exchange, 61, OrderKind::Market),
            buy(&mut exchange, 61, limit),
        );
        // The tick loop comes round meanwhile and changes nothing.
        exchange.handle(at(93), Command::Wake).unwrap();
        let order = exchange.order(market).unwrap();
        assert_eq!(order.status(), OrderStatus::New);
        let said = exchange.waiting(order).unwrap().to_string();
        assert_eq!(said, "waiting for a price: that of BTC/USDT is 93 s old");
        assert_eq!(exchange.waiting(exchange.order(limit).unwrap()), None);
        exchange.audit().unwrap();
        exchange
            .handle(at(94), Command::ApplyTickers(vec![ticker("99")]))
            .unwrap();
        assert_eq!(exchange.open_count(), 0);
        exchange.audit().unwrap();
    }

    #[test]
    fn a_price_at_the_bound_still_fills() {
        let mut exchange = funded();
        buy(&mut exchange, 60, OrderKind::Market);
        exchange.handle(at(60), Command::Wake).unwrap();
        assert_eq!(exchange.open_count(), 0);
    }

    #[test]
    fn a_market_that_is_not_traded_takes_no_orders_and_keeps_those_it_has() {
        let mut exchange = funded();
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let limit = OrderKind::Limit {
            price: Price::parse("101").unwrap(),
        };
        let ids = [
            buy(&mut exchange, 1, OrderKind::Market),
            buy(&mut exchange, 1, limit),
        ];
        let halted = Command::SetTrading(vec![(symbol, false)]);
        // The market order's delay ends in the same turn, before the command.
        let last = buy(&mut exchange, 1, OrderKind::Market);
        exchange.handle(at(1), halted).unwrap();
        assert!(exchange.order(ids[0]).is_none());
        let another = NewOrder {
            symbol,
            side: Side::Buy,
            kind: limit,
            quantity: Quantity::parse_positive("1").unwrap(),
            terms: Terms::default(),
            strict: Strict::default(),
        };
        let refused = Rejection::NotTrading(symbol);
        assert_eq!(exchange.check_order(another), Err(refused));
        let answer = exchange.handle(at(1), Command::Place(another));
        assert_eq!(answer, Err(refused));
        // Neither a price nor the tick loop fills anything.
        let tickers = Command::ApplyTickers(vec![ticker("99")]);
        exchange.handle(at(2), tickers).unwrap();
        exchange.handle(at(40), Command::Wake).unwrap();
        assert_eq!(exchange.order(ids[1]).unwrap().status(), OrderStatus::New);
        exchange.audit().unwrap();
        exchange.handle(at(40), Command::Cancel(ids[1])).unwrap();
        assert!(exchange.order(last).is_none());

        let listed = Command::SetTrading(vec![(symbol, true)]);
        exchange.handle(at(41), listed).unwrap();
        assert_eq!(exchange.check_order(another), Ok(Ok(())));
    }

    #[test]
    fn a_market_order_says_that_its_market_is_not_traded_and_is_filled_when_it_is_again() {
        let mut exchange = funded();
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let id = buy(&mut exchange, 61, OrderKind::Market);
        exchange.handle(at(62), Command::Wake).unwrap();
        let halted = Command::SetTrading(vec![(symbol, false)]);
        exchange.handle(at(62), halted).unwrap();
        let said = exchange.waiting(exchange.order(id).unwrap()).unwrap();
        assert_eq!(
            said.to_string(),
            "waiting for the market: BTC/USDT is not traded now"
        );
        let listed = Command::SetTrading(vec![(symbol, true)]);
        exchange.handle(at(63), listed).unwrap();
        let tickers = Command::Deliver("kraken", vec![ticker("99")]);
        exchange.handle(at(63), tickers).unwrap();
        assert_eq!(exchange.open_count(), 0);
        assert_eq!(exchange.market(symbol).unwrap().source, Some("kraken"));
    }

    #[test]
    fn time_that_passes_without_a_turn_makes_prices_old_and_does_nothing_else() {
        let mut exchange = funded();
        buy(&mut exchange, 1, OrderKind::Market);
        exchange.take_events();
        exchange.let_pass(at(90));
        let market = exchange.market(Symbol::parse("BTC/USDT").unwrap()).unwrap();
        let age = market.age(exchange.moment().elapsed);
        assert_eq!(age, Some(Span::from_secs(90)));
        assert_eq!(exchange.open_count(), 1);
        assert!(!exchange.has_events());
        exchange.let_pass(at(2));
        assert_eq!(exchange.moment(), at(90));
    }

    #[test]
    fn prices_from_before_a_restart_fill_nothing() {
        let snapshot = funded().snapshot();
        let forgotten = |state: MarketState| MarketState {
            received: None,
            ..state
        };
        let markets = snapshot.markets.iter().cloned().map(forgotten).collect();
        let snapshot = Snapshot {
            markets,
            ..snapshot
        };
        let mut exchange = Exchange::restore(rules(), snapshot).unwrap();
        let id = buy(&mut exchange, 1, OrderKind::Market);
        exchange.handle(at(1).plus(SECOND), Command::Wake).unwrap();
        let said = exchange
            .waiting(exchange.order(id).unwrap())
            .unwrap()
            .to_string();
        assert_eq!(
            said,
            "waiting for a price: none of BTC/USDT has arrived since the start"
        );
    }
}
