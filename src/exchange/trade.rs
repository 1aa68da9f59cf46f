//! A trade: one fill of one order, told for ever.

use super::order::{Order, Side, Traded};
use crate::units::{Amount, Asset, Elapsed, Moment, OrderId, Price, Quantity, Symbol, Timestamp};

/// One fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// Given once; later trades have larger ids.
    pub id: u64,
    /// Whose fill it was.
    pub order: OrderId,
    /// The market.
    pub symbol: Symbol,
    /// Bought or sold.
    pub side: Side,
    /// Quote asset per unit of base asset.
    pub price: Price,
    /// Base asset traded.
    pub quantity: Quantity,
    /// Quote asset traded; a buyer's is rounded up, a seller's down.
    pub notional: Amount,
    /// The fee.
    pub fee: Amount,
    /// What the fee was paid in.
    pub fee_asset: Asset,
    /// Whether the order had rested before.
    pub is_maker: bool,
    /// When.
    pub at: Timestamp,
    /// The same on the clock that deadlines count in.
    pub elapsed: Elapsed,
}

impl Trade {
    /// The trade that a fill of an order makes.
    pub(super) fn new(
        id: u64,
        order: &Order,
        price: Price,
        traded: Traded,
        moment: Moment,
    ) -> Trade {
        Trade {
            id,
            order: order.id,
            symbol: order.symbol,
            side: order.side,
            price,
            quantity: traded.quantity,
            notional: traded.notional,
            fee: traded.fee,
            fee_asset: order.fee_asset(),
            is_maker: traded.is_maker,
            at: moment.now,
            elapsed: moment.elapsed,
        }
    }
}
