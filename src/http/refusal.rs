//! Which status and code each refusal of the exchange has on the wire.

use super::problem::Problem;
use crate::archive::Unreadable;
use crate::exchange::Rejection;
use crate::mailbox::Unavailable;
use crate::stepper::NotStepping;
use crate::verifier::NotVerified;

/// Seconds after which a client may try again what the store could not take.
const STORE_RETRY_SECS: &str = "1";
/// Seconds after which a daemon that stops may be back.
const RESTART_RETRY_SECS: &str = "5";

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let (status, code) = match rejection {
            Rejection::UnknownSymbol(_) => (400, "unknown_symbol"),
            Rejection::NotTrading(_) => (400, "not_trading"),
            Rejection::NoPrice(_) => (400, "no_price"),
            Rejection::UnknownAsset(_) => (400, "unknown_asset"),
            Rejection::UnknownOrder(_) => (404, "unknown_order"),
            Rejection::UnknownPair(_) => (404, "unknown_pair"),
            Rejection::Filter(_) => (400, "filter_failure"),
            Rejection::PairPrices => (400, "pair_prices"),
            Rejection::Restricted => (400, "restricted"),
            Rejection::OrderNotOpen(_) => (400, "order_not_open"),
            Rejection::Terms(_) => (422, "terms"),
            Rejection::DateHasPassed => (422, "date_has_passed"),
            Rejection::DuplicateClientId { .. } => (400, "duplicate_client_order_id"),
            Rejection::OldPrice(_) => (400, "old_price"),
            Rejection::WouldMatch => (400, "would_match"),
            Rejection::WouldTrigger => (400, "would_trigger"),
            Rejection::TrailingDelta(_) => (422, "trailing_delta"),
            Rejection::TooManyTrailing(_) => (400, "too_many_trailing_orders"),
            Rejection::InsufficientFunds { .. } => (400, "insufficient_funds"),
            Rejection::NotExact(_) => (422, "not_exact"),
            Rejection::TooManyOpenOrders(_) => (400, "too_many_open_orders"),
            Rejection::TooManySymbols(_) => (400, "too_many_symbols"),
        };
        Problem::new(status, code, rejection.to_string())
    }
}

impl From<Unavailable> for Problem {
    fn from(why: Unavailable) -> Problem {
        let (code, retry) = match why {
            Unavailable::Store(_) => ("store_unavailable", STORE_RETRY_SECS),
            Unavailable::Stopping => ("stopping", RESTART_RETRY_SECS),
        };
        Problem::new(503, code, sentence(&why.to_string())).with_header("retry-after", retry)
    }
}

impl From<Unreadable> for Problem {
    fn from(why: Unreadable) -> Problem {
        Problem::new(503, "store_unreadable", sentence(&why.to_string()))
            .with_header("retry-after", STORE_RETRY_SECS)
    }
}

impl From<NotStepping> for Problem {
    fn from(why: NotStepping) -> Problem {
        let (status, code) = match why {
            NotStepping::NotStepped => (400, "not_stepped"),
            NotStepping::Failed(_) => (503, "replay_failed"),
            NotStepping::Unavailable(_) => (503, "store_unavailable"),
        };
        let problem = Problem::new(status, code, sentence(&why.to_string()));
        if status == 503 {
            problem.with_header("retry-after", STORE_RETRY_SECS)
        } else {
            problem
        }
    }
}

impl From<NotVerified> for Problem {
    fn from(why: NotVerified) -> Problem {
        let (status, code) = match why {
            NotVerified::NoMirror => (400, "no_mirror"),
            NotVerified::Busy => (503, "mirror_busy"),
            NotVerified::Unavailable(_) => (503, "mirror_unavailable"),
        };
        let problem = Problem::new(status, code, sentence(&why.to_string()));
        if status == 503 {
            problem.with_header("retry-after", STORE_RETRY_SECS)
        } else {
            problem
        }
    }
}

/// The same with a capital first letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
