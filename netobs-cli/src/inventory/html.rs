//! An inventory as a page that stands for itself: a map, what is dropped and why, and a table that filters.
//!
//! It asks nobody for anything, and what it shows are names that others chose: all of them pass [`Text`], the page's
//! policy lets no script run but its own, and that one makes no markup of what it reads.
use std::fmt::{self, Display, Formatter, Write as _};

use jiff::{Timestamp, Zoned};
use netobs_core::{inventory::Place, time::Timestamp as At};

use self::{drops::drops, map::Map, rows::table};
use super::{
    Shown,
    diagram::Diagram,
    sections,
    summary::{self, Tally},
};
use crate::show::{nanos, plural};

mod drops;
mod filters;
mod layered;
mod layout;
mod map;
mod paths;
mod ranks;
mod rows;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// Of the script: `openssl dgst -sha256 -binary page.js | base64`.
const SCRIPT_HASH: &str = include_str!("html/page.js.sha256");

/// Written as it is to be read, and never as markup.
struct Text<'a>(&'a str);

pub(super) fn of(shown: &Shown<'_>) -> String {
    let diagram = Diagram::of(&shown.listing.edges);
    let about = sections::about(shown.filter);
    let title = if about.is_empty() {
        "Who talks to whom".to_owned()
    } else {
        format!("Who talks to {about}")
    };
    let mut page = head(&title);
    page += &header(&title, shown, &diagram);
    page += "<main>\n";
    page += &filters::form(shown);
    page += &Map::of(&diagram, shown.filter).figure();
    page += &drops(&diagram, shown);
    page += "<section id=\"list\" aria-labelledby=\"list-title\">\n<h2 id=\"list-title\">All edges</h2>\n";
    page += &table(shown, &diagram);
    let _ = write!(
        page,
        "</section>\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    page
}

impl Display for Text<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                control if control.is_control() => out.write_char(' ')?,
                plain => out.write_char(plain)?,
            }
        }
        Ok(())
    }
}

fn head(title: &str) -> String {
    let hash = SCRIPT_HASH.trim();
    let title = Text(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title} · netobs</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )
}

fn header(title: &str, shown: &Shown<'_>, diagram: &Diagram<'_>) -> String {
    let tally = Tally::of(&shown.listing.edges);
    let about = &shown.listing.about;
    let mut tiles = String::new();
    let workloads = diagram
        .ends
        .iter()
        .filter(|end| matches!(end.place, Place::Workload { .. }));
    let workloads = workloads.count() as u64;
    let mut tile = |count: u64, what: &str, class: &str| {
        let class = if count > 0 { class } else { "" };
        let _ = writeln!(tiles, "<li class=\"{class}\"><b>{}</b> {what}</li>", grouped(count));
    };
    tile(tally.edges, if tally.edges == 1 { "edge" } else { "edges" }, "");
    tile(workloads, if workloads == 1 { "workload" } else { "workloads" }, "");
    tile(tally.dropped, "dropped", "dropped");
    tile(tally.unanswered, "unanswered", "unanswered");
    tile(tally.seen_once, "seen once only", "");
    let watched = summary::watched(about, |at| moment(shown, at));
    let mut header = format!(
        "<header>\n<div>\n<h1>{}</h1>\n<p>Watched for {}. Taken {}. Times are {}.</p>\n",
        Text(title),
        Text(&watched),
        Text(&moment(shown, about.at)),
        Text(&zone(shown))
    );
    if about.forgotten.for_room > 0 {
        let gone = plural(about.forgotten.for_room, "more edge");
        let _ = writeln!(
            header,
            "<p class=\"warning\">This is not all: {gone} were let go because there was no room for them.</p>"
        );
    }
    header
        + "</div>\n<button type=\"button\" id=\"theme\" hidden>◐ Dark or light</button>\n<ul class=\"tiles\">\n"
        + &tiles
        + "</ul>\n</header>\n"
}

/// With the date always: nobody knows on which day a page will be read.
fn moment(shown: &Shown<'_>, at: At) -> String {
    zoned(shown, at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `UTC`, `Europe/Berlin`, `+02:00`
fn zone(shown: &Shown<'_>) -> String {
    zoned(shown, shown.listing.about.at).strftime("%:Q").to_string()
}

fn zoned(shown: &Shown<'_>, at: At) -> Zoned {
    let at = Timestamp::from_nanosecond(nanos(at).into()).unwrap_or_default();
    at.to_zoned(shown.view.clock.zone().clone())
}

/// `1,204,331`
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
