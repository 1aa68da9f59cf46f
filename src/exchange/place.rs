//! Placing an order: check it, set money aside, accept it.

use super::audit::{fold_pair, fold_terms};
use super::chance;
use super::event::closed_among;
use super::ledger::{Account, Refused};
use super::market::{Market, Ticker};
use super::order::{Booked, CloseReason, Filled, Hold, Lifecycle, Order, OrderKind, Side, Stage};
use super::terms::{Execution, FeeMode, TimeInForce};
use super::trigger::{Mark, TRAILING_PER_SYMBOL_MAX};
use super::{Event, Exchange, Fact, NewOrder, OPEN_ORDERS_MAX, RejectReason, Rejection};
use crate::units::{Amount, Asset, Elapsed, OrderId, Price, Rounding, Symbol};

/// What an order needs.
pub(super) struct Needs {
    /// The order as it was asked for, its quantity worked out.
    pub(super) new: NewOrder,
    booked: Booked,
    /// What is to be set aside.
    pub(super) hold: Hold,
}

/// Accounts after money was set aside in them.
pub(super) type Changed = [Option<(Asset, Account)>; 2];

impl Exchange {
    /// Places an order; without the money it is kept as rejected.
    pub(super) fn place(&mut self, new: NewOrder) -> Result<Box<Order>, Rejection> {
        let needs = self.needs(new)?;
        self.keep_rules(&[needs.new])?;
        let covered = self.covered(needs.new.symbol, needs.hold, 1)?;
        if let (true, Err(short)) = (new.strict.funds, covered) {
            return Err(short.as_rejection());
        }
        let id = OrderId::new(self.next_order);
        self.next_order = self.next_order.saturating_add(1);
        let order = self.new_order(id, &needs, needs.hold, covered.err());
        self.journal_placed(&order);
        let placed = if let Ok(accounts) = &covered {
            self.accept(order, accounts)
        } else {
            self.events.push(Event::OrderClosed(order.clone()));
            order
        };
        Ok(placed)
    }

    /// Why this order could not be placed with money set aside for it now; changes nothing.
    pub fn check_order(&self, new: NewOrder) -> Result<Result<(), RejectReason>, Rejection> {
        let needs = self.needs(new)?;
        self.keep_rules(&[needs.new])?;
        Ok(self.covered(new.symbol, needs.hold, 1)?.map(|_| ()))
    }

    /// The accounts of both assets with the money of so many orders set aside, as far as they change; nothing is changed
    /// yet.
    pub(super) fn covered(
        &self,
        symbol: Symbol,
        hold: Hold,
        orders: usize,
    ) -> Result<Result<Changed, RejectReason>, Rejection> {
        if self.orders.len().saturating_add(orders) > OPEN_ORDERS_MAX {
            return Err(Rejection::TooManyOpenOrders(OPEN_ORDERS_MAX));
        }
        let quote = hold.notional.plus(hold.fee).unwrap_or(hold.notional);
        let legs = [(symbol.base(), hold.base), (symbol.quote(), quote)];
        let mut accounts = [None; 2];
        for (slot, (asset, amount)) in accounts.iter_mut().zip(legs) {
            if amount.is_zero() {
                continue;
            }
            match self.ledger.with_hold(asset, amount) {
                Ok(account) => *slot = Some((asset, account)),
                Err(Refused::NotExact) => return Err(Rejection::NotExact(asset)),
                Err(Refused::Short { needed, available }) => {
                    return Ok(Err(RejectReason::InsufficientFunds {
                        asset,
                        needed,
                        free: available,
                    }));
                }
            }
        }
        Ok(Ok(accounts))
    }

    pub(super) fn needs(&self, new: NewOrder) -> Result<Needs, Rejection> {
        let symbol = new.symbol;
        let market = self
            .markets
            .get(&symbol)
            .ok_or(Rejection::UnknownSymbol(symbol))?;
        if !market.trading {
            return Err(Rejection::NotTrading(symbol));
        }
        let ticker = market.ticker.as_ref().ok_or(Rejection::NoPrice(symbol))?;
        let new = self.sized(new, ticker)?;
        self.check_terms(new, market, ticker)?;
        let price = booking_price(new, ticker);
        let fees = self.rules.fees(symbol);
        let booked = price
            .notional(new.quantity, Rounding::Up)
            .and_then(|notional| {
                let fee = match new.terms.fee_mode {
                    FeeMode::Quote => notional.fee(fees.taker.max(fees.maker))?,
                    FeeMode::Received => Amount::ZERO,
                };
                // What a buy sets aside must be a figure itself.
                notional.plus(fee).map(|_| Booked { notional, fee })
            })
            .map_err(|_| Rejection::NotExact(symbol.quote()))?;
        let (base, notional) = match new.side {
            Side::Buy => (Amount::ZERO, booked.notional),
            Side::Sell => (new.quantity.as_amount(), Amount::ZERO),
        };
        let hold = Hold {
            base,
            notional,
            fee: booked.fee,
        };
        Ok(Needs { new, booked, hold })
    }

    /// Whether the terms make sense now, at these prices.
    fn check_terms(
        &self,
        new: NewOrder,
        market: &Market,
        ticker: &Ticker,
    ) -> Result<(), Rejection> {
        new.terms.check(new.kind, self.moment)?;
        if let Some(client) = new.terms.client_id
            && let Some(&order) = self.by_client.get(&client)
        {
            return Err(Rejection::DuplicateClientId { client, order });
        }
        if let Some(trigger) = new.terms.trigger {
            return if trigger.is_reached(new.side, ticker.last) {
                Err(Rejection::WouldTrigger)
            } else if trigger.trails() && market.triggers.trailing() >= TRAILING_PER_SYMBOL_MAX {
                Err(Rejection::TooManyTrailing(TRAILING_PER_SYMBOL_MAX))
            } else {
                Ok(())
            };
        }
        if new.terms.is_immediate(new.kind) && market.is_stale(self.moment.elapsed, &self.rules) {
            return Err(Rejection::OldPrice(new.symbol));
        }
        let crosses = new.kind.trades_at(new.side, ticker.price_for(new.side));
        if new.terms.post_only && crosses {
            return Err(Rejection::WouldMatch);
        }
        Ok(())
    }

    /// Until when an order with a date is good, in time seen to pass.
    fn deadline_of(&self, new: NewOrder) -> Option<Elapsed> {
        match new.terms.time_in_force {
            TimeInForce::GoodTill(date) => {
                Some(self.moment.elapsed.plus(date.since(self.moment.now)))
            }
            TimeInForce::GoodTillCancelled
            | TimeInForce::Unlimited
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill => None,
        }
    }

    /// The order with what it has set aside itself.
    pub(super) fn new_order(
        &self,
        id: OrderId,
        needs: &Needs,
        hold: Hold,
        reject: Option<RejectReason>,
    ) -> Box<Order> {
        let new = needs.new;
        let waits = new.kind == OrderKind::Market && !new.terms.is_immediate(new.kind);
        let stage = if new.terms.trigger.is_some() {
            Stage::Armed
        } else if waits {
            let delay = chance::market_delay(&self.rules, id);
            Stage::Delayed(self.moment.elapsed.plus(delay))
        } else {
            Stage::Resting
        };
        let fees = self.rules.fees(new.symbol);
        let lifecycle = match reject {
            None => Lifecycle::Open { hold, stage },
            Some(reason) => Lifecycle::Closed {
                at: self.moment.now,
                reason: CloseReason::Rejected(reason),
            },
        };
        Box::new(Order {
            id,
            symbol: new.symbol,
            side: new.side,
            kind: new.kind,
            quantity: new.quantity,
            terms: new.terms,
            fee_rate: fees.taker,
            maker_rate: fees.maker,
            booked: if reject.is_none() {
                needs.booked
            } else {
                Booked::default()
            },
            filled: Filled::default(),
            placed_at: self.moment.now,
            updated_at: self.moment.now,
            updated_elapsed: self.moment.elapsed,
            history_count: 1,
            taker_through: 0,
            deadline: self.deadline_of(new),
            pair: None,
            lifecycle,
        })
    }

    /// Sets the money aside and opens the order; tells how it is then, since it may have met the market at once.
    pub(super) fn accept(&mut self, mut order: Box<Order>, accounts: &Changed) -> Box<Order> {
        for &(asset, account) in accounts.iter().flatten() {
            self.ledger.insert(asset, account);
            self.events.push(Event::AccountChanged(asset));
        }
        let immediate = order.terms.is_immediate(order.kind);
        let at_once = immediate
            || self.rules.match_limit_at_once
            || order.terms.execution == Execution::AtOnce;
        if order.stage() == Some(Stage::Resting) {
            order.taker_through = self.taker_through(&order, u64::from(!at_once));
        }
        self.events.push(Event::OrderOpen(order.id));
        self.note_update(&order);
        self.orders.insert(order.id, order.clone());
        if let Some(stage) = order.stage() {
            self.enter_place(&order, stage, Mark::Unset);
        }
        if order.terms.trigger.is_some_and(|trigger| trigger.trails()) {
            self.begin_trail(order.symbol);
        }
        if order.stage() != Some(Stage::Resting) {
            return order;
        }
        if at_once {
            self.meet_alone(order.id, order.symbol, order.side);
            self.end_if_immediate(order.id);
            return self.after_meeting(order);
        }
        self.note_hunger(order.symbol);
        order
    }

    /// What an order that waits for nothing did not get expires.
    pub(super) fn end_if_immediate(&mut self, id: OrderId) {
        let order = self.orders.get(&id);
        if order.is_some_and(|order| order.terms.is_immediate(order.kind)) {
            self.close(id, CloseReason::Expired);
        }
    }

    /// A new trailing order begins at the present price; from where is worth a row.
    fn begin_trail(&mut self, symbol: Symbol) {
        if let Some(market) = self.markets.get_mut(&symbol)
            && let Some(ticker) = market.ticker
        {
            market.triggers.follow(ticker.last);
            self.events.push(Event::MarketTouched(symbol));
        }
    }

    /// Up to which tick an order that joins the book now takes what is on offer: not at all where it does not cross, else
    /// until it has met the market, `ticks` from now.
    pub(super) fn taker_through(&self, order: &Order, ticks: u64) -> u64 {
        let crosses = |ticker: &Ticker| order.trades_at(ticker.price_for(order.side));
        match self.markets.get(&order.symbol) {
            Some(market) if market.ticker.as_ref().is_some_and(crosses) => {
                market.ticks.saturating_add(ticks)
            }
            Some(_) | None => 0,
        }
    }

    /// Puts an open order where its stage says, and its deadline and its name where they are looked for.
    pub(super) fn enter_place(&mut self, order: &Order, stage: Stage, mark: Mark) {
        if let Some(market) = self.markets.get_mut(&order.symbol) {
            market.open.insert(order.id);
        }
        match stage {
            Stage::Delayed(due) => {
                self.due.insert((due, order.id));
            }
            Stage::Armed => {
                if let Some(market) = self.markets.get_mut(&order.symbol) {
                    market.triggers.insert(order, mark);
                }
            }
            Stage::Resting => {
                if let Some(market) = self.markets.get_mut(&order.symbol) {
                    market.book.insert(order);
                }
            }
        }
        if let Some(deadline) = order.deadline {
            self.good_till.insert((deadline, order.id));
        }
        if let Some(client) = order.terms.client_id {
            self.by_client.insert(client, order.id);
        }
    }

    /// An order after it met the market: among the open ones, or in the event that tells of its end.
    fn after_meeting(&self, order: Box<Order>) -> Box<Order> {
        let id = order.id;
        let open = self.orders.get(&id).cloned();
        open.or_else(|| self.closed_just_now(id)).unwrap_or(order)
    }

    /// An order that was closed in this turn.
    pub(super) fn closed_just_now(&self, id: OrderId) -> Option<Box<Order>> {
        closed_among(&self.events, id).cloned().map(Box::new)
    }

    pub(super) fn journal_placed(&mut self, order: &Order) {
        let journal = &mut self.journal;
        journal.word(Fact::Placed as u64);
        journal.word(order.id.sequence());
        journal.word(order.placed_at.as_millis());
        journal.symbol(order.symbol);
        journal.word(order.side as u64);
        journal.number(order.quantity.exact());
        journal.number(order.limit_price().map(Price::exact).unwrap_or_default());
        journal.word(u64::from(order.is_open()));
        fold_terms(journal, &order.terms);
        fold_pair(journal, order);
    }
}

/// The price at which money is set aside.
fn booking_price(new: NewOrder, ticker: &Ticker) -> Price {
    let last = ticker.last;
    if let (OrderKind::Market, Some(trigger)) = (new.kind, new.terms.trigger) {
        return trigger.expected(new.side, last);
    }
    match (new.side, new.kind) {
        // It trades now, at a price that is known.
        (side, OrderKind::Market) if new.terms.is_immediate(new.kind) => ticker.price_for(side),
        (_, OrderKind::Market) => last,
        (Side::Buy, OrderKind::Limit { price }) => price,
        (Side::Sell, OrderKind::Limit { price }) => price.max(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Command, Strict, Terms};
    use crate::units::{Moment, Quantity, Timestamp};

    /// An exchange at a price of 100 with these deposits.
    fn exchange(deposits: &[(&str, &str)]) -> Exchange {
        let mut exchange = Exchange::new(crate::exchange::Rules::default());
        let ticker = Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse("100").unwrap(),
            Timestamp::default(),
        );
        let moment = Moment::default();
        exchange
            .handle(moment, Command::ApplyTickers(vec![ticker]))
            .unwrap();
        for (asset, amount) in deposits {
            let (asset, amount) = (Asset::parse(asset), Amount::parse_positive(amount));
            let deposit = Command::Deposit(asset.unwrap(), amount.unwrap());
            exchange.handle(moment, deposit).unwrap();
        }
        exchange.take_events();
        exchange
    }

    fn sale(quantity: &str) -> NewOrder {
        NewOrder {
            symbol: Symbol::parse("BTC/USDT").unwrap(),
            side: Side::Sell,
            kind: OrderKind::Market,
            quantity: Quantity::parse_positive(quantity).unwrap(),
            terms: Terms::default(),
            strict: Strict::default(),
        }
    }

    #[test]
    fn an_order_that_is_refused_for_its_second_leg_leaves_no_trace_of_the_first() {
        let mut exchange = exchange(&[("BTC", "7000000"), ("USDT", "100000000000000")]);
        let (before, order) = (exchange.clone(), sale("0.000000000000001"));
        let answer = exchange.handle(Moment::default(), Command::Place(order));
        let usdt = Asset::parse("USDT").unwrap();
        assert_eq!(answer, Err(Rejection::NotExact(usdt)));
        assert_eq!(exchange, before);
    }

    #[test]
    fn a_rejected_order_leaves_no_trace_in_the_accounts() {
        let mut exchange = exchange(&[("BTC", "1")]);
        let before = exchange.account(Asset::parse("BTC").unwrap());
        let order = sale("0.0000000000000000000001");
        exchange
            .handle(Moment::default(), Command::Place(order))
            .unwrap();
        assert_eq!(exchange.account(Asset::parse("BTC").unwrap()), before);
    }

    #[test]
    fn an_order_is_checked_as_it_is_placed() {
        let exchange = exchange(&[("BTC", "1"), ("USDT", "100000000000000")]);
        let usdt = Asset::parse("USDT").unwrap();
        assert_eq!(exchange.check_order(sale("1")), Ok(Ok(())));
        assert!(exchange.check_order(sale("2")).unwrap().is_err());
        assert_eq!(
            exchange.check_order(sale("0.000000000000001")),
            Err(Rejection::NotExact(usdt))
        );
    }
}
