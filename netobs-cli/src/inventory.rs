//! `netobs inventory`: who talks to whom, and for how long already.
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use netobs_core::inventory::{Filter, Listing};

pub(crate) use self::source::Source;
use crate::{
    Verdict,
    global::Global,
    notes::note,
    output::Output,
    show::{View, plural},
};

mod csv;
mod diagram;
mod dot;
mod ends;
pub(crate) mod file;
mod html;
mod json;
mod mermaid;
mod sections;
pub(crate) mod source;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod words;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// wide: all counts, and examples; json: GetInventoryResponse of the contract, one a line, which --inventory reads;
    /// csv: all counts, and no name that a spreadsheet would run (an apostrophe goes before it);
    /// mermaid, dot: a diagram's text; html: a page with the map and a table that filters.
    #[arg(short, long, value_enum, default_value_t = Shape::Table)]
    output: Shape,
    /// Writes there instead, all or nothing: what was there stays until the new is whole.
    #[arg(long, value_name = "PATH")]
    output_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Table,
    Wide,
    Json,
    Csv,
    Mermaid,
    Dot,
    Html,
}

/// What is shown, and what was asked for.
pub(super) struct Shown<'a> {
    pub(super) listing: &'a Listing,
    pub(super) filter: &'a Filter,
    pub(super) view: &'a View,
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    let view = global.view();
    let gathered = arguments.source.gather(global).await?;
    let shown = Shown {
        listing: &gathered.listing,
        filter: &gathered.filter,
        view: &view,
    };
    let text = shown.text(arguments.output)?;
    match &arguments.output_file {
        Some(path) => file::replace(path, text.as_bytes())?,
        None => {
            out.text(&text)?;
            out.flush()?;
        }
    }
    shown.tell_what_is_not_there();
    Ok(if gathered.complete {
        Verdict::Good
    } else {
        Verdict::Unreachable
    })
}

impl Shown<'_> {
    fn text(&self, shape: Shape) -> Result<String> {
        Ok(match shape {
            Shape::Table => table::of(self, false),
            Shape::Wide => table::of(self, true),
            Shape::Json => json::of(self.listing)?,
            Shape::Csv => csv::of(self.listing),
            Shape::Mermaid => mermaid::of(self),
            Shape::Dot => dot::of(self),
            Shape::Html => html::of(self),
        })
    }

    /// So that what is not shown is not taken for what did not happen.
    fn tell_what_is_not_there(&self) {
        if self.listing.edges.is_empty() {
            let watched = summary::watched(&self.listing.about, |at| summary::moment(self, at));
            note(format_args!("nothing that was asked for was seen in {watched}"));
        }
        let forgotten = self.listing.about.forgotten;
        let told = [
            (forgotten.for_room, "because there was no room for more"),
            (forgotten.for_age, "because they were not seen for too long"),
        ];
        for (count, why) in told {
            if count > 0 {
                note(format_args!("{} were let go {why}", plural(count, "edge")));
            }
        }
    }
}
