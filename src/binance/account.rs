//! The account: balances, what trading costs, how many orders were placed.

use super::fault::Fault;
use super::general::{markets, names};
use super::limits::{ORDERS_1D, ORDERS_10S};
use super::route::Call;
use super::symbols::{self, name_of};
use super::text::Text;
use crate::exchange::{Account, Exchange, Fees};
use crate::shapes::json::{Members, array, document, object};
use crate::units::{Asset, Exact, Rate, Rounding};

/// There is one account.
const UID: u64 = 1;

/// `GET /api/v3/account`: every asset that can have a balance, or those that have one.
pub(super) async fn account(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let omit_zero = call.params.flag("omitZeroBalances")?;
    let unit = call.unit;
    let look = move |exchange: &Exchange| {
        let fees = exchange.rules().general_fees();
        document(|members| {
            members.put("makerCommission", basis_points(fees.maker));
            members.put("takerCommission", basis_points(fees.taker));
            members.put("buyerCommission", 0u64);
            members.put("sellerCommission", 0u64);
            members.object("commissionRates", |rates| put_rates(rates, fees));
            members.put("canTrade", true);
            members.put("canWithdraw", true);
            members.put("canDeposit", true);
            members.put("brokered", false);
            members.put("requireSelfTradePrevention", false);
            members.put("preventSor", false);
            members.put("updateTime", unit.of(exchange.moment().now));
            members.put("accountType", "SPOT");
            members.array("balances", |items| {
                for asset in exchange.assets() {
                    let account = exchange.account(asset).unwrap_or_default();
                    if !(omit_zero && is_zero(&account)) {
                        object(items.next(), |members| {
                            put_balance(members, asset, &account);
                        });
                    }
                }
            });
            members.array("permissions", |items| items.put("SPOT"));
            members.put("uid", UID);
        })
    };
    Ok(call.facade.context.mailbox.look(look).await?)
}

fn is_zero(account: &Account) -> bool {
    account.free.is_zero() && account.held.is_zero()
}

fn put_balance(members: &mut Members<'_>, asset: Asset, account: &Account) {
    members.put("asset", asset);
    members.put("free", Text::from(account.free));
    members.put("locked", Text::from(account.held));
}

/// The rates of who rested, who took, who bought, who sold; the last two come on top of the others, and are nothing here.
fn put_rates(members: &mut Members<'_>, fees: Fees) {
    members.put("maker", Text::from(fees.maker));
    members.put("taker", Text::from(fees.taker));
    members.put("buyer", Text::ZERO);
    members.put("seller", Text::ZERO);
}

/// Hundredths of a percent, rounded up.
fn basis_points(rate: Rate) -> u64 {
    let points = rate.exact().times(Exact::whole(10_000), 0, Rounding::Up);
    points
        .ok()
        .and_then(|points| points.to_whole(1))
        .unwrap_or(0)
}

/// `GET /api/v3/account/commission`.
pub(super) async fn commission(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let name = symbols::checked(call.params.required("symbol")?)?.to_owned();
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &name)?;
        let fees = exchange.rules().fees(symbol);
        Ok(document(|members| {
            members.put("symbol", &name);
            members.object("standardCommission", |rates| put_rates(rates, fees));
            for extra in ["specialCommission", "taxCommission"] {
                members.object(extra, |rates| put_rates(rates, NO_FEES));
            }
            members.object("discount", |discount| {
                discount.put("enabledForAccount", false);
                discount.put("enabledForSymbol", false);
                discount.put("discountAsset", "BNB");
                discount.put("discount", Text::ZERO);
            });
        }))
    };
    call.facade.context.mailbox.look(look).await?
}

const NO_FEES: Fees = Fees {
    taker: Rate::ZERO,
    maker: Rate::ZERO,
};

/// `GET /sapi/v1/asset/tradeFee`.
pub(super) async fn trade_fee(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let wanted = names(call)?;
    let look = move |exchange: &Exchange| {
        let found = markets(exchange, wanted.as_deref())?;
        let mut out = Vec::new();
        array(&mut out, |items| {
            for symbol in found {
                let fees = exchange.rules().fees(symbol);
                object(items.next(), |members| {
                    members.put("symbol", &name_of(symbol));
                    members.put("makerCommission", Text::from(fees.maker));
                    members.put("takerCommission", Text::from(fees.taker));
                });
            }
        });
        Ok(out)
    };
    call.facade.context.mailbox.look(look).await?
}

/// `GET /api/v3/rateLimit/order`.
pub(super) fn order_rates(call: &Call<'_>) -> Vec<u8> {
    let (in_10s, in_1d) = call.facade.limits.orders(call.facade.seconds());
    let mut out = Vec::new();
    array(&mut out, |items| {
        for (interval, number, limit, count) in [
            ("SECOND", 10u64, ORDERS_10S, in_10s),
            ("DAY", 1, ORDERS_1D, in_1d),
        ] {
            object(items.next(), |members| {
                members.put("rateLimitType", "ORDERS");
                members.put("interval", interval);
                members.put("intervalNum", number);
                members.put("limit", limit);
                members.put("count", count);
            });
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_told_in_hundredths_of_a_percent() {
        for (rate, points) in [("0.001", 10), ("0", 0), ("0.00075", 8), ("1", 10_000)] {
            assert_eq!(
                basis_points(Rate::parse(rate, 1).unwrap()),
                points,
                "{rate}"
            );
        }
    }
}
