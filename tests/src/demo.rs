//! The product's story on one machine: real pods, traffic and drops on a lab's node, and a cluster that explains them.

mod asker;
mod client;
mod curtain;
pub(crate) mod dns;
pub(crate) mod folder;
mod kubectl;
pub(crate) mod objects;
mod programs;
mod role;
mod scenario;
mod stage;
mod story;
mod watcher;
pub(crate) mod worker;

pub use asker::Asker;
pub use client::{Calls, Client};
pub use curtain::{Curtain, Fallen};
pub use kubectl::kubectl;
pub use objects::NODE;
pub use programs::Programs;
pub use role::{Port, Role};
pub use scenario::Scenario;
pub use stage::{LISTEN, Stage};
pub use story::{Manner, tell};
pub use watcher::Installation;
