//! Every answer outside 2xx: a code and a sentence, as the clients of Binance know them.
//!
//! Clients compare codes, and some compare sentences, so both are Binance's own wherever it has one for the case.

use crate::archive::Unreadable;
use crate::exchange::{RejectReason, Rejection};
use crate::http::{Problem, Response};
use crate::mailbox::Unavailable;
use crate::shapes::json::document;

/// Seconds after which a client may try again what the store could not take.
const STORE_RETRY_SECS: u64 = 1;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: i64,
    pub(super) message: String,
    /// Seconds to wait.
    pub(super) retry_after: Option<u64>,
    /// What became of the parts of the request, as JSON.
    pub(super) data: Option<Vec<u8>>,
    /// Whether an order was placed nevertheless.
    pub(super) placed: bool,
}

impl Fault {
    /// A fault of the request.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Fault {
        Fault {
            status: 400,
            code,
            message: message.into(),
            retry_after: None,
            data: None,
            placed: false,
        }
    }

    /// Nobody knows what it could be.
    pub(super) fn unknown() -> Fault {
        Fault::new(
            -1000,
            "An unknown error occurred while processing the request.",
        )
    }

    /// The same with what became of its parts.
    pub(super) fn with_data(self, data: Vec<u8>, placed: bool) -> Fault {
        Fault {
            data: Some(data),
            placed,
            ..self
        }
    }

    /// The same with another status.
    pub(super) fn status(self, status: u16) -> Fault {
        Fault { status, ..self }
    }

    /// The same with a time to wait.
    pub(super) fn retry_after(self, seconds: u64) -> Fault {
        Fault {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// A parameter that must be there and is not, or cannot be read.
    pub(super) fn missing(name: &str) -> Fault {
        Fault::new(
            -1102,
            format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."),
        )
    }

    /// Of two parameters one must be there.
    pub(super) fn missing_both(one: &str, other: &str) -> Fault {
        Fault::new(
            -1102,
            format!("Param '{one}' or '{other}' must be sent, but both were empty/null!"),
        )
    }

    /// A parameter with characters that it cannot have.
    pub(super) fn illegal(name: &str, range: &str) -> Fault {
        Fault::new(
            -1100,
            format!("Illegal characters found in parameter '{name}'; legal range is '{range}'."),
        )
    }

    /// A parameter that has no meaning here.
    pub(super) fn not_required(name: &str) -> Fault {
        Fault::new(-1106, format!("Parameter '{name}' sent when not required."))
    }

    /// A parameter that is none of those that are allowed.
    pub(super) fn not_valid(name: &str) -> Fault {
        Fault::new(
            -1130,
            format!("Data sent for parameter '{name}' is not valid."),
        )
    }

    /// A market that is not there.
    pub(super) fn symbol() -> Fault {
        Fault::new(-1121, "Invalid symbol.")
    }

    /// Not one of ours.
    pub(super) fn path(path: &str) -> Fault {
        Fault::new(-1100, format!("There is nothing at {path}")).status(404)
    }

    /// A rule of the market that an order breaks.
    pub(super) fn filter(name: &str) -> Fault {
        Fault::new(-1013, format!("Filter failure: {name}"))
    }

    /// The order cannot be paid for.
    pub(super) fn funds() -> Fault {
        Fault::new(
            -2010,
            "Account has insufficient balance for requested action.",
        )
    }

    /// Nothing open has this id.
    pub(super) fn unknown_order() -> Fault {
        Fault::new(-2011, "Unknown order sent.")
    }

    /// Nothing open has this id of a list.
    pub(super) fn unknown_list() -> Fault {
        Fault::new(-2011, "Unknown order list sent.")
    }

    /// Nothing has this id of a list.
    pub(super) fn no_such_list() -> Fault {
        Fault::new(-2013, "Order list does not exist.")
    }

    /// Nothing has this id.
    pub(super) fn no_such_order() -> Fault {
        Fault::new(-2013, "Order does not exist.")
    }

    /// The document.
    pub(super) fn to_json(&self) -> Vec<u8> {
        document(|members| {
            members.put("code", self.code);
            members.put("msg", &self.message);
            if let Some(data) = &self.data {
                members.name("data").extend_from_slice(data);
            }
        })
    }
}

impl From<Fault> for Response {
    fn from(fault: Fault) -> Response {
        let response = Response::json(fault.status, fault.to_json());
        match fault.retry_after {
            Some(seconds) => response.with_header("retry-after", seconds.to_string()),
            None => response,
        }
    }
}

impl From<Rejection> for Fault {
    fn from(rejection: Rejection) -> Fault {
        let closed = || Fault::new(-1013, "Market is closed.");
        match rejection {
            Rejection::UnknownSymbol(_) => Fault::symbol(),
            Rejection::NotTrading(_) | Rejection::NoPrice(_) | Rejection::OldPrice(_) => closed(),
            Rejection::UnknownOrder(_) | Rejection::OrderNotOpen(_) => Fault::unknown_order(),
            Rejection::DuplicateClientId { .. } => Fault::new(-2010, "Duplicate order sent."),
            Rejection::WouldMatch | Rejection::WouldTrigger | Rejection::PairPrices => {
                Fault::new(-2010, rejection.to_string())
            }
            Rejection::UnknownPair(_) => Fault::unknown_order(),
            Rejection::Restricted => Fault::new(-2011, rejection.to_string()),
            Rejection::Filter(filter) => Fault::filter(filter.as_str()),
            Rejection::InsufficientFunds { .. } => Fault::funds(),
            Rejection::TrailingDelta(_) => Fault::filter("TRAILING_DELTA"),
            Rejection::TooManyTrailing(_) => {
                Fault::new(-2010, "Filter failure: MAX_NUM_ALGO_ORDERS")
            }
            Rejection::TooManyOpenOrders(_) => {
                Fault::new(-2010, "Filter failure: EXCHANGE_MAX_NUM_ORDERS")
            }
            Rejection::NotExact(_) => Fault::new(
                -1111,
                "Precision is over the maximum defined for this asset.",
            ),
            Rejection::Terms(_) | Rejection::DateHasPassed => {
                Fault::new(-1128, "Combination of optional parameters invalid.")
            }
            Rejection::UnknownAsset(_) | Rejection::TooManySymbols(_) => {
                Fault::new(-1013, rejection.to_string())
            }
        }
    }
}

impl From<RejectReason> for Fault {
    fn from(reason: RejectReason) -> Fault {
        match reason {
            RejectReason::InsufficientFunds { .. } | RejectReason::NotCovered { .. } => {
                Fault::funds()
            }
            RejectReason::NotExact { .. } => Fault::new(
                -1111,
                "Precision is over the maximum defined for this asset.",
            ),
        }
    }
}

impl From<Unavailable> for Fault {
    fn from(why: Unavailable) -> Fault {
        match why {
            // What was asked for was undone, which this code says for certain.
            Unavailable::Store(_) => Fault::new(
                -1008,
                "Server is currently overloaded with other requests. Please try again in a few minutes.",
            )
            .status(503)
            .retry_after(STORE_RETRY_SECS),
            Unavailable::Stopping => Fault::new(
                -1007,
                "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
            )
            .status(504),
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(why: Unreadable) -> Fault {
        Fault::new(-1001, why.to_string()).status(503)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault::new(-1001, problem.detail).status(problem.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_code_and_a_sentence() {
        let fault = Fault::missing("side");
        assert_eq!(
            String::from_utf8(fault.to_json()).unwrap(),
            r#"{"code":-1102,"msg":"Mandatory parameter 'side' was not sent, was empty/null, or malformed."}"#
        );
        let response = Response::from(Fault::new(-1003, "x").status(429).retry_after(7));
        assert_eq!(response.status, 429);
        assert!(response.headers.contains(&("retry-after", "7".to_owned())));
    }
}
