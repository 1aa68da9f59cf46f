//! The status pages: in a real browser, and figure by figure beside the REST API.
//!
//! The tests in the browser want Chromium and the two packages of `tests/browser`; without them they say so and are
//! skipped, which CI does not accept.

mod actions;
mod browser;
mod fees;
mod figures;
mod orders;
mod pairs;
mod stage;
