//! Who may do what: the key, the time, the signature, in this order.

use std::rc::Rc;

use super::Binance;
use super::fault::Fault;
use super::params::{Params, to_micros};
use crate::http::Request;
use crate::keys::{Key, Keyring};

/// What a call needs to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing: prices are for everybody.
    Open,
    /// A signature.
    Read,
    /// A signature with a key that may trade.
    Trade,
}

/// Milliseconds for which a request is good, where it does not say.
const WINDOW_DEFAULT_MS: u64 = 5000;
/// The most that it can say.
const WINDOW_MAX_MS: u64 = 60_000;
/// How far ahead of ours the clock of a client may be, in microseconds.
const AHEAD_MAX: u64 = 1_000_000;

/// Lets a signed request in.
pub(super) fn admit(
    facade: &Binance,
    request: &Request,
    params: &Params<'_>,
    guard: Guard,
) -> Result<(), Fault> {
    if guard == Guard::Open {
        return Ok(());
    }
    let key = key(&facade.keys, request)?;
    check_time(params, (facade.clock)())?;
    let (message, signature) = params.signed()?;
    if !key.has_signed(&message, signature) {
        return Err(Fault::new(
            -1022,
            "Signature for this request is not valid.",
        ));
    }
    if guard == Guard::Trade && key.is_read_only() {
        return Err(not_permitted());
    }
    Ok(())
}

fn key(keys: &Keyring, request: &Request) -> Result<Rc<Key>, Fault> {
    let given = request.headers.get("x-mbx-apikey").unwrap_or("");
    if !Keyring::is_well_formed(given) {
        return Err(Fault::new(-2014, "API-key format invalid.").status(401));
    }
    keys.find(given).ok_or_else(not_permitted)
}

fn not_permitted() -> Fault {
    Fault::new(-2015, "Invalid API-key, IP, or permissions for action.").status(401)
}

/// Whether a request is neither from the future nor too old; `now` is in microseconds.
fn check_time(params: &Params<'_>, now: u64) -> Result<(), Fault> {
    let timestamp = params.whole("timestamp")?;
    let timestamp = to_micros(timestamp.ok_or_else(|| Fault::missing("timestamp"))?);
    let window = match params.get("recvWindow") {
        None => WINDOW_DEFAULT_MS * 1000,
        Some(text) => window(text)?,
    };
    if timestamp >= now + AHEAD_MAX {
        return Err(Fault::new(
            -1021,
            "Timestamp for this request was 1000ms ahead of the server's time.",
        ));
    }
    if now.saturating_sub(timestamp) > window {
        return Err(Fault::new(
            -1021,
            "Timestamp for this request is outside of the recvWindow.",
        ));
    }
    Ok(())
}

/// Reads milliseconds with up to three decimals as microseconds.
fn window(text: &str) -> Result<u64, Fault> {
    let illegal = || Fault::illegal("recvWindow", "^[0-9]{1,20}(\\.[0-9]{1,3})?$");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return Err(illegal());
    }
    let micros = format!("{fraction:0<3}").parse::<u64>();
    let micros = micros.map_err(|_| illegal())?;
    let too_long = || Fault::new(-1131, "recvWindow must be less than 60000.");
    let whole = whole.parse::<u64>().map_err(|_| too_long())?;
    let window = whole.saturating_mul(1000).saturating_add(micros);
    if window > WINDOW_MAX_MS * 1000 {
        return Err(too_long());
    }
    Ok(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    const NOW: u64 = 1_700_000_000_000_000;

    fn code(query: &str) -> (i64, String) {
        let request = Request::new(Method::Get, &format!("/api/v3/account?{query}"));
        let params = Params::read(&request).unwrap();
        check_time(&params, NOW)
            .map_or_else(|fault| (fault.code, fault.message), |()| (0, String::new()))
    }

    #[test]
    fn a_request_is_good_for_its_window() {
        for (query, expected) in [
            ("timestamp=1700000000000", 0),
            ("timestamp=1700000000999", 0),
            ("timestamp=1700000000999999", 0),
            ("timestamp=1700000001000", -1021),
            ("timestamp=1700000001000000", -1021),
            ("timestamp=1699999995000", 0),
            ("timestamp=1699999994999", -1021),
            ("timestamp=1699999994999999", -1021),
            ("timestamp=1699999940000&recvWindow=60000", 0),
            ("timestamp=1699999939999&recvWindow=60000.000", -1021),
            ("timestamp=1699999999998500&recvWindow=1.5", 0),
            ("timestamp=1699999999998499&recvWindow=1.5", -1021),
            ("timestamp=1700000000000&recvWindow=60000.001", -1131),
            (
                "timestamp=1700000000000&recvWindow=99999999999999999999999",
                -1131,
            ),
            ("timestamp=1700000000000&recvWindow=1.2345", -1100),
            ("timestamp=1700000000000&recvWindow=-1", -1100),
            ("timestamp=1700000000000&recvWindow=5.", -1100),
            ("timestamp=now", -1100),
            ("timestamp=", -1102),
            ("a=1", -1102),
        ] {
            assert_eq!(code(query).0, expected, "{query}");
        }
        let ahead = code("timestamp=1700000001000").1;
        assert_eq!(
            ahead,
            "Timestamp for this request was 1000ms ahead of the server's time."
        );
    }
}
