//! What many measurements of one thing come to.

/// The middle of many measurements, with the least and the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

impl Summary {
    /// Of at least one measurement.
    pub(crate) fn of(measured: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = measured.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: quantile(&sorted, 50),
            min: quantile(&sorted, 0),
            max: quantile(&sorted, 100),
            runs: sorted.len(),
        }
    }
}

/// The least measurement that so many percent are not above.
pub(crate) fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_measurements() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert!((quantile(&sorted, 50) - 100.0).abs() < f64::EPSILON);
        assert!((quantile(&sorted, 99) - 198.0).abs() < f64::EPSILON);
        assert!((quantile(&sorted, 0) - 1.0).abs() < f64::EPSILON);
        assert!((quantile(&sorted, 100) - 200.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_summary_does_not_mind_the_order() {
        let summary = Summary::of([3.0, 1.0, 2.0]);
        assert_eq!(
            (summary.median, summary.min, summary.max, summary.runs),
            (2.0, 1.0, 3.0, 3)
        );
    }
}
