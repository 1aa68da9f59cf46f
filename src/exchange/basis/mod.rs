//! What each asset cost, and what was won or lost with it: average cost, kept up at every movement of money.
//!
//! All figures are in the cash asset, at the prices of the moment that something moved; what had no price then counts
//! as 0. The cost of what leaves is its share of the cost of all that was there (weighted average cost, IAS 2 § 27), so
//! nothing but the present cost has to be kept, and a fill costs the same whatever came before it.
//!
//! | movement            | cost of what is there       | realised                          |
//! | ------------------- | --------------------------- | --------------------------------- |
//! | comes by a trade    | + value of the other side   |                                   |
//! | leaves by a trade   | − its share                 | + value of the other side − share |
//! | is deposited        | + value                     |                                   |
//! | is withdrawn        | − its share                 | + value − share                   |
//! | set higher          |                             |                                   |
//! | set lower           | − its share                 | − share                           |
//!
//! The value of a trade is what its quote asset is worth. Fees stand apart, with the base asset that was traded. So for
//! all assets together `value - cost + realised - fees` is the profit or loss of [`Capital`], to the last digit.
//!
//! # Round trips
//!
//! A round trip of an asset begins when some of it comes to where there was none, and ends with the trade that leaves
//! none of it. It is won if what was realised on the way, less the fees, is above zero, and lost if it is below. One that
//! is ended by a withdrawal or by a balance that was set counts for neither. The cash asset makes none.
//!
//! [`Capital`]: super::Capital

use std::collections::BTreeMap;

use super::Exchange;
use super::order::{Order, Side, Traded};
use crate::units::{Amount, Asset, MONEY_DECIMALS, Rounding};

/// Cost and results of one asset, in the cash asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Basis {
    /// What that which is there cost.
    pub cost: Amount,
    /// Won or lost by what has left, before fees.
    pub realised: Amount,
    /// Fees of the trades of which it was the base asset.
    pub fees: Amount,
    /// Value of the trades of which it was the base asset.
    pub turnover: Amount,
    /// Result so far of the round trip that is under way, after fees.
    pub trip: Amount,
    /// Round trips that are over.
    pub trips: Trips,
}

/// Numbers of round trips by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trips {
    /// Above zero after fees.
    pub won: u64,
    /// Below zero after fees.
    pub lost: u64,
    /// Neither.
    pub even: u64,
}

impl Trips {
    /// All of them.
    pub fn count(self) -> u64 {
        self.won.saturating_add(self.lost).saturating_add(self.even)
    }

    /// Together with others.
    #[must_use]
    pub fn plus(self, other: Trips) -> Trips {
        Trips {
            won: self.won.saturating_add(other.won),
            lost: self.lost.saturating_add(other.lost),
            even: self.even.saturating_add(other.even),
        }
    }
}

impl Basis {
    /// Some of the asset left: takes its share off the cost and tells it.
    fn take_out(&mut self, quantity: Amount, left: Amount) -> Amount {
        let share = if left.is_zero() {
            self.cost
        } else {
            let before = left.plus_rounded(quantity);
            let part = quantity.exact().over(before.exact()).unwrap_or_default();
            let share = self
                .cost
                .exact()
                .times(part, MONEY_DECIMALS, Rounding::HalfUp);
            Amount::from_stored(share.unwrap_or_default())
        };
        self.cost = self.cost.plus_rounded(share.negated());
        share
    }

    /// Something was realised by a trade.
    fn realise(&mut self, result: Amount) {
        self.realised = self.realised.plus_rounded(result);
        self.trip = self.trip.plus_rounded(result);
    }

    /// A trade left nothing of the asset.
    fn end_trip(&mut self) {
        let result = std::mem::take(&mut self.trip);
        let trips = &mut self.trips;
        let counter = match (result.is_positive(), result.is_negative()) {
            (true, _) => &mut trips.won,
            (_, true) => &mut trips.lost,
            (false, false) => &mut trips.even,
        };
        *counter = counter.saturating_add(1);
    }
}

impl Exchange {
    /// Cost and results of an asset; nothing where it never had any.
    pub fn basis(&self, asset: Asset) -> Option<&Basis> {
        self.bases.get(&asset)
    }

    /// Cost and results of all assets, by asset.
    pub fn bases(&self) -> impl Iterator<Item = (Asset, &Basis)> {
        self.bases.iter().map(|(&asset, basis)| (asset, basis))
    }

    /// Books a fill whose money has moved. A fee out of the base asset received counts at the price of the fill.
    pub(super) fn book_trade(&mut self, order: &Order, traded: Traded) {
        let (symbol, side) = (order.symbol, order.side);
        let (base, quote) = (symbol.base(), symbol.quote());
        let value_of = |amount| self.value_in_cash(quote, amount).unwrap_or_default();
        let fee_in_base = order.fee_asset() == base;
        let fee = if fee_in_base {
            let price = traded.notional.average_price(traded.quantity);
            let fee = price.and_then(|price| price.value(traded.fee).ok());
            fee.unwrap_or_default()
        } else {
            traded.fee
        };
        let (value, fee) = (value_of(traded.notional), value_of(fee));
        match side {
            Side::Buy if fee_in_base => {
                self.traded_in(base, value.plus_rounded(fee.negated()));
                self.traded_out(quote, traded.notional, value);
            }
            Side::Buy => {
                self.traded_in(base, value);
                let paid = traded.notional.plus_rounded(traded.fee);
                self.traded_out(quote, paid, value.plus_rounded(fee));
            }
            Side::Sell => {
                self.traded_in(quote, value);
                self.traded_out(base, traded.quantity.as_amount(), value);
                self.traded_out(quote, traded.fee, fee);
            }
        }
        let left = [base, quote].map(|asset| (asset, self.ledger.account(asset).total()));
        let basis = self.bases.entry(base).or_default();
        basis.fees = basis.fees.plus_rounded(fee);
        basis.trip = basis.trip.plus_rounded(fee.negated());
        basis.turnover = basis.turnover.plus_rounded(value);
        let cash = self.rules.cash_asset;
        for (asset, left) in left {
            if let Some(basis) = self.bases.get_mut(&asset)
                && left.is_zero()
                && asset != cash
            {
                basis.end_trip();
            }
        }
    }

    /// Books money that came in from outside.
    pub(super) fn book_deposit(&mut self, asset: Asset, value: Amount) {
        self.traded_in(asset, value);
    }

    /// Books money that went out.
    pub(super) fn book_withdrawal(&mut self, asset: Asset, amount: Amount, value: Amount) {
        self.taken_out(asset, amount, value);
    }

    /// Books a balance that was set: `before` is what there was.
    pub(super) fn book_set(&mut self, asset: Asset, before: Amount) {
        let present = self.ledger.account(asset).total();
        if asset == self.rules.cash_asset {
            let gained = present.plus_rounded(before.negated());
            let basis = self.bases.entry(asset).or_default();
            basis.realised = basis.realised.plus_rounded(gained);
        } else if present < before {
            let gone = before.plus_rounded(present.negated());
            self.taken_out(asset, gone, Amount::ZERO);
        }
    }

    fn traded_in(&mut self, asset: Asset, value: Amount) {
        if asset != self.rules.cash_asset {
            let basis = self.bases.entry(asset).or_default();
            basis.cost = basis.cost.plus_rounded(value);
        }
    }

    fn traded_out(&mut self, asset: Asset, amount: Amount, value: Amount) {
        if asset == self.rules.cash_asset || amount.is_zero() {
            return;
        }
        let left = self.ledger.account(asset).total();
        let basis = self.bases.entry(asset).or_default();
        let share = basis.take_out(amount, left);
        basis.realise(value.plus_rounded(share.negated()));
    }

    /// Something left without a trade; a round trip that ends so counts for nothing.
    fn taken_out(&mut self, asset: Asset, amount: Amount, value: Amount) {
        if asset == self.rules.cash_asset {
            return;
        }
        let left = self.ledger.account(asset).total();
        let basis = self.bases.entry(asset).or_default();
        let share = basis.take_out(amount, left);
        let result = value.plus_rounded(share.negated());
        basis.realised = basis.realised.plus_rounded(result);
        if left.is_zero() {
            basis.trip = Amount::ZERO;
        }
    }
}

/// Cost and results by asset.
pub(super) type Bases = BTreeMap<Asset, Basis>;

#[cfg(test)]
mod tests;
