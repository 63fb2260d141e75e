//! Where everything on the map is.
use std::collections::BTreeMap;

use super::{
    layered::{self, Gaps, Point, Size},
    ranks::Arc,
};
use crate::inventory::diagram::{Arrow, Diagram};

/// What is named in so many letters is named in full.
pub(super) const LONGEST_NAME: usize = 24;

const END: Size = Size {
    width: 170.0,
    height: 28.0,
};
const TITLE: f64 = 26.0;
const PADDING: f64 = 12.0;
const MARGIN: f64 = 8.0;
const IN_BOX: Gaps = Gaps {
    column: 64.0,
    part: 12.0,
    row: 8.0,
    tallest: 560.0,
};
const BOXES: Gaps = Gaps {
    column: 90.0,
    part: 28.0,
    row: 18.0,
    tallest: 620.0,
};
/// A map is about so much wider than tall.
const ASPECT: f64 = 1.7;

/// The application's own traffic says what is left of what.
const OWN: u64 = 8;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) size: Size,
    pub(super) boxes: Vec<Rect>,
    pub(super) ends: Vec<Rect>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rect {
    pub(super) at: Point,
    pub(super) size: Size,
}

impl Layout {
    pub(super) fn of(diagram: &Diagram<'_>) -> Self {
        let inner: Vec<_> = diagram.boxes.iter().map(|one| inside(diagram, &one.ends)).collect();
        let sizes: Vec<_> = inner.iter().map(|(_, size)| around(*size)).collect();
        let area: f64 = sizes
            .iter()
            .map(|size| (size.width + 60.0) * (size.height + 20.0))
            .sum();
        let gaps = Gaps {
            tallest: (area / ASPECT).sqrt().max(BOXES.tallest),
            ..BOXES
        };
        let (corners, size) = layered::place(&sizes, &between_boxes(diagram), gaps);
        let mut ends = Vec::with_capacity(diagram.ends.len());
        let mut boxes = Vec::with_capacity(corners.len());
        for ((corner, size), (places, _)) in corners.iter().zip(&sizes).zip(&inner) {
            let at = moved(*corner, MARGIN, MARGIN);
            boxes.push(Rect { at, size: *size });
            ends.extend(places.iter().map(|place| Rect {
                at: moved(*place, at.x + PADDING, at.y + TITLE),
                size: END,
            }));
        }
        Self {
            size: Size {
                width: size.width + 2.0 * MARGIN,
                height: size.height + 2.0 * MARGIN,
            },
            boxes,
            ends,
        }
    }
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.at.x + self.size.width
    }
}

fn inside(diagram: &Diagram<'_>, ends: &std::ops::Range<usize>) -> (Vec<Point>, Size) {
    let arrows = diagram.arrows.iter();
    let own = arrows.filter(|arrow| ends.contains(&arrow.from) && ends.contains(&arrow.to));
    let arcs: Vec<_> = own
        .map(|arrow| Arc {
            from: arrow.from - ends.start,
            to: arrow.to - ends.start,
            weight: weight(arrow),
        })
        .collect();
    layered::place(&vec![END; ends.len()], &arcs, IN_BOX)
}

fn around(inner: Size) -> Size {
    Size {
        width: inner.width + 2.0 * PADDING,
        height: inner.height + TITLE + PADDING,
    }
}

fn between_boxes(diagram: &Diagram<'_>) -> Vec<Arc> {
    let box_of = |end: usize| diagram.boxes.iter().position(|one| one.ends.contains(&end));
    let mut weights = BTreeMap::<_, u64>::new();
    for arrow in &diagram.arrows {
        if let (Some(from), Some(to)) = (box_of(arrow.from), box_of(arrow.to))
            && from != to
        {
            *weights.entry((from, to)).or_default() += weight(arrow);
        }
    }
    let arcs = weights.into_iter().map(|((from, to), weight)| Arc { from, to, weight });
    arcs.collect()
}

const fn weight(arrow: &Arrow<'_>) -> u64 {
    if arrow.recognised { 1 } else { OWN }
}

fn moved(point: Point, x: f64, y: f64) -> Point {
    Point {
        x: point.x + x,
        y: point.y + y,
    }
}
