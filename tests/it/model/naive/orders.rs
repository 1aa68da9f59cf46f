//! Orders are placed and closed.

use mockx::exchange::{Execution, FeeMode, NewOrder, OrderKind, OrderStatus, Side, TimeInForce};
use mockx::units::Asset;

use super::money::Short;
use super::{MONEY, Naive, Placed, Refusal, number};
use crate::model::number::{Cut, Number};

impl Naive {
    pub(super) fn place(&mut self, new: NewOrder) -> Result<(), Refusal> {
        let symbol = new.symbol;
        let mut order = self.prepare(new)?;
        let base = match new.side {
            Side::Buy => Number::ZERO,
            Side::Sell => order.quantity,
        };
        let quote = order.hold[0] + order.hold[1];
        match self.set_aside([(symbol.base(), base), (symbol.quote(), quote)]) {
            Ok(()) => {}
            Err(Short::Digits) => return Err(Refusal::Digits),
            Err(Short::Funds) if new.strict.funds => return Err(Refusal::Funds),
            Err(Short::Funds) => {
                order.booked = [Number::ZERO; 2];
                order.end(OrderStatus::Rejected, self.now);
            }
        }
        let id = order.id;
        let waits = !order.is_open() || order.due.is_some() || order.armed;
        let immediate = order.is_immediate();
        let at_once = immediate
            || order.terms.execution == Execution::AtOnce
            || self.rules.match_limit_at_once;
        self.next += 1;
        self.orders.push(order);
        if at_once && !waits {
            self.meet(id);
            for order in self.orders.iter_mut().filter(|order| order.id == id) {
                order.fresh = false;
            }
        }
        if !waits {
            self.expire_rest(id);
        }
        Ok(())
    }

    /// An order that would be placed now; nothing is set aside yet.
    pub(super) fn prepare(&self, new: NewOrder) -> Result<Placed, Refusal> {
        let symbol = new.symbol;
        let Some(pair) = self.pairs.iter().find(|pair| pair.symbol == symbol) else {
            return Err(Refusal::UnknownSymbol);
        };
        if !pair.trading {
            return Err(Refusal::NotTrading);
        }
        let ticker = pair.ticker.ok_or(Refusal::NoPrice)?;
        let last = number(ticker.last);
        let limit = match new.kind {
            OrderKind::Market => None,
            OrderKind::Limit { price } => Some(number(price)),
        };
        let offered = Naive::offered(ticker, new.side);
        let quantity = self.quantity_of(&new, offered)?;
        let mut order = self.bare(&new, limit, quantity);
        self.check_terms(&order, last, offered)?;
        order.begin_trail(last);
        let price = match new.side {
            _ if limit.is_none() && order.armed => order.expected_trigger(last),
            _ if limit.is_none() && order.is_immediate() => offered,
            Side::Buy => limit.unwrap_or(last),
            Side::Sell => limit.unwrap_or(last).max(last),
        };
        let notional = price
            .times(quantity, MONEY, Cut::Up)
            .ok_or(Refusal::Digits)?;
        let rate = self.fee_rates[0].max(self.fee_rates[1]);
        let fee = if order.pays_in_received() {
            Number::ZERO
        } else {
            notional
                .times(rate, MONEY, Cut::Up)
                .ok_or(Refusal::Digits)?
        };
        notional.and(fee).ok_or(Refusal::Digits)?;
        order.booked = [notional, fee];
        order.hold = match new.side {
            Side::Buy => [notional, fee],
            Side::Sell => [Number::ZERO, fee],
        };
        order.fresh = !order.armed && order.trades_at(offered);
        Ok(order)
    }

    /// What an order that waits for nothing has not got is not wanted any more.
    pub(super) fn expire_rest(&mut self, id: u64) {
        let immediate = |order: &Placed| order.id == id && order.is_open() && order.is_immediate();
        if let Some(index) = self.orders.iter().position(immediate) {
            self.close(index, [OrderStatus::Expired, OrderStatus::PartiallyExpired]);
        }
    }

    /// What is wanted of the base asset, where that is said by an amount of the quote asset: as much as that pays for.
    fn quantity_of(&self, new: &NewOrder, offered: Number) -> Result<Number, Refusal> {
        let Some(amount) = new.terms.quote_amount else {
            return Ok(Number::of(new.quantity.exact()));
        };
        if new.kind != OrderKind::Market || new.terms.trigger.is_some() {
            return Err(Refusal::Terms);
        }
        let amount = Number::of(amount.exact());
        let mut quantity = offered.goes_into(amount);
        if new.side == Side::Buy && new.terms.fee_mode == FeeMode::Quote {
            let rate = self.fee_rates[0].max(self.fee_rates[1]);
            let share = Number::read("1") + rate;
            let cost = [28, 16, 8]
                .into_iter()
                .find_map(|decimals| offered.times(share, decimals, Cut::Up));
            quantity = cost.unwrap().goes_into(amount);
            let notional = offered.times(quantity, MONEY, Cut::Up).unwrap();
            let fee = notional.times(rate, MONEY, Cut::Up).unwrap();
            if notional + fee > amount && !quantity.is_zero() {
                quantity = quantity - Number::read("1e-8");
            }
        }
        if quantity.is_zero() {
            return Err(Refusal::Terms);
        }
        Ok(quantity)
    }

    /// An order that has set nothing aside yet.
    fn bare(&self, new: &NewOrder, limit: Option<Number>, quantity: Number) -> Placed {
        let good_till = match new.terms.time_in_force {
            TimeInForce::GoodTill(date) => {
                Some(self.elapsed + date.as_millis().saturating_sub(self.now))
            }
            TimeInForce::GoodTillCancelled
            | TimeInForce::Unlimited
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill => None,
        };
        let mut order = Placed {
            id: self.next,
            symbol: new.symbol,
            side: new.side,
            limit,
            quantity,
            filled: Number::ZERO,
            notional: Number::ZERO,
            fee: Number::ZERO,
            booked: [Number::ZERO; 2],
            hold: [Number::ZERO; 2],
            created_at: self.now,
            updated_at: self.now,
            closed_at: None,
            history: 1,
            ended: None,
            touched: self.elapsed,
            due: None,
            terms: new.terms,
            fresh: false,
            armed: new.terms.trigger.is_some(),
            extreme: None,
            below: false,
            good_till,
            unlimited: new.terms.time_in_force == TimeInForce::Unlimited,
            pair: None,
            leans: false,
        };
        if limit.is_none() && !order.is_immediate() && !order.armed {
            order.due = Some(self.elapsed + self.rules.market_delay_min.as_millis());
        }
        order
    }

    fn check_terms(&self, order: &Placed, last: Number, offered: Number) -> Result<(), Refusal> {
        let terms = order.terms;
        if let TimeInForce::GoodTill(date) = terms.time_in_force {
            if date.as_millis() <= self.now {
                return Err(Refusal::Date);
            }
            if order.is_immediate() {
                return Err(Refusal::Terms);
            }
        }
        if terms.post_only && (order.limit.is_none() || order.is_immediate() || order.armed) {
            return Err(Refusal::Terms);
        }
        order.check_distance()?;
        let named = |other: &&Placed| other.is_open() && other.terms.client_id == terms.client_id;
        if terms.client_id.is_some() && self.orders.iter().any(|other| named(&other)) {
            return Err(Refusal::Duplicate);
        }
        if order.armed {
            return order.check_trigger(last);
        }
        if terms.post_only && order.trades_at(offered) {
            return Err(Refusal::WouldMatch);
        }
        Ok(())
    }

    pub(super) fn set_aside(&mut self, legs: [(Asset, Number); 2]) -> Result<(), Short> {
        let mut changed = Vec::new();
        for (asset, amount) in legs.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            let mut wallet = self.wallet(asset);
            if wallet.free < amount {
                return Err(Short::Funds);
            }
            wallet.free = wallet.free - amount;
            wallet.held = wallet.held + amount;
            wallet.saw(amount);
            Naive::check(&wallet, self.holds(asset) + amount)?;
            changed.push((asset, wallet));
        }
        self.wallets.extend(changed);
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: u64) -> Result<(), Refusal> {
        if id == 0 || id >= self.next {
            return Err(Refusal::UnknownOrder);
        }
        match self
            .orders
            .iter()
            .position(|order| order.id == id && order.is_open())
        {
            None => Err(Refusal::OrderNotOpen),
            Some(index) => {
                self.close(
                    index,
                    [OrderStatus::Canceled, OrderStatus::PartiallyCanceled],
                );
                Ok(())
            }
        }
    }

    /// Ends an order with the first status, or with the second where something was filled.
    pub(super) fn close(&mut self, index: usize, statuses: [OrderStatus; 2]) {
        let pair = self.orders[index].pair;
        self.close_one(index, statuses);
        let partner = |order: &Placed| pair.is_some_and(|(other, _)| order.id == other);
        let open = |order: &Placed| partner(order) && order.is_open();
        if let Some(other) = self.orders.iter().position(open) {
            self.close_one(other, statuses);
        }
    }

    pub(super) fn close_one(&mut self, index: usize, statuses: [OrderStatus; 2]) {
        let order = &mut self.orders[index];
        let status = statuses[usize::from(!order.filled.is_zero())];
        order.history += 1;
        order.updated_at = self.now;
        self.finish(index, status);
    }

    pub(super) fn finish(&mut self, index: usize, status: OrderStatus) {
        let order = &mut self.orders[index];
        let assets = [order.symbol.base(), order.symbol.quote()];
        let holds = assets.map(|asset| order.holds(asset));
        order.end(status, self.now);
        for (asset, hold) in assets.into_iter().zip(holds) {
            self.give_back(asset, hold);
        }
    }

    /// As far as it is there.
    pub(super) fn give_back(&mut self, asset: Asset, hold: Number) {
        if let Some(wallet) = self.wallets.get_mut(&asset) {
            let back = hold.min(wallet.held);
            wallet.held = wallet.held - back;
            wallet.free = wallet.free + back;
        }
    }
}

impl Placed {
    pub(super) fn end(&mut self, status: OrderStatus, now: u64) {
        self.ended = Some(status);
        self.closed_at = Some(now);
        self.armed = false;
        self.hold = [Number::ZERO; 2];
    }
}
