//! The addresses of the node we are on, of which Kubernetes knows only some: bridges and tunnels have theirs, too.
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST};
use netlink_packet_route::{
    RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
};

use super::{NodeError, message};

pub(crate) fn own_addresses() -> Result<Vec<IpAddr>, NodeError> {
    let all = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    let answers = message::request(all, NLM_F_REQUEST | NLM_F_DUMP).map_err(NodeError::Request)?;
    Ok(answers.iter().filter_map(address).collect())
}

/// `IFA_LOCAL` is ours where an interface has a peer; else there is only `IFA_ADDRESS`.
fn address(answer: &RouteNetlinkMessage) -> Option<IpAddr> {
    let RouteNetlinkMessage::NewAddress(message) = answer else {
        return None;
    };
    let attributes = &message.attributes;
    let local = attributes.iter().find_map(|attribute| {
        let AddressAttribute::Local(address) = attribute else {
            return None;
        };
        Some(*address)
    });
    local.or_else(|| {
        attributes.iter().find_map(|attribute| {
            let AddressAttribute::Address(address) = attribute else {
                return None;
            };
            Some(*address)
        })
    })
}
