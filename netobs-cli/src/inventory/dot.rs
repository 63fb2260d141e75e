//! An inventory as a graph in the language of Graphviz.
use std::fmt::Write as _;

use netobs_core::inventory::Place;

use super::{
    Shown,
    diagram::{Arrow, Diagram},
    ends, sections,
    words::Fate,
};

const HEAD: &str = r##"digraph netobs {
  graph [rankdir=LR, fontname="sans-serif", ranksep=1.2];
  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#57606a", fontname="sans-serif", fontsize=11];
  edge [color="#57606a", fontname="sans-serif", fontsize=9];
"##;

pub(super) fn of(shown: &Shown<'_>) -> String {
    let diagram = Diagram::of(&shown.listing.edges);
    let mut text = HEAD.to_owned();
    for (index, one) in diagram.boxes.iter().enumerate() {
        let title = quoted(&one.of.title());
        let _ = writeln!(
            text,
            "  subgraph cluster_{index} {{\n    label={title};\n    style=\"rounded,filled\"; color=\"#d0d7de\"; fillcolor=\"#f6f8fa\";"
        );
        for end in one.ends.clone() {
            if let Some(place) = diagram.ends.get(end).map(|end| end.place) {
                let asked_for = sections::is_asked_for(place, shown.filter);
                let _ = writeln!(text, "    e{end} [{}];", node(place, asked_for));
            }
        }
        text += "  }\n";
    }
    for arrow in &diagram.arrows {
        let _ = writeln!(text, "  e{} -> e{} [{}];", arrow.from, arrow.to, line(arrow));
    }
    text + "}\n"
}

fn node(place: &Place, asked_for: bool) -> String {
    let shape = match place {
        Place::Workload { .. } => "",
        Place::Service(_) => ", style=\"rounded,filled,dashed\"",
        Place::Node(_) => ", shape=box3d",
        Place::World(_) | Place::Unknown => ", shape=hexagon",
    };
    let width = if asked_for { ", penwidth=2" } else { "" };
    let tooltip = format!("{} {}", ends::kind(place), ends::text(place));
    format!(
        "label={}, tooltip={}{shape}{width}",
        quoted(&ends::short(place)),
        quoted(&tooltip)
    )
}

fn line(arrow: &Arrow<'_>) -> String {
    let stroke = match (arrow.fate, arrow.recognised) {
        (Fate::Dropped, _) => ", color=\"#c62828\", fontcolor=\"#c62828\", penwidth=2.5",
        (Fate::Unanswered, _) => ", color=\"#b26a00\", fontcolor=\"#b26a00\"",
        (Fate::Well, true) => ", style=dashed, color=\"#8c959f\", fontcolor=\"#8c959f\"",
        (Fate::Well, false) => "",
    };
    format!("label={}{stroke}", quoted(&arrow.label()))
}

/// A backslash would begin what Graphviz fills in.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push(' '),
            plain => quoted.push(plain),
        }
    }
    quoted + "\""
}
