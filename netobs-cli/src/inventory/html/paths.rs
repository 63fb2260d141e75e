//! How arrows run from one end to another.
use super::{
    layered::Point,
    layout::{Layout, Rect},
};
use crate::inventory::diagram::Diagram;

/// A curve with its two handles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    from: Point,
    leaving: Point,
    arriving: Point,
    to: Point,
}

/// At which side of an end arrows come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// What stands out of an end where an arrow goes back.
const BULGE: f64 = 36.0;
/// So that arrowheads do not touch what they point at.
const AIR: f64 = 2.0;

impl Path {
    pub(super) fn drawn(&self) -> String {
        let Self {
            from,
            leaving,
            arriving,
            to,
        } = self;
        format!(
            "M{:.0} {:.1}C{:.0} {:.1} {:.0} {:.1} {:.0} {:.1}",
            from.x, from.y, leaving.x, leaving.y, arriving.x, arriving.y, to.x, to.y
        )
    }

    /// As far to the right as it goes, or hardly less.
    pub(super) fn right(&self) -> f64 {
        self.from.x.max(self.to.x).max(self.middle().x)
    }

    pub(super) fn middle(&self) -> Point {
        let of = |from: f64, leaving: f64, arriving: f64, to: f64| (from + 3.0 * (leaving + arriving) + to) / 8.0;
        Point {
            x: of(self.from.x, self.leaving.x, self.arriving.x, self.to.x),
            y: of(self.from.y, self.leaving.y, self.arriving.y, self.to.y),
        }
    }
}

/// For each arrow of the diagram its path; those at one side of an end are spread over it, in the order of where they lead.
pub(super) fn of(diagram: &Diagram<'_>, layout: &Layout) -> Vec<Path> {
    let rect = |end: usize| layout.ends.get(end).copied().unwrap_or_default();
    let sides: Vec<_> = diagram
        .arrows
        .iter()
        .map(|arrow| sides(&rect(arrow.from), &rect(arrow.to)))
        .collect();
    let mut hooks = Vec::new();
    for (index, (arrow, (leaves, arrives))) in diagram.arrows.iter().zip(&sides).enumerate() {
        let (from, to) = (rect(arrow.from), rect(arrow.to));
        hooks.push((arrow.from, *leaves, to.at.y, index, false));
        hooks.push((arrow.to, *arrives, from.at.y, index, true));
    }
    hooks.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)));
    let mut heights = vec![(0.0, 0.0); diagram.arrows.len()];
    for chunk in hooks.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        for (hook, height) in chunk.iter().zip(spread(&rect(chunk[0].0), chunk.len())) {
            let at = &mut heights[hook.3];
            if hook.4 {
                at.1 = height;
            } else {
                at.0 = height;
            }
        }
    }
    let arrows = diagram.arrows.iter().zip(sides).zip(heights);
    arrows
        .map(|((arrow, sides), heights)| path(&rect(arrow.from), &rect(arrow.to), sides, heights))
        .collect()
}

fn sides(from: &Rect, to: &Rect) -> (Side, Side) {
    if from.right() < to.at.x {
        (Side::Right, Side::Left)
    } else if to.right() < from.at.x {
        (Side::Left, Side::Right)
    } else {
        (Side::Right, Side::Right)
    }
}

fn spread(rect: &Rect, count: usize) -> impl Iterator<Item = f64> {
    let (top, height) = (rect.at.y, rect.size.height);
    let step = height / f64::from(u32::try_from(count).unwrap_or(u32::MAX) + 1);
    (1_u32..).map(move |index| top + step * f64::from(index)).take(count)
}

fn path(from: &Rect, to: &Rect, (leaves, arrives): (Side, Side), heights: (f64, f64)) -> Path {
    let x = |rect: &Rect, side| match side {
        Side::Left => rect.at.x - AIR,
        Side::Right => rect.right() + AIR,
    };
    let (start, end) = (
        Point {
            x: x(from, leaves),
            y: heights.0,
        },
        Point {
            x: x(to, arrives),
            y: heights.1,
        },
    );
    let reach = if leaves == arrives {
        BULGE + ((end.y - start.y).abs() / 8.0).min(BULGE)
    } else {
        ((end.x - start.x).abs() / 2.0).max(BULGE)
    };
    let handle = |point: Point, side| Point {
        x: match side {
            Side::Left => point.x - reach,
            Side::Right => point.x + reach,
        },
        y: point.y,
    };
    Path {
        from: start,
        leaving: handle(start, leaves),
        arriving: handle(end, arrives),
        to: end,
    }
}
