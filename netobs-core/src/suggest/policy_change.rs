//! Ways of mending by policies: a port for a rule that wants only that, or a rule for just this connection.
use super::Change;
use crate::{
    event::Protocol,
    explain::{Attempt, DirectionExplanation, Mismatch},
    labels::{Labels, Requirement, Selector, Symbol},
    policy::{
        Action, Cidr, Connection, Direction, Endpoint, IpBlock, Namespaces, Peer, Peers, PodFacts, Policy, PolicySet,
        PortMatch, PortRange, Ports, Rule, matching::NAME_LABEL,
    },
};

/// Labels that are made for one pod or one version of it, and would not hold for the next.
const PASSING: [&str; 11] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether a label of this key is made for one pod or one version of it.
pub(crate) fn is_passing(key: &str) -> bool {
    PASSING.contains(&key)
}

pub(super) fn ways(
    set: &PolicySet,
    connection: &Connection<'_>,
    explanation: &DirectionExplanation,
) -> Vec<Vec<Change>> {
    let direction = explanation.direction;
    let add_port = explanation
        .attempts
        .iter()
        .find_map(|attempt| add_port(attempt, connection, direction));
    let policy = explanation.nearest().and_then(|nearest| set.get(&nearest.policy));
    let add_rule = policy.and_then(|policy| add_rule(policy, connection, direction));
    add_port
        .into_iter()
        .chain(add_rule)
        .map(|change| vec![change])
        .collect()
}

fn add_port(attempt: &Attempt, connection: &Connection<'_>, direction: Direction) -> Option<Change> {
    match attempt.mismatches.as_slice() {
        [Mismatch::Port { .. } | Mismatch::Protocol { .. }] => Some(Change::AddPort {
            policy: attempt.policy.clone(),
            direction,
            rule: attempt.rule?,
            port: port(connection)?,
        }),
        _ => None,
    }
}

fn add_rule(policy: &Policy, connection: &Connection<'_>, direction: Direction) -> Option<Change> {
    let own_namespace = match &policy.subject.namespaces {
        Namespaces::Named(name) => Some(name),
        Namespaces::Matching(_) => None,
    };
    let peer = match connection.end(direction.peer()) {
        Endpoint::Pod(pod) if !pod.host_network => pod_peer(pod, own_namespace),
        Endpoint::Unknown(_) => return None,
        Endpoint::Block(block) => Peer::Block(IpBlock {
            cidr: block,
            except: Vec::new(),
        }),
        Endpoint::Pod(_) | Endpoint::Node { .. } | Endpoint::World(_) => {
            let address = connection.addresses(direction.peer()).next()?;
            Peer::Block(IpBlock {
                cidr: Cidr::single(address),
                except: Vec::new(),
            })
        }
    };
    let ports = if connection.protocol.has_ports() {
        Ports::Of(vec![port(connection)?])
    } else {
        Ports::All
    };
    Some(Change::AddRule {
        policy: policy.id.clone(),
        direction,
        rule: Rule {
            action: Action::Allow,
            peers: Peers::Of(vec![peer]),
            ports,
        },
        first: policy.rules(direction)?.rules.is_empty(),
    })
}

fn port(connection: &Connection<'_>) -> Option<PortMatch> {
    let port = connection.port?;
    let range = PortRange::Between {
        first: port,
        last: port,
    };
    let protocol = connection.protocol;
    matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp).then_some(PortMatch { protocol, range })
}

fn pod_peer(pod: &PodFacts, own_namespace: Option<&Symbol>) -> Peer {
    let namespaces = match own_namespace {
        Some(own) if *own == pod.namespace => Namespaces::Named(own.clone()),
        Some(_) | None => {
            let named = Requirement::is(Symbol::from(NAME_LABEL), pod.namespace.clone());
            Namespaces::Matching(Selector::new(vec![named]))
        }
    };
    Peer::Pods {
        namespaces,
        pods: lasting(&pod.labels),
    }
}

fn lasting(labels: &Labels) -> Selector {
    let lasting = labels.iter().filter(|(key, _)| !is_passing(key));
    Selector::new(
        lasting
            .map(|(key, value)| Requirement::is(key.clone(), value.clone()))
            .collect(),
    )
}
