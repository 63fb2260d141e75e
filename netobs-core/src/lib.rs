//! The model of netobs and the reasoning on it: pure code, without I/O and without a clock.
#![forbid(unsafe_code)]

pub mod audit;
pub mod cause;
pub mod change;
pub mod directory;
pub mod engine;
pub mod enrich;
pub mod event;
pub mod explain;
pub mod explained;
pub mod filter;
#[cfg(test)]
mod fixtures;
pub mod flow;
pub mod generate;
pub mod guard;
pub mod history;
pub mod inventory;
pub mod labels;
pub mod policy;
pub mod preview;
pub mod redact;
pub mod render;
pub mod scene;
pub mod spelling;
pub mod suggest;
pub mod time;
pub mod unwatched;
pub mod workload;
