//! An inventory as the contract has it, one entry a line, so that it can be read back.
use anyhow::Result;
use netobs_api::{
    inventory_file,
    v1::{GetInventoryResponse, get_inventory_response::Entry},
    wire,
};
use netobs_core::inventory::Listing;

pub(super) fn of(listing: &Listing) -> Result<String> {
    let about = Entry::About(wire::about(&listing.about));
    let edges = listing
        .edges
        .iter()
        .map(|edge| Entry::Edge(wire::edge(edge, edge.watched)));
    let portraits = listing
        .portraits
        .iter()
        .map(|portrait| Entry::Portrait(wire::portrait(portrait)));
    let mut text = String::new();
    for entry in [about].into_iter().chain(edges).chain(portraits) {
        text += &inventory_file::line(&GetInventoryResponse { entry: Some(entry) })?;
        text.push('\n');
    }
    Ok(text)
}
