//! The bytes of every released row version.
