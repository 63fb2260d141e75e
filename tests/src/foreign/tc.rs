//! A foreign tc program, attached through TCX or as a filter of a clsact qdisc.

use super::instructions::{give_back, hand_to_peer, on_match};
use super::netlink;
use crate::netns::Netns;
use crate::sys;
use anyhow::{Context as _, Result};
use std::os::fd::{AsFd as _, OwnedFd};

/// Which packets of an interface, seen from the namespace the interface is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ingress,
    Egress,
}

/// What the program does with the packets it matches; the others it leaves to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Left to the next program.
    Next,
    /// Let through; no further program sees it.
    Pass,
    Drop,
    /// Handed to the other end of the veth with this index, as CNIs do that route in eBPF; of what comes in only.
    PastVeth(u32),
}

/// Which packets a program does something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    All,
    /// TCP or UDP to this port; no IPv4 options, no IPv6 extension headers.
    DestinationPort(u16),
}

/// Where the program is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// First of those that are there now; Linux 6.6.
    TcxFirst,
    /// Last of those that are there now; Linux 6.6.
    TcxLast,
    /// A filter of the clsact qdisc, which is made if there is none; lower numbers come first.
    Clsact { priority: u16 },
}

/// An attached program; it is detached when dropped, while a clsact qdisc stays.
#[derive(Debug)]
pub struct TcProgram {
    counter: OwnedFd,
    attached: Attached,
}

#[derive(Debug)]
enum Attached {
    Tcx(OwnedFd),
    Clsact { netns: Netns, filter: netlink::Filter },
}

impl TcProgram {
    pub fn attach(
        netns: &Netns,
        interface: &str,
        direction: Direction,
        chain: Chain,
        matching: Matching,
        fate: Fate,
    ) -> Result<Self> {
        const SCHED_CLS: u32 = 3;
        let ifindex = netns.interface_index(interface)?;
        let counter = sys::bpf::create_counter().context("create a map for a foreign program")?;
        let map = sys::bpf::number(counter.as_fd());
        let instructions = on_match(map, matching, &fate.instructions(), Fate::LEFT);
        let program = sys::bpf::load_program(SCHED_CLS, 0, &instructions).context("load a foreign tc program")?;
        let attached = netns
            .run(|| match chain {
                Chain::TcxFirst => tcx(&program, ifindex, direction, BEFORE),
                Chain::TcxLast => tcx(&program, ifindex, direction, AFTER),
                Chain::Clsact { priority } => {
                    let filter = netlink::Filter {
                        ifindex,
                        direction,
                        priority,
                    };
                    netlink::add_clsact(ifindex).context("add a clsact qdisc")?;
                    filter.add(program.as_fd()).context("add a bpf filter")?;
                    Ok(Attached::Clsact {
                        netns: netns.clone(),
                        filter,
                    })
                }
            })
            .with_context(|| format!("attach a foreign program to {interface} at {chain:?}"))?;
        Ok(Self { counter, attached })
    }

    /// How many packets it has matched; a packet is an `sk_buff`.
    pub fn matched(&self) -> Result<u64> {
        sys::bpf::read_counter(self.counter.as_fd()).context("read a foreign program's counter")
    }

    /// Whether its filter is still there. A TCX link is there as long as this handle is.
    pub fn is_attached(&self) -> Result<bool> {
        match &self.attached {
            Attached::Tcx(_) => Ok(true),
            Attached::Clsact { netns, filter } => netns.run(|| filter.exists()),
        }
    }
}

impl Drop for TcProgram {
    fn drop(&mut self) {
        // It fails if the interface has gone, and with it what was attached.
        let _ = match &self.attached {
            Attached::Tcx(link) => sys::bpf::detach_link(link.as_fd()).context("detach a link"),
            Attached::Clsact { netns, filter } => netns.run(|| filter.remove().context("remove a filter")),
        };
    }
}

impl Direction {
    /// The kernel's number of the TCX chain for this direction.
    pub(crate) const fn tcx(self) -> u32 {
        const TCX_INGRESS: u32 = 46;
        const TCX_EGRESS: u32 = 47;
        match self {
            Self::Ingress => TCX_INGRESS,
            Self::Egress => TCX_EGRESS,
        }
    }
}

impl Fate {
    /// `TC_ACT_UNSPEC`, which TCX knows as `TCX_NEXT`.
    const LEFT: i32 = -1;

    fn instructions(self) -> Vec<u64> {
        match self {
            Self::Next => give_back(Self::LEFT),
            Self::Pass => give_back(0),
            Self::Drop => give_back(2),
            Self::PastVeth(ifindex) => hand_to_peer(ifindex),
        }
    }
}

const BEFORE: u32 = 1 << 3;
const AFTER: u32 = 1 << 4;

fn tcx(program: &OwnedFd, ifindex: u32, direction: Direction, flags: u32) -> Result<Attached> {
    let link = sys::bpf::create_link(program.as_fd(), ifindex, direction.tcx(), flags);
    link.map(Attached::Tcx)
        .context("create a TCX link, which needs Linux 6.6")
}
