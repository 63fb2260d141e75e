//! A pod: a network namespace whose `eth0` ends on the node.

use crate::netns::Netns;
use crate::node::wiring::PodPlan;
use crate::packet::{Ethernet, Mac};
use crate::site::{Addresses, Family};
use anyhow::Result;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

/// The pod's own interface.
pub const POD_INTERFACE: &str = "eth0";

/// A pod. It is its namespace, so all that a [`Netns`] can do, a pod can.
///
/// A dropped pod goes in the background once nothing in it is in use; [`Pod::delete`] has its veth gone on return.
#[derive(Debug)]
pub struct Pod {
    name: String,
    netns: Netns,
    node: Netns,
    addresses: Addresses,
    mac: Mac,
    gateway_mac: Mac,
    host_interface: String,
    host_ifindex: u32,
    ifindex: u32,
}

impl Pod {
    pub(crate) fn found(plan: PodPlan, node: &Netns) -> Result<Self> {
        Ok(Self {
            host_ifindex: node.interface_index(&plan.host_interface)?,
            ifindex: plan.netns.interface_index(POD_INTERFACE)?,
            name: plan.name,
            netns: plan.netns,
            node: node.clone(),
            addresses: plan.addresses,
            mac: plan.mac,
            gateway_mac: plan.gateway_mac,
            host_interface: plan.host_interface,
        })
    }

    /// Removes the pod as a CNI does: the veth first, then the namespace.
    pub fn delete(self) -> Result<()> {
        self.node.ip(&format!("link del {}\n", self.host_interface))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    pub fn address(&self, family: Family) -> IpAddr {
        self.addresses.of(family)
    }

    pub fn socket_address(&self, family: Family, port: u16) -> SocketAddr {
        SocketAddr::new(self.address(family), port)
    }

    /// The node's end of the veth.
    pub fn host_interface(&self) -> &str {
        &self.host_interface
    }

    /// The number of the node's end, in the node's namespace.
    pub fn host_ifindex(&self) -> u32 {
        self.host_ifindex
    }

    /// The number of `eth0`, in the pod's namespace.
    pub fn ifindex(&self) -> u32 {
        self.ifindex
    }

    pub fn mac(&self) -> Mac {
        self.mac
    }

    /// The head of a frame from this pod to the node, which routes what is inside.
    pub fn ethernet(&self) -> Ethernet {
        Ethernet {
            source: self.mac,
            destination: self.gateway_mac,
            tags: Vec::new(),
        }
    }
}

impl Deref for Pod {
    type Target = Netns;

    fn deref(&self) -> &Netns {
        &self.netns
    }
}
