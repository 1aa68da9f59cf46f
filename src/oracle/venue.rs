//! What a polled venue has to know: which requests to make, and how to read the answers.
//!
//! A venue is pure: it makes no calls, has no clock and keeps nothing between polls, so it is tested on stored bodies.
//! Time-outs, limits, back-off and health are the same for all of them and live elsewhere.

use std::collections::BTreeMap;

use super::quote::Quote;
use crate::units::Symbol;

/// A trading venue with a public REST interface.
pub trait Venue: Send + Sync {
    /// Its name in settings, logs and reports.
    fn name(&self) -> &'static str;

    /// The requests of one poll: as few as the venue allows for these symbols.
    fn requests(&self, symbols: &[Symbol]) -> Vec<VenueRequest>;

    /// Reads the body that `request` was answered with.
    ///
    /// Gives what it says about symbols of the request. An entry that cannot be read is left out, and does not spoil the
    /// others.
    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError>;
}

/// A GET request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueRequest {
    /// Where to.
    pub url: String,
    /// What it costs against the venue's limit, in the venue's own units.
    pub weight: u32,
    /// The symbols that are asked for, by the venue's names.
    pub names: BTreeMap<String, Symbol>,
}

/// Why an answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// It is not what the venue's documentation says.
    #[error("the answer has an unexpected shape: {0}")]
    Shape(String),
    /// It is an error, in the venue's own words.
    #[error("the venue says: {0}")]
    Refused(String),
}

/// The base of URLs without the slash at its end.
pub(super) fn base_url(text: &str) -> String {
    text.trim_end_matches('/').to_owned()
}
