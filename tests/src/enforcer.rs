//! A stand-in for a CNI's policy engine: keeps a node's nftables as the cluster's policies want it.
//!
//! It is written from the API reference alone and shares nothing with the engine under test, so that the two can be compared.

mod block;
mod cluster;
mod reach;
mod rule;
mod ruleset;
mod selector;
#[cfg(test)]
mod tests;
