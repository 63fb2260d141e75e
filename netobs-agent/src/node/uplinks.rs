//! Which interfaces lead out of the node: where it is a container itself, they are veths as those of its pods.
use std::{
    collections::{HashMap, HashSet},
    io,
};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressMessage, AddressScope},
    route::{RouteAttribute, RouteHeader, RouteMessage, RouteType},
};
use netobs_core::event::Ifindex;

use super::{Link, message};

/// What routes and addresses say of interfaces. Nothing of it is ever said of a pod's.
#[derive(Debug, Default)]
pub(super) struct WaysOut {
    /// These carry a default route.
    default: HashSet<Ifindex>,
    /// The node has an address there, in a network that has room for others.
    networks: HashSet<Ifindex>,
}

impl WaysOut {
    /// Groups whose messages tell that this may have changed: `RTNLGRP_IPV4_IFADDR`, `…_IPV4_ROUTE`, `…_IPV6_IFADDR`, `…_IPV6_ROUTE`.
    pub(super) const GROUPS: [u32; 4] = [5, 7, 9, 11];

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else was asked for")]
    pub(super) fn ask() -> io::Result<Self> {
        let routes = RouteNetlinkMessage::GetRoute(RouteMessage::default());
        let addresses = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let mut ways = Self::default();
        for question in [routes, addresses] {
            for answer in message::request(question, NLM_F_REQUEST | NLM_F_DUMP)? {
                match answer {
                    RouteNetlinkMessage::NewRoute(route) if is_default(&route) => ways.default.extend(ways_of(&route)),
                    RouteNetlinkMessage::NewAddress(address) if is_of_a_network(&address) => {
                        ways.networks.insert(Ifindex(address.header.index));
                    }
                    _ => {}
                }
            }
        }
        Ok(ways)
    }

    /// Whether a message tells of something that is kept here.
    #[expect(clippy::wildcard_enum_match_arm, reason = "links are told by the same socket")]
    pub(super) fn are_changed_by(message: &RouteNetlinkMessage) -> bool {
        match message {
            RouteNetlinkMessage::NewRoute(route) | RouteNetlinkMessage::DelRoute(route) => is_default(route),
            RouteNetlinkMessage::NewAddress(address) | RouteNetlinkMessage::DelAddress(address) => {
                is_of_a_network(address)
            }
            _ => false,
        }
    }

    /// All that lead out: those of which it is said, and what lies beneath them.
    pub(super) fn among(&self, links: &HashMap<Ifindex, Link>) -> HashSet<Ifindex> {
        let mut out: HashSet<_> = self.default.clone();
        let mut unseen: Vec<_> = out.iter().copied().collect();
        while let Some(upper) = unseen.pop().and_then(|index| links.get(&index)) {
            for lower in links.values().filter(|link| lies_beneath(link, upper, links)) {
                if out.insert(lower.index) {
                    unseen.push(lower.index);
                }
            }
        }
        out.extend(&self.networks);
        out
    }
}

/// Routes in other tables than the main one may lead to pods that are gateways themselves.
fn is_default(route: &RouteMessage) -> bool {
    let header = &route.header;
    header.destination_prefix_length == 0
        && header.kind == RouteType::Unicast
        && header.table == RouteHeader::RT_TABLE_MAIN
}

fn ways_of(route: &RouteMessage) -> Vec<Ifindex> {
    let ways = route.attributes.iter().flat_map(|attribute| {
        #[expect(clippy::wildcard_enum_match_arm, reason = "of some thirty attributes, two matter")]
        match attribute {
            RouteAttribute::Oif(interface) => vec![*interface],
            RouteAttribute::MultiPath(hops) => hops.iter().map(|hop| hop.interface_index).collect(),
            _ => Vec::new(),
        }
    });
    ways.map(Ifindex).collect()
}

/// On the node's ends of pods' veths some CNIs put the pods' gateway, an address that stands alone or for both ends only.
fn is_of_a_network(address: &AddressMessage) -> bool {
    let length = address.header.prefix_len;
    let family = address.header.family;
    let has_room = (family == AddressFamily::Inet && length <= 29) || (family == AddressFamily::Inet6 && length <= 125);
    has_room && address.header.scope == AddressScope::Universe
}

/// Whether what leaves by the upper leaves by the lower in the end: it is stacked on it, or the lower is its port.
///
/// Bonds, bridges of Open vSwitch and most other bridges have the address of the port that leads out. But where a
/// bridge has a port that is no end of a pair, that is the one, whatever its address.
fn lies_beneath(lower: &Link, upper: &Link, links: &HashMap<Ifindex, Link>) -> bool {
    if upper.stacked_on() == Some(lower.index) {
        return true;
    }
    let Some(master) = lower.master else { return false };
    let has_card = || {
        let mut ports = links.values().filter(|link| link.master == Some(upper.index));
        ports.any(|port| !port.is_pair)
    };
    lower.index != upper.index && lower.has_mac_of(upper) && !(master == upper.index && lower.is_pair && has_card())
}
