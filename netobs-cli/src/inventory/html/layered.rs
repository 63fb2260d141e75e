//! Places things in columns, so that most arrows go to the right and few of them cross.
use super::ranks::Graph;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// What lies between things, and how much may stand above each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gaps {
    pub(super) column: f64,
    /// Between columns of one rank that was too tall for one.
    pub(super) part: f64,
    pub(super) row: f64,
    /// Each rank stands so much lower than the one before, so that arrows which pass a rank do not run through it.
    pub(super) step: f64,
    pub(super) tallest: f64,
}

/// The order in a column is made better so often.
const SWEEPS: usize = 6;

/// Where the upper left corner of each is, and how much room all take.
pub(super) fn place(sizes: &[Size], graph: &Graph, most_ranks: usize, gaps: Gaps) -> (Vec<Point>, Size) {
    let columns = ordered(graph, most_ranks);
    let mut points = vec![Point::default(); sizes.len()];
    let mut x = 0.0;
    let mut placed = Vec::new();
    let mut lower = 0.0;
    for column in &columns {
        for (index, part) in parts(column, sizes, gaps).into_iter().enumerate() {
            if x > 0.0 {
                x += if index == 0 { gaps.column } else { gaps.part };
            }
            let width = part.iter().map(|&node| sizes[node].width).fold(0.0, f64::max);
            let tall = tall(&part, sizes, gaps);
            placed.push((part, x, width, lower - tall / 2.0));
            x += width;
        }
        lower += gaps.step;
    }
    let top = placed.iter().map(|(.., top)| *top).fold(0.0, f64::min);
    let mut height = 0.0_f64;
    for (part, x, width, start) in placed {
        let mut y = start - top;
        for node in part {
            let indent = (width - sizes[node].width) / 2.0;
            points[node] = Point { x: x + indent, y };
            height = height.max(y + sizes[node].height);
            y += sizes[node].height + gaps.row;
        }
    }
    (points, Size { width: x, height })
}

/// If there are more ranks, neighbouring ones share a column.
fn ordered(graph: &Graph, most_ranks: usize) -> Vec<Vec<usize>> {
    let ranks = graph.ranks();
    let count = ranks.iter().max().map_or(0, |last| last + 1);
    let kept = count.min(most_ranks);
    let mut columns = vec![Vec::new(); kept];
    for (node, rank) in ranks.iter().enumerate() {
        columns[rank * kept / count].push(node);
    }
    let mut at = vec![0.0; ranks.len()];
    columns.iter().for_each(|column| settle(column, &mut at));
    for sweep in 0..SWEEPS {
        for index in 0..kept {
            // To the right and back: each column follows the one that was just put in order.
            let column = &mut columns[if sweep % 2 == 0 { index } else { kept - 1 - index }];
            let mut keyed: Vec<_> = column.iter().map(|&node| (mean(node, graph, &at), node)).collect();
            keyed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            *column = keyed.into_iter().map(|(_, node)| node).collect();
            settle(column, &mut at);
        }
    }
    columns
}

/// From -1 at the top of a column to 1 at its end.
fn settle(column: &[usize], at: &mut [f64]) {
    let last = f64::from(u32::try_from(column.len().max(2) - 1).unwrap_or(u32::MAX));
    for (index, &node) in (0_u32..).zip(column) {
        let share = f64::from(index) / last * 2.0 - 1.0;
        at[node] = if column.len() == 1 { 0.0 } else { share };
    }
}

/// Where those are that it has to do with.
fn mean(node: usize, graph: &Graph, at: &[f64]) -> f64 {
    let (sum, count) = graph
        .neighbours(node)
        .fold((0.0, 0.0), |(sum, count), other| (sum + at[other], count + 1.0));
    if count > 0.0 { sum / count } else { at[node] }
}

/// As even as they can be.
fn parts(column: &[usize], sizes: &[Size], gaps: Gaps) -> Vec<Vec<usize>> {
    let all = tall(column, sizes, gaps);
    let share = all / (all / gaps.tallest).ceil().max(1.0);
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut height = 0.0;
    for &node in column {
        match parts.last_mut() {
            Some(part) if height + sizes[node].height / 2.0 <= share => part.push(node),
            Some(_) | None => {
                parts.push(vec![node]);
                height = 0.0;
            }
        }
        height += sizes[node].height + gaps.row;
    }
    parts
}

fn tall(nodes: &[usize], sizes: &[Size], gaps: Gaps) -> f64 {
    let heights: f64 = nodes.iter().map(|&node| sizes[node].height + gaps.row).sum();
    (heights - gaps.row).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::{super::ranks::Arc, *};

    const GAPS: Gaps = Gaps {
        column: 50.0,
        part: 10.0,
        row: 10.0,
        step: 0.0,
        tallest: 120.0,
    };
    const ONE: Size = Size {
        width: 100.0,
        height: 20.0,
    };

    fn arc(from: usize, to: usize) -> Arc {
        Arc { from, to, weight: 1 }
    }

    #[test]
    fn callers_are_left_and_in_the_order_of_whom_they_call() {
        let arcs = [arc(0, 3), arc(1, 2), arc(4, 2), arc(4, 3)];
        let (points, size) = place(&[ONE; 5], &Graph::of(5, &arcs), 9, GAPS);
        assert!(
            (size.width - 250.0).abs() < 0.1 && (size.height - 80.0).abs() < 0.1,
            "{size:?}"
        );
        assert_eq!(points[0].y < points[1].y, points[3].y < points[2].y);
        assert!(arcs.iter().all(|arc| points[arc.from].x < points[arc.to].x));
    }

    #[test]
    fn a_column_that_is_too_tall_is_told_in_parts_and_nothing_overlaps() {
        let (points, size) = place(&[ONE; 9], &Graph::of(9, &[]), 9, GAPS);
        assert!(size.height <= 110.0 && size.width > 300.0, "{size:?}");
        for (index, one) in points.iter().enumerate() {
            for other in &points[index + 1..] {
                assert!((one.x - other.x).abs() >= 100.0 || (one.y - other.y).abs() >= 20.0);
            }
        }
    }

    #[test]
    fn a_long_chain_shares_columns() {
        let chain: Vec<_> = (0..9).map(|node| arc(node, node + 1)).collect();
        let (points, size) = place(&[ONE; 10], &Graph::of(10, &chain), 3, GAPS);
        assert!((size.width - 400.0).abs() < 0.1, "{size:?}");
        assert!(points[0].x < points[9].x);
    }
}
