//! An inventory for a terminal.
use netobs_core::{
    event::Count,
    inventory::{Edge, ExampleEnd},
};

use super::{
    Shown, ends, sections,
    summary::{self, moment},
    words::{self, Fate},
};
use crate::show::{Cell, Colour, Table, clean, plural};

const NARROW: [(&str, usize); 8] = [
    ("FROM", 0),
    ("TO", 0),
    ("PORT", 0),
    ("CONNECTIONS", 0),
    ("VERDICT", 0),
    ("LAST", 0),
    ("WATCHED", 0),
    ("WHAT", 0),
];
const WIDE: [(&str, usize); 19] = [
    ("FROM", 0),
    ("KIND", 0),
    ("TO", 0),
    ("KIND", 0),
    ("PORT", 0),
    ("SERVICE", 0),
    ("CONNECTIONS", 0),
    ("FORWARDED", 0),
    ("DROPPED", 0),
    ("UNANSWERED", 0),
    ("SEEN", 0),
    ("SENT", 0),
    ("REPLIED", 0),
    ("PACKETS DROPPED", 0),
    ("FIRST", 0),
    ("LAST", 0),
    ("WATCHED", 0),
    ("WHAT", 0),
    ("EXAMPLE", 0),
];

pub(super) fn of(shown: &Shown<'_>, wide: bool) -> String {
    let sections = sections::of(&shown.listing.edges, shown.filter);
    let columns = if wide { WIDE.as_slice() } else { NARROW.as_slice() };
    let row = if wide { wide_row } else { row };
    let mut table = Table::new(columns, shown.view.paint);
    let rows: Vec<Vec<_>> = sections
        .iter()
        .map(|section| section.edges.iter().map(|edge| row(edge, shown)).collect())
        .collect();
    // Columns are where they are in all sections.
    rows.iter().flatten().for_each(|row| table.widen(row));
    let mut text = String::new();
    for (section, rows) in sections.iter().zip(&rows) {
        let title = shown.view.paint.paint(Colour::Bold, clean(&section.title));
        text += &format!("{title}\n{}\n", table.head());
        for row in rows {
            text += &format!("{}\n", table.row(row));
        }
        text.push('\n');
    }
    if !shown.listing.edges.is_empty() {
        text += &format!("{}\n", clean(&summary::of(shown)));
    }
    text
}

fn row(edge: &Edge, shown: &Shown<'_>) -> Vec<Cell> {
    let key = &edge.key;
    vec![
        clean(&ends::text(&key.source)).into(),
        clean(&ends::text(&key.destination)).into(),
        ends::port(key).into(),
        edge.connections.to_string().into(),
        Cell::of(colour(edge), words::verdicts(edge)),
        moment(shown, edge.last).into(),
        summary::length(edge.watched.length).into(),
        clean(&what(edge)).into(),
    ]
}

fn wide_row(edge: &Edge, shown: &Shown<'_>) -> Vec<Cell> {
    let key = &edge.key;
    let verdicts = edge.verdicts;
    let service = edge.service.as_ref();
    vec![
        clean(&ends::text(&key.source)).into(),
        clean(ends::kind(&key.source)).into(),
        clean(&ends::text(&key.destination)).into(),
        clean(ends::kind(&key.destination)).into(),
        ends::port(key).into(),
        service
            .map_or_else(dash, |service| {
                clean(&format!("{}/{}", service.namespace, service.name))
            })
            .into(),
        edge.connections.to_string().into(),
        verdicts.forwarded.to_string().into(),
        Cell::of(colour(edge), verdicts.dropped.to_string()),
        verdicts.unanswered.to_string().into(),
        verdicts.seen.to_string().into(),
        count(edge.sent).into(),
        count(edge.replied).into(),
        edge.dropped.packets.to_string().into(),
        moment(shown, edge.first).into(),
        moment(shown, edge.last).into(),
        summary::length(edge.watched.length).into(),
        clean(&what(edge)).into(),
        clean(&example(edge)).into(),
    ]
}

/// What it was recognised as, and the cause of its drops.
fn what(edge: &Edge) -> String {
    let marks = words::marks(edge).into_iter().map(str::to_owned);
    let cause = edge.cause.as_ref().map(|cause| cause.headline.to_string());
    let parts: Vec<_> = marks.chain(cause).collect();
    if parts.is_empty() { dash() } else { parts.join(", ") }
}

fn colour(edge: &Edge) -> Colour {
    match Fate::of(edge) {
        Fate::Dropped => Colour::Red,
        Fate::Unanswered => Colour::Yellow,
        Fate::Well => Colour::Plain,
    }
}

/// `3.4 kB in 12 packets`
fn count(count: Count) -> String {
    format!("{} in {}", bytes(count.bytes), plural(count.packets, "packet"))
}

fn example(edge: &Edge) -> String {
    let end = |end: &ExampleEnd| match &end.name {
        Some(name) => format!("{name} ({})", end.address),
        None => end.address.to_string(),
    };
    edge.examples.iter().next().map_or_else(dash, |example| {
        format!("{} to {}", end(&example.source), end(&example.destination))
    })
}

fn dash() -> String {
    "-".to_owned()
}

/// As people say it; three digits are enough to compare.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if tenths < 1_000 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}
