//! The netobs daemon.
fn main() {}
