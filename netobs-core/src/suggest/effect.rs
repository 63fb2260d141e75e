//! What changes would open beside the connection they are for, and what they would close.
use std::ops::ControlFlow;

use super::{Affected, Change, Opening, Suggestion, trial::pod_after};
use crate::{
    explain::{ObjectRef, Surroundings},
    labels::{Selector, Symbol},
    policy::{
        Action, Connection, Direction, End, Endpoint, Namespaces, Peer, Peers, PodFacts, Policy, PolicyId, PolicySet,
        Ports, Rule,
        matching::{self, Match},
    },
};

/// How many pods an opening names.
const MOST_NAMED: usize = 10;

pub(super) fn of(
    set: &PolicySet,
    connection: &Connection<'_>,
    changes: Vec<Change>,
    surroundings: &dyn Surroundings,
) -> Suggestion {
    let mut effects = Effects::default();
    let concerned = pods_concerned(connection, &changes, surroundings);
    for policy in set.iter() {
        effects.isolation(policy, &concerned);
        for direction in [Direction::Ingress, Direction::Egress] {
            let rules = policy.rules(direction).map_or(&[][..], |rules| &rules.rules);
            for rule in rules.iter().filter(|rule| rule.action == Action::Allow) {
                effects.rule((policy, direction, rule), &changes, &concerned, connection);
            }
        }
    }
    for change in &changes {
        effects.policy_change(set, change, connection, surroundings);
    }
    let Effects {
        opens,
        closes,
        isolates,
        frees,
    } = effects;
    Suggestion {
        changes,
        opens,
        closes,
        isolates,
        frees,
    }
}

#[derive(Default)]
struct Effects {
    opens: Vec<Opening>,
    closes: Vec<Opening>,
    isolates: Vec<PolicyId>,
    frees: Vec<PolicyId>,
}

/// A pod before and after.
struct Concerned {
    before: PodFacts,
    after: PodFacts,
}

impl Effects {
    fn isolation(&mut self, policy: &Policy, concerned: &[Concerned]) {
        for Concerned { before, after } in concerned.iter().filter(|pod| !pod.before.host_network) {
            let selects = |pod| matching::subject(&policy.subject, pod, End::Source) == Match::Yes;
            match (selects(before), selects(after)) {
                (false, true) => self.isolates.push(policy.id.clone()),
                (true, false) => self.frees.push(policy.id.clone()),
                (true, true) | (false, false) => {}
            }
        }
        self.isolates.dedup();
        self.frees.dedup();
    }

    fn rule(
        &mut self,
        (policy, direction, rule): (&Policy, Direction, &Rule),
        changes: &[Change],
        concerned: &[Concerned],
        asked: &Connection<'_>,
    ) {
        // All others say of a pod what they said of it before.
        let (asking, others): (Vec<_>, Vec<_>) = peers(rule).partition(|peer| asks_for(peer, changes));
        if asking.is_empty() {
            return;
        }
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for Concerned { before, after } in concerned {
            let [was, is] = [before, after].map(|pod| asking.iter().any(|peer| selects(peer, pod)));
            if was != is && !others.iter().any(|peer| selects(peer, before)) {
                let list = if is { &mut opened } else { &mut closed };
                list.push(name(before));
            }
        }
        let asked_only = is_asked_only(policy, rule, direction, &opened, asked);
        for (pods, list) in [(opened, &mut self.opens), (closed, &mut self.closes)] {
            if !pods.is_empty() {
                list.push(opening(policy, direction, &rule.ports, some_of(pods)));
            }
        }
        if asked_only {
            self.opens.pop();
        }
    }

    fn policy_change(
        &mut self,
        set: &PolicySet,
        change: &Change,
        asked: &Connection<'_>,
        surroundings: &dyn Surroundings,
    ) {
        match change {
            Change::SetLabel { .. } | Change::RemoveLabel { .. } => {}
            Change::AddRule {
                policy,
                direction,
                rule,
                ..
            } => {
                // The rule is for pods like the asked one, in its namespace; if that is no pod, for one address.
                let Some(peer) = asked.end(direction.peer()).pod() else {
                    return;
                };
                let mut pods = Vec::new();
                surroundings.each_pod(Some(&peer.namespace), &mut |pod| {
                    if is_peer(&rule.peers, pod) && pod.name != peer.name {
                        pods.push(name(pod));
                    }
                    ControlFlow::Continue(())
                });
                if let Some(policy) = set.get(policy)
                    && !pods.is_empty()
                {
                    self.opens.push(opening(policy, *direction, &rule.ports, some_of(pods)));
                }
            }
            Change::AddPort {
                policy,
                direction,
                rule,
                port,
            } => {
                if let Some(policy) = set.get(policy) {
                    let ports = Ports::Of(vec![port.clone()]);
                    self.opens.push(opening(
                        policy,
                        *direction,
                        &ports,
                        Affected::PeersOfRule { rule: *rule },
                    ));
                }
            }
        }
    }
}

/// The pods whose labels, or whose namespace's labels, change.
fn pods_concerned(connection: &Connection<'_>, changes: &[Change], surroundings: &dyn Surroundings) -> Vec<Concerned> {
    let mut pods: Vec<Concerned> = Vec::new();
    let mut add = |pod: &PodFacts| {
        let after = pod_after(pod, changes);
        let known = pods
            .iter()
            .any(|known| known.before.name == pod.name && known.before.namespace == pod.namespace);
        if after != *pod && !known {
            pods.push(Concerned {
                before: pod.clone(),
                after,
            });
        }
    };
    for end in [connection.source, connection.destination] {
        if let Endpoint::Pod(pod) = end {
            add(pod);
        }
    }
    let mut namespaces: Vec<&Symbol> = Vec::new();
    for change in changes {
        if let Some(ObjectRef::Namespace(namespace)) = change.object()
            && !namespaces.contains(&namespace)
        {
            namespaces.push(namespace);
            surroundings.each_pod(Some(namespace), &mut |pod| {
                add(pod);
                ControlFlow::Continue(())
            });
        }
    }
    pods
}

fn peers(rule: &Rule) -> impl Iterator<Item = &Peer> {
    match &rule.peers {
        Peers::Any => [].iter(),
        Peers::Of(peers) => peers.iter(),
    }
}

/// Whether a label that changes is one that the peer asks for.
fn asks_for(peer: &Peer, changes: &[Change]) -> bool {
    let Peer::Pods { namespaces, pods } = peer else {
        return false;
    };
    let asks = |selector: &Selector, key: &Symbol| selector.requirements.iter().any(|one| one.key == *key);
    changes.iter().any(|change| match change {
        Change::SetLabel { object, key, .. } | Change::RemoveLabel { object, key, .. } => match (object, namespaces) {
            (ObjectRef::Pod { .. }, _) => asks(pods, key),
            (ObjectRef::Namespace(_), Namespaces::Matching(selector)) => asks(selector, key),
            (ObjectRef::Namespace(_), Namespaces::Named(_)) => false,
        },
        Change::AddRule { .. } | Change::AddPort { .. } => false,
    })
}

fn selects(peer: &Peer, pod: &PodFacts) -> bool {
    match peer {
        Peer::Pods { namespaces, pods } => {
            !pod.host_network
                && pods.matches(&pod.labels)
                && matching::namespaces(namespaces, pod, End::Source) == Match::Yes
        }
        Peer::Block(_) | Peer::Never => false,
    }
}

fn is_peer(peers: &Peers, pod: &PodFacts) -> bool {
    match peers {
        Peers::Any => true,
        Peers::Of(peers) => peers.iter().any(|peer| selects(peer, pod)),
    }
}

/// Whether all that is opened is what was asked for: this one pod, to a policy for no other pods, on no other port.
fn is_asked_only(
    policy: &Policy,
    rule: &Rule,
    direction: Direction,
    opened: &[(Symbol, Symbol)],
    asked: &Connection<'_>,
) -> bool {
    let only_port = match &rule.ports {
        Ports::All => false,
        Ports::Of(ports) => ports.len() == 1 && matching::ports(&rule.ports, asked) == Match::Yes,
    };
    let subject_is_one =
        matches!(&policy.subject.namespaces, Namespaces::Named(_)) && !policy.subject.pods.is_everything();
    let only_peer = asked.end(direction.peer()).pod().map(name);
    opened.len() == 1 && opened.first() == only_peer.as_ref() && only_port && subject_is_one
}

fn opening(policy: &Policy, direction: Direction, ports: &Ports, peers: Affected) -> Opening {
    Opening {
        policy: policy.id.clone(),
        direction,
        peers,
        subject: policy.subject.clone(),
        ports: ports.clone(),
    }
}

fn some_of(mut pods: Vec<(Symbol, Symbol)>) -> Affected {
    let count = pods.len();
    pods.truncate(MOST_NAMED);
    Affected::Pods { some: pods, count }
}

fn name(pod: &PodFacts) -> (Symbol, Symbol) {
    (pod.namespace.clone(), pod.name.clone())
}
