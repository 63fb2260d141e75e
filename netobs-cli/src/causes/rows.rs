//! Causes as rows of a table.
use super::{
    joined::Joined,
    text::{parties, toll},
};
use crate::show::{Cell, Colour, Table, View, clean, words};

const COLUMNS: [(&str, usize); 7] = [
    ("LAST", 0),
    ("KIND", 0),
    ("STATE", 0),
    ("COUNT", 0),
    ("FROM", 0),
    ("TO", 0),
    ("WHAT", 0),
];

pub(super) fn table(causes: &[Joined], view: &View) -> String {
    let rows: Vec<_> = causes.iter().map(|cause| row(cause, view)).collect();
    Table::new(&COLUMNS, view.paint).whole(&rows)
}

/// For rows that come one by one.
pub(super) fn following(view: &View) -> Table {
    let widths = [8, 12, 7, 20, 24, 24, 0];
    let columns: Vec<_> = COLUMNS
        .iter()
        .zip(widths)
        .map(|((name, _), width)| (*name, width))
        .collect();
    Table::new(&columns, view.paint)
}

pub(super) fn row(joined: &Joined, view: &View) -> Vec<Cell> {
    let cause = &joined.cause;
    let state = words::word(cause.state().as_str_name(), "CAUSE_STATE_");
    let colour = if joined.is_mended() { Colour::Green } else { Colour::Red };
    vec![
        Cell::of(Colour::Dim, view.clock.moment(cause.last_unix_nanos)),
        words::cause_kind(cause.kind()).into(),
        Cell::of(colour, state),
        toll(cause).into(),
        parties(&cause.sources).into(),
        parties(&cause.destinations).into(),
        clean(&cause.headline).into(),
    ]
}
