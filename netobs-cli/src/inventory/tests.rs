//! How an inventory is read, grouped and shown in each shape.
use netobs_api::{inventory_file, model::inventory_filter, v1::GetInventoryRequest};

use super::*;

mod hostile;
mod page;
mod shapes;

const SHOP: &str = include_str!("../../tests/inventory/shop.json");

/// Of the shop, its namespaces' edges or all.
fn shown(shape: Shape, namespaces: &[&str]) -> String {
    shown_of(SHOP, shape, namespaces)
}

fn shown_of(file: &str, shape: Shape, namespaces: &[&str]) -> String {
    let mut listing = inventory_file::read(file.as_bytes()).unwrap();
    let request = GetInventoryRequest {
        namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
        ..GetInventoryRequest::default()
    };
    let filter = inventory_filter(&request).unwrap();
    source::keep(&mut listing, &filter);
    let shown = Shown {
        listing: &listing,
        filter: &filter,
        view: &View::plain(),
    };
    shown.text(shape).unwrap()
}
