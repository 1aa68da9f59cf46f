//! Money in and out: deposits, withdrawals, and balances set as they stand.

use super::ledger::{Account, Flow, Pocket, Refused};
use super::{Exchange, Fact, NewBalance, Outcome, Rejection};
use crate::units::{Amount, Asset};

impl Exchange {
    /// Brings money in.
    pub(super) fn deposit(&mut self, asset: Asset, amount: Amount) -> Result<Outcome, Rejection> {
        self.known(asset)?;
        let value = self.value_now(asset, amount);
        self.ledger
            .edit(asset, |account| {
                account.transfer(Pocket::Outside, Pocket::Free, amount)?;
                account.deposits = account.deposits.plus(amount, value);
                Ok(())
            })
            .map_err(|refused| rejection(asset, refused))?;
        self.book_deposit(asset, value);
        self.account_changed(asset, Fact::Deposit, amount);
        Ok(Outcome::Balance(asset))
    }

    /// Takes free money out.
    pub(super) fn withdraw(&mut self, asset: Asset, amount: Amount) -> Result<Outcome, Rejection> {
        self.known(asset)?;
        let value = self.value_now(asset, amount);
        self.ledger
            .edit(asset, |account| {
                account.transfer(Pocket::Free, Pocket::Outside, amount)?;
                account.withdrawals = account.withdrawals.plus(amount, value);
                Ok(())
            })
            .map_err(|refused| rejection(asset, refused))?;
        self.book_withdrawal(asset, amount, value);
        self.account_changed(asset, Fact::Withdrawal, amount);
        Ok(Outcome::Balance(asset))
    }

    /// Sets a balance as it stands, whatever open orders hold; the difference is booked against the outside.
    pub(super) fn set_balance(&mut self, new: NewBalance) -> Result<Outcome, Rejection> {
        let asset = new.asset;
        self.known(asset)?;
        let present = self.ledger.account(asset);
        let (free, held) = (
            new.free.unwrap_or(present.free),
            new.held.unwrap_or(present.held),
        );
        self.ledger
            .edit(asset, |account| {
                let drift = held.minus(account.held)?;
                set(account, Pocket::Free, present.free, free)?;
                set(account, Pocket::Held, present.held, held)?;
                account.drift = account.drift.plus(drift)?;
                Ok(())
            })
            .map_err(|refused| rejection(asset, refused))?;
        self.book_set(asset, present.total());
        self.account_changed(asset, Fact::FreeSet, free);
        self.account_changed(asset, Fact::HeldSet, held);
        Ok(Outcome::Balance(asset))
    }

    fn known(&self, asset: Asset) -> Result<(), Rejection> {
        if self.knows_asset(asset) {
            Ok(())
        } else {
            Err(Rejection::UnknownAsset(asset))
        }
    }

    /// What an amount is worth in the cash asset now; nothing when it has no price.
    fn value_now(&self, asset: Asset, amount: Amount) -> Amount {
        self.price_in_cash(asset)
            .and_then(|price| price.value(amount).ok())
            .unwrap_or_default()
    }
}

/// Brings a pocket from one figure to another with money from the outside.
fn set(account: &mut Account, pocket: Pocket, from: Amount, to: Amount) -> Result<(), Refused> {
    if to >= from {
        account.transfer(Pocket::Outside, pocket, to.minus(from)?)
    } else {
        account.transfer(pocket, Pocket::Outside, from.minus(to)?)
    }
}

fn rejection(asset: Asset, refused: Refused) -> Rejection {
    match refused {
        Refused::Short { needed, available } => Rejection::InsufficientFunds {
            asset,
            needed,
            free: available,
        },
        Refused::NotExact => Rejection::NotExact(asset),
    }
}

impl Flow {
    fn plus(self, quantity: Amount, value: Amount) -> Flow {
        Flow {
            quantity: self.quantity.plus_rounded(quantity),
            value: self.value.plus_rounded(value),
        }
    }
}
