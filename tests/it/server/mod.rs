//! The HTTP server against clients of every kind, over real sockets.
//!
//! `attacks` is what a hostile or broken client may try, `oddities` what may stand in a request,
//! `manners` how well-behaved clients are treated. Nothing here sleeps to wait for something: a test
//! reads until the answer or the end of the connection is there.

mod attacks;
mod harness;
mod manners;
mod oddities;
