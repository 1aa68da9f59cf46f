//! What goes over the wire: JSON in and out.
//!
//! Numbers are read from their literal text and written from their digits; no float exists in between. Field names are
//! the wire's own (`notion`, `used`); everything behind this folder speaks the field's.
//!
//! | module      | is                                                |
//! | ----------- | ------------------------------------------------- |
//! | [`fields`]  | reads bodies, and names the field that is wrong   |
//! | [`json`]    | writes objects and arrays into a buffer           |
//! | [`number`]  | writes exact numbers                              |
//! | [`order`]   | an order and its history                          |
//! | [`ticker`]  | a ticker                                          |
//! | [`balance`] | a row of the balance                              |

pub(crate) mod balance;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod ticker;
