//! Pairs of orders, and orders in the place of others.

use mockx::exchange::{
    NewPair, OnlyIf, OrderStatus, Replacement, Side, TRAILING_PER_SYMBOL_MAX, TriggerKind,
};

use mockx::units::Asset;

use super::money::Short;
use super::{Naive, Placed, Refusal, number};
use crate::model::number::Number;

const EXPIRED: [OrderStatus; 2] = [OrderStatus::Expired, OrderStatus::PartiallyExpired];

impl Placed {
    fn stops(&self) -> bool {
        let trigger = self.terms.trigger;
        trigger.is_some_and(|trigger| trigger.kind == TriggerKind::StopLoss)
    }
}

impl Naive {
    pub(super) fn place_pair(&mut self, new: &NewPair) -> Result<(), Refusal> {
        let [mut first, mut second] = [self.prepare(new.orders[0])?, self.prepare(new.orders[1])?];
        let alike = |order: &Placed| {
            let received = order.pays_in_received();
            (order.symbol, order.side, order.quantity, received)
        };
        let rests = |order: &Placed| order.armed || order.terms.post_only;
        if alike(&first) != alike(&second)
            || first.stops() == second.stops()
            || !rests(&first)
            || !rests(&second)
        {
            return Err(Refusal::Terms);
        }
        let named = first.terms.client_id;
        if named.is_some() && named == second.terms.client_id {
            return Err(Refusal::Terms);
        }
        let last = number(self.ticker(first.symbol).unwrap().last);
        let wrong = |order: &&Placed| !order.armed && order.trades_at(last);
        if [&first, &second].iter().any(wrong) {
            return Err(Refusal::PairPrices);
        }
        let same_name = |order: &Placed| {
            let other = order.pair.and_then(|(other, _)| self.open(other));
            let name = order.pair.and_then(|(_, name)| name);
            order.is_open() && other.is_some() && new.client_id.is_some() && name == new.client_id
        };
        if self.orders.iter().any(same_name) {
            return Err(Refusal::Duplicate);
        }
        assert!(
            self.orders.len() < TRAILING_PER_SYMBOL_MAX,
            "the model knows no bounds"
        );
        let hold = [0, 1].map(|part| first.hold[part].max(second.hold[part]));
        let base = match first.side {
            Side::Buy => Number::ZERO,
            Side::Sell => first.quantity,
        };
        let (stock, purse) = (first.symbol.base(), first.symbol.quote());
        let before = self.wallets.clone();
        let placed = self.set_aside([(stock, base), (purse, hold[0] + hold[1])]);
        match placed.and_then(|()| self.expect_back(purse, hold, [&first, &second])) {
            Ok(()) => {}
            Err(Short::Digits) => {
                self.wallets = before;
                return Err(Refusal::Digits);
            }
            Err(Short::Funds) => return Err(Refusal::Funds),
        }
        second.id = first.id + 1;
        first.pair = Some((second.id, new.client_id));
        second.pair = Some((first.id, new.client_id));
        (first.hold, second.hold) = (hold, [Number::ZERO; 2]);
        second.leans = true;
        self.next += 2;
        self.orders.extend([first, second]);
        Ok(())
    }

    /// What is given back when one order goes on alone has the digits of what that one needs.
    fn expect_back(
        &mut self,
        purse: Asset,
        hold: [Number; 2],
        orders: [&Placed; 2],
    ) -> Result<(), Short> {
        if (hold[0] + hold[1]).is_zero() {
            return Ok(());
        }
        let mut wallet = self.wallet(purse);
        for order in orders {
            wallet.saw(order.hold[0] + order.hold[1]);
        }
        Naive::check(&wallet, self.holds(purse) + hold[0] + hold[1])?;
        self.wallets.insert(purse, wallet);
        Ok(())
    }

    fn open(&self, id: u64) -> Option<usize> {
        let is = |order: &Placed| order.id == id && order.is_open();
        self.orders.iter().position(is)
    }

    pub(super) fn cancel_pair(&mut self, id: u64) -> Result<(), Refusal> {
        let index = self.open(id).ok_or(Refusal::UnknownPair)?;
        match self.orders[index].pair {
            Some((other, _)) if other > id && self.open(other).is_some() => self.cancel(id),
            _ => Err(Refusal::UnknownPair),
        }
    }

    /// What an order that is triggered or about to be filled does to the other of its pair.
    pub(super) fn go_on_alone(&mut self, id: u64) {
        let order = self.orders.iter().position(|order| order.id == id).unwrap();
        let other = self.orders[order]
            .pair
            .and_then(|(other, _)| self.open(other));
        let Some(other) = other else { return };
        let [own, theirs] = [order, other].map(|index| self.orders[index].hold);
        let quote = self.orders[order].symbol.quote();
        let needed = match self.orders[order].side {
            Side::Buy => self.orders[order].booked,
            Side::Sell => [Number::ZERO, self.orders[order].booked[1]],
        };
        // One of the two has all, the other nothing.
        let rest = own[0] + own[1] + theirs[0] + theirs[1] - needed[0] - needed[1];
        self.orders[order].hold = needed;
        self.orders[order].leans = false;
        self.give_back(quote, rest);
        // The base asset is the same hold before and after.
        let order = &mut self.orders[other];
        order.history += 1;
        order.updated_at = self.now;
        order.hold = [Number::ZERO; 2];
        order.end(EXPIRED[0], self.now);
    }

    pub(super) fn replace(&mut self, replacement: &Replacement) {
        let id = replacement.cancel.sequence();
        let state = self.open(id).map(|index| self.orders[index].status());
        let fits = match (replacement.only_if, state) {
            (OnlyIf::New, Some(state)) => state == OrderStatus::New,
            (OnlyIf::PartiallyFilled, Some(state)) => state == OrderStatus::PartiallyFilled,
            _ => true,
        };
        let canceled = if fits {
            self.cancel(id)
        } else {
            Err(Refusal::Restricted)
        };
        if canceled.is_ok() || replacement.in_any_case {
            // What became of it is in the orders.
            let _ = self.place(replacement.new);
        }
    }
}
