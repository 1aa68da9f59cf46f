//! All integration tests, in one binary: linking many would cost minutes on a small machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unwrap_in_result,
    reason = "helpers of tests should stop where something goes wrong"
)]
#![allow(unreachable_pub, reason = "nothing outside can use a test binary")]
#![allow(missing_docs, reason = "names tell enough in a test; comments say why")]

mod model;
mod scenarios;
