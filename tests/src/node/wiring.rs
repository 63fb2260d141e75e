//! The `ip` commands and sysctls that make a node, its outside and its pods.

use super::{BRIDGE, Network, Offloads, UPLINK};
use crate::netns::Netns;
use crate::packet::Mac;
use crate::site::{Addresses, POD_PREFIX_V4, POD_PREFIX_V6, Site, UPLINK_PREFIX_V4, UPLINK_PREFIX_V6};
use anyhow::{Context as _, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The same on each host side of a routed node, as Calico does it.
const HOST_MAC: Mac = Mac([0xee; 6]);
const BRIDGE_MAC: Mac = Mac([2, 0xb, 0, 0, 0, 1]);
const UPLINK_MAC: Mac = Mac([2, 0xc, 0, 0, 0, 2]);
const OUTSIDE_MAC: Mac = Mac([2, 0xc, 0, 0, 0, 1]);
const ROUTED_GATEWAY: Addresses = Addresses {
    v4: Ipv4Addr::new(169, 254, 1, 1),
    v6: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
};

/// Where all neighbours are told beforehand, an interface need not ask for them, nor report the groups to be asked at.
const SILENT: &str = "arp off multicast off";

/// A pod that is to be.
pub(crate) struct PodPlan {
    pub(crate) name: String,
    pub(crate) netns: Netns,
    pub(crate) addresses: Addresses,
    pub(crate) mac: Mac,
    pub(crate) gateway: Addresses,
    pub(crate) gateway_mac: Mac,
    pub(crate) host_interface: String,
    network: Network,
}

impl PodPlan {
    pub(super) fn draw(name: &str, number: u16, site: Site, network: Network) -> Result<Self> {
        let [high, low] = number.to_be_bytes();
        let (prefix, gateway, gateway_mac) = match network {
            Network::Routed => ("cali", ROUTED_GATEWAY, HOST_MAC),
            Network::Bridged => ("veth", site.gateway(), BRIDGE_MAC),
        };
        Ok(Self {
            name: name.to_owned(),
            netns: Netns::create(name)?,
            addresses: site.pod(number),
            mac: Mac([2, 0xa, 0, 0, high, low]),
            gateway,
            gateway_mac,
            host_interface: format!("{prefix}{number:08x}"),
            network,
        })
    }

    pub(super) fn host_side(&self, offloads: Offloads) -> String {
        let Self {
            host_interface: interface,
            mac,
            addresses: Addresses { v4, v6 },
            ..
        } = self;
        let peer = format!("type veth peer name eth0 address {mac} netns {}", self.netns.path());
        let link = match self.network {
            Network::Routed => format!(
                "link add {interface} address {HOST_MAC} {peer}\n\
                 link set {interface} multicast off up\n\
                 route add {v4}/32 dev {interface} scope link\n\
                 route add {v6}/128 dev {interface}\n\
                 neigh add {v4} lladdr {mac} dev {interface} nud permanent\n\
                 neigh add {v6} lladdr {mac} dev {interface} nud permanent\n"
            ),
            Network::Bridged => format!(
                "link add {interface} {peer}\n\
                 link set {interface} master {BRIDGE} up\n\
                 neigh replace {v4} lladdr {mac} dev {BRIDGE} nud permanent\n\
                 neigh replace {v6} lladdr {mac} dev {BRIDGE} nud permanent\n"
            ),
        };
        link + &offloads.settings(interface)
    }

    pub(super) fn pod_side(&self, offloads: Offloads) -> String {
        let Self {
            addresses: Addresses { v4, v6 },
            gateway,
            gateway_mac,
            ..
        } = self;
        let addresses = match self.network {
            Network::Routed => format!(
                "link set eth0 {SILENT} up\naddr add {v4}/32 dev eth0\naddr add {v6}/128 dev eth0 nodad\n\
                 route add {}/32 dev eth0 scope link\n",
                gateway.v4
            ),
            Network::Bridged => format!(
                "link set eth0 up\naddr add {v4}/{POD_PREFIX_V4} dev eth0\n\
                 addr add {v6}/{POD_PREFIX_V6} dev eth0 nodad\n"
            ),
        };
        addresses + &default_routes(*gateway, *gateway_mac, "eth0") + &offloads.settings("eth0")
    }
}

impl Offloads {
    /// Segments of one are cut by the sender's kernel before the first interface, whatever the interface could do.
    pub(super) fn settings(self, interface: &str) -> String {
        match self {
            Self::On => String::new(),
            Self::Off => format!("link set {interface} gso_max_segs 1\n"),
        }
    }
}

pub(super) fn node(site: Site, network: Network, offloads: Offloads, outside: &str) -> String {
    let (node, out) = (site.node(), site.outside());
    let uplink = format!(
        "link add {UPLINK} address {UPLINK_MAC} type veth peer name eth0 address {OUTSIDE_MAC} netns {outside}\n\
         link set {UPLINK} {SILENT} up\n\
         addr add {}/{UPLINK_PREFIX_V4} dev {UPLINK}\naddr add {}/{UPLINK_PREFIX_V6} dev {UPLINK} nodad\n{}",
        node.v4,
        node.v6,
        default_routes(out, OUTSIDE_MAC, UPLINK),
    );
    let settled = uplink + &offloads.settings(UPLINK);
    match network {
        Network::Routed => settled + &no_way_back(site.pods()),
        Network::Bridged => settled + &bridge(site.gateway()) + &offloads.settings(BRIDGE),
    }
}

pub(super) fn outside(site: Site, offloads: Offloads) -> String {
    let (node, out, pods) = (site.node(), site.outside(), site.pods());
    format!(
        "link set eth0 {SILENT} up\n\
         addr add {}/{UPLINK_PREFIX_V4} dev eth0\naddr add {}/{UPLINK_PREFIX_V6} dev eth0 nodad\n\
         neigh add {} lladdr {UPLINK_MAC} dev eth0 nud permanent\n\
         neigh add {} lladdr {UPLINK_MAC} dev eth0 nud permanent\n\
         route add {}/{POD_PREFIX_V4} via {} dev eth0\nroute add {}/{POD_PREFIX_V6} via {} dev eth0\n",
        out.v4, out.v6, node.v4, node.v6, pods.v4, node.v4, pods.v6, node.v6,
    ) + &offloads.settings("eth0")
}

/// Sets what makes a namespace forward as a node does.
pub(super) fn set_node_sysctls(node: &Netns, network: Network) -> Result<()> {
    node.set_sysctl("net/ipv4/ip_forward", "1")?;
    node.set_sysctl("net/ipv6/conf/all/forwarding", "1")?;
    // Of a single interface it says only whether to join the group of routers, which would have to be reported.
    node.set_sysctl("net/ipv6/conf/default/forwarding", "0")?;
    node.set_sysctl("net/ipv4/conf/default/proxy_arp", "1")?;
    if network == Network::Bridged {
        for family in ["iptables", "ip6tables"] {
            node.set_sysctl(&format!("net/bridge/bridge-nf-call-{family}"), "1")
                .context("bridged traffic must pass netfilter: load the module br_netfilter")?;
        }
    }
    Ok(())
}

fn bridge(Addresses { v4, v6 }: Addresses) -> String {
    format!(
        "link add {BRIDGE} address {BRIDGE_MAC} type bridge mcast_snooping 0\n\
         link set {BRIDGE} up\n\
         addr add {v4}/{POD_PREFIX_V4} dev {BRIDGE}\naddr add {v6}/{POD_PREFIX_V6} dev {BRIDGE} nodad\n"
    )
}

/// What is for no pod ends here, instead of going out and coming back until its time is up.
fn no_way_back(Addresses { v4, v6 }: Addresses) -> String {
    format!("route add unreachable {v4}/{POD_PREFIX_V4}\nroute add unreachable {v6}/{POD_PREFIX_V6}\n")
}

fn default_routes(gateway: Addresses, mac: Mac, interface: &str) -> String {
    [(IpAddr::V4(gateway.v4), "0.0.0.0/0"), (IpAddr::V6(gateway.v6), "::/0")]
        .map(|(gateway, all)| {
            format!(
                "neigh add {gateway} lladdr {mac} dev {interface} nud permanent\n\
                 route add {all} via {gateway} dev {interface}\n"
            )
        })
        .concat()
}
