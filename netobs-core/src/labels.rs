//! Names and labels, stored once however many objects carry them, and the selectors that ask for them.
use std::{
    borrow::Borrow,
    fmt::{self, Debug, Display, Formatter},
    ops::Deref,
    sync::Arc,
};

pub use self::{
    interner::Interner,
    parse::SelectorError,
    selector::{Operator, Requirement, Selector},
    validity::{check_key, check_namespace, check_value},
};

mod interner;
mod parse;
mod selector;
mod validity;

/// A shared string: a name, a label's key or its value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

impl Symbol {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are the one stored string; two equal strings of one [`Interner`] always are.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl Debug for Symbol {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.as_str(), out)
    }
}

impl Display for Symbol {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// The labels (or annotations) of one object, sorted by key; cheap to copy, shared by all objects that carry the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[(Symbol, Symbol)]>);

impl Labels {
    /// A set of its own, stored apart from any [`Interner`]. Of a key that is given twice, the last value stays.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        pairs
            .into_iter()
            .map(|(key, value)| (Symbol::from(key), Symbol::from(value)))
            .collect()
    }

    pub fn get(&self, key: &str) -> Option<&Symbol> {
        let found = self
            .0
            .binary_search_by(|(candidate, _)| candidate.as_str().cmp(key))
            .ok()?;
        Some(&self.0[found].1)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Symbol, &Symbol)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the one stored set; two equal sets of one [`Interner`] always are.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same labels with this one set.
    #[must_use]
    pub fn with(&self, key: Symbol, value: Symbol) -> Self {
        self.0.iter().cloned().chain([(key, value)]).collect()
    }

    /// The same labels without this key.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        self.0
            .iter()
            .filter(|(candidate, _)| candidate.as_str() != key)
            .cloned()
            .collect()
    }

    fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl FromIterator<(Symbol, Symbol)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Symbol, Symbol)>>(pairs: I) -> Self {
        let mut sorted: Vec<_> = pairs.into_iter().collect();
        // Stable, so that of equal keys the one given last comes first and is the one that `dedup_by` keeps.
        sorted.reverse();
        sorted.sort_by(|left, right| left.0.cmp(&right.0));
        sorted.dedup_by(|later, kept| later.0 == kept.0);
        Self(sorted.into())
    }
}

impl Display for Labels {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_the_last_of_a_repeated_key_stays() {
        let labels = Labels::of([("tier", "web"), ("env", "test"), ("env", "prod")]);
        assert_eq!(labels.to_string(), "env=prod,tier=web");
        assert_eq!(labels.get("env").map(Symbol::as_str), Some("prod"));
        assert_eq!(labels.get("en"), None);
        assert_eq!(labels.len(), 2);
    }

    #[test]
    fn a_label_can_be_set_replaced_and_taken_away() {
        let labels = Labels::of([("env", "test")]);
        assert_eq!(labels.with("env".into(), "prod".into()).to_string(), "env=prod");
        assert_eq!(labels.with("app".into(), "db".into()).to_string(), "app=db,env=test");
        assert!(labels.without("env").is_empty());
        assert_eq!(labels.without("app"), labels);
    }
}
