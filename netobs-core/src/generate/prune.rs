//! Takes away what is not needed: where selectors or blocks overlap, one rule may do what another is for.
use std::collections::{BTreeMap, BTreeSet};

use super::{Choice, Closed, Draft, DraftRule, Purpose, Request, Status, backend, need::Need};
use crate::{
    event::Protocol,
    inventory::Listing,
    policy::{
        Connection, Direction, Peer, PortMatch,
        matching::{self, Match},
    },
    scene::Stage,
};

/// Where a rule stands.
type Place = (usize, Direction, usize);

/// A part of a rule that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Peer(Place, usize),
    Port(Place, usize),
}

/// One way in which a connection is admitted; it needs both parts.
#[derive(Clone, Copy, Debug)]
struct Way {
    peer: Part,
    /// `None` where the rule is for every port.
    port: Option<Part>,
}

#[derive(Default)]
struct Ways {
    /// For each connection that must be admitted, its edge and the ways in which it is.
    connections: Vec<(usize, Vec<Way>)>,
    users: BTreeMap<Part, Vec<usize>>,
    gone: BTreeSet<Part>,
}

pub(super) fn prune(
    drafts: &mut Vec<Draft>,
    request: &Request,
    stage: &Stage,
    listing: &Listing,
    choice: &Choice<'_>,
    needs: &[Need],
) {
    let mut ways = Ways::default();
    let closed = Closed::new(&request.namespace);
    for need in needs {
        let edge = &listing.edges[need.edge];
        let mut add = |connection: Connection<'_>| {
            if closed.refuses(&connection, need.direction) {
                ways.add(need, &all_ways(drafts, request, &connection, need.direction));
            }
        };
        match backend::ends(edge, need.direction, choice) {
            Some(ends) => add(ends.connection(edge)),
            None => stage.connections(need.edge, edge).for_each(add),
        }
    }
    let spare = spare(drafts);
    let parts: Vec<_> = ways.users.keys().rev().copied().collect();
    for part in parts {
        if !spare.contains(&part) && ways.can_do_without(part) {
            ways.gone.insert(part);
        }
    }
    let edges = ways.edges();
    for (index, draft) in drafts.iter_mut().enumerate() {
        for direction in [Direction::Ingress, Direction::Egress] {
            if let Some(rules) = draft.rules_mut(direction) {
                cut(rules, (index, direction), &ways, &spare, &edges);
            }
            if draft.purpose != Purpose::DefaultDeny && draft.rules(direction).is_some_and(Vec::is_empty) {
                *draft.rules_mut(direction) = None;
            }
        }
    }
    drafts.retain(|draft| draft.purpose == Purpose::DefaultDeny || has_rules(draft));
}

impl Ways {
    fn add(&mut self, need: &Need, ways: &[Way]) {
        let number = self.connections.len();
        for part in ways.iter().flat_map(Way::parts) {
            let users = self.users.entry(part).or_default();
            if users.last() != Some(&number) {
                users.push(number);
            }
        }
        self.connections.push((need.edge, ways.to_vec()));
    }

    fn can_do_without(&self, part: Part) -> bool {
        let users = self.users.get(&part).map_or(&[][..], Vec::as_slice);
        users.iter().all(|user| {
            let (_, ways) = &self.connections[*user];
            let mut others = ways.iter().filter(|way| way.parts().all(|other| other != part));
            others.any(|way| self.is_open(way)) || !ways.iter().any(|way| self.is_open(way))
        })
    }

    fn is_open(&self, way: &Way) -> bool {
        way.parts().all(|part| !self.gone.contains(&part))
    }

    /// The edges that each rule is for: those that come through it first.
    fn edges(&self) -> BTreeMap<Place, BTreeSet<usize>> {
        let mut edges: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (edge, ways) in &self.connections {
            if let Some(way) = ways.iter().find(|way| self.is_open(way)) {
                edges.entry(way.peer.place()).or_default().insert(*edge);
            }
        }
        edges
    }
}

impl Way {
    fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        std::iter::once(self.peer).chain(self.port)
    }
}

impl Part {
    const fn place(self) -> Place {
        match self {
            Self::Peer(place, _) | Self::Port(place, _) => place,
        }
    }
}

fn all_ways(drafts: &[Draft], request: &Request, connection: &Connection<'_>, direction: Direction) -> Vec<Way> {
    let Some(pod) = connection.end(direction.subject()).pod() else {
        return Vec::new();
    };
    if pod.namespace != request.namespace {
        return Vec::new();
    }
    let mut ways = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let Some(rules) = draft.rules(direction) else { continue };
        if !draft.subject.matches(&pod.labels) {
            continue;
        }
        for (number, rule) in rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.status != Status::SeenOnce)
        {
            let place = (index, direction, number);
            ways.extend(ways_through(rule, place, connection));
        }
    }
    ways
}

fn ways_through(rule: &DraftRule, place: Place, connection: &Connection<'_>) -> Vec<Way> {
    let direction = place.1;
    let is_pod = connection.end(direction.peer()).pod().is_some();
    let peer_matches = |peer: &Peer| {
        // What a block does to pods is left to whoever enforces policies.
        let counts = !is_pod || !matches!(peer, Peer::Block(_));
        counts && matching::peer(peer, connection, direction.peer()) == Match::Yes
    };
    let port_matches = |port: &PortMatch| matching::port(port, connection) == Match::Yes;
    let mut ways = Vec::new();
    for (peer, _) in rule.peers.iter().enumerate().filter(|(_, peer)| peer_matches(peer)) {
        let peer = Part::Peer(place, peer);
        if rule.ports.is_empty() {
            ways.push(Way { peer, port: None });
        }
        for (port, _) in rule.ports.iter().enumerate().filter(|(_, port)| port_matches(port)) {
            let port = Some(Part::Port(place, port));
            ways.push(Way { peer, port });
        }
    }
    ways
}

/// What is there though nobody was seen to need it: name resolution over TCP, and what is open whatever was seen.
fn spare(drafts: &[Draft]) -> BTreeSet<Part> {
    let mut spare = BTreeSet::new();
    let dns = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.purpose == Purpose::Dns);
    for (index, draft) in dns {
        for (number, rule) in draft.egress.iter().flatten().enumerate() {
            let place = (index, Direction::Egress, number);
            let is_open = rule.status == Status::Open;
            let ports = rule.ports.iter().enumerate();
            let ports = ports.filter(|(_, port)| is_open || port.protocol == Protocol::Tcp);
            spare.extend(ports.map(|(port, _)| Part::Port(place, port)));
            let peers = if is_open { 0..rule.peers.len() } else { 0..0 };
            spare.extend(peers.map(|peer| Part::Peer(place, peer)));
        }
    }
    spare
}

fn cut(
    rules: &mut Vec<DraftRule>,
    (draft, direction): (usize, Direction),
    ways: &Ways,
    spare: &BTreeSet<Part>,
    edges: &BTreeMap<Place, BTreeSet<usize>>,
) {
    let is_needed = |part| ways.users.contains_key(&part) && !ways.gone.contains(&part) || spare.contains(&part);
    for (number, rule) in rules
        .iter_mut()
        .enumerate()
        .filter(|(_, rule)| rule.status == Status::Admitted)
    {
        let place = (draft, direction, number);
        let is_for_all_ports = rule.ports.is_empty();
        keep(&mut rule.peers, |peer| is_needed(Part::Peer(place, peer)));
        keep(&mut rule.ports, |port| is_needed(Part::Port(place, port)));
        if rule.ports.is_empty() && !is_for_all_ports {
            rule.peers.clear();
        }
        rule.edges = edges.get(&place).into_iter().flatten().copied().collect();
    }
    rules.retain(|rule| rule.status != Status::Admitted || !rule.peers.is_empty());
}

fn keep<T>(list: &mut Vec<T>, is_needed: impl Fn(usize) -> bool) {
    let mut index = 0;
    list.retain(|_| {
        index += 1;
        is_needed(index - 1)
    });
}

fn has_rules(draft: &Draft) -> bool {
    draft.ingress.iter().chain(&draft.egress).any(|rules| !rules.is_empty())
}
