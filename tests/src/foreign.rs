//! Programs of somebody else on the same interfaces, as another CNI might have them.

mod cgroup;
mod instructions;
mod netlink;
mod tc;

pub use cgroup::Cgroup;
pub use tc::{Chain, Direction, Fate, Matching, TcProgram};
