//! Who or what is affected, each with how much; a bounded set that counts what it could not take.
use std::collections::BTreeMap;

/// More members than these are not told apart.
const MOST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected<T> {
    by_member: BTreeMap<T, u64>,
    others: u64,
}

impl<T> Default for Affected<T> {
    fn default() -> Self {
        Self {
            by_member: BTreeMap::new(),
            others: 0,
        }
    }
}

impl<T: Ord> Affected<T> {
    pub fn add(&mut self, member: T, count: u64) {
        if let Some(known) = self.by_member.get_mut(&member) {
            *known = known.saturating_add(count);
        } else if self.by_member.len() < MOST {
            self.by_member.insert(member, count);
        } else {
            self.others = self.others.saturating_add(count);
        }
    }

    /// The same counts, of what each member becomes.
    #[must_use]
    pub(crate) fn map(&self, become_of: impl Fn(&T) -> T) -> Self {
        let mut mapped = Self {
            others: self.others,
            ..Self::default()
        };
        for (member, count) in self.iter() {
            mapped.add(become_of(member), count);
        }
        mapped
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&T, u64)> {
        self.by_member.iter().map(|(member, count)| (member, *count))
    }

    /// What was counted for members that are not told apart.
    pub const fn others(&self) -> u64 {
        self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_beyond_the_bound_are_counted_together() {
        let mut affected = Affected::default();
        for member in 0..100_u64 {
            affected.add(member, 2);
            affected.add(0, 1);
        }
        assert_eq!(affected.iter().len(), MOST);
        let total: u64 = affected.iter().map(|(_, count)| count).sum();
        assert_eq!((total + affected.others(), affected.others()), (300, 2 * 36));
    }
}
