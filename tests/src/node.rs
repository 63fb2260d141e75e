//! A Kubernetes node as a network namespace: pods on veths, an uplink, and a world outside.

pub(crate) mod wiring;

use crate::netns::Netns;
use crate::pod::{POD_INTERFACE, Pod};
use crate::site::Site;
pub use crate::site::{Addresses, Family};
use crate::truth::protocol_counters;
use anyhow::{Context as _, Result};
use std::ops::Deref;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use wiring::PodPlan;

/// The node's interface towards the outside: a veth, as that of a node which is a container itself.
pub const UPLINK: &str = "uplink";
/// The bridge of a bridged node.
pub const BRIDGE: &str = "cni0";

/// How pods are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A route to each pod, as Calico and the cloud CNIs do.
    Routed,
    /// A bridge with an address in the pod network, as flannel and kind do.
    Bridged,
}

/// Whether TCP hands over segments larger than the MTU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offloads {
    /// As the kernel has them: one `sk_buff` may be many packets.
    On,
    /// One `sk_buff` is one packet, so that packet counts of all parties are equal.
    Off,
}

/// A node. It is its namespace, so all that a [`Netns`] can do, a node can.
#[derive(Debug)]
pub struct Node {
    netns: Netns,
    outside: Netns,
    site: Site,
    network: Network,
    offloads: Offloads,
    pods_made: AtomicU16,
}

impl Node {
    /// A routed node, without offloads.
    pub fn routed() -> Result<Self> {
        Self::start(Network::Routed, Offloads::Off)
    }

    /// A bridged node, without offloads.
    pub fn bridged() -> Result<Self> {
        Self::start(Network::Bridged, Offloads::Off)
    }

    pub fn start(network: Network, offloads: Offloads) -> Result<Self> {
        let node = Self {
            netns: Netns::create("node")?,
            outside: Netns::create("outside")?,
            site: Site::next(),
            network,
            offloads,
            pods_made: AtomicU16::new(0),
        };
        wiring::set_node_sysctls(&node.netns, network)?;
        node.netns
            .ip(&wiring::node(node.site, network, offloads, &node.outside.path()))?;
        node.outside.ip(&wiring::outside(node.site, offloads))?;
        node.netns.settle(UPLINK, Some(node.site.node().v6))?;
        node.outside.settle(POD_INTERFACE, Some(node.site.outside().v6))?;
        Ok(node)
    }

    /// Adds a pod.
    pub fn pod(&self, name: &str) -> Result<Pod> {
        self.pods(&[name])?.pop().context("one name gives one pod")
    }

    /// Adds several pods at once, which is faster.
    pub fn pods(&self, names: &[&str]) -> Result<Vec<Pod>> {
        let plans = names.iter().map(|name| self.plan(name)).collect::<Result<Vec<_>>>()?;
        let host_sides = plans.iter().map(|plan| plan.host_side(self.offloads));
        self.netns.ip(&host_sides.collect::<String>())?;
        for plan in &plans {
            plan.netns.ip(&plan.pod_side(self.offloads))?;
        }
        for plan in &plans {
            plan.netns.settle(POD_INTERFACE, Some(plan.addresses.v6))?;
            self.netns.settle(&plan.host_interface, None)?;
        }
        if self.network == Network::Bridged {
            self.netns.settle(BRIDGE, Some(self.site.gateway().v6))?;
            plans
                .iter()
                .map(|plan| &plan.netns)
                .chain([&self.netns])
                .try_for_each(hear_out)?;
        }
        plans.into_iter().map(|plan| Pod::found(plan, &self.netns)).collect()
    }

    /// Removes several pods at once; the kernel takes tens of milliseconds for each [`Pod::delete`].
    pub fn delete_pods(&self, pods: Vec<Pod>) -> Result<()> {
        const DOOMED: u32 = 77;
        let marks = pods
            .iter()
            .map(|pod| format!("link set {} group {DOOMED}\n", pod.host_interface()));
        self.netns
            .ip(&(marks.collect::<String>() + &format!("link del group {DOOMED}\n")))?;
        drop(pods);
        Ok(())
    }

    /// A host behind the node's uplink.
    pub fn outside(&self) -> &Netns {
        &self.outside
    }

    pub fn outside_addresses(&self) -> Addresses {
        self.site.outside()
    }

    /// The node's own addresses, those of its uplink.
    pub fn addresses(&self) -> Addresses {
        self.site.node()
    }

    /// Addresses in the pod network that no pod has: a routed node has no route to them, a bridged one no neighbour.
    pub fn unused_addresses(&self) -> Addresses {
        self.site.pod(2000)
    }

    pub fn network(&self) -> Network {
        self.network
    }

    fn plan(&self, name: &str) -> Result<PodPlan> {
        let number = self.pods_made.fetch_add(1, Ordering::Relaxed);
        PodPlan::draw(name, number, self.site, self.network)
    }
}

impl Deref for Node {
    type Target = Netns;

    fn deref(&self) -> &Netns {
        &self.netns
    }
}

/// Waits until a namespace has reported its multicast groups, lest that disturb counts later.
fn hear_out(netns: &Netns) -> Result<()> {
    const REPORTS_OF_A_GROUP: u64 = 2;
    const AT_MOST: Duration = Duration::from_millis(500);
    let deadline = Instant::now() + AT_MOST;
    while protocol_counters(netns)?
        .get("Icmp6OutMLDv2Reports")
        .is_some_and(|sent| *sent < REPORTS_OF_A_GROUP)
        && Instant::now() < deadline
    {
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
