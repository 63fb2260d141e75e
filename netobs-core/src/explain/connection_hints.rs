//! Looks at both directions and at name resolution together.
use std::ops::ControlFlow;

use super::{ConnectionHint, Surroundings, rule_hints::is_namespace_selector};
use crate::{
    event::Protocol,
    policy::{
        Action, Admission, Connection, Decision, Direction, Endpoint, Evaluation, Namespaces, Outcome, Peer, Peers,
        PodFacts, PolicySet, PortMatch, PortRange, Ports, RuleRef,
        matching::{self, Match},
    },
};

/// What is asked on this port is hinted at otherwise.
pub(crate) const DNS_PORT: u16 = 53;

pub(super) fn find(
    set: &PolicySet,
    connection: &Connection<'_>,
    evaluation: &Evaluation<'_>,
    surroundings: &dyn Surroundings,
) -> Vec<ConnectionHint> {
    let mut hints = Vec::new();
    hints.extend(one_direction_only(evaluation));
    let asks_dns = connection.port == Some(DNS_PORT) && matches!(connection.protocol, Protocol::Udp | Protocol::Tcp);
    if asks_dns && !evaluation.outcome().passes() {
        hints.push(ConnectionHint::ThisIsDns);
    } else if !asks_dns
        && let Some(pod) = connection.source.pod()
        && !may_ask_dns(set, pod, surroundings)
    {
        hints.push(ConnectionHint::DnsNotAdmitted);
    }
    for decision in [&evaluation.ingress, &evaluation.egress] {
        if let Decision::Admits(Admission::Rule(rule)) = decision {
            hints.extend(either_is_enough(rule, connection));
        }
    }
    hints
}

fn one_direction_only(evaluation: &Evaluation<'_>) -> Option<ConnectionHint> {
    let admitted = match (evaluation.ingress.outcome(), evaluation.egress.outcome()) {
        (Outcome::Admits, Outcome::DoesNotAdmit) => Direction::Ingress,
        (Outcome::DoesNotAdmit, Outcome::Admits) => Direction::Egress,
        _ => return None,
    };
    Some(ConnectionHint::OneDirectionOnly { admitted })
}

/// Whether a pod may send to a name server of the cluster, or, where none is known, to anyone's port 53.
pub(crate) fn may_ask_dns(set: &PolicySet, pod: &PodFacts, surroundings: &dyn Surroundings) -> bool {
    if set.isolating(pod, Direction::Egress, None).next().is_none() {
        return true;
    }
    let mut server_known = false;
    let mut admitted = false;
    surroundings.each_pod(Some("kube-system"), &mut |server| {
        if server.labels.get("k8s-app").is_some_and(|app| *app == "kube-dns") {
            let question = Connection::between(Endpoint::Pod(pod), Endpoint::Pod(server), Protocol::Udp, DNS_PORT);
            server_known = true;
            admitted = set.decide(&question, Direction::Egress).outcome() != Outcome::DoesNotAdmit;
        }
        if admitted {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if server_known {
        admitted
    } else {
        some_rule_admits_dns(set, pod)
    }
}

/// Where no name server is known: whether a rule speaks of port 53, or is open to about everything.
fn some_rule_admits_dns(set: &PolicySet, pod: &PodFacts) -> bool {
    let rules = set
        .isolating(pod, Direction::Egress, None)
        .filter_map(|policy| policy.egress.as_ref());
    rules
        .flat_map(|rules| &rules.rules)
        .filter(|rule| rule.action == Action::Allow)
        .any(|rule| match &rule.ports {
            Ports::All => is_wide(&rule.peers),
            Ports::Of(ports) => {
                ports.iter().any(is_for_dns) && !matches!(&rule.peers, Peers::Of(peers) if peers.is_empty())
            }
        })
}

fn is_for_dns(port: &PortMatch) -> bool {
    port.protocol == Protocol::Udp
        && match &port.range {
            PortRange::All => true,
            PortRange::Between { first, last } => (*first..=*last).contains(&DNS_PORT),
            PortRange::Named(name) => name.contains("dns"),
        }
}

fn is_wide(peers: &Peers) -> bool {
    let is_wide_peer = |peer: &Peer| match peer {
        Peer::Pods {
            namespaces: Namespaces::Matching(namespaces),
            pods,
        } => namespaces.is_everything() && pods.is_everything(),
        Peer::Pods {
            namespaces: Namespaces::Named(_),
            ..
        }
        | Peer::Never => false,
        Peer::Block(block) => block.cidr.prefix() == 0,
    };
    match peers {
        Peers::Any => true,
        Peers::Of(peers) => peers.iter().any(is_wide_peer),
    }
}

fn either_is_enough(rule: &RuleRef<'_>, connection: &Connection<'_>) -> Option<ConnectionHint> {
    let Peers::Of(peers) = &rule.rule()?.peers else {
        return None;
    };
    let end = rule.direction.peer();
    let pod_selector =
        |peer: &&Peer| matches!(peer, Peer::Pods { namespaces: Namespaces::Named(_), pods } if !pods.is_everything());
    let by_namespace = peers.iter().find(|peer| is_namespace_selector(peer))?;
    let by_pod = peers.iter().find(pod_selector)?;
    let matches = |peer| matching::peer(peer, connection, end) == Match::Yes;
    (matches(by_namespace) != matches(by_pod)).then(|| ConnectionHint::EitherIsEnough {
        policy: rule.policy.id.clone(),
        rule: rule.index,
    })
}
