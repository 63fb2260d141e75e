//! The lab: a node and its pods as network namespaces, exact traffic between them, and the truth about it.
//!
//! Everything is in namespaces of its own that go with the process, and needs root, `ip` and `nft`:
//!
//! ```no_run
//! use netobs_tests::{node::{Family, Node}, rules::Hook, traffic::tcp};
//!
//! # fn main() -> anyhow::Result<()> {
//! let node = Node::routed()?;
//! let (web, db) = (node.pod("web")?, node.pod("db")?);
//! node.count("asked", Hook::Forward, "tcp dport 5432")?;
//! let told = tcp::exchange(&web, &db, db.socket_address(Family::V4, 5432), 1_000, 20_000)?;
//! assert_eq!(node.counted("asked")?.packets, u64::from(told.client_counts.segments_out));
//! # Ok(())
//! # }
//! ```

pub mod ability;
pub mod apiserver;
pub mod cpu;
pub mod demo;
pub mod enforcer;
pub mod foreign;
pub mod kubelet;
pub mod netns;
pub mod node;
pub mod observer;
mod owned_name;
pub mod packet;
pub mod pod;
pub mod process;
pub mod rules;
pub mod served;
pub mod shop;
mod site;
mod sys;
pub mod traffic;
pub mod truth;
