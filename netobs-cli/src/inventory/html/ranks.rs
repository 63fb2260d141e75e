//! Callers to the left of whom they call, as far as there are no circles.

/// From one to another, and how much it matters that it goes to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) weight: u32,
}

/// Who has to do with whom; nobody with itself.
#[derive(Debug)]
pub(super) struct Graph {
    /// For each, whom it calls.
    calls: Vec<Vec<(usize, i64)>>,
    called_by: Vec<Vec<(usize, i64)>>,
}

impl Graph {
    pub(super) fn of(count: usize, arcs: &[Arc]) -> Self {
        let mut graph = Self {
            calls: vec![Vec::new(); count],
            called_by: vec![Vec::new(); count],
        };
        for Arc { from, to, weight } in arcs.iter().filter(|arc| arc.from != arc.to) {
            graph.calls[*from].push((*to, (*weight).into()));
            graph.called_by[*to].push((*from, (*weight).into()));
        }
        graph
    }

    pub(super) const fn len(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn neighbours(&self, node: usize) -> impl Iterator<Item = usize> {
        let both = [&self.calls[node], &self.called_by[node]];
        both.into_iter().flatten().map(|(other, _)| *other)
    }

    /// For each the column it stands in, from the left.
    pub(super) fn ranks(&self) -> Vec<usize> {
        let order = self.order();
        let mut place = vec![0; order.len()];
        for (index, &node) in order.iter().enumerate() {
            place[node] = index;
        }
        let mut ranks = vec![0; order.len()];
        for &node in &order {
            for &(called, _) in self.calls[node]
                .iter()
                .filter(|(called, _)| place[*called] > place[node])
            {
                ranks[called] = ranks[called].max(ranks[node] + 1);
            }
        }
        // Whom nobody calls stands right before the first whom it calls.
        for node in 0..order.len() {
            if ranks[node] == 0 {
                let called = self.calls[node].iter().map(|(called, _)| ranks[*called]);
                ranks[node] = called.filter(|rank| *rank > 0).min().map_or(0, |rank| rank - 1);
            }
        }
        ranks
    }

    /// With little weight against it: whom nobody calls of those that are left, or who calls most more than it is called.
    fn order(&self) -> Vec<usize> {
        let sum = |others: &[(usize, i64)]| others.iter().map(|(_, weight)| weight).sum::<i64>();
        let mut calls: Vec<_> = self.calls.iter().map(|others| sum(others)).collect();
        let mut called: Vec<_> = self.called_by.iter().map(|others| sum(others)).collect();
        let mut left: Vec<_> = (0..self.len()).collect();
        let mut order = Vec::with_capacity(self.len());
        // The first of several that are as good, so that the same edges make the same map.
        while let Some(index) = (0..left.len()).rev().max_by_key(|&index| {
            let node = left[index];
            (called[node] == 0, calls[node] - called[node])
        }) {
            let node = left.remove(index);
            order.push(node);
            for (other, weight) in &self.calls[node] {
                called[*other] -= weight;
            }
            for (other, weight) in &self.called_by[node] {
                calls[*other] -= weight;
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(count: usize, arcs: &[(usize, usize, u32)]) -> Vec<usize> {
        let arc = |&(from, to, weight)| Arc { from, to, weight };
        Graph::of(count, &arcs.iter().map(arc).collect::<Vec<_>>()).ranks()
    }

    #[test]
    fn each_stands_right_of_all_that_call_it() {
        assert_eq!(ranks(4, &[(2, 1, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1)]), [2, 1, 0, 1]);
    }

    #[test]
    fn a_circle_is_cut_where_it_costs_least() {
        assert_eq!(ranks(3, &[(0, 1, 5), (1, 2, 5), (2, 0, 1)]), [0, 1, 2]);
        assert_eq!(ranks(3, &[(0, 1, 5), (1, 2, 1), (2, 0, 5)]), [1, 2, 0]);
    }

    #[test]
    fn who_calls_itself_or_nobody_stands_alone() {
        assert_eq!(ranks(2, &[(0, 0, 1)]), [0, 0]);
    }
}
