//! What it is all worth: figures for the overview, read-only.

use std::collections::BTreeMap;

use super::order::Side;
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
            if order.side == Side::Sell {
                holds.add(order.symbol.base(), order.remaining().as_amount());
            }
        }
        holds
    }
}

impl OpenHolds {
    fn add(&mut self, asset: Asset, amount: Amount) {
        let held = self.held.entry(asset).or_default();
        *held = held.plus_rounded(amount);
    }
}
