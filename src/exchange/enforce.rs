//! Orders are held to the rules of their market.

use super::market_rules::{Crowd, Filter, MarketRules, fails};
use super::order::{Order, Side};
use super::{Event, Exchange, NewOrder, Rejection};
use crate::units::{Exact, OrderId, Symbol};

impl Exchange {
    /// The rules that hold for a market, where there are any.
    pub fn market_rules(&self, symbol: Symbol) -> Option<&MarketRules> {
        let told = self.markets.get(&symbol)?.rules.as_deref();
        self.rules.of_market(symbol, told)
    }

    /// Takes over the rules of markets; unknown ones become listed.
    pub(super) fn set_rules(&mut self, rules: Vec<(Symbol, MarketRules)>) -> Result<(), Rejection> {
        let symbols: Vec<Symbol> = rules.iter().map(|&(symbol, _)| symbol).collect();
        self.list(&symbols)?;
        for (symbol, rules) in rules {
            if let Some(market) = self.markets.get_mut(&symbol)
                && market.rules.as_deref() != Some(&rules)
            {
                market.rules = Some(Box::new(rules));
                self.events.push(Event::RulesChanged(symbol));
            }
        }
        Ok(())
    }

    /// Whether an order keeps the rules of its market, where it asks for that and its quantity can be worked out.
    pub(super) fn check_rules(&self, new: NewOrder) -> Result<(), Rejection> {
        let market = self.markets.get(&new.symbol);
        let ticker = market.and_then(|market| market.ticker.as_ref());
        match ticker.map(|ticker| self.sized(new, ticker)) {
            Some(Ok(new)) => self.keep_rules(&[new]),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Whether orders that come together keep the rules of their market, where they ask for that and it has any.
    pub(super) fn keep_rules(&self, new: &[NewOrder]) -> Result<(), Rejection> {
        let Some(first) = new.iter().find(|new| new.strict.rules) else {
            return Ok(());
        };
        let market = self.markets.get(&first.symbol);
        let known = market.and_then(|market| {
            let rules = self
                .rules
                .of_market(first.symbol, market.rules.as_deref())?;
            let last = market.ticker?.last;
            Some((rules, market.reference(rules, last, self.moment.elapsed)))
        });
        let Some((rules, reference)) = known else {
            return Ok(());
        };
        for order in new {
            rules.check(order, reference).map_err(Rejection::Filter)?;
        }
        let waits = |new: &&NewOrder| new.terms.trigger.is_some();
        let waiting = new.iter().filter(waits).count();
        let present = self.crowd(first.symbol);
        let crowd = Crowd {
            orders: present.orders.saturating_add(new.len()),
            // Who adds nothing to a crowd is not held up by it.
            waiting: match waiting {
                0 => 0,
                more => present.waiting.saturating_add(more),
            },
            pairs: if new.len() > 1 && rules.max_pairs.is_some() {
                self.pairs_of(first.symbol).saturating_add(1)
            } else {
                0
            },
        };
        rules.check_crowd(crowd).map_err(Rejection::Filter)?;
        match rules.max_position {
            Some(most) if first.side == Side::Buy => self.check_position(first, most),
            Some(_) | None => Ok(()),
        }
    }

    /// Orders of a symbol; pairs are counted where that matters.
    fn crowd(&self, symbol: Symbol) -> Crowd {
        let market = self.markets.get(&symbol);
        market.map_or_else(Crowd::default, |market| Crowd {
            orders: market.open.len(),
            waiting: market.triggers.len(),
            pairs: 0,
        })
    }

    fn pairs_of(&self, symbol: Symbol) -> usize {
        let open = self.open_orders_of(symbol, OrderId::new(0));
        let first = |order: &&Order| order.pair.as_ref().is_some_and(|pair| pair.id == order.id);
        open.filter(first)
            .filter(|order| self.is_paired(order))
            .count()
    }

    fn check_position(&self, new: &NewOrder, most: Exact) -> Result<(), Rejection> {
        let present = self.ledger.account(new.symbol.base()).total().exact();
        let open = self.open_orders_of(new.symbol, OrderId::new(0));
        let buys = open.filter(|order| order.side == Side::Buy);
        let sum = buys.fold(present, |sum, order| {
            sum.plus_rounded(order.remaining().exact())
        });
        let then = sum.plus_rounded(new.quantity.exact());
        fails(then <= most, Filter::MaxPosition).map_err(Rejection::Filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{
        Command, Deltas, Level, NewPair, OrderKind, Reference, Rules, Strict, Terms, Ticker,
        Trigger, TriggerKind,
    };
    use crate::units::{Amount, Asset, Moment, Price, Quantity, Timestamp};

    fn exchange(rules: MarketRules) -> Exchange {
        let mut exchange = Exchange::new(Rules::default());
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        let ticker = Ticker::of_last(symbol, Price::parse("100").unwrap(), Timestamp::default());
        let deposit = |name| {
            let asset = Asset::parse(name).unwrap();
            Command::Deposit(asset, Amount::parse_positive("1000").unwrap())
        };
        for command in [
            Command::ApplyTickers(vec![ticker]),
            Command::SetRules(vec![(symbol, rules)]),
            deposit("BTC"),
            deposit("USDT"),
        ] {
            exchange.handle(Moment::default(), command).unwrap();
        }
        exchange
    }

    /// A buy for 1, or a sale of 1, for 90 or 110, so that it rests.
    fn order(side: Side, level: Option<Level>) -> NewOrder {
        let (stop, price) = match side {
            Side::Buy => (TriggerKind::StopLoss, "90"),
            Side::Sell => (TriggerKind::StopLoss, "110"),
        };
        NewOrder {
            symbol: Symbol::parse("BTC/USDT").unwrap(),
            side,
            kind: OrderKind::Limit {
                price: Price::parse(price).unwrap(),
            },
            quantity: Quantity::parse_positive("1").unwrap(),
            terms: Terms {
                trigger: level.map(|level| Trigger { kind: stop, level }),
                post_only: level.is_none(),
                ..Terms::default()
            },
            strict: Strict {
                rules: true,
                funds: true,
            },
        }
    }

    fn at(text: &str) -> Level {
        Level::At(Price::parse(text).unwrap())
    }

    fn place(exchange: &mut Exchange, order: NewOrder) -> Result<(), Rejection> {
        let placed = exchange.handle(Moment::default(), Command::Place(order));
        placed.map(|_| ())
    }

    fn broken(filter: Filter) -> Result<(), Rejection> {
        Err(Rejection::Filter(filter))
    }

    #[test]
    fn a_crowd_is_bounded() {
        let mut exchange = exchange(MarketRules {
            max_orders: Some(3),
            max_waiting: Some(1),
            ..MarketRules::default()
        });
        let stop = order(Side::Sell, Some(at("95")));
        assert_eq!(place(&mut exchange, order(Side::Sell, None)), Ok(()));
        assert_eq!(place(&mut exchange, stop), Ok(()));
        let before = exchange.clone();
        assert_eq!(place(&mut exchange, stop), broken(Filter::MaxAlgoOrders));
        assert_eq!(exchange, before);
        // Who does not ask for rules is not held to them.
        let lax = NewOrder {
            strict: Strict::default(),
            ..stop
        };
        assert_eq!(place(&mut exchange.clone(), lax), Ok(()));
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        let one_more = place(&mut exchange, order(Side::Buy, None));
        assert_eq!(one_more, broken(Filter::MaxOrders));
    }

    #[test]
    fn a_pair_counts_as_two_orders() {
        let pair = NewPair {
            orders: [order(Side::Sell, None), order(Side::Sell, Some(at("95")))],
            client_id: None,
        };
        for (max_orders, max_pairs, answer) in [
            (2, 1, Ok(())),
            (1, 1, broken(Filter::MaxOrders)),
            (2, 0, broken(Filter::MaxOrderLists)),
        ] {
            let exchange = exchange(MarketRules {
                max_orders: Some(max_orders),
                max_pairs: Some(max_pairs),
                ..MarketRules::default()
            });
            assert_eq!(exchange.check_pair(&pair), answer);
        }
    }

    #[test]
    fn a_position_is_bounded_with_what_open_buys_may_bring() {
        let mut exchange = exchange(MarketRules {
            max_position: Some(Exact::whole(1002)),
            ..MarketRules::default()
        });
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        assert_eq!(place(&mut exchange, order(Side::Buy, None)), Ok(()));
        let third = place(&mut exchange, order(Side::Buy, None));
        assert_eq!(third, broken(Filter::MaxPosition));
        assert_eq!(place(&mut exchange, order(Side::Sell, None)), Ok(()));
    }

    #[test]
    fn trailing_deltas_have_bounds_on_either_side() {
        let deltas = |min, max| Deltas {
            min: Some(min),
            max: Some(max),
        };
        let rules = MarketRules {
            trailing_above: deltas(10, 2000),
            trailing_below: deltas(20, 1000),
            ..MarketRules::default()
        };
        for (side, bips, fits) in [
            (Side::Buy, 9, false),
            (Side::Buy, 10, true),
            (Side::Buy, 2000, true),
            (Side::Buy, 2001, false),
            (Side::Sell, 19, false),
            (Side::Sell, 20, true),
            (Side::Sell, 1000, true),
            (Side::Sell, 1001, false),
        ] {
            let trail = Level::Trail { bips, from: None };
            let answer = rules.check(
                &order(side, Some(trail)),
                Reference::one(Price::parse("100").unwrap()),
            );
            assert_eq!(answer.is_ok(), fits, "{side:?} {bips}");
        }
    }
}
