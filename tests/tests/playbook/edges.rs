//! Edges of an inventory and of a preview, called as the shop calls its routes.

use netobs_tests::node::Family;
use netobs_tests::shop::{End, Shop};
use serde_json::Value;

/// As a route is displayed, if it is the edge of one.
pub(super) fn name(shop: &Shop, edge: &Value) -> String {
    let protocol = text(&edge["protocol"]);
    let protocol = protocol.trim_start_matches("PROTOCOL_");
    let port = &edge["port"];
    format!(
        "{} -> {} {protocol} {port}",
        end(shop, &edge["source"]),
        end(shop, &edge["destination"])
    )
}

/// The contract and the preview's JSON say alike what kind of place it is.
fn end(shop: &Shop, place: &Value) -> String {
    let kind = text(&place["kind"]).to_lowercase();
    let outside = format!("{}/32", shop.address(End::Outside, Family::V4));
    match kind.trim_start_matches("place_kind_") {
        "workload" => format!("{}/{}", text(&place["namespace"]), text(&place["name"])),
        "world" if place["block"] == outside => End::Outside.to_string(),
        "node" => End::Node.to_string(),
        _ => place.to_string(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
