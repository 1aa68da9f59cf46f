//! Placing an order: check it, set money aside, accept it.

use super::chance;
use super::ledger::Refused;
use super::order::{Booked, CloseReason, Filled, Hold, Lifecycle, Order, OrderKind, Side};
use super::{Event, Exchange, Fact, NewOrder, OPEN_ORDERS_MAX, Outcome, RejectReason, Rejection};
use crate::units::{Amount, Asset, OrderId, Price, Rounding};

/// What an order needs.
struct Needs {
    booked: Booked,
    hold: Hold,
    /// The assets and how much of each is to be set aside.
    legs: [(Asset, Amount); 2],
}

impl Exchange {
    /// Places an order; without the money it is kept as rejected.
    pub(super) fn place(&mut self, new: NewOrder) -> Result<Outcome, Rejection> {
        let needs = self.needs(new)?;
        if self.orders.len() >= OPEN_ORDERS_MAX {
            return Err(Rejection::TooManyOpenOrders(OPEN_ORDERS_MAX));
        }
        let reject = match self.set_aside(&needs) {
            Ok(()) => None,
            Err((asset, Refused::NotExact)) => return Err(Rejection::NotExact(asset)),
            Err((asset, Refused::Short { needed, available })) => {
                Some(RejectReason::InsufficientFunds {
                    asset,
                    needed,
                    free: available,
                })
            }
        };
        let id = OrderId::new(self.next_order);
        self.next_order = self.next_order.saturating_add(1);
        let order = self.new_order(id, new, &needs, reject);
        self.journal_placed(&order);
        match reject {
            Some(_) => self
                .events
                .push(Event::OrderClosed(Box::new(order.clone()))),
            None => self.accept(&order, &needs),
        }
        let placed = self.orders.get(&id).cloned().unwrap_or(order);
        Ok(Outcome::Placed(Box::new(placed)))
    }

    /// Why this order could not be placed with money set aside for it now; changes nothing.
    pub fn check_order(&self, new: NewOrder) -> Result<Result<(), RejectReason>, Rejection> {
        let needs = self.needs(new)?;
        for (asset, needed) in needs.legs {
            let free = self.ledger.account(asset).free;
            if needed > free {
                return Ok(Err(RejectReason::InsufficientFunds {
                    asset,
                    needed,
                    free,
                }));
            }
        }
        Ok(Ok(()))
    }

    fn needs(&self, new: NewOrder) -> Result<Needs, Rejection> {
        let symbol = new.symbol;
        let market = self
            .markets
            .get(&symbol)
            .ok_or(Rejection::UnknownSymbol(symbol))?;
        let last = market.ticker.ok_or(Rejection::NoPrice(symbol))?.last;
        let price = booking_price(new.side, new.kind, last);
        let booked = price
            .notional(new.quantity, Rounding::Up)
            .and_then(|notional| {
                let fee = notional.fee(self.rules.fee_rate)?;
                // What a buy sets aside must be a figure itself.
                notional.plus(fee).map(|_| Booked { notional, fee })
            })
            .map_err(|_| Rejection::NotExact(symbol.quote()))?;
        let (hold, base) = match new.side {
            Side::Buy => (
                Hold {
                    notional: booked.notional,
                    fee: booked.fee,
                },
                Amount::ZERO,
            ),
            Side::Sell => (
                Hold {
                    notional: Amount::ZERO,
                    fee: booked.fee,
                },
                new.quantity.as_amount(),
            ),
        };
        let quote = hold.notional.plus(hold.fee).unwrap_or(hold.notional);
        Ok(Needs {
            booked,
            hold,
            legs: [(symbol.base(), base), (symbol.quote(), quote)],
        })
    }

    /// Sets aside both legs, or neither.
    fn set_aside(&mut self, needs: &Needs) -> Result<(), (Asset, Refused)> {
        let [(base, base_amount), (quote, quote_amount)] = needs.legs;
        let before = self.ledger.account(base);
        if !base_amount.is_zero() {
            self.ledger
                .hold(base, base_amount)
                .map_err(|refused| (base, refused))?;
        }
        if !quote_amount.is_zero()
            && let Err(refused) = self.ledger.hold(quote, quote_amount)
        {
            if !base_amount.is_zero() {
                // As it was, to the decimals it has seen: nothing changed, so no event will tell the store.
                self.ledger.insert(base, before);
            }
            return Err((quote, refused));
        }
        Ok(())
    }

    fn new_order(
        &self,
        id: OrderId,
        new: NewOrder,
        needs: &Needs,
        reject: Option<RejectReason>,
    ) -> Order {
        let due = match new.kind {
            OrderKind::Market => Some(
                self.moment
                    .elapsed
                    .plus(chance::market_delay(&self.rules, id)),
            ),
            OrderKind::Limit { .. } => None,
        };
        let lifecycle = match reject {
            None => Lifecycle::Open {
                hold: needs.hold,
                due,
            },
            Some(reason) => Lifecycle::Closed {
                at: self.moment.now,
                reason: CloseReason::Rejected(reason),
            },
        };
        Order {
            id,
            symbol: new.symbol,
            side: new.side,
            kind: new.kind,
            quantity: new.quantity,
            fee_rate: self.rules.fee_rate,
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
            lifecycle,
        }
    }

    fn accept(&mut self, order: &Order, needs: &Needs) {
        for (asset, amount) in needs.legs {
            if !amount.is_zero() {
                self.events.push(Event::AccountChanged(asset));
            }
        }
        self.events.push(Event::OrderOpen(order.id));
        self.by_update.insert((order.updated_elapsed, order.id));
        self.orders.insert(order.id, order.clone());
        if let Lifecycle::Open { due: Some(due), .. } = order.lifecycle {
            self.due.insert((due, order.id));
            return;
        }
        let Some(market) = self.markets.get_mut(&order.symbol) else {
            return;
        };
        market.book.insert(order);
        if self.rules.match_limit_at_once {
            self.meet_market(order.symbol);
        } else {
            self.note_hunger(order.symbol);
        }
    }

    fn journal_placed(&mut self, order: &Order) {
        let journal = &mut self.journal;
        journal.word(Fact::Placed as u64);
        journal.word(order.id.sequence());
        journal.word(order.placed_at.as_millis());
        journal.symbol(order.symbol);
        journal.word(order.side as u64);
        journal.number(order.quantity.exact());
        journal.number(order.limit_price().map(Price::exact).unwrap_or_default());
        journal.word(u64::from(order.is_open()));
    }
}

/// The price at which money is set aside.
fn booking_price(side: Side, kind: OrderKind, last: Price) -> Price {
    match (side, kind) {
        (_, OrderKind::Market) => last,
        (Side::Buy, OrderKind::Limit { price }) => price,
        (Side::Sell, OrderKind::Limit { price }) => price.max(last),
    }
}
