//! The node room: which interfaces there are, and which of them lead to pods.
mod addresses;
mod conntrack;
mod links;
mod message;
mod qdisc;

pub(crate) use addresses::own_addresses;
pub(crate) use conntrack::Conntrack;
pub(crate) use links::{Link, LinkChange, Links};
pub(crate) use qdisc::Qdiscs;

use std::io;

#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    #[error(
        "no netlink socket could be opened ({0}); without it pods' interfaces cannot be found: a seccomp profile must allow socket with AF_NETLINK"
    )]
    Socket(io::Error),
    #[error(
        "the kernel did not answer about its interfaces: {0}; start the agent again, and report this line should it come back"
    )]
    Request(io::Error),
    #[error("{interface} got no clsact qdisc: {error}; it takes CAP_NET_ADMIN and the kernel module sch_ingress")]
    Qdisc { interface: String, error: io::Error },
}
