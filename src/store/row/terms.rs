//! The terms of an order in bytes.

use serde::{Deserialize, Serialize};

use super::unsound;
use crate::exchange::{Execution, Terms, TimeInForce};
use crate::store::StoreError;
use crate::units::{ClientId, Timestamp};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum TimeInForceRow {
    GoodTillCancelled,
    ImmediateOrCancel,
    FillOrKill,
    GoodTill(u64),
}

/// Terms that are not the default ones.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TermsRow {
    time_in_force: TimeInForceRow,
    post_only: bool,
    at_once: bool,
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
            },
            post_only: terms.post_only,
            at_once: terms.execution == Execution::AtOnce,
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
            client_id: client.map_err(|_| unsound("a client order id is not one"))?,
        })
    }
}
