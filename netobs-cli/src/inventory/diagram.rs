//! Edges as they are drawn: ends in boxes, and one arrow for all ports of the same fate between two of them.
use std::collections::BTreeMap;

use netobs_core::inventory::{Edge, Place};

use super::{
    ends,
    words::{self, Fate},
};

/// More ports than these are counted.
const MOST_PORTS: usize = 4;

#[derive(Debug)]
pub(super) struct Diagram<'a> {
    pub(super) boxes: Vec<Box<'a>>,
    /// In the order of the boxes that they are in.
    pub(super) ends: Vec<End<'a>>,
    pub(super) arrows: Vec<Arrow<'a>>,
}

#[derive(Debug)]
pub(super) struct Box<'a> {
    pub(super) of: BoxOf<'a>,
    /// Places among the ends.
    pub(super) ends: std::ops::Range<usize>,
}

/// What is not in the cluster stands on the side from which it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BoxOf<'a> {
    Calling(Apart),
    Namespace(&'a str),
    Called(Apart),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Apart {
    World,
    Nodes,
    Unknown,
}

#[derive(Debug)]
pub(super) struct End<'a> {
    pub(super) place: &'a Place,
}

#[derive(Debug)]
pub(super) struct Arrow<'a> {
    /// Places among the ends.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) fate: Fate,
    /// It is what every cluster has.
    pub(super) recognised: bool,
    /// Places among the listed edges, and the edges.
    pub(super) edges: Vec<(usize, &'a Edge)>,
}

impl<'a> Diagram<'a> {
    pub(super) fn of(edges: &'a [Edge]) -> Self {
        let mut by_box: BTreeMap<BoxOf<'a>, BTreeMap<&'a Place, usize>> = BTreeMap::new();
        for edge in edges {
            for (of, place) in [source(edge), destination(edge)] {
                by_box.entry(of).or_default().insert(place, 0);
            }
        }
        let mut diagram = Self {
            boxes: Vec::new(),
            ends: Vec::new(),
            arrows: Vec::new(),
        };
        for (of, places) in &mut by_box {
            let first = diagram.ends.len();
            for (place, index) in places {
                *index = diagram.ends.len();
                diagram.ends.push(End { place });
            }
            diagram.boxes.push(Box {
                of: *of,
                ends: first..diagram.ends.len(),
            });
        }
        let index_of =
            |(of, place): (BoxOf<'a>, &'a Place)| by_box.get(&of).and_then(|places| places.get(place).copied());
        let joined = join(edges, |edge| {
            Some((index_of(source(edge))?, index_of(destination(edge))?))
        });
        diagram.arrows = joined;
        diagram
    }
}

impl BoxOf<'_> {
    pub(super) fn title(&self) -> String {
        match self {
            Self::Namespace(name) => (*name).to_owned(),
            Self::Calling(Apart::World) => "outside, calling".to_owned(),
            Self::Called(Apart::World) => "outside, called".to_owned(),
            Self::Calling(Apart::Nodes) => "nodes, calling".to_owned(),
            Self::Called(Apart::Nodes) => "nodes, called".to_owned(),
            Self::Calling(Apart::Unknown) => "unknown, calling".to_owned(),
            Self::Called(Apart::Unknown) => "unknown, called".to_owned(),
        }
    }
}

impl Arrow<'_> {
    /// `8080/TCP, 9090/TCP`
    pub(super) fn ports(&self) -> String {
        let mut ports: Vec<_> = self.edges.iter().map(|(_, edge)| ends::port(&edge.key)).collect();
        let more = ports.len().saturating_sub(MOST_PORTS);
        if more > 0 {
            ports.truncate(MOST_PORTS);
            ports.push(format!("{more} more"));
        }
        ports.join(", ")
    }

    /// The latest of its edges'.
    pub(super) fn cause(&self) -> Option<&str> {
        let latest = self
            .edges
            .iter()
            .map(|(_, edge)| edge)
            .filter(|edge| edge.cause.is_some());
        let latest = latest.max_by_key(|edge| edge.last)?;
        latest.cause.as_ref().map(|cause| cause.headline.as_ref())
    }

    /// What stands at an arrow in a diagram that cannot be pointed at.
    pub(super) fn label(&self) -> String {
        let ports = self.ports();
        match (self.fate, self.cause()) {
            (Fate::Well, _) => ports,
            (Fate::Unanswered, None) => format!("{ports} unanswered"),
            (Fate::Unanswered, Some(cause)) => format!("{ports} unanswered: {cause}"),
            (Fate::Dropped, None) => format!("{ports} dropped"),
            (Fate::Dropped, Some(cause)) => format!("{ports} dropped: {cause}"),
        }
    }
}

fn source(edge: &Edge) -> (BoxOf<'_>, &Place) {
    let place = &edge.key.source;
    (box_of(place, BoxOf::Calling), place)
}

fn destination(edge: &Edge) -> (BoxOf<'_>, &Place) {
    let place = &edge.key.destination;
    (box_of(place, BoxOf::Called), place)
}

fn box_of(place: &Place, apart: impl Fn(Apart) -> BoxOf<'static>) -> BoxOf<'_> {
    match place {
        Place::Workload { namespace, .. } => BoxOf::Namespace(namespace.as_str()),
        Place::Service(service) => BoxOf::Namespace(service.namespace.as_str()),
        Place::Node(_) => apart(Apart::Nodes),
        Place::World(_) => apart(Apart::World),
        Place::Unknown => apart(Apart::Unknown),
    }
}

fn join<'a>(edges: &'a [Edge], ends: impl Fn(&'a Edge) -> Option<(usize, usize)>) -> Vec<Arrow<'a>> {
    let mut by_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (index, edge) in edges.iter().enumerate() {
        if let Some((from, to)) = ends(edge) {
            let key = (from, to, words::is_recognised(edge), Fate::of(edge));
            by_key.entry(key).or_default().push((index, edge));
        }
    }
    let arrows = by_key.into_iter().map(|((from, to, recognised, fate), edges)| Arrow {
        from,
        to,
        fate,
        recognised,
        edges,
    });
    arrows.collect()
}
