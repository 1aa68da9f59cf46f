//! The store over a real file and over one that fails.
