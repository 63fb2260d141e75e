//! Edges in the order in which people ask: who calls us, whom do we call, what is outside.
use std::cmp::Reverse;

use netobs_core::inventory::{Edge, Filter, Place};

use super::words::{self, Fate};

pub(super) struct Section<'a> {
    pub(super) title: String,
    pub(super) edges: Vec<&'a Edge>,
}

/// In the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Callers,
    Called,
    Within,
    FromOutside,
    ToOutside,
    Recognised,
}

impl Side {
    const ALL: [Self; 6] = [
        Self::Callers,
        Self::Called,
        Self::Within,
        Self::FromOutside,
        Self::ToOutside,
        Self::Recognised,
    ];

    fn of(edge: &Edge, filter: &Filter) -> Self {
        let (source, destination) = (&edge.key.source, &edge.key.destination);
        if words::is_recognised(edge) {
            return Self::Recognised;
        }
        match (source.namespace(), destination.namespace()) {
            (None, _) => Self::FromOutside,
            (_, None) => Self::ToOutside,
            (Some(one), Some(other)) if is_everything(filter) => {
                if one == other {
                    Self::Within
                } else {
                    Self::Called
                }
            }
            (Some(_), Some(_)) => match (filter.wants(source), filter.wants(destination)) {
                (true, true) => Self::Within,
                (true, false) => Self::Called,
                (false, _) => Self::Callers,
            },
        }
    }

    fn title(self, about: &str) -> String {
        match (self, about.is_empty()) {
            (Self::Callers, _) => format!("who calls {about}"),
            (Self::Called, true) => "from namespace to namespace".to_owned(),
            (Self::Called, false) => format!("whom {about} calls"),
            (Self::Within, true) => "within namespaces".to_owned(),
            (Self::Within, false) => format!("within {about}"),
            (Self::FromOutside, true) => "from outside".to_owned(),
            (Self::FromOutside, false) => format!("from outside to {about}"),
            (Self::ToOutside, true) => "to the outside".to_owned(),
            (Self::ToOutside, false) => format!("from {about} to the outside"),
            (Self::Recognised, _) => "what every cluster has".to_owned(),
        }
    }
}

/// Sections that have none are left out; in each, what is dropped comes first.
pub(super) fn of<'a>(edges: &'a [Edge], filter: &Filter) -> Vec<Section<'a>> {
    let about = about(filter);
    let mut sections = Side::ALL.map(|side| Section {
        title: side.title(&about),
        edges: Vec::new(),
    });
    for edge in edges {
        if let Some(section) = sections.get_mut(Side::of(edge, filter) as usize) {
            section.edges.push(edge);
        }
    }
    for section in &mut sections {
        section.edges.sort_by_key(|edge| Reverse(Fate::of(edge)));
    }
    sections
        .into_iter()
        .filter(|section| !section.edges.is_empty())
        .collect()
}

/// `shop`, `shop/api`; empty where everything was asked for.
pub(super) fn about(filter: &Filter) -> String {
    let namespaces: Vec<_> = filter.namespaces.iter().map(ToString::to_string).collect();
    let workloads: Vec<_> = filter
        .workloads
        .iter()
        .map(|workload| workload.name.to_string())
        .collect();
    match (namespaces.is_empty(), workloads.is_empty()) {
        (_, true) => namespaces.join(", "),
        (true, false) => workloads.join(", "),
        (false, false) => format!("{}/{}", namespaces.join(","), workloads.join(",")),
    }
}

/// Whether it is one of those that were asked for, among others.
pub(super) fn is_asked_for(place: &Place, filter: &Filter) -> bool {
    !is_everything(filter) && filter.wants(place)
}

const fn is_everything(filter: &Filter) -> bool {
    filter.namespaces.is_empty() && filter.workloads.is_empty()
}
