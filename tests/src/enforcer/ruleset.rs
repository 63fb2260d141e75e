//! Network policies as a table of nftables.

use super::cluster::{Cluster, Member};
use super::reach::{addresses_match, field};
use super::rule::Rule;
use super::selector::selects;
use anyhow::{Context as _, Result};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use std::net::IpAddr;

/// The way in which a policy isolates a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// The table's name.
pub(super) const TABLE: &str = "policies";

/// Neighbours must find each other whatever policies say, also across a bridge.
const HEAD: &str = "chain forward {\n\
    type filter hook forward priority filter; policy accept;\n\
    ct state established,related accept\n\
    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept\n";

/// A script that replaces the table at once by one that admits what policies want.
pub(super) fn script(cluster: &Cluster) -> Result<String> {
    let (mut chains, mut forward) = (String::new(), HEAD.to_owned());
    for direction in [Direction::Egress, Direction::Ingress] {
        let mut isolated = Vec::new();
        for (number, member) in cluster.members.iter().enumerate() {
            let policies = isolating(member, direction, cluster)?;
            if policies.is_empty() {
                continue;
            }
            let chain = format!("{}-{number}", direction.word());
            chains += &format!("chain {chain} {{\n{}}}\n", body(member, direction, &policies, cluster)?);
            isolated.extend(member.addresses.iter().map(|address| (*address, chain.clone())));
        }
        forward += &dispatch(direction, &isolated);
    }
    Ok(format!(
        "{}table inet {TABLE} {{\n{chains}{forward}}}\n}}\n",
        no_table()
    ))
}

/// A script that takes the table away.
pub(super) fn no_table() -> String {
    format!("add table inet {TABLE}\ndelete table inet {TABLE}\n")
}

impl Direction {
    const fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The direction in which the address that is the pod's own is the peer's.
    const fn other(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

fn isolating<'a>(member: &Member, direction: Direction, cluster: &'a Cluster) -> Result<Vec<&'a NetworkPolicy>> {
    let mut isolating = Vec::new();
    for policy in &cluster.policies {
        let Some(spec) = &policy.spec else { continue };
        let is_for = policy.metadata.namespace.as_ref() == Some(&member.namespace);
        let selector = spec.pod_selector.clone().unwrap_or_default();
        if is_for && is_about(spec, direction) && selects(&selector, &member.labels)? {
            isolating.push(policy);
        }
    }
    Ok(isolating)
}

/// Without `policyTypes` every policy is about ingress, and those with rules for egress are about that, too.
fn is_about(spec: &NetworkPolicySpec, direction: Direction) -> bool {
    let types = spec.policy_types.as_deref().unwrap_or_default();
    match direction {
        Direction::Ingress => types.is_empty() || types.iter().any(|one| one == "Ingress"),
        Direction::Egress if types.is_empty() => spec.egress.as_ref().is_some_and(|rules| !rules.is_empty()),
        Direction::Egress => types.iter().any(|one| one == "Egress"),
    }
}

/// A pod is always open to itself; what no rule is for is dropped.
fn body(member: &Member, direction: Direction, policies: &[&NetworkPolicy], cluster: &Cluster) -> Result<String> {
    let mut matches = addresses_match(direction, &member.addresses);
    for policy in policies {
        let (namespace, name) = (&member.namespace, policy.metadata.name.as_deref().unwrap_or_default());
        for rule in rules(policy, direction) {
            let admitted = rule.admitted(member, direction, cluster);
            matches.extend(admitted.with_context(|| format!("NetworkPolicy {namespace}/{name}"))?);
        }
    }
    let lines = matches.iter().map(|one| format!("{} return\n", one.trim()));
    Ok(lines.collect::<String>() + "counter drop\n")
}

fn rules(policy: &NetworkPolicy, direction: Direction) -> Vec<Rule<'_>> {
    let Some(spec) = &policy.spec else { return Vec::new() };
    match direction {
        Direction::Ingress => {
            let rules = spec.ingress.iter().flatten();
            rules
                .map(|rule| Rule::of(rule.from.as_ref(), rule.ports.as_ref()))
                .collect()
        }
        Direction::Egress => {
            let rules = spec.egress.iter().flatten();
            rules
                .map(|rule| Rule::of(rule.to.as_ref(), rule.ports.as_ref()))
                .collect()
        }
    }
}

/// Sends what is from or to an isolated pod through the pod's chain.
fn dispatch(direction: Direction, isolated: &[(IpAddr, String)]) -> String {
    let lines = isolated.iter().map(|(address, chain)| {
        let own = field(direction.other(), address.is_ipv4());
        format!("{own} {address} jump {chain}\n")
    });
    lines.collect()
}
