//! Whom a rule is for: its peers as what nftables matches.

use super::block::Block;
use super::cluster::{Cluster, Member};
use super::ruleset::Direction;
use super::selector::selects;
use anyhow::Result;
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicyPeer};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One of a rule's peers.
#[derive(Debug)]
pub(super) enum Reach<'a> {
    Anyone,
    Members(Vec<&'a Member>),
    Block { block: Block, except: Vec<Block> },
}

/// The peers of a rule in this namespace; none listed means anyone.
pub(super) fn of<'a>(peers: &[NetworkPolicyPeer], namespace: &str, cluster: &'a Cluster) -> Result<Vec<Reach<'a>>> {
    if peers.is_empty() {
        return Ok(vec![Reach::Anyone]);
    }
    peers.iter().map(|peer| Reach::of(peer, namespace, cluster)).collect()
}

/// What nftables matches for these addresses, IPv4 and IPv6 apart; nothing for none.
pub(super) fn addresses_match(direction: Direction, addresses: &[IpAddr]) -> Vec<String> {
    let once: BTreeSet<IpAddr> = addresses.iter().copied().collect();
    let (v4, v6): (Vec<_>, Vec<_>) = once.into_iter().partition(|address| address.is_ipv4());
    [(v4, true), (v6, false)]
        .into_iter()
        .filter(|(addresses, _)| !addresses.is_empty())
        .map(|(addresses, is_v4)| {
            let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            format!("{} {{ {} }}", field(direction, is_v4), texts.join(", "))
        })
        .collect()
}

/// The address that is a peer's.
pub(super) fn field(direction: Direction, is_ipv4: bool) -> &'static str {
    match (direction, is_ipv4) {
        (Direction::Ingress, true) => "ip saddr",
        (Direction::Ingress, false) => "ip6 saddr",
        (Direction::Egress, true) => "ip daddr",
        (Direction::Egress, false) => "ip6 daddr",
    }
}

impl<'a> Reach<'a> {
    fn of(peer: &NetworkPolicyPeer, namespace: &str, cluster: &'a Cluster) -> Result<Self> {
        if let Some(IPBlock { cidr, except }) = &peer.ip_block {
            let except = except.iter().flatten().map(|one| Block::parse(one));
            return Ok(Self::Block {
                block: Block::parse(cidr)?,
                except: except.collect::<Result<_>>()?,
            });
        }
        let mut members = Vec::new();
        for member in &cluster.members {
            if is_selected(peer, namespace, member, cluster)? {
                members.push(member);
            }
        }
        Ok(Self::Members(members))
    }

    /// What nftables matches for all of it, each by itself enough.
    pub(super) fn matches(&self, direction: Direction) -> Vec<String> {
        match self {
            Self::Anyone => vec![String::new()],
            Self::Members(members) => {
                let addresses: Vec<_> = members.iter().flat_map(|member| member.addresses.clone()).collect();
                addresses_match(direction, &addresses)
            }
            Self::Block { block, except } => {
                let field = field(direction, block.is_ipv4());
                let except = except.iter().map(|one| format!(" {field} != {one}"));
                vec![format!("{field} {block}{}", except.collect::<String>())]
            }
        }
    }

    /// The addresses of this pod that it is for.
    pub(super) fn addresses_of(&self, member: &Member) -> Vec<IpAddr> {
        let is_in = |address: &IpAddr| match self {
            Self::Anyone => true,
            Self::Members(members) => members.iter().any(|one| std::ptr::eq(*one, member)),
            Self::Block { block, except } => {
                block.contains(*address) && !except.iter().any(|one| one.contains(*address))
            }
        };
        member.addresses.iter().copied().filter(is_in).collect()
    }
}

fn is_selected(peer: &NetworkPolicyPeer, namespace: &str, member: &Member, cluster: &Cluster) -> Result<bool> {
    let Some(labels) = cluster.namespaces.get(&member.namespace) else {
        return Ok(false);
    };
    let in_namespace = match &peer.namespace_selector {
        Some(selector) => selects(selector, labels)?,
        None => peer.pod_selector.is_some() && member.namespace == namespace,
    };
    let has_labels = match &peer.pod_selector {
        Some(selector) => selects(selector, &member.labels)?,
        None => true,
    };
    Ok(in_namespace && has_labels)
}
