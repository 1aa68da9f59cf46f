//! Every table of the store.

use redb::TableDefinition;

/// The format of the whole: raised when an older mockx could not read the file any more.
pub(super) const FORMAT: u32 = 1;

/// Key of the format number in `META`.
pub(super) const META_FORMAT: &str = "format";
/// Key of the exchange's own figures in `META`.
pub(super) const META_EXCHANGE: &str = "exchange";
/// Key of the ballast in `META` that proves that the disk takes commits again.
pub(super) const META_PROOF: &str = "proof";

/// Single values.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Asset to account.
pub(super) const ACCOUNTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("accounts");
/// Side and symbol (`buy BTC/USDT`) to running totals.
pub(super) const TRADES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("trades");
/// Symbol to prices.
pub(super) const MARKETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("markets");
/// Sequence number to open order.
pub(super) const OPEN_ORDERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("open_orders");
/// Sequence number to closed order.
pub(super) const CLOSED_ORDERS: TableDefinition<'_, u64, &[u8]> =
    TableDefinition::new("closed_orders");
/// Closed orders by time of their last update (ms) and sequence number.
pub(super) const CLOSED_BY_UPDATE: TableDefinition<'_, (u64, u64), ()> =
    TableDefinition::new("closed_by_update");
/// Sequence number and entry number to history entry.
pub(super) const HISTORY: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("history");
