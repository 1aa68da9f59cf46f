//! Market orders that say how much of the quote asset they are for.

use super::market::Ticker;
use super::order::{OrderKind, Side};
use super::terms::FeeMode;
use super::{Exchange, NewOrder, Rejection};
use crate::units::{Amount, Exact, Price, Quantity, Rate, Rounding};

/// Decimals of the quantity that is worked out; venues trade no finer lots.
const SIZE_DECIMALS: u32 = 8;

impl Exchange {
    /// The order with the quantity that its quote amount stands for: the most that it pays for at the present price, its
    /// fee included where that comes on top.
    pub(super) fn sized(&self, new: NewOrder, ticker: &Ticker) -> Result<NewOrder, Rejection> {
        let Some(amount) = new.terms.quote_amount else {
            return Ok(new);
        };
        if new.kind != OrderKind::Market || new.terms.trigger.is_some() {
            return Err(Rejection::Terms(
                "Only a market order without a trigger can be for an amount of the quote asset",
            ));
        }
        let price = ticker.price_for(new.side);
        let on_top = new.side == Side::Buy && new.terms.fee_mode == FeeMode::Quote;
        let fees = self.rules.fees(new.symbol);
        let rate = fees.taker.max(fees.maker);
        let quantity = if on_top {
            with_fee(price, rate).and_then(|price| amount.quantity_at(price, SIZE_DECIMALS))
        } else {
            amount.quantity_at(price, SIZE_DECIMALS)
        };
        let dust = Quantity::smallest(SIZE_DECIMALS);
        let quantity = match quantity {
            // Notional and fee are rounded up at their last digit.
            Some(found) if on_top && !covers(amount, price, found, rate) => {
                found.minus(dust).unwrap_or(Quantity::ZERO)
            }
            Some(found) => found,
            None => Quantity::ZERO,
        };
        let quantity = match self.market_rules(new.symbol) {
            Some(rules) if new.strict.rules => rules.in_lots(quantity),
            Some(_) | None => quantity,
        };
        if quantity.is_zero() {
            return Err(Rejection::Terms(
                "The amount of the quote asset buys nothing at the present price",
            ));
        }
        Ok(NewOrder { quantity, ..new })
    }
}

/// What a unit costs with its fee, rounded up at the last digit that can be kept.
fn with_fee(price: Price, rate: Rate) -> Option<Price> {
    let one = Exact::whole(1);
    let share = one.plus(rate.exact()).ok()?;
    let times = |decimals| price.exact().times(share, decimals, Rounding::Up);
    let cost = times(28)
        .or_else(|_| times(16))
        .or_else(|_| times(8))
        .ok()?;
    Some(Price::from_stored(cost))
}

fn covers(amount: Amount, price: Price, quantity: Quantity, rate: Rate) -> bool {
    let cost = price.notional(quantity, Rounding::Up).and_then(|notional| {
        let fee = notional.fee(rate)?;
        notional.plus(fee)
    });
    cost.is_ok_and(|cost| cost <= amount)
}
