//! The `mockx` command.

fn main() {}
