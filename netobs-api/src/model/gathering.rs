//! An inventory put together from what one or several agents answer.
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use netobs_core::inventory::{About, Edge, EdgeKey, Listing, Portrait, PortraitKey};

use super::{BadFilter, InventoryReader};
use crate::v1::{self, get_inventory_response};

#[derive(Debug, Default)]
pub struct Gathering {
    reader: InventoryReader,
    about: Option<About>,
    edges: BTreeMap<Arc<EdgeKey>, Edge>,
    portraits: BTreeMap<PortraitKey, Portrait>,
}

impl Gathering {
    /// Answers come in any order, from as many agents as there are.
    pub fn take(&mut self, answer: &v1::GetInventoryResponse) -> Result<(), BadFilter> {
        match &answer.entry {
            Some(get_inventory_response::Entry::About(about)) => self.take_about(InventoryReader::about(about)?),
            Some(get_inventory_response::Entry::Edge(edge)) => {
                let edge = self.reader.edge(edge)?;
                self.take_edge(edge);
            }
            Some(get_inventory_response::Entry::Portrait(portrait)) => {
                let portrait = self.reader.portrait(portrait)?;
                self.take_portrait(portrait);
            }
            // An agent that knows more kinds of entries is newer than this.
            None => {}
        }
        Ok(())
    }

    pub fn finish(self) -> Listing {
        Listing {
            about: self.about.unwrap_or_default(),
            edges: self.edges.into_values().collect(),
            portraits: self.portraits.into_values().collect(),
        }
    }

    fn take_about(&mut self, about: About) {
        match &mut self.about {
            Some(known) => known.join(&about),
            None => self.about = Some(about),
        }
    }

    fn take_edge(&mut self, edge: Edge) {
        match self.edges.entry(Arc::clone(&edge.key)) {
            Entry::Occupied(mut known) => known.get_mut().join_with_another_agent(&edge),
            Entry::Vacant(place) => {
                place.insert(edge);
            }
        }
    }

    fn take_portrait(&mut self, portrait: Portrait) {
        match self.portraits.entry(portrait.key.clone()) {
            Entry::Occupied(known) if known.get().last > portrait.last => {}
            Entry::Occupied(mut known) => {
                known.insert(portrait);
            }
            Entry::Vacant(place) => {
                place.insert(portrait);
            }
        }
    }
}
