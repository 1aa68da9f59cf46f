//! All integration tests, in one binary: linking many would cost minutes on a small machine.

mod oracle;
