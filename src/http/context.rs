//! What the handlers stand on: the exchange's mailbox, the archive, and who may do what.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use subtle::ConstantTimeEq;

use super::problem::Problem;
use crate::archive::{Archive, Unreadable};
use crate::candles::Candles;
use crate::exchange::{Exchange, FeeMode};
use crate::keys::Keyring;
use crate::mailbox::Mailbox;
use crate::pool::Pool;
use crate::status::Status;
use crate::stepper::Stepper;
use crate::venue_data::VenueData;
use crate::verifier::Verifier;

/// Everything a handler needs.
pub struct Context {
    pub(crate) mailbox: Mailbox,
    pub(crate) archive: Reader,
    pub(crate) access: Access,
    pub(crate) status: StatusOf,
    pub(crate) version: &'static str,
    pub(super) stepper: Option<Stepper>,
    /// Where a browser that asks for `/` is led.
    pub(super) front: Option<&'static str>,
    /// Compares the mirror; answers that there is none where that is so.
    pub(super) verifier: Option<Verifier>,
    /// What the fees of an order that says nothing of it are paid in.
    pub(crate) fee_mode: FeeMode,
    /// Whether orders are held to the rules of their markets.
    pub(crate) enforce_rules: bool,
    /// Keys of the Binance-compatible API.
    pub(super) keys: Option<Rc<Keyring>>,
    pub(super) traffic: Traffic,
    /// Asks the venue for what was not seen here.
    pub(super) venue_data: Option<VenueData>,
    /// Candles that need not be on the disk yet.
    pub(super) candles: Rc<RefCell<Candles>>,
    /// The documentation page, rendered when it is first asked for.
    pub(super) docs: OnceCell<String>,
}

/// Tells how the daemon is doing.
pub type StatusOf = Rc<dyn Fn(&Exchange) -> Status>;

impl Context {
    /// A context without a stepped replay.
    pub fn new(
        mailbox: Mailbox,
        pool: Pool,
        access: Access,
        status: StatusOf,
        version: &'static str,
    ) -> Context {
        Context {
            mailbox,
            archive: Reader(pool),
            access,
            status,
            version,
            stepper: None,
            front: None,
            verifier: None,
            fee_mode: FeeMode::default(),
            enforce_rules: false,
            keys: None,
            traffic: Traffic::default(),
            venue_data: None,
            candles: Rc::default(),
            docs: OnceCell::new(),
        }
    }

    /// The same with another default of what fees are paid in, and with orders that are held to the rules of their markets.
    #[must_use]
    pub fn with_orders(mut self, fee_mode: FeeMode, enforce_rules: bool) -> Context {
        self.fee_mode = fee_mode;
        self.enforce_rules = enforce_rules;
        self
    }

    /// Goes on from these candles; gives them to whoever draws them.
    pub fn draw_on(&self, candles: Candles) -> Rc<RefCell<Candles>> {
        self.candles.replace(candles);
        Rc::clone(&self.candles)
    }

    /// The same with a venue to ask.
    #[must_use]
    pub fn with_venue_data(mut self, venue_data: VenueData) -> Context {
        self.venue_data = Some(venue_data);
        self
    }

    /// The same with a replay that clients may step.
    #[must_use]
    pub fn with_stepper(mut self, stepper: Option<Stepper>) -> Context {
        self.stepper = stepper;
        self
    }

    /// The same with pages for people, to which a browser that asks for `/` is led.
    #[must_use]
    pub fn with_front(mut self, front: Option<&'static str>) -> Context {
        self.front = front;
        self
    }

    /// The same with keys of the Binance-compatible API to look after.
    #[must_use]
    pub fn with_keys(mut self, keys: Rc<Keyring>) -> Context {
        self.keys = Some(keys);
        self
    }

    /// Counts the answer to a request for something that is in no table of routes.
    pub(crate) fn count_other(&self, status: u16) {
        self.traffic.count(None, status);
    }
}

impl Context {
    /// The same with a mirror that can be verified.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Verifier) -> Context {
        self.verifier = Some(verifier);
        self
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("access", &self.access)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A secret. It is compared in constant time and never printed.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key of at least one character.
    pub fn new(key: impl Into<String>) -> Option<ApiKey> {
        let key = key.into();
        (!key.is_empty()).then_some(ApiKey(key))
    }

    /// Whether somebody has the key. Takes the same time for every wrong one of the same length.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// Who may do what.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The key that changes need; `None` switches authentication off.
    pub key: Option<ApiKey>,
    /// Whether reads need it too. `/healthz` and `/readyz` never do.
    pub reads_need_key: bool,
    /// Names in lower case under which changes are taken where there is no key, besides those of this network.
    pub hosts: Vec<String>,
}

/// Reads the archive where it may wait; what cannot be read becomes a problem.
#[derive(Clone)]
pub(crate) struct Reader(Pool);

impl Reader {
    /// Runs `task` where it may wait.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        task: impl FnOnce(&dyn Archive) -> Result<T, Unreadable> + Send + 'static,
    ) -> Result<T, Problem> {
        self.0.read(task).await.map_err(Problem::from)
    }
}

/// Answers so far, by route and status.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    answers: RefCell<BTreeMap<(Option<usize>, u16), u64>>,
}

impl Traffic {
    /// Counts an answer; `route` is its index in the table, `None` for a path that is not in it.
    pub(super) fn count(&self, route: Option<usize>, status: u16) {
        *self
            .answers
            .borrow_mut()
            .entry((route, status))
            .or_default() += 1;
    }

    /// The figures by route and status.
    pub(super) fn figures(&self) -> Vec<((Option<usize>, u16), u64)> {
        let answers = self.answers.borrow();
        answers.iter().map(|(&key, &count)| (key, count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_compared_and_not_shown() {
        let key = ApiKey::new("secret").unwrap();
        assert!(key.is("secret"));
        for other in ["", "secre", "secrets", "SECRET"] {
            assert!(!key.is(other));
        }
        assert_eq!(format!("{key:?}"), "ApiKey(..)");
        assert!(ApiKey::new("").is_none());
    }
}
