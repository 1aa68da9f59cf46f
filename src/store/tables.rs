//! Every table of the store.

use redb::TableDefinition;

/// The format of the whole: raised when an older mockx could not read the file any more.
pub(super) const FORMAT: u32 = 1;

/// Key of the format number in `META`.
pub(super) const META_FORMAT: &str = "format";
/// Key of the ballast in `META` that proves that the disk takes commits again.
pub(super) const META_PROOF: &str = "proof";

/// Key in `META` of what says that every closed order is in `CLOSED_BY_NAME`.
pub(super) const META_NAMED: &str = "named";

/// What is known of the store itself.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Figures, accounts and totals, see `StateKey`: in one table, for each one that a commit touches costs it some pages.
pub(super) const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("state");
/// Symbol to prices.
pub(super) const MARKETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("markets");
/// Symbol to what it demands of orders.
pub(super) const MARKET_RULES: TableDefinition<'_, &str, &[u8]> =
    TableDefinition::new("market_rules");
/// Sequence number to open order.
pub(super) const OPEN_ORDERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("open_orders");
/// Sequence number and entry number to history entry; at [`CLOSED_ORDER`] the order itself, once it is closed.
pub(super) const ARCHIVE: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("archive");
/// Closed orders by time of their last update (ms) and sequence number.
pub(super) const CLOSED_BY_UPDATE: TableDefinition<'_, (u64, u64), ()> =
    TableDefinition::new("closed_by_update");
/// Closed orders by a name and sequence number: that of their market, that of their client, that of their pair.
pub(super) const CLOSED_BY_NAME: TableDefinition<'_, (&str, u64), ()> =
    TableDefinition::new("closed_by_name");
/// Tier and slot to what everything was worth then.
pub(super) const SAMPLES: TableDefinition<'_, (u8, u64), &[u8]> = TableDefinition::new("samples");
/// Half hour to the first price of every symbol in it.
pub(super) const PRICE_SLOTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("price_slots");

/// Symbol and trade id to trade.
pub(super) const TRADES: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("trades");

/// Level, chunk (eight hexadecimal digits) and symbol to the candles of a full chunk.
pub(super) const CANDLES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("candles");
/// Level and time (ms, sixteen hexadecimal digits) to what was added to the open chunks of all symbols since the time before.
pub(super) const CANDLE_SLICES: TableDefinition<'_, &str, &[u8]> =
    TableDefinition::new("candle_slices");

/// Number of the creation in an order's history, which has no row: the closed order is kept there.
pub(super) const CLOSED_ORDER: u32 = 0;
