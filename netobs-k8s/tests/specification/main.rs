//! NetworkPolicy as its specification words it, sentence by sentence, on manifests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addresses;
mod cluster;
mod peers;
mod ports;
mod selection;
