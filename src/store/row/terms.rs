//! The terms of an order in bytes.

use serde::{Deserialize, Serialize};

use super::{Number, amount, unsound};
use crate::exchange::{Execution, FeeMode, Level, Terms, TimeInForce, Trigger, TriggerKind};
use crate::store::StoreError;
use crate::units::{ClientId, Timestamp};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum TimeInForceRow {
    GoodTillCancelled,
    ImmediateOrCancel,
    FillOrKill,
    GoodTill(u64),
    Unlimited,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum LevelRow {
    At(Number),
    Trail(u16, Option<Number>),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct TriggerRow {
    takes_profit: bool,
    level: LevelRow,
}

impl From<Trigger> for TriggerRow {
    fn from(trigger: Trigger) -> TriggerRow {
        TriggerRow {
            takes_profit: trigger.kind == TriggerKind::TakeProfit,
            level: match trigger.level {
                Level::At(price) => LevelRow::At(price.exact().into()),
                Level::Trail { bips, from } => {
                    LevelRow::Trail(bips, from.map(|price| price.exact().into()))
                }
            },
        }
    }
}

impl TriggerRow {
    fn read(self) -> Result<Trigger, StoreError> {
        Ok(Trigger {
            kind: if self.takes_profit {
                TriggerKind::TakeProfit
            } else {
                TriggerKind::StopLoss
            },
            level: match self.level {
                LevelRow::At(price) => Level::At(price.price()?),
                LevelRow::Trail(bips, from) => Level::Trail {
                    bips,
                    from: from.map(Number::price).transpose()?,
                },
            },
        })
    }
}

/// Terms that are not the default ones.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TermsRow {
    time_in_force: TimeInForceRow,
    post_only: bool,
    at_once: bool,
    fee_in_received: bool,
    trigger: Option<TriggerRow>,
    quote_amount: Option<Number>,
    client_id: Option<String>,
}

impl TermsRow {
    /// Nothing for default terms.
    pub(super) fn of(terms: &Terms) -> Option<TermsRow> {
        (*terms != Terms::default()).then(|| TermsRow {
            time_in_force: match terms.time_in_force {
                TimeInForce::GoodTillCancelled => TimeInForceRow::GoodTillCancelled,
                TimeInForce::ImmediateOrCancel => TimeInForceRow::ImmediateOrCancel,
                TimeInForce::FillOrKill => TimeInForceRow::FillOrKill,
                TimeInForce::GoodTill(date) => TimeInForceRow::GoodTill(date.as_millis()),
                TimeInForce::Unlimited => TimeInForceRow::Unlimited,
            },
            post_only: terms.post_only,
            at_once: terms.execution == Execution::AtOnce,
            fee_in_received: terms.fee_mode == FeeMode::Received,
            trigger: terms.trigger.map(TriggerRow::from),
            quote_amount: terms.quote_amount.map(amount),
            client_id: terms.client_id.map(|client| client.to_string()),
        })
    }

    pub(super) fn read(&self) -> Result<Terms, StoreError> {
        let client = self.client_id.as_deref().map(ClientId::parse).transpose();
        Ok(Terms {
            time_in_force: match self.time_in_force {
                TimeInForceRow::GoodTillCancelled => TimeInForce::GoodTillCancelled,
                TimeInForceRow::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
                TimeInForceRow::FillOrKill => TimeInForce::FillOrKill,
                TimeInForceRow::Unlimited => TimeInForce::Unlimited,
                TimeInForceRow::GoodTill(date) => {
                    TimeInForce::GoodTill(Timestamp::from_millis(date))
                }
            },
            post_only: self.post_only,
            execution: if self.at_once {
                Execution::AtOnce
            } else {
                Execution::Ticks
            },
            fee_mode: if self.fee_in_received {
                FeeMode::Received
            } else {
                FeeMode::Quote
            },
            trigger: self.trigger.map(TriggerRow::read).transpose()?,
            quote_amount: self.quote_amount.map(Number::amount).transpose()?,
            client_id: client.map_err(|_| unsound("a client order id is not one"))?,
        })
    }
}
