//! A plan as tests read it.
use super::*;

pub(super) fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for policy in plan.policies() {
        let subject = policy.subject.pods.to_string();
        let subject = if subject.is_empty() { "all" } else { &subject };
        text += &format!("{}: {subject}\n", policy.id.name);
        for (direction, word) in [(Direction::Ingress, "ingress from"), (Direction::Egress, "egress to")] {
            let Some(rules) = policy.rules(direction) else { continue };
            if rules.rules.is_empty() {
                text += &format!("  {}\n", render::word(direction));
            }
            for rule in &rules.rules {
                text += &format!("  {word} {}: {}\n", peers(&rule.peers), ports(&rule.ports));
            }
        }
    }
    text
}

fn peers(peers: &Peers) -> String {
    use crate::policy::{Namespaces, Peer};
    let one = |peer: &Peer| match peer {
        Peer::Pods { namespaces, pods } => {
            let pods = if pods.is_everything() {
                "everybody".to_owned()
            } else {
                pods.to_string()
            };
            match namespaces {
                Namespaces::Named(name) => format!("{pods} in {name}"),
                Namespaces::Matching(selector) => format!("{pods} in {selector}"),
            }
        }
        Peer::Block(block) => block.to_string(),
        Peer::Never => "nobody".to_owned(),
    };
    match peers {
        Peers::Any => "everybody".to_owned(),
        Peers::Of(list) => list.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

fn ports(ports: &Ports) -> String {
    match ports {
        Ports::Of(list) => assert!(!list.iter().any(|port| port.range == PortRange::All)),
        Ports::All => {}
    }
    render::ports(ports)
}
