//! Wallets, and what may happen to them.

use mockx::exchange::NewBalance;
use mockx::units::{Asset, Symbol};

use super::{MONEY, Naive, Pair, Refusal, number};
use crate::model::number::{Cut, Number};

/// Why money does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    Funds,
    Digits,
}

/// What belongs to one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wallet {
    pub free: Number,
    pub held: Number,
    pub fees: Number,
    pub market: Number,
    pub outside: Number,
    /// The most decimals that any amount moved here had.
    pub decimals: u32,
    /// Quantity and value.
    pub deposits: [Number; 2],
    pub withdrawals: [Number; 2],
}

impl Wallet {
    /// An amount has moved here.
    pub(super) fn saw(&mut self, amount: Number) {
        self.decimals = self.decimals.max(amount.decimals());
    }

    /// Pays a fee, or the other side of a trade, from what is held and from what is free.
    pub(super) fn spend(&mut self, held: Number, free: Number, is_fee: bool) -> Result<(), Short> {
        if self.held < held || self.free < free {
            return Err(Short::Funds);
        }
        self.held = self.held - held;
        self.free = self.free - free;
        let target = if is_fee {
            &mut self.fees
        } else {
            &mut self.market
        };
        *target = *target + held + free;
        self.saw(held);
        self.saw(free);
        Ok(())
    }
}

impl Naive {
    pub(super) fn known(&self, asset: Asset) -> Result<(), Refusal> {
        let of_pair = |pair: &Pair| pair.symbol.base() == asset || pair.symbol.quote() == asset;
        let known = asset == self.rules.cash_asset || self.pairs.iter().any(of_pair);
        if known {
            Ok(())
        } else {
            Err(Refusal::UnknownAsset)
        }
    }

    pub fn wallet(&self, asset: Asset) -> Wallet {
        self.wallets.get(&asset).copied().unwrap_or_default()
    }

    pub fn holds(&self, asset: Asset) -> Number {
        let open = self.orders.iter().filter(|order| order.is_open());
        open.fold(Number::ZERO, |sum, order| sum + order.holds(asset))
    }

    /// Whether all figures of a wallet, and their sums, can be kept; `holds` is what the open orders would hold.
    pub(super) fn check(wallet: &Wallet, holds: Number) -> Result<(), Short> {
        let owned = wallet.free + wallet.held;
        let figures = [
            owned + wallet.fees,
            wallet.market,
            wallet.outside,
            holds,
            wallet.held - holds,
        ];
        let kept = figures.iter().all(|figure| figure.fits(wallet.decimals));
        if kept { Ok(()) } else { Err(Short::Digits) }
    }

    pub(super) fn value(&self, asset: Asset, amount: Number) -> Number {
        let cash = self.rules.cash_asset;
        let price = if asset == cash {
            Some(Number::read("1"))
        } else {
            let symbol = Symbol::new(asset, cash).unwrap();
            self.ticker(symbol).map(|ticker| number(ticker.last))
        };
        price
            .and_then(|price| price.times(amount, MONEY, Cut::Half))
            .unwrap_or_default()
    }

    pub(super) fn flow(&mut self, asset: Asset, amount: Number, into: bool) -> Result<(), Refusal> {
        self.known(asset)?;
        let value = self.value(asset, amount);
        let mut wallet = self.wallet(asset);
        wallet.saw(amount);
        if into {
            wallet.free = wallet.free + amount;
            wallet.outside = wallet.outside - amount;
            wallet.deposits = [wallet.deposits[0] + amount, wallet.deposits[1] + value];
        } else {
            if wallet.free < amount {
                return Err(Refusal::Funds);
            }
            wallet.free = wallet.free - amount;
            wallet.outside = wallet.outside + amount;
            wallet.withdrawals = [
                wallet.withdrawals[0] + amount,
                wallet.withdrawals[1] + value,
            ];
        }
        Naive::check(&wallet, self.holds(asset)).map_err(|_| Refusal::Digits)?;
        self.wallets.insert(asset, wallet);
        Ok(())
    }

    pub(super) fn set_balance(&mut self, new: NewBalance) -> Result<(), Refusal> {
        self.known(new.asset)?;
        let mut wallet = self.wallet(new.asset);
        for (pocket, wanted) in [(0, new.free), (1, new.held)] {
            let Some(wanted) = wanted.map(|amount| Number::of(amount.exact())) else {
                continue;
            };
            let present = if pocket == 0 {
                &mut wallet.free
            } else {
                &mut wallet.held
            };
            // The difference goes through the books: it has to be a number that can be kept, and so must what it leaves.
            let change = wanted.and(Number::ZERO - *present).ok_or(Refusal::Digits)?;
            *present = wanted;
            let outside = wallet.outside.and(Number::ZERO - change);
            wallet.outside = outside.ok_or(Refusal::Digits)?;
            wallet.saw(change);
        }
        Naive::check(&wallet, self.holds(new.asset)).map_err(|_| Refusal::Digits)?;
        self.wallets.insert(new.asset, wallet);
        Ok(())
    }
}
