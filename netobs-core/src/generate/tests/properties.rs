//! Generated policies admit what they came from, and nothing can be taken from them.
use proptest::{option, prelude::*, sample::select};

use super::{
    super::{Phase, Plan, Request, Status, Why, generate},
    full,
};
use crate::{
    change::Scoped,
    event::Protocol,
    inventory::{By, Edge, Listing, Mark, Place},
    labels::Labels,
    policy::{Connection, Direction, Endpoint, Peers, PodFacts, Policy, PolicySet, Ports, Rule},
    render,
    scene::{Stage, seen::inventory},
};

proptest! {
    #[test]
    fn generated_policies_admit_every_edge_they_came_from(listing in inventory(), request in requests()) {
        let plan = generate(&listing, &request);
        let set = plan.policy_set();
        for (edge, direction, admitted) in wanted(&listing, &request, &plan, &set) {
            prop_assert!(admitted, "{} ({direction:?})\n{plan:#?}", render::generate::ends(&listing.edges[edge]));
        }
    }

    #[test]
    fn no_part_of_generated_policies_can_be_taken_away(listing in inventory(), request in requests()) {
        let plan = generate(&listing, &request);
        for (smaller, what) in smaller(&plan) {
            let mut edges = wanted(&listing, &request, &plan, &smaller).into_iter();
            prop_assert!(edges.any(|(_, _, admitted)| !admitted), "{what} is not needed\n{plan:#?}");
        }
    }

    #[test]
    fn name_resolution_is_admitted_wherever_a_name_server_is_known(listing in inventory(), request in requests()) {
        let is_server = |place: &Place| {
            matches!(place, Place::Service(_)) || matches!(place, Place::Workload { workload, .. } if workload.name != "gone")
        };
        let mut edges = listing.edges.iter();
        let is_known = edges.any(|edge| {
            edge.marks.get(Mark::Dns) == Some(By::Service) && edge.key.port.is_some() && is_server(&edge.key.destination)
        });
        let plan = generate(&listing, &request);
        prop_assert!(plan.knows_name_servers || !is_known, "{plan:#?}");
    }

    #[test]
    fn the_order_of_what_was_seen_does_not_matter(listing in inventory(), request in requests()) {
        let mut turned = listing.clone();
        turned.portraits.reverse();
        let plan = generate(&listing, &request);
        prop_assert_eq!(plan.drafts, generate(&turned, &request).drafts);
    }
}

/// Whether each edge that is not left out is admitted, in each direction that is the namespace's business.
fn wanted(listing: &Listing, request: &Request, plan: &Plan, set: &PolicySet) -> Vec<(usize, Direction, bool)> {
    let stage = Stage::of(listing);
    let mut found = Vec::new();
    for (index, edge) in listing.edges.iter().enumerate() {
        if request.since.is_some_and(|since| edge.last < since) {
            continue;
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            let left_out = plan
                .left_out
                .iter()
                .find(|one| one.edge == index && one.direction == direction);
            if left_out.is_some_and(|one| one.why != Why::AlwaysAdmitted) {
                continue;
            }
            let admitted = match &edge.key.destination {
                Place::Service(service) if direction == Direction::Egress => {
                    backend_is_admitted(listing, edge, service, set)
                }
                Place::Workload { .. } | Place::Service(_) | Place::Node(_) | Place::World(_) | Place::Unknown => stage
                    .connections(index, edge)
                    .filter(|connection| {
                        let subject = connection.end(direction.subject()).pod();
                        subject.is_some_and(|pod| pod.namespace == request.namespace)
                    })
                    .all(|connection| is_admitted(&connection, direction, set)),
            };
            found.push((index, direction, admitted));
        }
    }
    found
}

/// Whoever enforces policies: what a block does to pods is left to them, so pods are judged as if they had no address.
fn is_admitted(connection: &Connection<'_>, direction: Direction, set: &PolicySet) -> bool {
    let peer = connection.end(direction.peer()).pod().map(|pod| PodFacts {
        addresses: [].into(),
        ..pod.clone()
    });
    let connection = match (&peer, direction) {
        (Some(peer), Direction::Ingress) => Connection {
            source: Endpoint::Pod(peer),
            source_address: None,
            ..*connection
        },
        (Some(peer), Direction::Egress) => Connection {
            destination: Endpoint::Pod(peer),
            destination_address: None,
            ..*connection
        },
        (None, _) => *connection,
    };
    set.decide(&connection, direction).outcome().passes()
}

/// Of a pod behind a service only the namespace is known.
fn backend_is_admitted(listing: &Listing, edge: &Edge, service: &Scoped, set: &PolicySet) -> bool {
    let Place::Workload { namespace, workload } = &edge.key.source else {
        return true;
    };
    if namespace != "shop" {
        return true;
    }
    let known = listing.portraits.iter();
    let source = known
        .clone()
        .find(|portrait| portrait.key.namespace == *namespace && portrait.key.workload == *workload);
    let mut neighbours = known.filter(|portrait| portrait.key.namespace == service.namespace);
    let backend = PodFacts {
        namespace: service.namespace.clone(),
        name: "".into(),
        labels: Labels::default(),
        namespace_labels: neighbours.find_map(|portrait| portrait.namespace_labels.clone()),
        addresses: [].into(),
        host_network: false,
        node: None,
        ports: [].into(),
    };
    source.zip(edge.key.port).is_none_or(|(source, port)| {
        let source = source.facts();
        let ends = (Endpoint::Pod(&source), Endpoint::Pod(&backend));
        let connection = Connection::between(ends.0, ends.1, edge.key.protocol, port);
        set.decide(&connection, Direction::Egress).outcome().passes()
    })
}

/// The policies, each time without one rule, one peer or one port.
fn smaller(plan: &Plan) -> Vec<(PolicySet, String)> {
    let policies: Vec<_> = plan.policies().collect();
    let mut all = Vec::new();
    for (number, policy) in policies.iter().enumerate() {
        for direction in [Direction::Ingress, Direction::Egress] {
            // What is open whatever was seen is not there for an edge.
            let mut rules = plan.drafts[number].rules(direction).into_iter().flatten();
            let is_open = rules.any(|rule| rule.status == Status::Open);
            let smaller = if is_open {
                Vec::new()
            } else {
                without_a_part(policy, direction)
            };
            for smaller in smaller {
                let what = format!("{} ({direction:?}) less {}", policy.id.name, smaller.1);
                let mut others = policies.clone();
                others[number] = smaller.0;
                all.push((others.into_iter().collect(), what));
            }
        }
    }
    all
}

fn without_a_part(policy: &Policy, direction: Direction) -> Vec<(Policy, String)> {
    let mut all = Vec::new();
    let change = |what: String, change: &dyn Fn(&mut Vec<Rule>)| {
        let mut smaller = policy.clone();
        let rules = match direction {
            Direction::Ingress => smaller.ingress.as_mut(),
            Direction::Egress => smaller.egress.as_mut(),
        };
        change(&mut rules.unwrap().rules);
        (smaller, what)
    };
    let Some(rules) = policy.rules(direction) else {
        return all;
    };
    for (index, rule) in rules.rules.iter().enumerate() {
        all.push(change(format!("rule {index}"), &|rules| drop(rules.remove(index))));
        if let Peers::Of(peers) = &rule.peers {
            for peer in 0..peers.len() {
                all.push(change(format!("rule {index} peer {peer}"), &|rules| {
                    if let Peers::Of(peers) = &mut rules[index].peers {
                        peers.remove(peer);
                    }
                }));
            }
        }
        if let Ports::Of(ports) = &rule.ports {
            for (port, what) in ports.iter().enumerate() {
                let is_fallback = policy.id.name == "allow-dns" && what.protocol == Protocol::Tcp;
                if !is_fallback {
                    all.push(change(format!("rule {index} port {what}"), &|rules| {
                        if let Ports::Of(ports) = &mut rules[index].ports {
                            ports.remove(port);
                        }
                    }));
                }
            }
        }
    }
    all
}

fn requests() -> impl Strategy<Value = Request> {
    let phase = select(vec![Phase::Dns, Phase::Baseline, Phase::Full, Phase::Full]);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        option::of(select(vec!["team"])),
    );
    (phase, flags).prop_map(|(phase, (seen_once, dropped, open_inside, label))| Request {
        phase,
        seen_once,
        dropped,
        open_inside,
        namespace_labels: label.into_iter().map(Into::into).collect(),
        ..full()
    })
}
