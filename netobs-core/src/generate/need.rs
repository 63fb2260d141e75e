//! What the policies of a namespace have to admit, and what is left out.
use super::{Choice, Closed, LeftOut, Phase, Request, Why, server};
use crate::{
    event::Protocol,
    inventory::{Edge, Listing, Mark, Place, Portrait, PortraitKey},
    policy::Direction,
    scene::Stage,
};

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sort {
    Dns,
    Inside,
    Monitoring,
    Named,
}

/// An edge that one direction's policies have to admit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) edge: usize,
    pub(super) direction: Direction,
    pub(super) sort: Sort,
}

#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) wanted: Vec<Need>,
    /// What is written and commented out.
    pub(super) seen_once: Vec<Need>,
    /// Whom others ask for names, where the namespace itself was not seen to ask anybody.
    pub(super) name_servers: Vec<Need>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) edges: usize,
}

/// What decides about edges.
struct Judge<'a> {
    stage: &'a Stage,
    choice: &'a Choice<'a>,
    request: &'a Request,
    closed: Closed,
}

pub(super) fn all(listing: &Listing, stage: &Stage, choice: &Choice<'_>, request: &Request) -> Needs {
    let judge = Judge {
        stage,
        choice,
        request,
        closed: Closed::new(&request.namespace),
    };
    let mut needs = Needs::default();
    for (index, edge) in listing.edges.iter().enumerate() {
        let directions = [
            (Direction::Ingress, &edge.key.destination),
            (Direction::Egress, &edge.key.source),
        ];
        let mine = directions.into_iter().filter(
            |(_, subject)| matches!(subject, Place::Workload { namespace, .. } if *namespace == request.namespace),
        );
        let is_looked_at = request.looks_at(edge);
        let mine: Vec<_> = mine.filter(|_| is_looked_at).map(|(direction, _)| direction).collect();
        needs.edges += usize::from(!mine.is_empty());
        for direction in mine {
            needs.add(index, edge, direction, &judge);
        }
    }
    if !needs.knows_name_servers() {
        let asked = server::known(listing).into_iter();
        needs.name_servers = asked
            .filter(|need| unnameable(need, &listing.edges[need.edge], choice).is_none())
            .collect();
    }
    needs
}

impl Needs {
    pub(super) fn knows_name_servers(&self) -> bool {
        let mut needs = self.wanted.iter().chain(&self.name_servers);
        needs.any(|need| need.sort == Sort::Dns)
    }

    fn add(&mut self, index: usize, edge: &Edge, direction: Direction, judge: &Judge<'_>) {
        let sort = sort(edge, direction);
        // In the first phase everything else stays open.
        if judge.request.phase == Phase::Dns && sort != Sort::Dns {
            return;
        }
        let need = Need {
            edge: index,
            direction,
            sort,
        };
        match judge.why_not(&need, edge) {
            Some(Why::SeenOnce) => {
                self.seen_once.push(need);
                self.leave_out(need, Why::SeenOnce);
            }
            Some(why) => self.leave_out(need, why),
            None => self.wanted.push(need),
        }
    }

    fn leave_out(&mut self, need: Need, why: Why) {
        self.left_out.push(LeftOut {
            edge: need.edge,
            direction: need.direction,
            why,
        });
    }
}

impl Judge<'_> {
    fn why_not(&self, need: &Need, edge: &Edge) -> Option<Why> {
        let is_refused = || {
            let mut connections = self.stage.connections(need.edge, edge).peekable();
            // Of what is behind a service, or forgotten, there may be no connection.
            connections.peek().is_none()
                || connections.any(|connection| self.closed.refuses(&connection, need.direction))
        };
        // Without name resolution nothing works, whatever became of it so far.
        let resolves_names = need.sort == Sort::Dns && server::is_sure(edge);
        let in_blanket = need.sort == Sort::Inside && self.request.is_open_inside();
        if edge.never_came_through() && !self.request.dropped && !resolves_names {
            Some(if edge.verdicts.dropped == 0 && edge.verdicts.unanswered > 0 {
                Why::Unanswered
            } else {
                Why::Dropped
            })
        } else if !is_refused() {
            Some(Why::AlwaysAdmitted)
        } else if self.request.phase == Phase::Baseline && need.sort == Sort::Named {
            Some(Why::LaterPhase)
        } else if let Some(why) = self.cannot(need, edge) {
            Some(why)
        } else if edge.is_seen_once() && !self.request.seen_once && !in_blanket && !resolves_names {
            Some(Why::SeenOnce)
        } else {
            None
        }
    }

    /// What no rule can be written for.
    fn cannot(&self, need: &Need, edge: &Edge) -> Option<Why> {
        let subject = match need.direction {
            Direction::Ingress => &edge.key.destination,
            Direction::Egress => &edge.key.source,
        };
        if place_portrait(subject, self.choice).is_none() {
            return Some(Why::NoLabels);
        }
        unnameable(need, edge, self.choice)
    }
}

/// Why no rule can name the other end.
fn unnameable(need: &Need, edge: &Edge, choice: &Choice<'_>) -> Option<Why> {
    let key = &edge.key;
    let peer = match need.direction {
        Direction::Ingress => &key.source,
        Direction::Egress => &key.destination,
    };
    let is_known = || place_portrait(peer, choice).is_some();
    match (peer, key.protocol, key.port) {
        (_, Protocol::Icmp | Protocol::Icmpv6 | Protocol::Other(_), _) => Some(Why::NoSuchProtocol),
        (_, _, None) => Some(Why::NoPort),
        (Place::Unknown, ..) => Some(Why::NoOwner),
        (Place::Workload { .. }, ..) if !is_known() => Some(Why::NoLabels),
        (Place::Service(_), ..) if need.sort != Sort::Dns => Some(Why::NoBackend),
        (Place::Node(_), ..) if edge.examples.is_empty() => Some(Why::NoAddress),
        (Place::Workload { .. } | Place::Service(_) | Place::Node(_) | Place::World(_), ..) => None,
    }
}

/// The portrait of the workload at a place, if there is one.
pub(super) fn place_portrait<'l>(place: &Place, choice: &Choice<'l>) -> Option<&'l Portrait> {
    let Place::Workload { namespace, workload } = place else {
        return None;
    };
    choice.portrait(&PortraitKey {
        namespace: namespace.clone(),
        workload: workload.clone(),
    })
}

fn sort(edge: &Edge, direction: Direction) -> Sort {
    let inside =
        edge.key.source.namespace().is_some() && edge.key.source.namespace() == edge.key.destination.namespace();
    if edge.marks.has(Mark::Dns) && direction == Direction::Egress {
        Sort::Dns
    } else if inside {
        Sort::Inside
    } else if edge.marks.has(Mark::Monitoring) && direction == Direction::Ingress {
        Sort::Monitoring
    } else {
        Sort::Named
    }
}
