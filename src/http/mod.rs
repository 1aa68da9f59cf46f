//! The door for people and bots: HTTP/1.1 in, plain values out.
//!
//! [`server`] turns bytes into [`Request`] values, hands them to one function, and turns the
//! [`Response`] it gives back into bytes. It knows no route and no exchange; a handler knows no socket
//! and no library. Whatever a client sends that cannot be served is answered with a [`Problem`].
//!
//! | module      | is                                                              |
//! | ----------- | --------------------------------------------------------------- |
//! | [`message`] | requests and responses as plain data                            |
//! | [`problem`] | the one shape of every answer outside 2xx                       |
//! | [`limits`]  | every bound and time-out, as a constant and as a value          |
//! | [`server`]  | accepts connections, speaks HTTP; the only one that names hyper |
//! | `wire`      | a socket that knows what it is waiting for, and since when      |
//! | [`router`]  | one table: which method and path goes to which handler          |
//! | [`context`] | what the handlers stand on, and who may do what                 |
//! | [`market`]  | market data as every API gives it                               |
//! | `fields`    | the fields of a body, and which one is wrong                    |
//! | `site`      | whether a page of a stranger is behind a request                |
//!
//! The handlers have one file a topic: `tickers`, `candles`, `balances`, `orders` (with `order_terms`, `order_filter`, `order_list`,
//! `order_groups`), `rules`, `overview`, `admin`, `keys`, `health`, `metrics`, `docs`, `root`.

pub mod context;
pub mod limits;
pub mod market;
pub mod message;
pub mod problem;
pub mod router;
pub mod server;

mod admin;
mod backup;
mod balances;
mod candles;
mod crowd;
mod docs;
mod fields;
mod health;
mod holes;
mod keys;
mod metrics;
mod names;
mod order_filter;
mod order_groups;
mod order_list;
mod order_terms;
mod orders;
mod overview;
mod refusal;
mod root;
mod rules;
mod site;
mod target;
mod tickers;
mod trades;
mod wire;

pub use context::{Access, ApiKey, Context};
pub use limits::Limits;
pub use message::{Body, Headers, Method, Request, Response};
pub(crate) use order_filter::{Filter, Position, TriggerFilter, place_of};
pub use problem::Problem;
pub use router::{Guard, ROUTES, Route, answer};
pub use server::serve;
pub(crate) use site::{host_refused, is_ours, is_same_site};
pub(crate) use target::{Query, decode};
