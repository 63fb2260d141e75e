//! Which name servers there are, by what anybody was seen to ask.
use super::need::{Need, Sort};
use crate::{
    inventory::{By, Edge, Listing, Mark},
    policy::Direction,
};

/// Whether what is asked there is a name server even if it never answered: more than the port says so.
pub(super) fn is_sure(edge: &Edge) -> bool {
    edge.marks.get(Mark::Dns).is_some_and(|by| by < By::Port)
}

/// Those that are sure; where there are none, those that answered more than once.
pub(super) fn known(listing: &Listing) -> Vec<Need> {
    let asked = |is_one: &dyn Fn(&Edge) -> bool| -> Vec<Need> {
        let edges = listing.edges.iter().enumerate();
        let asked = edges.filter(|(_, edge)| edge.marks.has(Mark::Dns) && is_one(edge));
        asked.map(|(edge, _)| asks(edge)).collect()
    };
    let sure = asked(&is_sure);
    if sure.is_empty() {
        asked(&|edge| !edge.never_came_through() && !edge.is_seen_once())
    } else {
        sure
    }
}

const fn asks(edge: usize) -> Need {
    Need {
        edge,
        direction: Direction::Egress,
        sort: Sort::Dns,
    }
}
