//! Gathers what has to be admitted into policies: a rule for each peer, a policy for each workload.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
};

use super::{
    Choice, Draft, DraftRule, Phase, Purpose, Request, Status,
    need::{Need, Needs, Sort, place_portrait},
    port,
};
use crate::{
    event::Protocol,
    inventory::{Edge, Listing, Place, Portrait, PortraitKey},
    labels::{Selector, Symbol},
    policy::{Cidr, Direction, IpBlock, Peer, PortMatch},
};

pub(super) fn all(listing: &Listing, request: &Request, choice: &Choice<'_>, needs: &Needs) -> Vec<Draft> {
    let mut builder = Builder {
        listing,
        request,
        choice,
        selectors: HashMap::default(),
        by_subject: BTreeMap::new(),
    };
    for (needs, status) in [
        (&needs.wanted, Status::Admitted),
        (&needs.seen_once, Status::SeenOnce),
        (&needs.name_servers, Status::Open),
    ] {
        for need in needs {
            builder.add(need, status);
        }
    }
    let mut drafts = builder.finish();
    match request.phase {
        Phase::Dns => drafts.iter_mut().for_each(open_the_rest),
        Phase::Baseline | Phase::Full => drafts.insert(0, Draft::default_deny()),
    }
    drafts
}

/// Whom a policy is for, in the order in which policies are read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Dns,
    SameNamespace,
    Monitoring,
    Workloads(Selector),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PeerKey {
    Pods { namespace: Symbol, pods: Selector },
    Block(Cidr),
}

type RuleKey = (Direction, PeerKey, Status);

#[derive(Debug, Default)]
struct Rules {
    names: BTreeSet<Symbol>,
    by_peer: BTreeMap<RuleKey, Content>,
}

#[derive(Debug, Default)]
struct Content {
    /// By number; without any, the rule is for all.
    ports: BTreeMap<(u16, Protocol), PortMatch>,
    edges: Vec<usize>,
    /// The workloads that the peer is meant to be.
    names: BTreeSet<Symbol>,
    indistinct: BTreeSet<Place>,
}

struct Builder<'a> {
    listing: &'a Listing,
    request: &'a Request,
    choice: &'a Choice<'a>,
    selectors: HashMap<&'a PortraitKey, Selector>,
    by_subject: BTreeMap<Key, Rules>,
}

impl<'a> Builder<'a> {
    fn add(&mut self, need: &Need, status: Status) {
        let edge = &self.listing.edges[need.edge];
        let (subject, peer) = match need.direction {
            Direction::Ingress => (&edge.key.destination, &edge.key.source),
            Direction::Egress => (&edge.key.source, &edge.key.destination),
        };
        let subject = place_portrait(subject, self.choice);
        let (Some(key), Some(number)) = (self.key(need, subject), edge.key.port) else {
            return;
        };
        let is_blanket = key == Key::SameNamespace;
        let wanted = if is_blanket {
            vec![PeerKey::Pods {
                namespace: self.request.namespace.clone(),
                pods: Selector::everything(),
            }]
        } else {
            self.peers(edge, peer)
        };
        let port = (!is_blanket).then(|| self.port(need, edge, &key, number));
        let name = place_portrait(peer, self.choice).map(|portrait| portrait.key.workload.name.clone());
        let rules = self.by_subject.entry(key).or_default();
        rules
            .names
            .extend(subject.map(|subject| subject.key.workload.name.clone()));
        for wanted in wanted {
            let is_for_all = matches!(&wanted, PeerKey::Pods { pods, .. } if pods.is_everything());
            let content = rules.by_peer.entry((need.direction, wanted, status)).or_default();
            content
                .indistinct
                .extend((is_for_all && !is_blanket).then(|| peer.clone()));
            content.edges.push(need.edge);
            content.names.extend(name.clone());
            if let Some(port) = &port {
                let protocol = edge.key.protocol;
                let known = content.ports.entry((number, protocol)).or_insert_with(|| port.clone());
                // Of workloads that are selected together, some may have no name for it.
                if known != port {
                    *known = port::numbered(protocol, number);
                }
            }
        }
    }

    fn key(&mut self, need: &Need, subject: Option<&'a Portrait>) -> Option<Key> {
        match need.sort {
            Sort::Dns => Some(Key::Dns),
            Sort::Inside if self.request.is_open_inside() => Some(Key::SameNamespace),
            Sort::Monitoring => Some(Key::Monitoring),
            Sort::Inside | Sort::Named => subject.map(|subject| Key::Workloads(self.selector(subject))),
        }
    }

    fn selector(&mut self, portrait: &'a Portrait) -> Selector {
        let choice = self.choice;
        let selector = self.selectors.entry(&portrait.key);
        selector.or_insert_with(|| choice.selector(portrait)).clone()
    }

    fn peers(&mut self, edge: &Edge, peer: &Place) -> Vec<PeerKey> {
        match peer {
            Place::Workload { .. } => {
                let portrait = place_portrait(peer, self.choice);
                let pods = portrait.map(|portrait| PeerKey::Pods {
                    namespace: portrait.key.namespace.clone(),
                    pods: self.selector(portrait),
                });
                pods.into_iter().collect()
            }
            Place::Service(service) => vec![PeerKey::Pods {
                namespace: service.namespace.clone(),
                pods: Selector::everything(),
            }],
            Place::World(block) => vec![PeerKey::Block(*block)],
            Place::Node(_) => {
                let is_source = *peer == edge.key.source;
                let addresses: BTreeSet<IpAddr> = edge
                    .examples
                    .iter()
                    .map(|example| {
                        if is_source {
                            example.source.address
                        } else {
                            example.destination.address
                        }
                    })
                    .collect();
                let single = |address| PeerKey::Block(Cidr::single(address));
                addresses.into_iter().map(single).collect()
            }
            Place::Unknown => Vec::new(),
        }
    }

    fn port(&mut self, need: &Need, edge: &Edge, key: &Key, number: u16) -> PortMatch {
        let protocol = edge.key.protocol;
        let server = place_portrait(&edge.key.destination, self.choice);
        let (Some(server), false) = (server, need.sort == Sort::Dns) else {
            return port::numbered(protocol, number);
        };
        let selector = match (need.direction, key) {
            (Direction::Egress, _) => self.selector(server),
            (Direction::Ingress, Key::Workloads(selector)) => selector.clone(),
            (Direction::Ingress, Key::Dns | Key::SameNamespace | Key::Monitoring) => Selector::everything(),
        };
        port::of(server, protocol, number, self.choice, &selector)
    }

    fn finish(self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (key, rules) in self.by_subject {
            let (purpose, subject) = match key {
                Key::Dns => (Purpose::Dns, Selector::everything()),
                Key::SameNamespace => (Purpose::SameNamespace, Selector::everything()),
                Key::Monitoring => (Purpose::Monitoring, Selector::everything()),
                Key::Workloads(selector) => {
                    let also = others(self.choice, &self.request.namespace, &selector, &rules.names);
                    let names = rules.names.iter().cloned().collect();
                    (Purpose::Workloads { names, also }, selector)
                }
            };
            let mut draft = Draft::empty(purpose, subject);
            for ((direction, peer, status), content) in rules.by_peer {
                let rules = draft.rules_mut(direction).get_or_insert_default();
                let rule = rule(&peer, status, content, self.choice, self.request);
                join(rules, rule);
            }
            if draft.purpose == Purpose::Dns {
                draft.egress.iter_mut().flatten().for_each(also_over_tcp);
            }
            drafts.push(draft);
        }
        drafts.sort_by_cached_key(|draft| order(&draft.purpose));
        drafts
    }
}

/// Workloads by their names; what is for all comes before.
fn order(purpose: &Purpose) -> (u8, Vec<Symbol>) {
    match purpose {
        Purpose::DefaultDeny => (0, Vec::new()),
        Purpose::Dns => (1, Vec::new()),
        Purpose::SameNamespace => (2, Vec::new()),
        Purpose::Monitoring => (3, Vec::new()),
        Purpose::Workloads { names, .. } => (4, names.clone()),
    }
}

fn rule(peer: &PeerKey, status: Status, content: Content, choice: &Choice<'_>, request: &Request) -> DraftRule {
    let (peer, also) = match peer {
        PeerKey::Pods { namespace, pods } => (
            Peer::Pods {
                namespaces: choice.namespaces(namespace, &request.namespace),
                pods: pods.clone(),
            },
            if pods.is_everything() {
                Vec::new()
            } else {
                others(choice, namespace, pods, &content.names)
            },
        ),
        PeerKey::Block(cidr) => (
            Peer::Block(IpBlock {
                cidr: *cidr,
                except: Vec::new(),
            }),
            Vec::new(),
        ),
    };
    DraftRule {
        peers: vec![peer],
        ports: content.ports.into_values().collect(),
        edges: content.edges,
        status,
        also,
        indistinct: content.indistinct.into_iter().collect(),
    }
}

/// What the selector selects beside the workloads of these names.
fn others(choice: &Choice<'_>, namespace: &str, selector: &Selector, names: &BTreeSet<Symbol>) -> Vec<Symbol> {
    let selected = choice.selected(namespace, selector);
    let others = selected.map(|portrait| &portrait.key.workload.name);
    let others: BTreeSet<_> = others.filter(|name| !names.contains(*name)).cloned().collect();
    others.into_iter().collect()
}

/// Blocks at the same ports stand in one rule.
fn join(rules: &mut Vec<DraftRule>, rule: DraftRule) {
    let is_block = |rule: &DraftRule| matches!(rule.peers.first(), Some(Peer::Block(_)));
    let same = |other: &&mut DraftRule| is_block(other) && other.status == rule.status && other.ports == rule.ports;
    match rules.iter_mut().find(same).filter(|_| is_block(&rule)) {
        Some(other) => {
            other.peers.extend(rule.peers);
            other.edges.extend(rule.edges);
            other.edges.sort_unstable();
            other.edges.dedup();
        }
        None => rules.push(rule),
    }
}

/// Answers that are too long for UDP are asked for again over TCP.
fn also_over_tcp(rule: &mut DraftRule) {
    let over_tcp: Vec<_> = rule
        .ports
        .iter()
        .filter(|port| port.protocol == Protocol::Udp)
        .map(|port| PortMatch {
            protocol: Protocol::Tcp,
            ..port.clone()
        })
        .collect();
    for port in over_tcp {
        if !rule.ports.contains(&port) {
            rule.ports.push(port);
        }
    }
}

fn open_the_rest(draft: &mut Draft) {
    let open = DraftRule {
        peers: Vec::new(),
        ports: Vec::new(),
        edges: Vec::new(),
        status: Status::Open,
        also: Vec::new(),
        indistinct: Vec::new(),
    };
    draft.egress.iter_mut().for_each(|rules| rules.push(open.clone()));
}
