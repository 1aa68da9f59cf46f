//! What an order asks for beyond market, symbol, side, price and quantity.
//!
//! The default terms are those of an order that says nothing: good till cancelled, met by ticks.

use super::order::OrderKind;
use super::rejection::Rejection;
use super::trigger::{Level, TRAILING_BIPS_MAX, Trigger};
use crate::units::{Amount, ClientId, Moment, Timestamp};

/// How long an order waits for the rest of its quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeInForce {
    /// Until it is cancelled, or has waited as long as open orders may.
    #[default]
    GoodTillCancelled,
    /// Until it is cancelled, however long open orders may wait.
    Unlimited,
    /// Not at all: what is not there when it meets the market expires.
    ImmediateOrCancel,
    /// Not at all, and it takes nothing where it does not get the whole.
    FillOrKill,
    /// Until this date, on the clock of the wall when it is placed; from then on it counts in time seen to pass.
    GoodTill(Timestamp),
}

/// When an order first meets the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Execution {
    /// A market order after its delay, a limit order by the next tick.
    #[default]
    Ticks,
    /// When it is placed: it takes from what the present tick still offers, alone.
    AtOnce,
}

/// What a fee is paid in, and out of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeeMode {
    /// In the quote asset on both sides, on top of what is paid for: it is set aside when the order is placed.
    #[default]
    Quote,
    /// In the asset that is received, out of it: base for a buy, quote for a sale. Nothing is set aside for it.
    Received,
}

/// The terms of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// How long it waits.
    pub time_in_force: TimeInForce,
    /// Whether it must rest in the book first: refused if it would trade when it is placed.
    pub post_only: bool,
    /// When it first meets the market.
    pub execution: Execution,
    /// What its fees are paid in.
    pub fee_mode: FeeMode,
    /// The price that it waits for before it joins the book.
    pub trigger: Option<Trigger>,
    /// For a market order, in the place of its quantity: it spends or receives at most so much of the quote asset, and is met
    /// at once.
    pub quote_amount: Option<Amount>,
    /// The client's own id, unique among open orders.
    pub client_id: Option<ClientId>,
}

impl Terms {
    /// Whether it waits for nothing: what the market does not give when they meet expires.
    pub(super) fn is_immediate(&self, kind: OrderKind) -> bool {
        match self.time_in_force {
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => true,
            TimeInForce::GoodTillCancelled | TimeInForce::Unlimited | TimeInForce::GoodTill(_) => {
                let at_once = self.execution == Execution::AtOnce || self.quote_amount.is_some();
                kind == OrderKind::Market && at_once
            }
        }
    }

    fn check_trigger(&self) -> Result<(), Rejection> {
        let Some(trigger) = self.trigger else {
            return Ok(());
        };
        if self.post_only {
            return Err(Rejection::Terms(
                "An order that waits for a price cannot be post only",
            ));
        }
        match trigger.level {
            Level::Trail { bips, .. } if bips == 0 || bips > TRAILING_BIPS_MAX => {
                Err(Rejection::TrailingDelta(TRAILING_BIPS_MAX))
            }
            Level::Trail { .. } | Level::At(_) => Ok(()),
        }
    }

    /// Whether an order of these terms makes sense now.
    pub(super) fn check(&self, kind: OrderKind, moment: Moment) -> Result<(), Rejection> {
        let is_market = kind == OrderKind::Market;
        match self.time_in_force {
            TimeInForce::GoodTill(date) if date <= moment.now => {
                return Err(Rejection::DateHasPassed);
            }
            TimeInForce::GoodTill(_) if self.is_immediate(kind) => {
                return Err(Rejection::Terms(
                    "A market order that is met at once waits for no date",
                ));
            }
            TimeInForce::GoodTill(_)
            | TimeInForce::GoodTillCancelled
            | TimeInForce::Unlimited
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill => {}
        }
        if self.post_only && is_market {
            return Err(Rejection::Terms("A market order cannot be post only"));
        }
        self.check_trigger()?;
        if self.post_only && self.is_immediate(kind) {
            return Err(Rejection::Terms(
                "An order that waits for nothing cannot be post only",
            ));
        }
        Ok(())
    }
}
