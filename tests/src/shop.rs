//! A shop of three tiers on a lab's node: its pods, the calls that they make, and the cluster that knows them.

mod call;
mod objects;
mod part;
mod route;
mod stage;

pub use part::Part;
pub use route::{End, Route};
pub use stage::Shop;
