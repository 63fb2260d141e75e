//! The product's story on one machine: real pods, traffic and drops on a lab's node, and a cluster that explains them.

mod asker;
mod client;
mod curtain;
mod dns;
mod folder;
mod kubectl;
mod objects;
mod programs;
mod role;
mod scenario;
mod stage;
mod story;
mod worker;

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
