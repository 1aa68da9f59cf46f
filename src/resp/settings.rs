//! What the port needs to know.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::keyspace::{Names, ReadTicker};

/// A secret. It is compared in constant time and never printed.
#[derive(Clone)]
pub struct Password(Vec<u8>);

impl Password {
    /// A password of at least one character.
    pub fn new(text: &str) -> Option<Password> {
        (!text.is_empty()).then(|| Password(text.as_bytes().to_vec()))
    }

    /// Whether it is this one. Takes the same time for every wrong one of the same length.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        self.0.as_slice().ct_eq(given).into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The names of keys.
    pub names: Names,
    /// What clients must know before they are answered.
    pub password: Option<Password>,
    /// Reads the prices that clients push; none where they may not.
    pub read_ticker: Option<ReadTicker>,
}
