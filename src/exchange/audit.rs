//! Does it all add up? Every invariant in one call, and the fingerprint of the state.

use std::collections::BTreeMap;

use super::ledger::Account;
use super::order::{Hold, Order, Stage};
use super::pair::Pair;
use super::terms::{Execution, FeeMode, Terms, TimeInForce};
use super::trigger::Level;
use super::{Digest, Exchange, Market};
use crate::units::{Amount, Asset, OrderId, Overflow, Symbol};

/// An invariant that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Money was made or lost.
    #[error("the pockets of {0} do not sum to zero")]
    NotZeroSum(Asset),
    /// A balance is below zero.
    #[error("the balance of {0} is negative")]
    Negative(Asset),
    /// `held` is not what the open orders hold.
    #[error("{asset} held is {held}, but open orders hold {holds} and the drift is {drift}")]
    HeldDiffers {
        /// Which asset.
        asset: Asset,
        /// In the account.
        held: Amount,
        /// By the orders.
        holds: Amount,
        /// Known difference.
        drift: Amount,
    },
    /// A sum has too many digits, which no transfer allows.
    #[error("figures of {0} are not exact")]
    NotExact(Asset),
    /// A closed order is among the open ones.
    #[error("order {0} is closed but kept as open")]
    ClosedOrderIsOpen(OrderId),
    /// An open order's symbol is not listed.
    #[error("order {0} has no market")]
    OrderWithoutMarket(OrderId),
    /// An order that has nothing left to fill is open.
    #[error("order {0} is filled but open")]
    NothingLeft(OrderId),
    /// An order is not, or not only, where it should wait.
    #[error("order {0} is not in its place")]
    Misplaced(OrderId),
    /// A book or a timer holds something that is no open order.
    #[error("books and timers do not match the open orders")]
    Strays,
    /// The tick loop would go round the wrong symbols.
    #[error("symbol {0} is wrongly noted for the tick loop")]
    Hunger(Symbol),
    /// The orders of a pair do not belong together.
    #[error("order {0} is no half of its pair")]
    NoPair(OrderId),
    /// An order has an id that was not given yet.
    #[error("order {0} has an id from the future")]
    FutureId(OrderId),
}

impl Exchange {
    /// Checks every invariant.
    pub fn audit(&self) -> Result<(), Broken> {
        let mut holds: BTreeMap<Asset, Amount> = BTreeMap::new();
        for order in self.orders.values() {
            self.audit_order(order)?;
            for (asset, amount) in holds_of(order) {
                let sum = holds.entry(asset).or_default();
                *sum = sum
                    .plus(amount)
                    .map_err(|Overflow| Broken::NotExact(asset))?;
            }
        }
        for (asset, account) in self.ledger.iter() {
            let held = holds.remove(&asset).unwrap_or_default();
            audit_account(asset, account, held)?;
        }
        if let Some((&asset, &holds)) = holds.iter().find(|(_, amount)| !amount.is_zero()) {
            let (held, drift) = (Amount::ZERO, Amount::ZERO);
            return Err(Broken::HeldDiffers {
                asset,
                held,
                holds,
                drift,
            });
        }
        self.audit_places()
    }

    fn audit_order(&self, order: &Order) -> Result<(), Broken> {
        let id = order.id;
        let Some(stage) = order.stage() else {
            return Err(Broken::ClosedOrderIsOpen(id));
        };
        if id.sequence() >= self.next_order {
            return Err(Broken::FutureId(id));
        }
        if order.remaining().is_zero() {
            return Err(Broken::NothingLeft(id));
        }
        let market = self
            .markets
            .get(&order.symbol)
            .ok_or(Broken::OrderWithoutMarket(id))?;
        let in_place = match stage {
            Stage::Delayed(at) => self.due.contains(&(at, id)),
            Stage::Armed => market.triggers.contains(order),
            Stage::Resting => market.book.contains(order),
        };
        let in_place = in_place && market.open.contains(&id);
        let key = (order.updated_elapsed, id);
        let timed = self.by_update.contains(&key)
            && self.expiring.contains(&key) == order.may_expire()
            && order
                .deadline
                .is_none_or(|at| self.good_till.contains(&(at, id)));
        let client = order.terms.client_id;
        let named = client.is_none_or(|client| self.by_client.get(&client) == Some(&id));
        if !in_place || !timed || !named {
            return Err(Broken::Misplaced(id));
        }
        self.audit_pair(order)
    }

    /// The second order of an open pair holds nothing, the first what either needs, and neither is filled.
    fn audit_pair(&self, order: &Order) -> Result<(), Broken> {
        let Some(pair) = order.pair.as_deref() else {
            return Ok(());
        };
        let Some(other) = self.orders.get(&pair.other) else {
            return Ok(());
        };
        let mutual = |back: &Pair| {
            (back.id, back.other, back.client_id) == (pair.id, order.id, pair.client_id)
        };
        let first = order.id == pair.id;
        let (hold, needed) = (order.hold(), order.hold_when_placed());
        let held = if first {
            hold.base >= needed.base && hold.notional >= needed.notional && hold.fee >= needed.fee
        } else {
            hold == Hold::default()
        };
        let named = pair
            .client_id
            .is_none_or(|client| self.pairs_by_client.get(&client) == Some(&pair.id));
        let alike = (order.symbol, order.side, order.quantity)
            == (other.symbol, other.side, other.quantity);
        let waits = order.filled.quantity.is_zero();
        let whole = other.pair.as_deref().is_some_and(mutual) && first == (pair.id != other.id);
        if whole && held && named && alike && waits {
            Ok(())
        } else {
            Err(Broken::NoPair(order.id))
        }
    }

    fn audit_places(&self) -> Result<(), Broken> {
        let in_markets = |count: fn(&Market) -> usize| {
            let counts = self.markets.values().map(count);
            counts.fold(0usize, usize::saturating_add)
        };
        let waiting = in_markets(|market| market.book.len().saturating_add(market.triggers.len()));
        let open = self.orders.len();
        let count =
            |has: fn(&Order) -> bool| self.orders.values().filter(|order| has(order)).count();
        let dated = count(|order| order.deadline.is_some());
        let named = count(|order| order.terms.client_id.is_some());
        if waiting.saturating_add(self.due.len()) != open
            || in_markets(|market| market.open.len()) != open
            || self.by_update.len() != open
            || self.expiring.len() != count(Order::may_expire)
            || self.good_till.len() != dated
            || self.by_client.len() != named
            || self.pairs_by_client.len() != self.named_pairs()
        {
            return Err(Broken::Strays);
        }
        for (&symbol, market) in &self.markets {
            let hungry = market.is_hungry();
            if hungry != market.hungry || hungry != self.hungry.contains(&symbol) {
                return Err(Broken::Hunger(symbol));
            }
        }
        Ok(())
    }

    fn named_pairs(&self) -> usize {
        let named = |[order, _]: &[&Order; 2]| {
            let pair = order.pair.as_ref();
            pair.is_some_and(|pair| pair.client_id.is_some())
        };
        self.open_pairs().filter(named).count()
    }

    /// A fingerprint of balances, orders, counters and everything that ever happened to them.
    ///
    /// Prices are not in it: they are not worth a write to the disk each, so a power cut may lose some.
    pub fn digest(&self) -> Digest {
        let mut digest = self.journal;
        digest.word(self.next_order);
        for (asset, account) in self.ledger.iter() {
            digest.asset(asset);
            for figure in figures(account) {
                digest.number(figure.exact());
            }
        }
        for (side, symbol, totals) in self.counters.iter() {
            digest.word(side as u64);
            digest.symbol(symbol);
            digest.word(totals.count);
            for figure in [totals.amount, totals.notional, totals.fee] {
                digest.number(figure.exact());
            }
            if !totals.base_fee.is_zero() {
                digest.number(totals.base_fee.exact());
            }
        }
        for order in self.orders.values() {
            fold_order(&mut digest, order);
        }
        digest
    }
}

fn holds_of(order: &Order) -> [(Asset, Amount); 2] {
    let hold = order.hold();
    [
        (order.symbol.base(), hold.base),
        (order.symbol.quote(), hold.notional.plus_rounded(hold.fee)),
    ]
}

fn audit_account(asset: Asset, account: &Account, holds: Amount) -> Result<(), Broken> {
    let sum = [account.held, account.fees, account.market, account.outside]
        .into_iter()
        .try_fold(account.free, Amount::plus)
        .map_err(|Overflow| Broken::NotExact(asset))?;
    if !sum.is_zero() {
        return Err(Broken::NotZeroSum(asset));
    }
    if account.free.is_negative() || account.held.is_negative() {
        return Err(Broken::Negative(asset));
    }
    let (held, drift) = (account.held, account.drift);
    let expected = holds
        .plus(drift)
        .map_err(|Overflow| Broken::NotExact(asset))?;
    if expected != held {
        return Err(Broken::HeldDiffers {
            asset,
            held,
            holds,
            drift,
        });
    }
    Ok(())
}

fn figures(account: &Account) -> [Amount; 10] {
    [
        account.free,
        account.held,
        account.fees,
        account.market,
        account.outside,
        account.drift,
        account.deposits.quantity,
        account.deposits.value,
        account.withdrawals.quantity,
        account.withdrawals.value,
    ]
}

fn fold_order(digest: &mut Digest, order: &Order) {
    digest.word(order.id.sequence());
    digest.symbol(order.symbol);
    digest.word(order.side as u64);
    digest.number(order.quantity.exact());
    digest.number(order.limit_price().unwrap_or_default().exact());
    digest.number(order.filled.quantity.exact());
    digest.number(order.filled.notional.exact());
    digest.number(order.filled.fee.exact());
    let hold = order.hold();
    digest.number(hold.notional.exact());
    digest.number(hold.fee.exact());
    digest.word(order.placed_at.as_millis());
    digest.word(order.updated_at.as_millis());
    digest.word(u64::from(order.history_count));
    fold_terms(digest, &order.terms);
    fold_pair(digest, order);
}

/// An order by itself leaves no mark either.
pub(super) fn fold_pair(digest: &mut Digest, order: &Order) {
    if let Some(pair) = &order.pair {
        digest.word(pair.id.sequence());
        digest.word(pair.other.sequence());
        if let Some(client) = pair.client_id {
            digest.text(client.as_bytes());
        }
    }
}

/// Plain terms leave no mark: a digest is the same as before there were any.
pub(super) fn fold_terms(digest: &mut Digest, terms: &Terms) {
    if *terms == Terms::default() {
        return;
    }
    let (word, date) = match terms.time_in_force {
        TimeInForce::GoodTillCancelled => (0, 0),
        TimeInForce::ImmediateOrCancel => (1, 0),
        TimeInForce::FillOrKill => (2, 0),
        TimeInForce::GoodTill(date) => (3, date.as_millis()),
        TimeInForce::Unlimited => (4, 0),
    };
    digest.word(word);
    digest.word(date);
    let flags = [terms.post_only, terms.execution == Execution::AtOnce];
    let in_received = terms.fee_mode == FeeMode::Received;
    let [post_only, at_once] = flags.map(u64::from);
    digest.word(u64::from(in_received) << 2 | post_only << 1 | at_once);
    if let Some(trigger) = terms.trigger {
        let (price, bips) = match trigger.level {
            Level::At(price) => (Some(price), 0),
            Level::Trail { bips, from } => (from, bips),
        };
        digest.word((trigger.kind as u64).wrapping_add(1));
        digest.word(u64::from(bips));
        digest.number(price.unwrap_or_default().exact());
    }
    if let Some(amount) = terms.quote_amount {
        digest.number(amount.exact());
    }
    if let Some(client) = terms.client_id {
        digest.text(client.as_bytes());
    }
}
