//! Where everything on the map is.
use std::collections::BTreeMap;

use super::{
    layered::{self, Gaps, Point, Size},
    ranks::{Arc, Graph},
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
    step: 40.0,
    tallest: 560.0,
};
const BOXES: Gaps = Gaps {
    column: 90.0,
    part: 28.0,
    row: 18.0,
    step: 0.0,
    tallest: f64::INFINITY,
};
/// A map is about so much wider than tall.
const ASPECT: f64 = 1.8;
/// As tall as a map may be without a thought.
const SMALL: f64 = 820.0;
/// More columns of boxes than these nobody follows.
const MOST_RANKS: usize = 12;
/// On a map of more ends, each box is narrow.
const FEW_ENDS: usize = 24;

/// The application's own traffic says what is left of what.
const OWN: u32 = 8;

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
        let graph = between_boxes(diagram);
        let tries = (1..=MOST_RANKS).map(|ranks| layered::place(&sizes, &graph, ranks, BOXES));
        let best = tries.min_by(|(_, one), (_, other)| strangeness(*one).total_cmp(&strangeness(*other)));
        let (corners, size) = best.unwrap_or_default();
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
    let ranks = if diagram.ends.len() > FEW_ENDS { 2 } else { 5 };
    layered::place(&vec![END; ends.len()], &Graph::of(ends.len(), &arcs), ranks, IN_BOX)
}

fn around(inner: Size) -> Size {
    Size {
        width: inner.width + 2.0 * PADDING,
        height: inner.height + TITLE + PADDING,
    }
}

fn between_boxes(diagram: &Diagram<'_>) -> Graph {
    let boxes = diagram.boxes.iter().enumerate();
    let box_of: Vec<_> = boxes
        .flat_map(|(index, one)| one.ends.clone().map(move |_| index))
        .collect();
    let mut weights = BTreeMap::<_, u32>::new();
    for arrow in &diagram.arrows {
        if let (Some(from), Some(to)) = (box_of.get(arrow.from), box_of.get(arrow.to)) {
            *weights.entry((*from, *to)).or_default() += weight(arrow);
        }
    }
    let arcs = weights.into_iter().map(|((from, to), weight)| Arc { from, to, weight });
    Graph::of(diagram.boxes.len(), &arcs.collect::<Vec<_>>())
}

/// How far it is from the shape of a screen. What is small is never too flat.
fn strangeness(size: Size) -> f64 {
    let height = size.height.max(SMALL);
    (size.width.max(1.0) / height / ASPECT).ln().abs()
}

const fn weight(arrow: &Arrow<'_>) -> u32 {
    if arrow.recognised { 1 } else { OWN }
}

fn moved(point: Point, x: f64, y: f64) -> Point {
    Point {
        x: point.x + x,
        y: point.y + y,
    }
}
