//! The Binance-compatible REST API: bots that trade on Binance spot trade here once their base address is changed.
//!
//! It stands beside `http` and `pages`, on the same [`Context`] and the same port; the daemon hands it the requests whose paths
//! it [owns](Binance::owns). It holds no rule of the exchange: it reads parameters, checks keys and signatures, and writes
//! answers in Binance's shapes. `docs/binance.md` has what clients need, and what is different.
//!
//! | module     | is                                                                      |
//! | ---------- | ----------------------------------------------------------------------- |
//! | `route`    | one table: which method and path is which call, who may, what it weighs |
//! | `admit`    | the key, the time and the signature of a request                        |
//! | `params`   | parameters from query and body, and what of them was signed             |
//! | `fault`    | codes and sentences of refusals                                         |
//! | `limits`   | weights and order counts                                                |
//! | `symbols`  | `BTCUSDT` and `BTC/USDT`                                                |
//! | `text`     | money and times as they are written                                     |
//!
//! The calls have one file a topic: `general`, `prices`, `market`, `account`, `place` (with `order_params`), `cancel`, `replace`, `oco`, `lists`,
//! `orders`, `trades`; `order_shape` writes an order, `list_shape` a list of them, `filters` the rules of a market.

mod account;
mod admit;
mod cancel;
mod fault;
mod filters;
mod general;
mod limits;
mod list_shape;
mod lists;
mod market;
mod oco;
mod order_params;
mod order_shape;
mod orders;
mod params;
mod place;
mod prices;
mod replace;
mod route;
mod symbols;
mod text;
mod trades;

use std::fmt;
use std::rc::Rc;

use crate::exchange::{Execution, FeeMode, Terms, TimeInForce};
use crate::http::{Context, Request, Response};
use crate::keys::Keyring;
use limits::Limits;

/// Tells the time of the wall in microseconds since the epoch.
pub type WallClock = Rc<dyn Fn() -> u64>;

/// How it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// What fees of its orders are paid in.
    pub fee_mode: FeeMode,
    /// Whether requests and orders are limited as on Binance.
    pub limits: bool,
    /// How long an order waits that is good till cancelled.
    pub lasting: TimeInForce,
}

/// The API.
pub struct Binance {
    context: Rc<Context>,
    keys: Rc<Keyring>,
    clock: WallClock,
    settings: Settings,
    limits: Limits,
}

impl fmt::Debug for Binance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binance")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Method and path of all that is served, for whoever wants to know of each who may use it.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    route::routes()
}

impl Binance {
    /// The API on a context, for those who have a key. Time stamps of requests are held against `clock`, whatever time it is
    /// on the exchange.
    pub fn new(
        context: Rc<Context>,
        keys: Rc<Keyring>,
        clock: WallClock,
        settings: Settings,
    ) -> Binance {
        Binance {
            context,
            keys,
            clock,
            settings,
            limits: Limits::new(settings.limits),
        }
    }

    /// Whether a path is answered here.
    pub fn owns(path: &str) -> bool {
        ["/api/", "/sapi/", "/fapi/", "/dapi/"]
            .iter()
            .any(|family| path.starts_with(family))
    }

    /// Answers a request for a path that is [owned](Binance::owns) here.
    pub async fn answer(&self, request: &Request) -> Response {
        let response = route::answer(self, request).await;
        self.context.count_other(response.status);
        response
    }

    /// What an order of this API asks for where it says nothing: it meets the market when it is placed.
    fn terms(&self) -> Terms {
        Terms {
            execution: Execution::AtOnce,
            fee_mode: self.settings.fee_mode,
            time_in_force: self.settings.lasting,
            ..Terms::default()
        }
    }

    /// Seconds since the epoch.
    fn seconds(&self) -> u64 {
        (self.clock)() / 1_000_000
    }
}
