//! A trade, in the words of the wire.

use super::json::object;
use super::order::write_id;
use crate::exchange::Trade;

/// Bytes of a rendered trade, about.
pub(crate) const TRADE_BYTES: usize = 256;

/// Appends a trade.
pub(crate) fn write_trade(out: &mut Vec<u8>, trade: &Trade) {
    object(out, |members| {
        members.put("id", trade.id);
        write_id(members.name("order"), trade.order);
        members.put("symbol", trade.symbol);
        members.put("side", trade.side.as_str());
        members.put("price", trade.price);
        members.put("amount", trade.quantity);
        members.put("notional", trade.notional);
        members.put("fee", trade.fee);
        members.put("fee_currency", trade.fee_asset);
        members.put("maker", trade.is_maker);
        members.put("ts", trade.at);
    });
}
