//! Two orders of which at most one is carried out: the first that is triggered or filled, even in part, ends the other.
//!
//! One of the two stops a loss, the other takes a profit: as an order that rests in the book from the start (post only), or
//! as one that waits for its price too. Both are of one symbol, one side and one quantity, so one hold serves either: of a
//! sale the quantity, of a buy what the dearer of the two needs, and the larger fee. The first order has all of it and the
//! second nothing while both wait, so no money is set aside twice. The order that goes on takes what it needs itself, and
//! the rest is free again at that moment.
//!
//! A pair has the id of its first order. It is done when both orders are closed, and both are closed together unless one
//! goes on alone: what ends one, a cancellation, an expiry or a date, ends the other for the same reason.

use super::ledger::Ledger;
use super::order::{CloseReason, Hold, Lifecycle, Order};
use super::place::Changed;
use super::trigger::{TRAILING_PER_SYMBOL_MAX, TriggerKind};
use super::{Event, Exchange, Fact, Freed, NewOrder, Outcome, RejectReason, Rejection};
use crate::units::{Amount, ClientId, OrderId, Price};

/// What an order knows of the pair that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The id of the pair, which is that of its first order.
    pub id: OrderId,
    /// The other order.
    pub other: OrderId,
    /// The client's own id of the pair, unique among open pairs.
    pub client_id: Option<ClientId>,
}

/// A pair to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPair {
    /// Its orders; the first gets the smaller id.
    pub orders: [NewOrder; 2],
    /// The client's own id of the pair.
    pub client_id: Option<ClientId>,
}

impl NewPair {
    /// Whether the two orders make a pair at all.
    fn check(&self, last: Price) -> Result<(), Rejection> {
        let [first, second] = &self.orders;
        if (first.side, first.quantity, first.terms.fee_mode)
            != (second.side, second.quantity, second.terms.fee_mode)
            || first.symbol != second.symbol
        {
            return Err(Rejection::Terms(
                "The orders of a pair must be of one symbol, one side, one quantity and one way to pay fees",
            ));
        }
        let stops = |new: &NewOrder| {
            let trigger = new.terms.trigger;
            trigger.is_some_and(|trigger| trigger.kind == TriggerKind::StopLoss)
        };
        let rests = |new: &NewOrder| new.terms.trigger.is_some() || new.terms.post_only;
        if stops(first) == stops(second) || !rests(first) || !rests(second) {
            return Err(Rejection::Terms(
                "A pair is one order that stops a loss, and one that is post only or takes a profit",
            ));
        }
        let named = first.terms.client_id;
        if named.is_some() && named == second.terms.client_id {
            return Err(Rejection::Terms(
                "The orders of a pair need client order ids of their own",
            ));
        }
        let reached =
            |new: &NewOrder| new.terms.trigger.is_none() && new.kind.trades_at(new.side, last);
        if self.orders.iter().any(reached) {
            return Err(Rejection::PairPrices);
        }
        Ok(())
    }
}

/// A hold that serves either of two orders.
fn joint(one: Hold, other: Hold) -> Hold {
    Hold {
        base: one.base.max(other.base),
        notional: one.notional.max(other.notional),
        fee: one.fee.max(other.fee),
    }
}

fn quote_of(hold: Hold) -> Amount {
    hold.notional.plus(hold.fee).unwrap_or(hold.notional)
}

impl Exchange {
    /// Places both orders of a pair, or neither; without the money it is refused.
    pub(super) fn place_pair(&mut self, new: &NewPair) -> Result<Outcome, Rejection> {
        let (orders, accounts) = self.prepare_pair(new)?;
        self.next_order = self.next_order.saturating_add(2);
        for order in &orders {
            self.journal_placed(order);
        }
        let [first, second] = orders;
        if let Some(client) = new.client_id {
            self.pairs_by_client.insert(client, first.id);
        }
        let first = self.accept(first, &accounts);
        let second = self.accept(second, &[None; 2]);
        Ok(Outcome::PairPlaced(Box::new([*first, *second])))
    }

    /// Why this pair could not be placed now; changes nothing.
    pub fn check_pair(&self, new: &NewPair) -> Result<(), Rejection> {
        self.prepare_pair(new).map(|_| ())
    }

    fn prepare_pair(&self, new: &NewPair) -> Result<([Box<Order>; 2], Changed), Rejection> {
        let [one, two] = new.orders;
        let needs = [self.needs(one)?, self.needs(two)?];
        let market = self.markets.get(&one.symbol);
        let ticker = market.and_then(|market| market.ticker);
        let ticker = ticker.ok_or(Rejection::NoPrice(one.symbol))?;
        new.check(ticker.last)?;
        if let Some(client) = new.client_id
            && let Some(&order) = self.pairs_by_client.get(&client)
        {
            return Err(Rejection::DuplicateClientId { client, order });
        }
        let trails = |new: &&NewOrder| new.terms.trigger.is_some_and(|trigger| trigger.trails());
        let trailing = new.orders.iter().filter(trails).count();
        let present = market.map_or(0, |market| market.triggers.trailing());
        if trailing > 0 && present.saturating_add(trailing) > TRAILING_PER_SYMBOL_MAX {
            return Err(Rejection::TooManyTrailing(TRAILING_PER_SYMBOL_MAX));
        }
        self.keep_rules(&[needs[0].new, needs[1].new])?;
        let hold = joint(needs[0].hold, needs[1].hold);
        let accounts = self.covered(one.symbol, hold, 2)?;
        let mut accounts = accounts.map_err(RejectReason::as_rejection)?;
        // What goes back when one goes on alone may have the digits of either.
        let quote = one.symbol.quote();
        let of_quote = |slot: &&mut Option<(_, _)>| slot.is_some_and(|(asset, _)| asset == quote);
        if let Some(Some((_, account))) = accounts.iter_mut().find(of_quote) {
            for needs in &needs {
                *account = Ledger::made_ready(*account, quote_of(needs.hold))
                    .map_err(|_| Rejection::NotExact(quote))?;
            }
        }
        let id = OrderId::new(self.next_order);
        let other = OrderId::new(self.next_order.saturating_add(1));
        let client_id = new.client_id;
        let make = |own: OrderId, other: OrderId, at: usize, hold: Hold| {
            let needs = needs.get(at)?;
            let pair = Pair {
                id,
                other,
                client_id,
            };
            let mut order = self.new_order(own, needs, hold, None);
            order.pair = Some(Box::new(pair));
            Some(order)
        };
        let orders = make(id, other, 0, hold).zip(make(other, id, 1, Hold::default()));
        // There are two needs.
        let (first, second) = orders.ok_or(Rejection::UnknownOrder(id))?;
        Ok(([first, second], accounts))
    }

    /// Takes an open pair back, by the id of the pair.
    pub(super) fn cancel_pair(&mut self, id: OrderId) -> Result<Outcome, Rejection> {
        let first = self.orders.get(&id);
        let pair = first.and_then(|order| order.pair.as_deref().copied());
        let Some(pair) = pair.filter(|pair| pair.id == id && self.orders.contains_key(&pair.other))
        else {
            return Err(Rejection::UnknownPair(id));
        };
        let canceled = self.close(pair.id, CloseReason::Canceled);
        let other = self.closed_just_now(pair.other);
        let done = canceled.zip(other);
        let ((first, freed), second) = done.ok_or(Rejection::UnknownPair(id))?;
        Ok(Outcome::PairCanceled(Box::new([*first, *second]), freed))
    }

    /// The first order of a pair that is triggered or filled goes on alone: it gets the hold that it needs, what is left
    /// of the joint one is free, and the other order expires.
    pub(super) fn go_on_alone(&mut self, id: OrderId) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        let other = order.pair.as_ref().map(|pair| pair.other);
        let Some(other) = other.and_then(|other| self.orders.get(&other)) else {
            return;
        };
        let (other, common) = (other.id, joint(order.hold(), other.hold()));
        let needed = order.hold_when_placed();
        let symbol = order.symbol;
        for (id, kept) in [(id, needed), (other, Hold::default())] {
            if let Some(order) = self.orders.get_mut(&id)
                && let Lifecycle::Open { hold, .. } = &mut order.lifecycle
            {
                *hold = kept;
            }
        }
        let rest = quote_of(common).minus(quote_of(needed)).unwrap_or_default();
        if !rest.is_zero() {
            self.ledger.release(symbol.quote(), rest);
            self.events.push(Event::AccountChanged(symbol.quote()));
        }
        self.events.push(Event::OrderOpen(id));
        self.journal.word(Fact::Decided as u64);
        self.journal.word(id.sequence());
        self.close_one(other, CloseReason::Expired);
        self.forget_pair(other);
    }

    /// Closes the other order of a pair for the same reason; tells what that gave back.
    pub(super) fn close_other(&mut self, order: &Order, reason: CloseReason) -> Freed {
        let Some(pair) = order.pair.as_deref() else {
            return Freed::default();
        };
        let closed = self.close_one(pair.other, reason);
        if closed.is_some() {
            self.forget_pair_name(pair);
        }
        closed.map(|(_, freed)| freed).unwrap_or_default()
    }

    fn forget_pair(&mut self, closed: OrderId) {
        let pair = self.closed_just_now(closed).and_then(|order| order.pair);
        if let Some(pair) = pair {
            self.forget_pair_name(&pair);
        }
    }

    fn forget_pair_name(&mut self, pair: &Pair) {
        if let Some(client) = &pair.client_id {
            self.pairs_by_client.remove(client);
        }
    }

    /// The first order of the open pair with this client id.
    pub fn pair_of_client(&self, client: ClientId) -> Option<&Order> {
        self.order(*self.pairs_by_client.get(&client)?)
    }

    /// Whether an order belongs to a pair of which both orders wait.
    pub fn is_paired(&self, order: &Order) -> bool {
        let other = order.pair.as_ref().map(|pair| pair.other);
        order.is_open() && other.is_some_and(|other| self.orders.contains_key(&other))
    }

    /// The open pairs by id, both orders of each.
    pub fn open_pairs(&self) -> impl Iterator<Item = [&Order; 2]> {
        let paired = |order: &Order| order.pair.as_ref().is_some_and(|pair| pair.id == order.id);
        let firsts = self.orders.values().filter(move |order| paired(order));
        firsts.filter_map(|order| {
            let other = self.orders.get(&order.pair.as_ref()?.other)?;
            Some([order.as_ref(), other.as_ref()])
        })
    }
}
