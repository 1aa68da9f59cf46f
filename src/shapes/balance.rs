//! A row of the balance: `asset`, `free`, `used`, `total`.

use super::json::{Members, object};
use crate::exchange::Account;
use crate::units::Asset;

/// Appends a row.
pub(crate) fn write_row(out: &mut Vec<u8>, asset: Asset, account: &Account) {
    object(out, |members| row_members(members, asset, account));
}

/// The members of a row.
pub(crate) fn row_members(members: &mut Members<'_>, asset: Asset, account: &Account) {
    members.put("asset", asset);
    members.put("free", account.free);
    members.put("used", account.held);
    members.put("total", account.total());
}
