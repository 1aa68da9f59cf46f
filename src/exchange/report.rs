//! What it is all worth: figures for the overview, read-only.

use std::collections::BTreeMap;

use super::{Account, Exchange};
use crate::units::{Amount, Asset, Exact, Price, Symbol};

/// An asset's balance and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetValue {
    /// Which.
    pub asset: Asset,
    /// Its account.
    pub account: Account,
    /// Price in the cash asset; none where nothing tells it.
    pub price: Option<Price>,
    /// Value of what is free; 0 without a price.
    pub free_value: Amount,
    /// Value of what is held; 0 without a price.
    pub held_value: Amount,
}

/// What the open orders hold of each asset, worked out from the orders alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenHolds {
    /// By asset.
    pub held: BTreeMap<Asset, Amount>,
}

/// What some money is worth in the cash asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worth {
    /// What is free.
    pub free: Amount,
    /// What is set aside.
    pub held: Amount,
}

/// What everything is worth in the cash asset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Valuation {
    /// All assets but the cash asset.
    pub assets: Worth,
    /// The cash asset.
    pub cash: Worth,
    /// Assets that count as 0 for want of a price.
    pub unpriced: Vec<Asset>,
}

/// What came in, what went out, and what there is, in the cash asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capital {
    /// Value of all balances now.
    pub equity: Amount,
    /// Value of all deposits, each at its moment.
    pub deposits: Amount,
    /// Value of all withdrawals, each at its moment.
    pub withdrawals: Amount,
}

impl AssetValue {
    /// Value of all of it.
    pub fn value(&self) -> Amount {
        self.free_value.plus_rounded(self.held_value)
    }
}

impl Exchange {
    /// What one unit of an asset costs in the cash asset: the last price of their symbol.
    pub fn price_in_cash(&self, asset: Asset) -> Option<Price> {
        let cash = self.rules.cash_asset;
        if asset == cash {
            return Some(Price::from_stored(Exact::whole(1)));
        }
        let symbol = Symbol::new(asset, cash).ok()?;
        Some(self.markets.get(&symbol)?.ticker?.last)
    }

    /// What an amount of an asset is worth in the cash asset; nothing without a price.
    pub fn value_in_cash(&self, asset: Asset, amount: Amount) -> Option<Amount> {
        // A value with more digits than can be kept is no use to anybody; it counts as unpriced.
        self.price_in_cash(asset)?.value(amount).ok()
    }

    /// Every asset with a balance and its value, by asset.
    pub fn asset_values(&self) -> Vec<AssetValue> {
        let listed = self
            .ledger
            .iter()
            .filter(|(_, account)| !account.is_empty());
        listed
            .map(|(asset, account)| AssetValue {
                asset,
                account: *account,
                price: self.price_in_cash(asset),
                free_value: self.value_in_cash(asset, account.free).unwrap_or_default(),
                held_value: self.value_in_cash(asset, account.held).unwrap_or_default(),
            })
            .collect()
    }

    /// What the open orders hold.
    pub fn open_holds(&self) -> OpenHolds {
        let mut holds = OpenHolds::default();
        for order in self.orders.values() {
            let hold = order.hold();
            let quote = hold.notional.plus_rounded(hold.fee);
            holds.add(order.symbol.quote(), quote);
            if !hold.base.is_zero() {
                holds.add(order.symbol.base(), hold.base);
            }
        }
        holds
    }
}

impl Exchange {
    /// What all balances are worth.
    pub fn valuation(&self) -> Valuation {
        let mut valuation = Valuation::default();
        for row in self.asset_values() {
            let worth = Worth {
                free: row.free_value,
                held: row.held_value,
            };
            valuation.add(row.asset == self.rules.cash_asset, worth);
            if row.price.is_none() {
                valuation.unpriced.push(row.asset);
            }
        }
        valuation
    }

    /// What the holds of the open orders are worth, worked out from the orders alone.
    pub fn value_of_holds(&self) -> Valuation {
        let mut valuation = Valuation::default();
        for (asset, amount) in self.open_holds().held {
            let value = self.value_in_cash(asset, amount);
            let worth = Worth {
                free: Amount::ZERO,
                held: value.unwrap_or_default(),
            };
            valuation.add(asset == self.rules.cash_asset, worth);
            if value.is_none() {
                valuation.unpriced.push(asset);
            }
        }
        valuation
    }

    /// What came in, what went out, and what there is.
    pub fn capital(&self) -> Capital {
        let mut capital = Capital {
            equity: self.valuation().all().total(),
            ..Capital::default()
        };
        for (_, account) in self.ledger.iter() {
            capital.deposits = capital.deposits.plus_rounded(account.deposits.value);
            capital.withdrawals = capital.withdrawals.plus_rounded(account.withdrawals.value);
        }
        capital
    }
}

impl Worth {
    /// Free and held.
    pub fn total(self) -> Amount {
        self.free.plus_rounded(self.held)
    }

    fn plus(self, other: Worth) -> Worth {
        Worth {
            free: self.free.plus_rounded(other.free),
            held: self.held.plus_rounded(other.held),
        }
    }
}

impl Valuation {
    /// Assets and cash.
    pub fn all(&self) -> Worth {
        self.assets.plus(self.cash)
    }

    fn add(&mut self, is_cash: bool, worth: Worth) {
        let part = if is_cash {
            &mut self.cash
        } else {
            &mut self.assets
        };
        *part = part.plus(worth);
    }
}

impl Capital {
    /// What was gained since the money came in.
    pub fn profit_loss(self) -> Amount {
        let invested = self.deposits.plus_rounded(self.withdrawals.negated());
        self.equity.plus_rounded(invested.negated())
    }
}

impl OpenHolds {
    fn add(&mut self, asset: Asset, amount: Amount) {
        let held = self.held.entry(asset).or_default();
        *held = held.plus_rounded(amount);
    }
}
