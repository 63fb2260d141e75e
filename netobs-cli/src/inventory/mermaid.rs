//! An inventory as a flowchart in Mermaid's language.
use std::fmt::Write as _;

use netobs_core::inventory::Place;

use super::{
    Shown,
    diagram::{Arrow, Diagram},
    ends,
    words::Fate,
};
use crate::notes::note;

/// As many as Mermaid draws unless it is configured otherwise.
const MOST_ARROWS: usize = 500;

pub(super) fn of(shown: &Shown<'_>) -> String {
    let diagram = Diagram::of(&shown.listing.edges);
    if diagram.arrows.len() > MOST_ARROWS {
        note(format_args!(
            "{} arrows are more than Mermaid draws unless its maxEdges is raised; ask for a namespace with -n",
            diagram.arrows.len()
        ));
    }
    let mut text = "flowchart LR\n".to_owned();
    for (index, one) in diagram.boxes.iter().enumerate() {
        let _ = writeln!(text, "  subgraph n{index}[\"{}\"]", escaped(&one.of.title()));
        for end in one.ends.clone() {
            if let Some(place) = diagram.ends.get(end).map(|end| end.place) {
                let _ = writeln!(text, "    e{end}{}", shape(place));
            }
        }
        text += "  end\n";
    }
    for arrow in &diagram.arrows {
        let _ = writeln!(text, "  {}", line(arrow));
    }
    text + &colours(&diagram.arrows)
}

/// Who runs in the cluster stands in a rectangle, what is outside in a hexagon.
fn shape(place: &Place) -> String {
    let name = escaped(&ends::short(place));
    match place {
        Place::Workload { .. } => format!("[\"{name}\"]"),
        Place::Service(_) => format!("([\"{name}\"])"),
        Place::Node(_) => format!("[[\"{name}\"]]"),
        Place::World(_) | Place::Unknown => format!("{{{{\"{name}\"}}}}"),
    }
}

fn line(arrow: &Arrow<'_>) -> String {
    let stroke = match (arrow.fate, arrow.recognised) {
        (Fate::Dropped, _) => "==>",
        (_, true) => "-.->",
        (Fate::Well | Fate::Unanswered, false) => "-->",
    };
    format!(
        "e{} {stroke}|\"{}\"| e{}",
        arrow.from,
        escaped(&arrow.label()),
        arrow.to
    )
}

/// Arrows are known by their place in the text.
fn colours(arrows: &[Arrow<'_>]) -> String {
    let of = |fate: Fate, style: &str| {
        let places = arrows.iter().enumerate().filter(|(_, arrow)| arrow.fate == fate);
        let places: Vec<_> = places.map(|(place, _)| place.to_string()).collect();
        if places.is_empty() {
            String::new()
        } else {
            format!("  linkStyle {} {style}\n", places.join(","))
        }
    };
    of(Fate::Unanswered, "stroke:#b26a00,color:#b26a00") + &of(Fate::Dropped, "stroke:#c62828,color:#c62828")
}

/// Nothing but letters, digits and what means nothing to Mermaid, Markdown and HTML stays as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            ' ' | '-' | '.' | ',' | '/' | ':' | '=' | '(' | ')' => escaped.push(character),
            plain if plain.is_alphanumeric() => escaped.push(plain),
            control if control.is_control() => escaped.push(' '),
            other => {
                let _ = write!(escaped, "#{};", u32::from(other));
            }
        }
    }
    escaped
}
