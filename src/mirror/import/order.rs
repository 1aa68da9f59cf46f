//! An order of the old system as one of ours, with its history.

use std::collections::BTreeMap;

use super::document::Document;
use crate::exchange::{
    Booked, CloseReason, FeeMode, FillPrice, Filled, HistoryEntry, Hold, Lifecycle, Order,
    OrderKind, OrderStatus, RejectReason, Side, Stage, Terms,
};
use crate::units::{
    Amount, Asset, ClientId, Elapsed, Exact, Moment, OrderId, Price, Quantity, RATE_DECIMALS_MAX,
    Rate, Rounding, Symbol, Timestamp,
};

/// An order as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) fields: Document,
    pub(super) history: BTreeMap<u32, Document>,
}

/// What all orders are turned with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Era {
    /// When it is done.
    pub(super) now: Moment,
    /// Decimals that money is kept to.
    pub(super) decimals: u32,
}

impl Era {
    fn exact(self, number: Option<Exact>) -> Exact {
        let number = number.unwrap_or_default();
        if number.is_negative() {
            return Exact::ZERO;
        }
        number.rounded(self.decimals, Rounding::Down)
    }

    pub(super) fn amount(self, number: Option<Exact>) -> Amount {
        Amount::from_stored(self.exact(number))
    }

    fn quantity(self, number: Option<Exact>) -> Quantity {
        Quantity::from_stored(self.exact(number))
    }

    /// No later than now.
    fn time(self, number: Option<Exact>) -> Option<Timestamp> {
        let millis = number?.rounded(0, Rounding::Down).to_whole(1)?;
        Some(Timestamp::from_millis(millis).min(self.now.now))
    }

    /// On the clock that deadlines count in: as if it had gone all the time.
    pub(super) fn elapsed(self, at: Timestamp) -> Elapsed {
        let ago = self.now.now.since(at).as_millis();
        Elapsed::from_millis(self.now.elapsed.as_millis().saturating_sub(ago))
    }
}

impl Found {
    /// When it was placed, for the order of new ids.
    pub(super) fn placed_at(&self) -> u64 {
        let at = self.fields.number("ts_create");
        at.and_then(|at| at.rounded(0, Rounding::Down).to_whole(1))
            .unwrap_or(0)
    }

    /// The order under an id of ours, and its history but for the creation; or what cannot be understood.
    pub(super) fn turned(
        &self,
        id: OrderId,
        renamed: bool,
        era: Era,
    ) -> Result<(Order, Vec<HistoryEntry>), &'static str> {
        let fields = &self.fields;
        let symbol = fields
            .text("symbol")
            .and_then(|text| Symbol::parse(text).ok());
        let symbol = symbol.ok_or("has no symbol")?;
        let side = fields.text("side");
        let side = Side::ALL.into_iter().find(|one| Some(one.as_str()) == side);
        let side = side.ok_or("is neither buy nor sell")?;
        let quantity = era.quantity(fields.number("amount"));
        let quantity = Some(quantity).filter(|quantity| quantity.is_positive());
        let quantity = quantity.ok_or("has no amount")?;
        let kind = kind(fields)?;
        let status = status(fields).ok_or("has no status that is known")?;
        let placed_at = era
            .time(fields.number("ts_create"))
            .ok_or("has no ts_create")?;
        let updated_at = era
            .time(fields.number("ts_update"))
            .unwrap_or(placed_at)
            .max(placed_at);
        let in_base =
            side == Side::Buy && fields.text("fee_currency") == Some(symbol.base().as_str());
        let rate = fields.number("fee_rate").unwrap_or_default();
        let rate =
            Rate::try_new(rate.rounded(RATE_DECIMALS_MAX, Rounding::HalfUp), 1).unwrap_or_default();
        let mut order = Order {
            id,
            symbol,
            side,
            kind,
            quantity,
            terms: Terms {
                fee_mode: if in_base {
                    FeeMode::Received
                } else {
                    FeeMode::Quote
                },
                client_id: renamed.then(|| ClientId::parse(&self.name).ok()).flatten(),
                ..Terms::default()
            },
            fee_rate: rate,
            maker_rate: rate,
            booked: Booked {
                notional: era.amount(fields.number("initial_booked_notion")),
                fee: era.amount(fields.number("initial_booked_fee")),
            },
            filled: self.filled(era).ok_or("has a price that cannot be kept")?,
            placed_at,
            updated_at,
            updated_elapsed: era.elapsed(updated_at),
            history_count: 1,
            taker_through: 0,
            deadline: None,
            pair: None,
            lifecycle: Lifecycle::Closed {
                at: era.time(fields.number("ts_finish")).unwrap_or(updated_at),
                reason: reason(status, fields, symbol),
            },
        };
        if order.filled.quantity > quantity {
            return Err("is filled beyond its amount");
        }
        if status.is_open() && order.remaining().is_positive() {
            order.lifecycle = self.open(&order, era);
        }
        let entries = self.entries(&mut order, era);
        Ok((order, entries))
    }

    /// With what it has set aside.
    fn open(&self, order: &Order, era: Era) -> Lifecycle {
        let left = era.amount(self.fields.number("reserved_notion_left"));
        let (base, notional) = match order.side {
            Side::Buy => (Amount::ZERO, left),
            Side::Sell => (order.remaining().as_amount(), Amount::ZERO),
        };
        let stage = match order.kind {
            OrderKind::Market => Stage::Delayed(era.now.elapsed),
            OrderKind::Limit { .. } => Stage::Resting,
        };
        let fee = era.amount(self.fields.number("reserved_fee_left"));
        let hold = Hold {
            base,
            notional,
            fee,
        };
        Lifecycle::Open { hold, stage }
    }

    fn filled(&self, era: Era) -> Option<Filled> {
        let quantity = era.quantity(self.fields.number("actual_filled"));
        let price = match self.fields.number("price") {
            _ if quantity.is_zero() => FillPrice::None,
            Some(price) => FillPrice::One(Price::try_new(price).ok()?),
            None => FillPrice::Mixed,
        };
        Some(Filled {
            quantity,
            notional: era.amount(self.fields.number("actual_notion")),
            fee: era.amount(self.fields.number("actual_fee")),
            price,
        })
    }

    /// Its changes after the creation, numbered one after the other.
    fn entries(&self, order: &mut Order, era: Era) -> Vec<HistoryEntry> {
        let mut entries = Vec::new();
        for (fields, number) in self.history.values().skip(1).zip(1..) {
            let at = era.time(fields.number("ts")).unwrap_or(order.updated_at);
            let status = status(fields).unwrap_or_else(|| order.status());
            let rejected = reason(status, fields, order.symbol).reject();
            entries.push(HistoryEntry {
                order: order.id,
                number,
                at,
                status,
                price: fields
                    .number("price")
                    .and_then(|price| Price::try_new(price).ok()),
                remaining: era.quantity(fields.number("amount_remain")),
                quantity: era.quantity(fields.number("actual_filled")),
                notional: era.amount(fields.number("actual_notion")),
                fee: era.amount(fields.number("actual_fee")),
                notional_left: era.amount(fields.number("reserved_notion_left")),
                fee_left: era.amount(fields.number("reserved_fee_left")),
                reject: rejected.filter(|_| fields.text("comment").is_some()),
                trade: None,
            });
        }
        let at_once = order.status() == OrderStatus::Rejected;
        if entries.is_empty() && !order.is_open() && !at_once {
            // An order that is closed has at least one change.
            entries.push(HistoryEntry {
                number: 1,
                at: order.updated_at,
                status: order.status(),
                price: order.average_price(),
                remaining: order.remaining(),
                quantity: order.filled.quantity,
                notional: order.filled.notional,
                fee: order.filled.fee,
                notional_left: Amount::ZERO,
                fee_left: Amount::ZERO,
                reject: order.close_reason().and_then(CloseReason::reject),
                ..order.creation()
            });
        }
        order.history_count = u32::try_from(entries.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        entries
    }
}

fn kind(fields: &Document) -> Result<OrderKind, &'static str> {
    match (fields.text("type"), fields.number("limit_price")) {
        (Some("market"), _) => Ok(OrderKind::Market),
        (Some("limit"), Some(price)) => {
            let price =
                Price::try_new(price).map_err(|_| "has a limit price that cannot be kept")?;
            Ok(OrderKind::Limit { price })
        }
        (Some("limit"), None) => Err("has no limit price"),
        (_, _) => Err("is neither market nor limit"),
    }
}

fn status(fields: &Document) -> Option<OrderStatus> {
    let word = fields.text("status")?;
    OrderStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == word)
}

fn reason(status: OrderStatus, fields: &Document, symbol: Symbol) -> CloseReason {
    match status {
        OrderStatus::New | OrderStatus::PartiallyFilled | OrderStatus::Filled => {
            CloseReason::Filled
        }
        OrderStatus::Canceled | OrderStatus::PartiallyCanceled => CloseReason::Canceled,
        OrderStatus::Expired | OrderStatus::PartiallyExpired => CloseReason::Expired,
        OrderStatus::Rejected | OrderStatus::PartiallyRejected => {
            let said = fields.text("comment").and_then(rejection);
            CloseReason::Rejected(said.unwrap_or(RejectReason::InsufficientFunds {
                asset: symbol.quote(),
                needed: Amount::ZERO,
                free: Amount::ZERO,
            }))
        }
    }
}

/// The reason in words of ours, as another mockx may have written it.
fn rejection(text: &str) -> Option<RejectReason> {
    let (asset, rest) = text.strip_prefix("Insufficient ")?.split_once([' ', ':'])?;
    let asset = Asset::parse(asset).ok()?;
    let (_, figures) = rest
        .split_once(' ')
        .filter(|_| rest.starts_with("at"))
        .map_or(("", rest), |(at, rest)| (at, rest));
    let figures = figures.strip_prefix("execution:").unwrap_or(figures).trim();
    let (needed, other) = figures.split_once(" needed, ")?;
    let amount = |text: &str| Exact::parse(text).ok().map(Amount::from_stored);
    let needed = amount(needed)?;
    if let Some(free) = other.strip_suffix(" free") {
        let free = amount(free)?;
        return Some(RejectReason::InsufficientFunds {
            asset,
            needed,
            free,
        });
    }
    let available = amount(other.strip_suffix(" available")?)?;
    Some(RejectReason::NotCovered {
        asset,
        needed,
        available,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_ours_are_understood() {
        let asset = Asset::parse("USDT").unwrap();
        let amount = |text| Amount::parse_positive(text).unwrap();
        let (needed, free) = (amount("12.5"), amount("1"));
        for reason in [
            RejectReason::InsufficientFunds {
                asset,
                needed,
                free,
            },
            RejectReason::NotCovered {
                asset,
                needed,
                available: free,
            },
        ] {
            assert_eq!(rejection(&reason.to_string()), Some(reason));
        }
        assert_eq!(rejection("not enough money"), None);
    }
}
