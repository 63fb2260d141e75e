//! How long we wait for the API server, and how long we leave it alone.
use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Duration,
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For an answer to begin, and between its parts.
    pub(super) answer: Duration,
    /// Without a word on a watch. A server says at least every minute or so that nothing changed.
    pub(super) quiet: Duration,
    /// After a first failure; each one more doubles it.
    pub(super) least: Duration,
    pub(super) most: Duration,
    /// Until we ask again for what we may not have.
    pub(super) forbidden: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(30),
            quiet: Duration::from_secs(90),
            least: Duration::from_secs(1),
            most: Duration::from_secs(30),
            forbidden: Duration::from_secs(300),
        }
    }
}

/// How often in a row something failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures(u32);

impl Failures {
    /// How long to wait after one more, by chance up to a quarter more or less, so that not all nodes ask at once.
    pub(super) fn count(&mut self, patience: &Patience, chance: Chance) -> Duration {
        let doubled = 1_u32.checked_shl(self.0).unwrap_or(u32::MAX);
        self.0 = self.0.saturating_add(1);
        let wait = patience.least.saturating_mul(doubled).min(patience.most);
        chance.vary(wait).clamp(patience.least, patience.most)
    }

    pub(super) const fn is_first(self) -> bool {
        self.0 == 1
    }

    pub(super) const fn forget(&mut self) {
        self.0 = 0;
    }
}

/// A number from 0 up to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(f64);

impl Chance {
    /// Not for secrets.
    pub(super) fn draw() -> Self {
        let random = RandomState::new().build_hasher().finish();
        let bits = u32::try_from(random >> 32).unwrap_or_default();
        Self(f64::from(bits) / (f64::from(u32::MAX) + 1.0))
    }

    /// Up to a quarter more or less.
    pub(super) fn vary(self, wait: Duration) -> Duration {
        wait.mul_f64(0.75 + self.0 / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(chance: f64) -> Vec<Duration> {
        let mut failures = Failures::default();
        (0..8)
            .map(|_| failures.count(&Patience::default(), Chance(chance)))
            .collect()
    }

    #[test]
    fn waits_double_up_to_the_most_and_never_leave_their_bounds() {
        let secs: Vec<_> = waits(0.5).iter().map(Duration::as_secs).collect();
        assert_eq!(secs, [1, 2, 4, 8, 16, 30, 30, 30]);
        for chance in [0.0, 0.3, 0.999] {
            let (least, most) = (Duration::from_secs(1), Duration::from_secs(30));
            assert!(waits(chance).iter().all(|wait| (least..=most).contains(wait)));
        }
    }

    #[test]
    fn nodes_that_fail_together_do_not_come_back_together() {
        assert!(waits(0.0)[3] < waits(0.9)[3]);
        let draws: Vec<_> = (0..64).map(|_| Chance::draw().0).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert!(draws.iter().any(|draw| *draw < 0.5) && draws.iter().any(|draw| *draw >= 0.5));
    }

    #[test]
    fn after_a_success_it_begins_anew_and_endless_failures_do_not_overflow() {
        let mut failures = Failures(u32::MAX);
        assert_eq!(
            failures.count(&Patience::default(), Chance(0.5)),
            Duration::from_secs(30)
        );
        failures.forget();
        assert_eq!(
            failures.count(&Patience::default(), Chance(0.5)),
            Duration::from_secs(1)
        );
    }
}
