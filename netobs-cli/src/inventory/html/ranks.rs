//! Callers to the left of whom they call, as far as there are no circles.

/// From one to another, and how much it matters that it goes to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) weight: u64,
}

/// For each of so many the column it stands in, from the left.
pub(super) fn of(count: usize, arcs: &[Arc]) -> Vec<usize> {
    let order = order(count, arcs);
    let mut place = vec![0; count];
    for (index, &node) in order.iter().enumerate() {
        place[node] = index;
    }
    let forward: Vec<_> = arcs.iter().filter(|arc| place[arc.from] < place[arc.to]).collect();
    let mut ranks = vec![0; count];
    for &node in &order {
        for arc in forward.iter().filter(|arc| arc.from == node) {
            ranks[arc.to] = ranks[arc.to].max(ranks[node] + 1);
        }
    }
    // Whom nobody calls stands right before the first whom it calls.
    for node in 0..count {
        if forward.iter().all(|arc| arc.to != node) {
            let called = forward.iter().filter(|arc| arc.from == node).map(|arc| ranks[arc.to]);
            ranks[node] = called.min().map_or(0, |rank| rank - 1);
        }
    }
    ranks
}

/// With little weight against it: whoever is called least, for what it calls, comes first of what is left.
fn order(count: usize, arcs: &[Arc]) -> Vec<usize> {
    let mut balance = vec![0_i64; count];
    let weight = |arc: &Arc| i64::try_from(arc.weight).unwrap_or(i64::MAX / 4);
    let arcs: Vec<_> = arcs.iter().filter(|arc| arc.from != arc.to).collect();
    let mut called = vec![0_i64; count];
    for arc in &arcs {
        balance[arc.from] += weight(arc);
        balance[arc.to] -= weight(arc);
        called[arc.to] += weight(arc);
    }
    let mut left: Vec<_> = (0..count).collect();
    let mut order = Vec::with_capacity(count);
    let is_first = |node: usize, called: &[i64], balance: &[i64]| (called[node] == 0, balance[node]);
    while let Some(index) = (0..left.len())
        .rev()
        .max_by_key(|&index| is_first(left[index], &called, &balance))
    {
        let node = left.remove(index);
        order.push(node);
        for arc in arcs.iter().filter(|arc| arc.from == node) {
            called[arc.to] -= weight(arc);
            balance[arc.to] += weight(arc);
        }
        for arc in arcs.iter().filter(|arc| arc.to == node) {
            balance[arc.from] -= weight(arc);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arcs(pairs: &[(usize, usize)]) -> Vec<Arc> {
        let arc = |&(from, to)| Arc { from, to, weight: 1 };
        pairs.iter().map(arc).collect()
    }

    #[test]
    fn each_stands_right_of_all_that_call_it() {
        assert_eq!(of(4, &arcs(&[(2, 1), (1, 0), (2, 0), (3, 0)])), [2, 1, 0, 1]);
    }

    #[test]
    fn a_circle_is_cut_where_it_costs_least() {
        let mut circle = arcs(&[(0, 1), (1, 2), (2, 0)]);
        circle[0].weight = 5;
        circle[1].weight = 5;
        assert_eq!(of(3, &circle), [0, 1, 2]);
    }

    #[test]
    fn who_calls_itself_or_nobody_stands_alone() {
        assert_eq!(of(2, &arcs(&[(0, 0)])), [0, 0]);
    }
}
