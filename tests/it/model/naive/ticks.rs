//! Orders meet the prices of their symbol.

use mockx::exchange::{OrderStatus, Side, Ticker, TimeInForce};
use mockx::units::{Quantity, Symbol};

use super::money::Short;
use super::{MONEY, Naive, number};
use crate::model::number::{Cut, Number};

impl Naive {
    /// A new tick: everything on offer is there again, and who waits takes from it.
    pub(super) fn tick(&mut self, symbol: Symbol) {
        for pair in self.pairs.iter_mut().filter(|pair| pair.symbol == symbol) {
            let Some(ticker) = pair.ticker else { return };
            let offer = |displayed: Option<Quantity>| {
                displayed.map(|displayed| Number::of(displayed.exact()).cut(8, Cut::Down))
            };
            pair.left = [offer(ticker.ask_quantity), offer(ticker.bid_quantity)];
        }
        for side in Side::ALL {
            let mut waiting: Vec<(bool, Number, u64)> = self
                .orders
                .iter()
                .filter(|order| order.is_open() && order.symbol == symbol && order.side == side)
                .map(|order| {
                    let price = order.limit.unwrap_or_default();
                    let rank = if side == Side::Buy {
                        Number::ZERO - price
                    } else {
                        price
                    };
                    (order.limit.is_some(), rank, order.id)
                })
                .collect();
            waiting.sort_unstable();
            for (_, _, id) in waiting {
                self.meet(id);
            }
        }
        for order in self
            .orders
            .iter_mut()
            .filter(|order| order.symbol == symbol)
        {
            order.fresh = false;
        }
    }

    /// The price at which a side trades.
    pub(super) fn offered(ticker: Ticker, side: Side) -> Number {
        match side {
            Side::Buy => number(ticker.ask.unwrap_or(ticker.last)),
            Side::Sell => number(ticker.bid.unwrap_or(ticker.last)),
        }
    }

    /// An order takes what it can of what the present tick has left.
    pub(super) fn meet(&mut self, id: u64) {
        let index = self.orders.iter().position(|order| order.id == id).unwrap();
        let order = &self.orders[index];
        let Some(ticker) = self.ticker(order.symbol) else {
            return;
        };
        let price = Naive::offered(ticker, order.side);
        let crosses = order.trades_at(price);
        let pair = self
            .pairs
            .iter()
            .find(|pair| pair.symbol == order.symbol)
            .unwrap();
        let left = pair.left[order.side as usize];
        let quantity = left.map_or(order.remaining(), |left| left.min(order.remaining()));
        let waits = order.due.is_some() || order.armed || !order.is_open() || !pair.trading;
        if waits || !crosses || quantity.is_zero() {
            return;
        }
        self.go_on_alone(id);
        let order = &self.orders[index];
        if quantity < order.remaining() && order.terms.time_in_force == TimeInForce::FillOrKill {
            self.close(index, [OrderStatus::Expired, OrderStatus::PartiallyExpired]);
            return;
        }
        match self.pay(index, price, quantity) {
            Ok(moved) => self.book_fill(index, quantity, moved),
            Err(_) => self.close(
                index,
                [OrderStatus::Rejected, OrderStatus::PartiallyRejected],
            ),
        }
    }

    /// Moves the money of a fill, or nothing; tells notional and fee.
    pub(super) fn pay(
        &mut self,
        index: usize,
        price: Number,
        quantity: Number,
    ) -> Result<[Number; 2], Short> {
        let order = &self.orders[index];
        let (base, quote) = (order.symbol.base(), order.symbol.quote());
        let buys = order.side == Side::Buy;
        let cut = if buys { Cut::Up } else { Cut::Down };
        let mut notional = price.times(quantity, MONEY, cut).ok_or(Short::Digits)?;
        let maker = order.limit.is_some() && !order.fresh;
        let rate = self.fee_rates[usize::from(maker)];
        let received = order.pays_in_received();
        let basis = if received && buys { quantity } else { notional };
        let mut fee = basis.times(rate, MONEY, Cut::Up).ok_or(Short::Digits)?;
        if received {
            fee = fee.min(basis);
        }
        if buys && order.limit.is_some() {
            notional = notional.min(order.hold[0]);
            if !received {
                fee = fee.min(order.hold[1]);
            }
        }
        order.notional.and(notional).ok_or(Short::Digits)?;
        order.fee.and(fee).ok_or(Short::Digits)?;
        let from_hold = [
            if buys {
                notional.min(order.hold[0])
            } else {
                Number::ZERO
            },
            fee.min(order.hold[1]),
        ];
        let [mut stock, mut purse] = [self.wallet(base), self.wallet(quote)];
        stock.saw(quantity);
        if buys {
            stock.free = stock.free + quantity;
            stock.market = stock.market - quantity;
            purse.spend(from_hold[0], notional - from_hold[0], false)?;
        } else {
            if stock.held < quantity {
                return Err(Short::Funds);
            }
            stock.held = stock.held - quantity;
            stock.market = stock.market + quantity;
            purse.free = purse.free + notional;
            purse.market = purse.market - notional;
            purse.saw(notional);
        }
        if buys && received {
            stock.spend(Number::ZERO, fee, true)?;
        } else {
            purse.spend(from_hold[1], fee - from_hold[1], true)?;
        }
        let sold = if buys { Number::ZERO } else { quantity };
        Naive::check(&stock, self.holds(base) - sold)?;
        Naive::check(&purse, self.holds(quote) - from_hold[0] - from_hold[1])?;
        self.wallets.extend([(base, stock), (quote, purse)]);
        let order = &mut self.orders[index];
        order.hold = [order.hold[0] - from_hold[0], order.hold[1] - from_hold[1]];
        Ok([notional, fee])
    }

    pub(super) fn book_fill(
        &mut self,
        index: usize,
        quantity: Number,
        [notional, fee]: [Number; 2],
    ) {
        let order = &mut self.orders[index];
        order.filled = order.filled + quantity;
        order.notional = order.notional + notional;
        order.fee = order.fee + fee;
        order.history += 1;
        order.updated_at = self.now;
        order.touched = self.elapsed;
        let (side, symbol) = (order.side, order.symbol);
        let maker = order.limit.is_some() && !order.fresh;
        let flag = Number::read(if maker { "1000000" } else { "0" });
        self.traded.push(quantity + fee + flag);
        let base_fee = order.pays_in_received() && side == Side::Buy;
        let total = self.totals.entry((side, symbol)).or_default();
        total.0 += 1;
        let fees = if base_fee {
            [Number::ZERO, fee]
        } else {
            [fee, Number::ZERO]
        };
        let parts = [quantity, notional, fees[0], fees[1]];
        for (sum, part) in total.1.iter_mut().zip(parts) {
            *sum = *sum + part;
        }
        let pair = self
            .pairs
            .iter_mut()
            .find(|pair| pair.symbol == symbol)
            .unwrap();
        if let Some(left) = &mut pair.left[side as usize] {
            // Digits beyond what can be kept are used up.
            let rest =
                Some(*left - quantity).filter(|_| left.and(Number::ZERO - quantity).is_some());
            *left = rest.unwrap_or(*left - quantity.cut(8, Cut::Up));
        }
        if self.orders[index].remaining().is_zero() {
            self.finish(index, OrderStatus::Filled);
        }
    }
}
