//! The lab: a node and its pods as network namespaces, exact traffic between them, and the truth about it.

pub mod ability;
pub mod foreign;
pub mod netns;
pub mod node;
pub mod packet;
pub mod pod;
pub mod process;
pub mod rules;
mod site;
mod sys;
pub mod traffic;
pub mod truth;
