//! What the policies of a namespace have to admit, and what is left out.
use super::{Choice, Draft, LeftOut, Phase, Request, Why};
use crate::{
    event::Protocol,
    inventory::{Edge, Listing, Mark, Place, Portrait, PortraitKey},
    policy::{Direction, PolicySet},
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
    pub(super) left_out: Vec<LeftOut>,
    pub(super) edges: usize,
}

/// What decides about edges.
struct Judge<'a> {
    stage: &'a Stage,
    choice: &'a Choice<'a>,
    request: &'a Request,
    /// Refuses whatever policies can refuse.
    deny: PolicySet,
}

pub(super) fn all(listing: &Listing, stage: &Stage, choice: &Choice<'_>, request: &Request) -> Needs {
    let judge = Judge {
        stage,
        choice,
        request,
        deny: [Draft::default_deny().policy(&request.namespace)].into_iter().collect(),
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
        let is_late = request.since.is_none_or(|since| edge.last >= since);
        let mine: Vec<_> = mine.filter(|_| is_late).map(|(direction, _)| direction).collect();
        needs.edges += usize::from(!mine.is_empty());
        for direction in mine {
            needs.add(index, edge, direction, &judge);
        }
    }
    needs
}

impl Needs {
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
            let mut connections = self.stage.connections(need.edge, edge);
            // Of an edge of which no connection is known, it is not known either that it is always admitted.
            let is_known = connections.clone().next().is_some();
            !is_known || connections.any(|connection| !self.deny.decide(&connection, need.direction).outcome().passes())
        };
        let in_blanket = need.sort == Sort::Inside && self.request.is_open_inside();
        if edge.never_came_through() && !self.request.dropped {
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
        } else if edge.is_seen_once() && !self.request.seen_once && !in_blanket {
            Some(Why::SeenOnce)
        } else {
            None
        }
    }

    /// What no rule can be written for.
    fn cannot(&self, need: &Need, edge: &Edge) -> Option<Why> {
        let key = &edge.key;
        let (subject, peer) = match need.direction {
            Direction::Ingress => (&key.destination, &key.source),
            Direction::Egress => (&key.source, &key.destination),
        };
        let is_known = |place: &Place| place_portrait(place, self.choice).is_some();
        if !is_known(subject) {
            return Some(Why::NoLabels);
        }
        match (peer, key.protocol, key.port) {
            (_, Protocol::Icmp | Protocol::Icmpv6 | Protocol::Other(_), _) => Some(Why::NoSuchProtocol),
            (_, _, None) => Some(Why::NoPort),
            (Place::Unknown, ..) => Some(Why::NoOwner),
            (Place::Workload { .. }, ..) if !is_known(peer) => Some(Why::NoLabels),
            (Place::Service(_), ..) if need.sort != Sort::Dns || edge.examples.is_empty() => Some(Why::NoBackend),
            (Place::Node(_), ..) if edge.examples.is_empty() => Some(Why::NoAddress),
            (Place::Workload { .. } | Place::Service(_) | Place::Node(_) | Place::World(_), ..) => None,
        }
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
