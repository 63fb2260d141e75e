//! Addresses of one node, its pods and what is outside of it, different for each node on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The length of a node's IPv4 pod prefix: room for 2,045 pods.
pub(crate) const POD_PREFIX_V4: u8 = 21;
pub(crate) const POD_PREFIX_V6: u8 = 64;
pub(crate) const UPLINK_PREFIX_V4: u8 = 29;
pub(crate) const UPLINK_PREFIX_V6: u8 = 64;

const SITES: u32 = 1 << 13;

/// One node's share of the address space.
///
/// The kernel's drop tracepoint tells of every namespace, so two labs at work at once must not share addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site(u16);

/// Both addresses of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub v4: Ipv4Addr,
    pub v6: Ipv6Addr,
}

/// An IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The word nftables has for the header of this version.
    pub const fn nft(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ip6",
        }
    }
}

impl Addresses {
    pub const fn of(self, family: Family) -> IpAddr {
        match family {
            Family::V4 => IpAddr::V4(self.v4),
            Family::V6 => IpAddr::V6(self.v6),
        }
    }
}

impl Site {
    pub(crate) fn next() -> Self {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        let number = process::id()
            .wrapping_mul(61)
            .wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        Self(u16::try_from(number % SITES).unwrap_or(0))
    }

    /// The address of the node towards its pods: that of the bridge.
    pub(crate) fn gateway(self) -> Addresses {
        self.pod_network(1)
    }

    /// The n-th pod's address.
    pub(crate) fn pod(self, number: u16) -> Addresses {
        self.pod_network(number + 2)
    }

    pub(crate) fn pods(self) -> Addresses {
        self.pod_network(0)
    }

    pub(crate) fn outside(self) -> Addresses {
        self.uplink(1)
    }

    pub(crate) fn node(self) -> Addresses {
        self.uplink(2)
    }

    fn pod_network(self, host: u16) -> Addresses {
        let base = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + (u32::from(self.0) << (32 - POD_PREFIX_V4));
        Addresses {
            v4: Ipv4Addr::from(base + u32::from(host)),
            v6: Ipv6Addr::new(0xfd42, self.0, 0, 0, 0, 0, 0, host),
        }
    }

    fn uplink(self, host: u16) -> Addresses {
        let base = u32::from(Ipv4Addr::new(172, 16, 0, 0)) + (u32::from(self.0) << (32 - UPLINK_PREFIX_V4));
        Addresses {
            v4: Ipv4Addr::from(base + u32::from(host)),
            v6: Ipv6Addr::new(0xfd43, self.0, 0, 0, 0, 0, 0, host),
        }
    }
}
