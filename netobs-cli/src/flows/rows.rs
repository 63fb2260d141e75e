//! Flows as rows of a table.
use netobs_api::v1::{Endpoint, Flow, Outcome};

use super::{
    compact::{colour, destination, packets, reasons, source},
    why::why,
};
use crate::show::{Cell, Colour, View, clean, endpoint, words};

pub(super) const NARROW: [(&str, usize); 7] = [
    ("TIME", 12),
    ("SOURCE", 28),
    ("DESTINATION", 28),
    ("PROTOCOL", 0),
    ("VERDICT", 10),
    ("REASON", 14),
    ("WHY", 0),
];

pub(super) const WIDE: [(&str, usize); 18] = [
    ("TIME", 12),
    ("NODE", 0),
    ("ID", 6),
    ("PHASE", 7),
    ("SOURCE", 28),
    ("SOURCE-ADDRESS", 0),
    ("SOURCE-WORKLOAD", 0),
    ("DESTINATION", 28),
    ("DESTINATION-ADDRESS", 0),
    ("DESTINATION-WORKLOAD", 0),
    ("PROTOCOL", 0),
    ("VERDICT", 10),
    ("EVIDENCE", 13),
    ("REASON", 14),
    ("SENT/BACK/DROPPED", 0),
    ("POLICIES", 14),
    ("CAUSES", 0),
    ("WHY", 0),
];

pub(super) fn narrow(flow: &Flow, view: &View) -> Vec<Cell> {
    vec![
        Cell::of(Colour::Dim, view.clock.fine(flow.last_unix_nanos)),
        source(flow).into(),
        destination(flow).into(),
        endpoint::flow_protocol(flow).into(),
        verdict(flow),
        reasons(flow).into(),
        clean(&why(flow)).into(),
    ]
}

pub(super) fn wide(flow: &Flow, node: &str, view: &View) -> Vec<Cell> {
    let (sent, back, dropped) = packets(flow);
    let evidence = words::word(flow.evidence().as_str_name(), "EVIDENCE_");
    let outcome = if flow.outcome() == Outcome::Unspecified {
        "-".to_owned()
    } else {
        words::word(flow.outcome().as_str_name(), "OUTCOME_")
    };
    let causes: Vec<_> = flow.cause_ids.iter().map(ToString::to_string).collect();
    vec![
        Cell::of(Colour::Dim, view.clock.fine(flow.last_unix_nanos)),
        node.into(),
        flow.id.to_string().into(),
        words::word(flow.phase().as_str_name(), "PHASE_").into(),
        source(flow).into(),
        address(flow.source.as_ref()).into(),
        workload(flow.source.as_ref()).into(),
        destination(flow).into(),
        address(flow.destination.as_ref()).into(),
        workload(flow.destination.as_ref()).into(),
        endpoint::flow_protocol(flow).into(),
        verdict(flow),
        evidence.into(),
        dash(reasons(flow)).into(),
        format!("{sent}/{back}/{dropped}").into(),
        outcome.into(),
        dash(causes.join(",")).into(),
        clean(&why(flow)).into(),
    ]
}

fn verdict(flow: &Flow) -> Cell {
    Cell::of(colour(flow.verdict()), words::verdict(flow.verdict()))
}

fn address(endpoint: Option<&Endpoint>) -> String {
    dash(endpoint.map(|endpoint| endpoint.address.clone()).unwrap_or_default())
}

fn workload(endpoint: Option<&Endpoint>) -> String {
    let workload = endpoint.and_then(|endpoint| endpoint.workload.as_ref());
    workload.map_or_else(
        || "-".to_owned(),
        |workload| format!("{}/{}", workload.kind, workload.name),
    )
}

/// An empty cell in the middle of a row would be read as the next one.
fn dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
