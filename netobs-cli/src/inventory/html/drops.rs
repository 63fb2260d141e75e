//! What is dropped, with the cause, numbered as on the map.
use std::{cmp::Reverse, fmt::Write as _};

use super::{Text, grouped, moment};
use crate::inventory::{
    Shown,
    diagram::{Arrow, Diagram},
    ends,
    words::Fate,
};

/// Each number with the place of its arrow, what was dropped most often first.
pub(super) fn numbered(diagram: &Diagram<'_>) -> Vec<(usize, usize)> {
    let mut dropped: Vec<_> = diagram
        .arrows
        .iter()
        .enumerate()
        .filter(|(_, arrow)| arrow.fate == Fate::Dropped)
        .collect();
    dropped.sort_by_key(|(_, arrow)| Reverse(connections(arrow)));
    (1..).zip(dropped.into_iter().map(|(index, _)| index)).collect()
}

pub(super) fn drops(diagram: &Diagram<'_>, shown: &Shown<'_>) -> String {
    let numbered = numbered(diagram);
    if numbered.is_empty() {
        return String::new();
    }
    let mut section =
        "<section id=\"drops\" aria-labelledby=\"drops-title\">\n<h2 id=\"drops-title\">Dropped, and why</h2>\n<ol>\n"
            .to_owned();
    for (_, index) in numbered {
        if let Some(arrow) = diagram.arrows.get(index) {
            section += &item(index, arrow, diagram, shown);
        }
    }
    section + "</ol>\n</section>\n"
}

fn item(index: usize, arrow: &Arrow<'_>, diagram: &Diagram<'_>, shown: &Shown<'_>) -> String {
    let name = |end: usize| {
        diagram
            .ends
            .get(end)
            .map(|end| ends::text(end.place))
            .unwrap_or_default()
    };
    let packets: u64 = arrow.edges.iter().map(|(_, edge)| edge.dropped.packets).sum();
    let last = arrow.edges.iter().map(|(_, edge)| edge.last).max();
    let mut item = format!(
        "<li data-arrow=\"{index}\"><a href=\"#at=a{index}\">{} → {}</a> <span class=\"port\">{}</span>\n<p class=\"cause\">{}</p>\n<p class=\"count\">{}",
        Text(&name(arrow.from)),
        Text(&name(arrow.to)),
        Text(&arrow.ports()),
        Text(arrow.cause().unwrap_or("no policy explains it")),
        told(connections(arrow), "connection"),
    );
    if packets > 0 {
        let _ = write!(item, ", {}", told(packets, "packet"));
    }
    if let Some(last) = last {
        let _ = write!(item, "; last {}", Text(&moment(shown, last)));
    }
    item + "</p></li>\n"
}

fn connections(arrow: &Arrow<'_>) -> u64 {
    arrow.edges.iter().map(|(_, edge)| edge.verdicts.dropped).sum()
}

fn told(count: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(count), if count == 1 { "" } else { "s" })
}
