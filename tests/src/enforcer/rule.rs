//! One rule of a policy: which packets it admits, in nftables' words.

use super::cluster::{Cluster, Member};
use super::reach::{self, Reach, addresses_match};
use super::ruleset::Direction;
use anyhow::{Result, bail};
use k8s_openapi::api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Peers and ports of a rule, whichever direction it is for; none listed means any.
pub(super) struct Rule<'a> {
    peers: &'a [NetworkPolicyPeer],
    ports: &'a [NetworkPolicyPort],
}

impl<'a> Rule<'a> {
    pub(super) fn of(peers: Option<&'a Vec<NetworkPolicyPeer>>, ports: Option<&'a Vec<NetworkPolicyPort>>) -> Self {
        Self {
            peers: peers.map(Vec::as_slice).unwrap_or_default(),
            ports: ports.map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// What it admits to or from this pod, each line by itself enough.
    pub(super) fn admitted(&self, subject: &Member, direction: Direction, cluster: &Cluster) -> Result<Vec<String>> {
        let peers = reach::of(self.peers, &subject.namespace, cluster)?;
        let whom: Vec<String> = peers.iter().flat_map(|peer| peer.matches(direction)).collect();
        if self.ports.is_empty() {
            return Ok(whom);
        }
        let mut admitted = Vec::new();
        for port in self.ports {
            let port = Port::of(port)?;
            let Target::Named(name) = port.target else {
                admitted.extend(port.matches(&whom));
                continue;
            };
            match direction {
                Direction::Ingress => {
                    let numbers = subject.port_numbers(name, port.protocol);
                    admitted.extend(numbers.flat_map(|number| port.at(number).matches(&whom)));
                }
                Direction::Egress => admitted.extend(port.named_at_peers(name, &peers, cluster)),
            }
        }
        Ok(admitted)
    }
}

struct Port<'a> {
    /// As Kubernetes writes it.
    protocol: &'a str,
    target: Target<'a>,
}

enum Target<'a> {
    All,
    Between(u16, u16),
    Named(&'a str),
}

impl<'a> Port<'a> {
    fn of(port: &'a NetworkPolicyPort) -> Result<Self> {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            bail!("policies speak of TCP, UDP and SCTP, not of {protocol}");
        }
        let target = match (&port.port, port.end_port) {
            (None, None) => Target::All,
            (Some(IntOrString::Int(first)), last) => {
                Target::Between((*first).try_into()?, last.unwrap_or(*first).try_into()?)
            }
            (Some(IntOrString::String(name)), None) => Target::Named(name),
            (None | Some(IntOrString::String(_)), Some(_)) => bail!("endPort goes with a port that is a number"),
        };
        Ok(Self { protocol, target })
    }

    fn at(&self, number: u16) -> Self {
        Self {
            protocol: self.protocol,
            target: Target::Between(number, number),
        }
    }

    /// This port and any of these peers.
    fn matches(&self, whom: &[String]) -> Vec<String> {
        let protocol = self.protocol.to_ascii_lowercase();
        let port = match self.target {
            Target::All => format!("meta l4proto {protocol}"),
            Target::Between(first, last) if first == last => format!("{protocol} dport {first}"),
            Target::Between(first, last) => format!("{protocol} dport {first}-{last}"),
            Target::Named(_) => return Vec::new(),
        };
        whom.iter().map(|whom| format!("{whom} {port}")).collect()
    }

    /// For egress a name is that of the destination's port, so each destination has its own number.
    fn named_at_peers(&self, name: &str, peers: &[Reach<'_>], cluster: &Cluster) -> Vec<String> {
        let mut matches = Vec::new();
        for member in &cluster.members {
            let addresses: Vec<_> = peers.iter().flat_map(|peer| peer.addresses_of(member)).collect();
            let whom = addresses_match(Direction::Egress, &addresses);
            let numbers = member.port_numbers(name, self.protocol);
            matches.extend(numbers.flat_map(|number| self.at(number).matches(&whom)));
        }
        matches
    }
}
