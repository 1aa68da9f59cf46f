//! Values with no behaviour beyond exact arithmetic.
//!
//! What may be combined with what:
//!
//! | operation | gives | rounding |
//! | --- | --- | --- |
//! | `Price × Quantity` | `Amount` of the quote asset | to [`MONEY_DECIMALS`], direction named by the caller |
//! | `Amount × Rate` | `Amount` (a fee) | up, to [`MONEY_DECIMALS`] |
//! | `Quantity × Rate` | `Quantity` | down, to a scale named by the caller |
//! | `Amount ± Amount`, `Quantity ± Quantity` | the same | none: exact or refused |
//! | `Amount ÷ Price` | `Quantity` | down, to a scale named by the caller |
//! | `Amount ÷ Quantity` | `Price`, for display | half up, to 17 significant digits |
//!
//! Invariants: no float exists; no operation overflows or loses a digit silently; a unit never turns into another one
//! but by the table above. A value has at most 28 significant digits, no trailing zeros when printed, and no exponent.
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that goes wrong should stop"
    )
)]

mod asset;
mod client;
mod decimal;
mod id;
mod money;
mod time;

pub use asset::{Asset, InvalidName, Symbol};
pub use client::{CLIENT_ID_LENGTH_MAX, ClientId, InvalidClientId};
pub use decimal::{Exact, Invalid, Overflow, Rounding};
pub use id::{InvalidId, OrderId};
pub use money::{
    AMOUNT_DECIMALS_MAX, Amount, MONEY_DECIMALS, Price, Quantity, RATE_DECIMALS_MAX, Rate,
    VALUE_MAX,
};
pub use time::{Elapsed, Moment, Span, Timestamp};
