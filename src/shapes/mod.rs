//! What goes over the wire, whichever wire: the JSON of orders, tickers and balances.
//!
//! Numbers are written from their digits; no float exists on the way. Field names are the wire's own (`notion`, `used`);
//! everything behind this folder speaks the field's.
//!
//! | module      | is                                                |
//! | ----------- | ------------------------------------------------- |
//! | [`json`]    | writes objects and arrays into a buffer           |
//! | [`number`]  | writes exact numbers                              |
//! | [`order`]   | an order and its history                          |
//! | [`ticker`]  | a ticker                                          |
//! | [`trade`]   | a trade                                           |
//! | [`balance`] | a row of the balance                              |

pub(crate) mod balance;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod ticker;
pub(crate) mod trade;
