//! Money: per asset five pockets whose sum is always zero.
//!
//! Money moves only by [`Account::transfer`], which takes from one pocket what it gives to another. `free` and `held`
//! are what the trader owns and never go below zero; `fees`, `market` and `outside` are the other side of fees,
//! trades, and deposits or withdrawals.
//!
//! Every sum is exact: an account knows how many decimals its figures have had (`decimals`), and a transfer that could
//! not be kept to that many decimals in 28 digits is refused before anything moves. Moving money between `free` and
//! `held` can therefore never fail for want of digits.

use std::collections::BTreeMap;

use crate::units::{Amount, Asset, Overflow};

/// Where money can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pocket {
    /// At the trader's disposal.
    Free,
    /// Set aside for open orders.
    Held,
    /// Paid as fees.
    Fees,
    /// With the other side of trades.
    Market,
    /// Where deposits come from and withdrawals go.
    Outside,
}

/// Running totals of what came in or went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// In the asset itself.
    pub quantity: Amount,
    /// In the cash asset, at the prices of those moments.
    pub value: Amount,
}

/// The money of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// At the trader's disposal.
    pub free: Amount,
    /// Set aside for open orders.
    pub held: Amount,
    /// Paid as fees.
    pub fees: Amount,
    /// With the other side of trades.
    pub market: Amount,
    /// Negative what came from outside and stayed.
    pub outside: Amount,
    /// `held` minus the holds of all open orders: other than zero only after somebody set the balance as it stands.
    pub drift: Amount,
    /// The most decimals that any figure here has had.
    pub decimals: u32,
    /// Deposits so far.
    pub deposits: Flow,
    /// Withdrawals so far.
    pub withdrawals: Flow,
}

/// Why money does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The pocket holds less than that.
    Short {
        /// To be moved.
        needed: Amount,
        /// There.
        available: Amount,
    },
    /// The result would lose a digit.
    NotExact,
}

impl From<Overflow> for Refused {
    fn from(_: Overflow) -> Refused {
        Refused::NotExact
    }
}

impl Account {
    /// What the trader owns.
    pub fn total(&self) -> Amount {
        // Kept exact by every transfer.
        self.free.plus(self.held).unwrap_or(self.free)
    }

    /// Whether there is nothing to list.
    pub fn is_empty(&self) -> bool {
        self.free.is_zero() && self.held.is_zero()
    }

    fn pocket(&mut self, pocket: Pocket) -> &mut Amount {
        match pocket {
            Pocket::Free => &mut self.free,
            Pocket::Held => &mut self.held,
            Pocket::Fees => &mut self.fees,
            Pocket::Market => &mut self.market,
            Pocket::Outside => &mut self.outside,
        }
    }

    /// Moves `amount`, zero or more, from one pocket to another. On an error the account is not to be used any more:
    /// work on a copy.
    pub(super) fn transfer(
        &mut self,
        from: Pocket,
        to: Pocket,
        amount: Amount,
    ) -> Result<(), Refused> {
        if amount.is_zero() {
            return Ok(());
        }
        let source = self.pocket(from);
        if matches!(from, Pocket::Free | Pocket::Held) && amount > *source {
            return Err(Refused::Short {
                needed: amount,
                available: *source,
            });
        }
        *source = source.minus(amount)?;
        let target = self.pocket(to);
        *target = target.plus(amount)?;
        if !amount.has_at_most(self.decimals) {
            self.decimals = amount.decimals();
        }
        Ok(())
    }

    /// Whether every figure can be kept to the account's decimals, also after any move between free and held, and so can
    /// the sums that an audit makes of them: what is owned with the fees, and what all open orders hold.
    pub fn is_exact(&self) -> bool {
        let fits = |sum: Result<Amount, Overflow>| sum.is_ok_and(|sum| sum.fits(self.decimals));
        // None of the three is negative, so each of them fits where their sum does.
        let owned = self.free.plus(self.held);
        fits(owned.and_then(|owned| owned.plus(self.fees)))
            && self.market.fits(self.decimals)
            && self.outside.fits(self.decimals)
            && (self.drift.is_zero()
                || (self.drift.fits(self.decimals) && fits(self.held.minus(self.drift))))
    }
}

/// The accounts of all assets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ledger {
    accounts: BTreeMap<Asset, Account>,
}

impl Ledger {
    /// The account of an asset; an empty one where there is none.
    pub(super) fn account(&self, asset: Asset) -> Account {
        self.accounts.get(&asset).copied().unwrap_or_default()
    }

    /// Whether the asset ever had money.
    pub(super) fn has(&self, asset: Asset) -> bool {
        self.accounts.contains_key(&asset)
    }

    /// All accounts by asset.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Asset, &Account)> {
        self.accounts
            .iter()
            .map(|(&asset, account)| (asset, account))
    }

    /// Puts an account in its place, as it was stored.
    pub(super) fn insert(&mut self, asset: Asset, account: Account) -> Option<Account> {
        self.accounts.insert(asset, account)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.accounts.clear();
    }

    /// An account as it is with `amount` set aside.
    pub(super) fn with_hold(&self, asset: Asset, amount: Amount) -> Result<Account, Refused> {
        let mut account = self.account(asset);
        account.transfer(Pocket::Free, Pocket::Held, amount)?;
        account
            .is_exact()
            .then_some(account)
            .ok_or(Refused::NotExact)
    }

    /// An account that will be able to move `amount` between free and held.
    pub(super) fn made_ready(mut account: Account, amount: Amount) -> Result<Account, Refused> {
        if !amount.has_at_most(account.decimals) {
            account.decimals = amount.decimals();
        }
        account
            .is_exact()
            .then_some(account)
            .ok_or(Refused::NotExact)
    }

    /// Gives back what was set aside, as far as it is there, and tells how much that was.
    pub(super) fn release(&mut self, asset: Asset, hold: Amount) -> Amount {
        let Some(account) = self.accounts.get_mut(&asset) else {
            return Amount::ZERO;
        };
        let released = hold.min(account.held);
        // Between free and held every figure of the account's decimals has room: see the head of this file.
        let moved = account.transfer(Pocket::Held, Pocket::Free, released);
        debug_assert_eq!(moved, Ok(()));
        if released != hold {
            let missing = hold.minus(released).unwrap_or_default();
            account.drift = account.drift.plus_rounded(missing);
        }
        released
    }

    /// Changes one account: all of it, or on an error nothing.
    pub(super) fn edit(
        &mut self,
        asset: Asset,
        change: impl FnOnce(&mut Account) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut account = self.account(asset);
        change(&mut account)?;
        if !account.is_exact() {
            return Err(Refused::NotExact);
        }
        self.accounts.insert(asset, account);
        Ok(())
    }

    /// Changes two accounts together: all of it, or on an error, which names the asset, nothing.
    pub(super) fn edit_pair(
        &mut self,
        [first, second]: [Asset; 2],
        change: impl FnOnce(&mut Account, &mut Account) -> Result<(), (Asset, Refused)>,
    ) -> Result<(), (Asset, Refused)> {
        let mut accounts = [self.account(first), self.account(second)];
        let [one, two] = &mut accounts;
        change(one, two)?;
        for (asset, account) in [(first, &accounts[0]), (second, &accounts[1])] {
            if !account.is_exact() {
                return Err((asset, Refused::NotExact));
            }
        }
        let [one, two] = accounts;
        self.accounts.insert(first, one);
        self.accounts.insert(second, two);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse_positive(text).unwrap()
    }

    fn usdt() -> Asset {
        Asset::parse("USDT").unwrap()
    }

    fn hold(ledger: &mut Ledger, text: &str) -> Result<(), Refused> {
        let account = ledger.with_hold(usdt(), amount(text))?;
        ledger.insert(usdt(), account);
        Ok(())
    }

    fn funded(text: &str) -> Ledger {
        let mut ledger = Ledger::default();
        ledger
            .edit(usdt(), |account| {
                account.transfer(Pocket::Outside, Pocket::Free, amount(text))
            })
            .unwrap();
        ledger
    }

    #[test]
    fn a_hold_comes_back_whole() {
        let mut ledger = funded("100");
        hold(&mut ledger, "99.5").unwrap();
        assert_eq!(ledger.account(usdt()).free.to_string(), "0.5");
        assert_eq!(ledger.release(usdt(), amount("99.5")), amount("99.5"));
        assert_eq!(ledger.account(usdt()).free, amount("100"));
        assert!(ledger.account(usdt()).drift.is_zero());
    }

    #[test]
    fn more_than_there_is_does_not_move() {
        let mut ledger = funded("100");
        let short = Refused::Short {
            needed: amount("100.01"),
            available: amount("100"),
        };
        assert_eq!(hold(&mut ledger, "100.01"), Err(short));
    }

    #[test]
    fn digits_that_would_be_lost_are_refused() {
        let mut ledger = funded("100000000000000");
        let fine = hold(&mut ledger, "0.0000000000000001");
        assert_eq!(fine, Err(Refused::NotExact));
    }

    #[test]
    fn a_hold_that_vanished_is_counted_as_drift() {
        let mut ledger = funded("10");
        hold(&mut ledger, "8").unwrap();
        ledger
            .edit(usdt(), |account| {
                account.drift = amount("6").negated();
                account.transfer(Pocket::Held, Pocket::Outside, amount("6"))
            })
            .unwrap();
        assert_eq!(ledger.release(usdt(), amount("8")), amount("2"));
        assert!(ledger.account(usdt()).drift.is_zero());
    }

    #[test]
    fn holds_that_an_audit_could_not_sum_are_refused() {
        let mut ledger = funded("7000000.0000000000000000000001");
        hold(&mut ledger, "6999999.0000000000000000000001").unwrap();
        // Somebody takes what is held away from under the orders and brings as much in again.
        ledger
            .edit(usdt(), |account| {
                account.drift = account.held.negated();
                account.transfer(Pocket::Held, Pocket::Outside, account.held)?;
                account.transfer(Pocket::Outside, Pocket::Free, amount("6900000"))
            })
            .unwrap();
        // The first orders still count as holding what is gone, and both sums together have too many digits.
        assert_eq!(hold(&mut ledger, "6000000"), Err(Refused::NotExact));
        assert_eq!(hold(&mut ledger, "5"), Ok(()));
    }

    #[test]
    fn what_is_owned_and_the_fees_stay_exact_together() {
        let mut ledger = funded("5000000.0000000000000000000001");
        let fee =
            |account: &mut Account| account.transfer(Pocket::Free, Pocket::Fees, amount("1000000"));
        for _ in 0..4 {
            ledger.edit(usdt(), fee).unwrap();
        }
        let deposit = |account: &mut Account| {
            account.transfer(Pocket::Market, Pocket::Free, amount("4000000"))
        };
        assert_eq!(ledger.edit(usdt(), deposit), Err(Refused::NotExact));
    }
}
