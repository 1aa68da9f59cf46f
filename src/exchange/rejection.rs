//! The two kinds of no: a [`Rejection`] refuses a command, which then never was; a [`RejectReason`] ends an order,
//! which stays in the history.

use super::market_rules::Filter;
use crate::units::{Amount, Asset, ClientId, OrderId, Symbol};

/// Why a command is refused. Nothing has changed then. Listed by precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such market.
    #[error("Symbol {0} unknown or not tradeable")]
    UnknownSymbol(Symbol),
    /// The venue has delisted or halted the market.
    #[error("Symbol {0} is not traded now: it takes no new orders")]
    NotTrading(Symbol),
    /// The market has had no price yet.
    #[error("Symbol {0} has no price yet")]
    NoPrice(Symbol),
    /// Neither the cash asset nor part of any symbol.
    #[error("Asset {0} unknown or not tradeable")]
    UnknownAsset(Asset),
    /// No order has this id, or it is not known any more.
    #[error("Order {0} not found")]
    UnknownOrder(OrderId),
    /// No open pair has this id.
    #[error("Pair {0} is not open")]
    UnknownPair(OrderId),
    /// The order is closed.
    #[error("Only *open* orders can be canceled; order {0} is closed")]
    OrderNotOpen(OrderId),
    /// The terms of an order contradict each other; the text says how.
    #[error("{0}")]
    Terms(&'static str),
    /// An order is good till a date that is not in the future.
    #[error("The date till which the order is good has passed")]
    DateHasPassed,
    /// An open order has this client order id already.
    #[error("Client order id {client} is that of the open order {order}")]
    DuplicateClientId {
        /// The id.
        client: ClientId,
        /// Whose it is.
        order: OrderId,
    },
    /// An order that must be met at once, at a price that is too old to fill anything.
    #[error("The price of {0} is too old for an order that is met at once")]
    OldPrice(Symbol),
    /// A rule of the market, by the name that venues give it.
    #[error("Filter failure: {0}")]
    Filter(Filter),
    /// A pair with an order on the wrong side of the present price.
    #[error("The relationship of the prices for the orders is not correct.")]
    PairPrices,
    /// An order that is only to be taken back in another state than it is in.
    #[error("Order was not canceled due to cancel restrictions.")]
    Restricted,
    /// A post only order that crosses the present price.
    #[error("Order would immediately match and take.")]
    WouldMatch,
    /// A trigger whose price is reached already.
    #[error("Order would trigger immediately.")]
    WouldTrigger,
    /// A trailing delta out of its bounds.
    #[error("The trailing delta must be from 1 to {0} hundredths of a percent")]
    TrailingDelta(u16),
    /// Too many trailing orders of one symbol.
    #[error("At most {0} trailing orders of one symbol can be open")]
    TooManyTrailing(usize),
    /// A withdrawal of more than is free.
    #[error("Insufficient funds: {needed} {asset} wanted, {free} {asset} free")]
    InsufficientFunds {
        /// Of which asset.
        asset: Asset,
        /// Asked for.
        needed: Amount,
        /// There.
        free: Amount,
    },
    /// The figures would need more than 28 digits.
    #[error("{0} cannot keep this amount exactly: too many digits beside the amounts it has")]
    NotExact(Asset),
    /// Too many orders are open.
    #[error("At most {0} orders can be open")]
    TooManyOpenOrders(usize),
    /// Too many symbols.
    #[error("At most {0} symbols can be listed")]
    TooManySymbols(usize),
}

/// Why an order ended rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Not enough when it was placed.
    #[error("Insufficient {asset}: {needed} needed, {free} free")]
    InsufficientFunds {
        /// Of which asset.
        asset: Asset,
        /// To be set aside.
        needed: Amount,
        /// There.
        free: Amount,
    },
    /// Not enough when it was to be filled.
    #[error("Insufficient {asset} at execution: {needed} needed, {available} available")]
    NotCovered {
        /// Of which asset.
        asset: Asset,
        /// To be paid.
        needed: Amount,
        /// There.
        available: Amount,
    },
    /// The fill needs more than 28 digits.
    #[error("{asset} cannot keep the fill exactly: too many digits")]
    NotExact {
        /// Of which asset.
        asset: Asset,
    },
}

impl RejectReason {
    /// The same as what refuses a command.
    pub(super) fn as_rejection(self) -> Rejection {
        match self {
            RejectReason::InsufficientFunds {
                asset,
                needed,
                free,
            }
            | RejectReason::NotCovered {
                asset,
                needed,
                available: free,
            } => Rejection::InsufficientFunds {
                asset,
                needed,
                free,
            },
            RejectReason::NotExact { asset } => Rejection::NotExact(asset),
        }
    }
}
