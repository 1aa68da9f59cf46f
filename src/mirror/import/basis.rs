//! What each asset cost, and what was won or lost with it, as far as running totals tell.

use std::collections::BTreeMap;

use super::state::State;
use crate::exchange::{Account, Basis, Side, TradeTotals};
use crate::units::{Amount, Asset, Exact, MONEY_DECIMALS, Rounding, Symbol};

impl State {
    /// Cost and results, as if all of an asset had been bought and sold at its average prices; what is left over makes them
    /// sum up to the profit or loss of everything, with the cash asset.
    pub(super) fn bases(&mut self, totals: &BTreeMap<(Side, Symbol), TradeTotals>, cash: Asset) {
        let came = self.moved(totals, cash);
        let mut rest = Amount::ZERO;
        let accounts: BTreeMap<Asset, Account> = self.snapshot.accounts.iter().copied().collect();
        for account in accounts.values() {
            let flows = account
                .withdrawals
                .value
                .plus_rounded(account.deposits.value.negated());
            rest = rest.plus_rounded(flows);
        }
        for (asset, moved) in came {
            let owned = accounts.get(&asset).map(Account::total).unwrap_or_default();
            if asset == cash {
                rest = rest.plus_rounded(owned);
                continue;
            }
            let basis = moved.basis(owned);
            // value - cost + realised - fees is the profit or loss.
            let own = basis
                .realised
                .plus_rounded(basis.cost.negated())
                .plus_rounded(basis.fees.negated());
            rest = rest.plus_rounded(own.negated());
            self.snapshot.bases.push((asset, basis));
        }
        let basis = Basis {
            realised: rest,
            ..Basis::default()
        };
        self.snapshot.bases.push((cash, basis));
        self.snapshot.bases.sort_by_key(|(asset, _)| *asset);
    }

    /// What of each asset came and went.
    fn moved(
        &self,
        totals: &BTreeMap<(Side, Symbol), TradeTotals>,
        cash: Asset,
    ) -> BTreeMap<Asset, Moved> {
        let prices: BTreeMap<Symbol, Exact> = self
            .snapshot
            .markets
            .iter()
            .filter_map(|market| Some((market.symbol, market.ticker?.last.exact())))
            .collect();
        let value = |asset: Asset, amount: Amount| -> Amount {
            let price = Symbol::new(asset, cash)
                .ok()
                .and_then(|symbol| prices.get(&symbol).copied());
            let price = if asset == cash {
                Some(Exact::whole(1))
            } else {
                price
            };
            let value = price.and_then(|price| {
                price
                    .times(amount.exact(), MONEY_DECIMALS, Rounding::HalfUp)
                    .ok()
            });
            Amount::from_stored(value.unwrap_or_default())
        };
        let mut came: BTreeMap<Asset, Moved> = BTreeMap::new();
        for (asset, account) in &self.snapshot.accounts {
            let moved = came.entry(*asset).or_default();
            moved.came(account.deposits.quantity, account.deposits.value);
            moved.went(account.withdrawals.value);
        }
        for ((side, symbol), totals) in totals {
            let (base, quote) = (symbol.base(), symbol.quote());
            let worth = value(quote, totals.notional);
            let fee = value(quote, totals.fee);
            let base_fee = totals.notional.exact().over(totals.amount.exact());
            let base_fee = base_fee.and_then(|price| {
                price
                    .times(totals.base_fee.exact(), MONEY_DECIMALS, Rounding::HalfUp)
                    .ok()
            });
            let base_fee = value(quote, Amount::from_stored(base_fee.unwrap_or_default()));
            let moved = came.entry(base).or_default();
            moved.fees = moved.fees.plus_rounded(fee).plus_rounded(base_fee);
            moved.turnover = moved.turnover.plus_rounded(worth);
            match side {
                Side::Buy => moved.came(totals.amount, worth.plus_rounded(base_fee.negated())),
                Side::Sell => moved.went(worth),
            }
            let moved = came.entry(quote).or_default();
            moved.went(fee);
            match side {
                Side::Buy => moved.went(worth),
                Side::Sell => moved.came(totals.notional, worth),
            }
        }
        came
    }
}

/// What came of an asset and what went, in the cash asset.
#[derive(Debug, Default)]
struct Moved {
    quantity: Amount,
    value: Amount,
    out: Amount,
    fees: Amount,
    turnover: Amount,
}

impl Moved {
    fn came(&mut self, quantity: Amount, value: Amount) {
        self.quantity = self.quantity.plus_rounded(quantity);
        self.value = self.value.plus_rounded(value);
    }

    fn went(&mut self, value: Amount) {
        self.out = self.out.plus_rounded(value);
    }

    fn basis(&self, owned: Amount) -> Basis {
        let price = self.value.exact().over(self.quantity.exact());
        let cost = price.and_then(|price| {
            price
                .times(owned.exact(), MONEY_DECIMALS, Rounding::HalfUp)
                .ok()
        });
        let cost = Amount::from_stored(cost.unwrap_or_default()).min(self.value);
        let gone = self.value.plus_rounded(cost.negated());
        Basis {
            cost,
            realised: self.out.plus_rounded(gone.negated()),
            fees: self.fees,
            turnover: self.turnover,
            ..Basis::default()
        }
    }
}
