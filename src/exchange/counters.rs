//! Running totals of trades per side and symbol.

use std::collections::BTreeMap;

use super::order::{Order, Side, Traded};
use crate::units::{Amount, Symbol};

/// Totals of the fills of one side of one symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TradeTotals {
    /// Number of fills.
    pub count: u64,
    /// Base asset traded.
    pub amount: Amount,
    /// Quote asset traded.
    pub notional: Amount,
    /// Fees that were paid in the quote asset.
    pub fee: Amount,
    /// Fees that were paid in the base asset.
    pub base_fee: Amount,
}

/// All totals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counters {
    totals: BTreeMap<(Side, Symbol), TradeTotals>,
}

impl Counters {
    /// Adds one fill.
    pub(super) fn count(&mut self, order: &Order, traded: Traded) {
        let symbol = order.symbol;
        let totals = self.totals.entry((order.side, symbol)).or_default();
        totals.count = totals.count.saturating_add(1);
        totals.amount = totals.amount.plus_rounded(traded.quantity.as_amount());
        totals.notional = totals.notional.plus_rounded(traded.notional);
        let fee = if order.fee_asset() == symbol.quote() {
            &mut totals.fee
        } else {
            &mut totals.base_fee
        };
        *fee = fee.plus_rounded(traded.fee);
    }

    /// The totals of one side of a symbol.
    pub(super) fn get(&self, side: Side, symbol: Symbol) -> Option<&TradeTotals> {
        self.totals.get(&(side, symbol))
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Side, Symbol, &TradeTotals)> {
        self.totals
            .iter()
            .map(|(&(side, symbol), totals)| (side, symbol, totals))
    }

    /// Puts totals in their place, as they were stored.
    pub(super) fn insert(&mut self, side: Side, symbol: Symbol, totals: TradeTotals) {
        self.totals.insert((side, symbol), totals);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.totals.clear();
    }
}
