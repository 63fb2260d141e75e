//! Rows under a head, each column as wide as what stands in it.
use super::{Colour, Paint};

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    colour: Colour,
}

/// Widths only grow, so that rows can be written as they come.
pub(crate) struct Table {
    head: Vec<&'static str>,
    widths: Vec<usize>,
    paint: Paint,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            colour: Colour::Plain,
        }
    }
}

impl Cell {
    pub(crate) fn of(colour: Colour, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            colour,
        }
    }
}

impl Table {
    /// Each column with the width it has at least, for rows that are not known yet.
    pub(crate) fn new(columns: &[(&'static str, usize)], paint: Paint) -> Self {
        Self {
            head: columns.iter().map(|(name, _)| *name).collect(),
            widths: columns.iter().map(|(name, width)| name.len().max(*width)).collect(),
            paint,
        }
    }

    pub(crate) fn widen(&mut self, row: &[Cell]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = cell.text.chars().count().max(*width);
        }
    }

    pub(crate) fn head(&self) -> String {
        let head: Vec<_> = self.head.iter().map(|name| Cell::of(Colour::Bold, *name)).collect();
        self.line(&head)
    }

    pub(crate) fn row(&mut self, row: &[Cell]) -> String {
        self.widen(row);
        self.line(row)
    }

    /// Head and rows, where all rows are there.
    pub(crate) fn whole(mut self, rows: &[Vec<Cell>]) -> String {
        for row in rows {
            self.widen(row);
        }
        let lines = rows.iter().map(|row| self.line(row));
        [self.head()].into_iter().chain(lines).map(|line| line + "\n").collect()
    }

    fn line(&self, row: &[Cell]) -> String {
        let mut line = String::new();
        let mut gap = 0;
        for (cell, width) in row.iter().zip(&self.widths) {
            line.extend(std::iter::repeat_n(' ', gap));
            line += &self.paint.paint(cell.colour, &cell.text);
            gap = (width + 2).saturating_sub(cell.text.chars().count());
        }
        line.trim_end().to_owned()
    }
}
