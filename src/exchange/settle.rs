//! Open orders meet the prices of their symbol.

use super::ledger::{Account, Pocket, Refused};
use super::order::{CloseReason, FillPrice, Hold, Lifecycle, Order, OrderKind, Side, Traded};
use super::terms::{FeeMode, TimeInForce};
use super::trade::Trade;
use super::{Event, Exchange, Fact, RejectReason, Seen};
use crate::units::{Amount, Asset, OrderId, Overflow, Price, Quantity, Rounding, Symbol};

/// Which parts of a fill's cost come from the order's hold and which from what is free.
#[derive(Debug, Clone, Copy)]
struct Payment {
    notional_held: Amount,
    notional_free: Amount,
    fee_held: Amount,
    fee_free: Amount,
}

impl Exchange {
    /// Fills what the present prices and quantities of a symbol allow: buys, then sells, in price-time order.
    pub(super) fn meet_market(&mut self, symbol: Symbol) {
        for side in Side::ALL {
            while let Some((id, price, available)) = self.next_match(symbol, side) {
                if available.is_some_and(Quantity::is_zero) {
                    break;
                }
                self.fill(id, price, available);
            }
        }
        self.note_hunger(symbol);
    }

    /// Fills what the present tick still offers to one order in the book, and nobody else.
    pub(super) fn meet_alone(&mut self, id: OrderId, symbol: Symbol, side: Side) {
        let Some(market) = self.markets.get_mut(&symbol) else {
            return;
        };
        let order = self.orders.get(&id);
        if let Some(ticker) = market.ticker
            && order.is_some_and(|order| order.trades_at(ticker.price_for(side)))
            && market.can_fill(self.moment.elapsed, &self.rules)
        {
            let available = market.depth(side, &self.rules);
            if !available.is_some_and(Quantity::is_zero) {
                self.fill(id, ticker.price_for(side), available);
            }
        }
        self.note_hunger(symbol);
    }

    /// The first order of a side that trades at the present price, with that price and what is left on offer.
    fn next_match(
        &mut self,
        symbol: Symbol,
        side: Side,
    ) -> Option<(OrderId, Price, Option<Quantity>)> {
        let market = self.markets.get_mut(&symbol)?;
        let price = market.ticker.as_ref()?.price_for(side);
        let id = market.book.first(side, price)?;
        if !market.can_fill(self.moment.elapsed, &self.rules) {
            return None;
        }
        Some((id, price, market.depth(side, &self.rules)))
    }

    /// Fills an order as far as `available` goes. Afterwards it has left the book or nothing is available any more.
    ///
    /// One that is to be filled whole or not at all expires where less is available.
    fn fill(&mut self, id: OrderId, price: Price, available: Option<Quantity>) {
        self.go_on_alone(id);
        let Some(mut order) = self.orders.remove(&id) else {
            return;
        };
        let remaining = order.remaining();
        let quantity = available.map_or(remaining, |available| remaining.min(available));
        if quantity < remaining && order.terms.time_in_force == TimeInForce::FillOrKill {
            self.orders.insert(id, order);
            self.close(id, CloseReason::Expired);
            return;
        }
        let tick = self.markets.get(&order.symbol).map_or(0, |m| m.ticks);
        let outcome = traded(&order, price, quantity, tick)
            .map_err(|Overflow| RejectReason::NotExact {
                asset: order.symbol.quote(),
            })
            .and_then(|traded| {
                self.pay(&mut order, traded)?;
                Ok(traded)
            });
        self.forget_update(&order);
        match outcome {
            Err(reason) => {
                self.orders.insert(id, order);
                self.close(id, CloseReason::Rejected(reason));
            }
            Ok(traded) => self.filled(order, price, traded),
        }
    }

    /// Moves the money of a fill and takes it off the hold; on an error nothing has changed.
    fn pay(&mut self, order: &mut Order, traded: Traded) -> Result<(), RejectReason> {
        let fee_in_base = order.fee_asset() == order.symbol.base();
        let Lifecycle::Open { hold, .. } = &mut order.lifecycle else {
            return Ok(());
        };
        let payment = payment(order.side, fee_in_base, *hold, traded);
        let assets = [order.symbol.base(), order.symbol.quote()];
        let quantity = traded.quantity.as_amount();
        let base_fee = if fee_in_base {
            traded.fee
        } else {
            Amount::ZERO
        };
        let moved = self
            .ledger
            .edit_pair(assets, |base, quote| match order.side {
                Side::Buy => {
                    base.transfer(Pocket::Market, Pocket::Free, quantity)
                        .and_then(|()| base.transfer(Pocket::Free, Pocket::Fees, base_fee))
                        .map_err(|e| (assets[0], e))?;
                    buy_legs(quote, payment).map_err(|e| (assets[1], e))
                }
                Side::Sell => {
                    base.transfer(Pocket::Held, Pocket::Market, quantity)
                        .map_err(|e| (assets[0], e))?;
                    sell_legs(quote, traded.notional, payment).map_err(|e| (assets[1], e))
                }
            });
        moved.map_err(|(asset, refused)| reason(asset, refused))?;
        let sold = match order.side {
            Side::Buy => Amount::ZERO,
            Side::Sell => quantity,
        };
        *hold = Hold {
            base: hold.base.minus(sold).unwrap_or_default(),
            notional: hold
                .notional
                .minus(payment.notional_held)
                .unwrap_or_default(),
            fee: hold.fee.minus(payment.fee_held).unwrap_or_default(),
        };
        Ok(())
    }

    /// Writes a fill into the order, the counters, the market and the journal.
    fn filled(&mut self, mut order: Box<Order>, price: Price, mut traded: Traded) {
        let trade = Trade::new(self.next_trade, &order, price, traded, self.moment);
        self.next_trade = self.next_trade.saturating_add(1);
        traded.trade = Some(trade.id);
        let (id, symbol, side) = (order.id, order.symbol, order.side);
        let filled = &mut order.filled;
        // The sums stay below the quantity and below what the ledger has just taken.
        filled.quantity = filled
            .quantity
            .plus(traded.quantity)
            .unwrap_or(order.quantity);
        filled.notional = filled.notional.plus_rounded(traded.notional);
        filled.fee = filled.fee.plus_rounded(traded.fee);
        filled.price = match filled.price {
            FillPrice::None => FillPrice::One(price),
            FillPrice::One(before) if before == price => FillPrice::One(price),
            FillPrice::One(_) | FillPrice::Mixed => FillPrice::Mixed,
        };
        order.updated_at = self.moment.now;
        order.updated_elapsed = self.moment.elapsed;
        order.history_count = order.history_count.saturating_add(1);
        self.journal.word(Fact::Filled as u64);
        self.journal.word(id.sequence());
        self.journal.word(self.moment.now.as_millis());
        self.journal.number(price.exact());
        self.journal.number(traded.quantity.exact());
        self.counters.count(&order, traded);
        self.book_trade(&order, traded);
        if let Some(seen) = &mut self.seen {
            seen.push(Seen::Fill(Box::new(trade)));
        }
        self.events.extend([
            Event::Trade(Box::new(trade)),
            Event::AccountChanged(symbol.base()),
            Event::AccountChanged(symbol.quote()),
            Event::TradesCounted(side, symbol),
            Event::MarketTouched(symbol),
        ]);
        if let Some(market) = self.markets.get_mut(&symbol) {
            market.take(side, traded.quantity);
        }
        if order.remaining().is_zero() {
            self.finish(order, CloseReason::Filled, Some(price), traded);
        } else {
            let entry = order.entry(Some(price), traded);
            self.events.push(Event::History(Box::new(entry)));
            self.events.push(Event::OrderOpen(id));
            self.note_update(&order);
            self.orders.insert(id, order);
        }
    }
}

/// What a fill of `quantity` at `price` moves.
///
/// A buyer's notional and every fee are rounded up, a seller's notional down. A limit buy never pays more than it set
/// aside: without that bound the dust of many roundings could add up to more than the limit.
/// A fee that comes out of what is received is never more than that.
fn traded(order: &Order, price: Price, quantity: Quantity, tick: u64) -> Result<Traded, Overflow> {
    let is_maker = order.is_maker_at(tick);
    let rate = if is_maker {
        order.maker_rate
    } else {
        order.fee_rate
    };
    let rounding = match order.side {
        Side::Buy => Rounding::Up,
        Side::Sell => Rounding::Down,
    };
    let mut notional = price.notional(quantity, rounding)?;
    let hold = order.hold();
    let bounded = order.side == Side::Buy && matches!(order.kind, OrderKind::Limit { .. });
    let mut fee = match (order.terms.fee_mode, order.side) {
        (FeeMode::Received, Side::Buy) => {
            let received = quantity.as_amount();
            received.fee(rate)?.min(received)
        }
        (FeeMode::Received, Side::Sell) => notional.fee(rate)?.min(notional),
        (FeeMode::Quote, _) => notional.fee(rate)?,
    };
    if bounded {
        notional = notional.min(hold.notional);
        if order.terms.fee_mode == FeeMode::Quote {
            fee = fee.min(hold.fee);
        }
    }
    order.filled.notional.plus(notional)?;
    order.filled.fee.plus(fee)?;
    Ok(Traded {
        quantity,
        notional,
        fee,
        is_maker,
        trade: None,
    })
}

fn payment(side: Side, fee_in_base: bool, hold: Hold, traded: Traded) -> Payment {
    let fee = if fee_in_base {
        Amount::ZERO
    } else {
        traded.fee
    };
    let notional_held = match side {
        Side::Buy => traded.notional.min(hold.notional),
        Side::Sell => Amount::ZERO,
    };
    let fee_held = fee.min(hold.fee);
    Payment {
        notional_held,
        notional_free: traded.notional.minus(notional_held).unwrap_or_default(),
        fee_held,
        fee_free: fee.minus(fee_held).unwrap_or_default(),
    }
}

fn buy_legs(quote: &mut Account, payment: Payment) -> Result<(), Refused> {
    quote.transfer(Pocket::Held, Pocket::Market, payment.notional_held)?;
    quote.transfer(Pocket::Held, Pocket::Fees, payment.fee_held)?;
    quote.transfer(Pocket::Free, Pocket::Market, payment.notional_free)?;
    quote.transfer(Pocket::Free, Pocket::Fees, payment.fee_free)
}

fn sell_legs(quote: &mut Account, notional: Amount, payment: Payment) -> Result<(), Refused> {
    quote.transfer(Pocket::Market, Pocket::Free, notional)?;
    quote.transfer(Pocket::Held, Pocket::Fees, payment.fee_held)?;
    quote.transfer(Pocket::Free, Pocket::Fees, payment.fee_free)
}

fn reason(asset: Asset, refused: Refused) -> RejectReason {
    match refused {
        Refused::Short { needed, available } => RejectReason::NotCovered {
            asset,
            needed,
            available,
        },
        Refused::NotExact => RejectReason::NotExact { asset },
    }
}
