//! The table of all edges; it is whole without the page's script.
use std::{cmp::Reverse, fmt::Write as _};

use netobs_core::inventory::{Edge, Place};

use super::{Text, filters::verdict_words, grouped, moment};
use crate::{
    inventory::{
        Shown,
        diagram::Diagram,
        ends, summary,
        words::{self, Fate, each_verdict},
    },
    show::nanos,
};

/// Each with the class of its cells.
const COLUMNS: [(&str, &str); 8] = [
    ("From", ""),
    ("To", ""),
    ("Port", ""),
    ("Verdict", ""),
    ("Connections", "number"),
    ("Last seen", ""),
    ("Watched", ""),
    ("Kind and cause", ""),
];

pub(super) fn table(shown: &Shown<'_>, diagram: &Diagram<'_>) -> String {
    let mut table = "<div class=\"scroll\">\n<table>\n<thead><tr>".to_owned();
    for (name, class) in COLUMNS {
        let _ = write!(table, "<th scope=\"col\" class=\"{class}\">{name}</th>");
    }
    table += "</tr></thead>\n<tbody>\n";
    let mut arrow_of = vec![(0, 0); shown.listing.edges.len()];
    for arrow in &diagram.arrows {
        for (index, _) in &arrow.edges {
            if let Some(known) = arrow_of.get_mut(*index) {
                *known = (arrow.from, arrow.to);
            }
        }
    }
    let mut rows: Vec<_> = shown.listing.edges.iter().enumerate().zip(arrow_of).collect();
    rows.sort_by_key(|((_, edge), _)| Reverse(Fate::of(edge)));
    for ((index, edge), between) in rows {
        table += &row(index, edge, between, shown);
    }
    table
        + "</tbody>\n</table>\n<p id=\"nothing\" hidden>Nothing is like that. <a href=\"#\">Show all</a></p>\n</div>\n"
}

fn row(index: usize, edge: &Edge, (from, to): (usize, usize), shown: &Shown<'_>) -> String {
    let key = &edge.key;
    let class = match Fate::of(edge) {
        Fate::Dropped => "dropped",
        Fate::Unanswered => "unanswered",
        Fate::Well => "",
    };
    let namespaces: Vec<_> = [&key.source, &key.destination]
        .into_iter()
        .filter_map(|place| place.namespace().map(ToString::to_string))
        .collect();
    let mut row = format!(
        "<tr class=\"{class}\" id=\"r{index}\" data-from=\"{from}\" data-to=\"{to}\" data-ns=\"{}\" data-v=\"{}\" data-m=\"{}\">",
        Text(&namespaces.join(" ")),
        verdict_words(edge).join(" "),
        words::marks(edge).join(" ")
    );
    let sort = u32::from(key.port.unwrap_or_default());
    let _ = write!(
        row,
        "<td>{}</td><td>{}{}</td><td data-sort=\"{sort}\">{}</td><td>{}</td><td class=\"number\" data-sort=\"{c}\">{}</td>",
        place(&key.source),
        place(&key.destination),
        service(edge),
        Text(&ends::port(key)),
        verdicts(edge),
        grouped(edge.connections),
        c = edge.connections,
    );
    let _ = writeln!(
        row,
        "<td data-sort=\"{}\" title=\"first {}\">{}</td><td data-sort=\"{}\">{}</td><td>{}</td></tr>",
        nanos(edge.last),
        Text(&moment(shown, edge.first)),
        Text(&moment(shown, edge.last)),
        edge.watched.length.as_secs(),
        Text(&summary::length(edge.watched.length)),
        remarks(edge)
    );
    row
}

fn place(place: &Place) -> String {
    let (group, name) = match place {
        Place::Workload { namespace, .. } => (format!("{namespace}/"), ends::short(place)),
        Place::Service(service) => (format!("service {}/", service.namespace), service.name.to_string()),
        Place::Node(_) | Place::World(_) => (format!("{} ", ends::kind(place)), ends::short(place)),
        Place::Unknown => (String::new(), ends::short(place)),
    };
    format!(
        "<span class=\"group\">{}</span><b title=\"{}\">{}</b>",
        Text(&group),
        Text(ends::kind(place)),
        Text(&name)
    )
}

/// Where its name is not that of whoever serves it.
fn service(edge: &Edge) -> String {
    let Some(service) = &edge.service else {
        return String::new();
    };
    let name = format!("{}/{}", service.namespace, service.name);
    if ends::text(&edge.key.destination) == name {
        return String::new();
    }
    format!("<span class=\"by\">by service {}</span>", Text(&name))
}

fn verdicts(edge: &Edge) -> String {
    let several = verdict_words(edge).len() > 1;
    let each = each_verdict(edge.verdicts).into_iter().filter(|(_, count)| *count > 0);
    let pills: String = each
        .map(|(word, count)| {
            let count = if several {
                format!("{} ", grouped(count))
            } else {
                String::new()
            };
            format!("<span class=\"pill {word}\">{count}{word}</span> ")
        })
        .collect();
    if pills.is_empty() {
        "<span class=\"pill dropped\">dropped</span>".to_owned()
    } else {
        pills.trim_end().to_owned()
    }
}

fn remarks(edge: &Edge) -> String {
    let chips: String = words::marks(edge)
        .iter()
        .map(|mark| format!("<span class=\"chip\">{mark}</span> "))
        .collect();
    let cause = edge.cause.as_ref();
    let cause = cause.map(|cause| format!("<span class=\"cause\">{}</span>", Text(&cause.headline)));
    format!("{}{}", chips, cause.unwrap_or_default())
}
