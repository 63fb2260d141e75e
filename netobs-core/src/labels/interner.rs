//! Stores each string and each set of labels once.
use std::collections::HashSet;

use super::{Labels, Symbol};

#[derive(Debug, Default)]
pub struct Interner {
    symbols: HashSet<Symbol>,
    labels: HashSet<Labels>,
}

impl Interner {
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(known) = self.symbols.get(text) {
            return known.clone();
        }
        let symbol = Symbol::from(text);
        self.symbols.insert(symbol.clone());
        symbol
    }

    pub fn labels<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
        let labels: Labels = pairs
            .into_iter()
            .map(|(key, value)| (self.symbol(key), self.symbol(value)))
            .collect();
        if let Some(known) = self.labels.get(&labels) {
            return known.clone();
        }
        self.labels.insert(labels.clone());
        labels
    }

    /// Forgets what nobody else holds any more.
    pub fn sweep(&mut self) {
        self.labels.retain(|labels| labels.holders() > 1);
        self.symbols.retain(|symbol| symbol.holders() > 1);
    }

    /// How many strings and how many sets of labels are stored.
    pub fn len(&self) -> (usize, usize) {
        (self.symbols.len(), self.labels.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_and_equal_sets_are_stored_once() {
        let mut interner = Interner::default();
        assert!(interner.symbol("prod").is_same(&interner.symbol("prod")));
        let one = interner.labels([("env", "prod"), ("app", "web")]);
        let other = interner.labels([("app", "web"), ("env", "prod")]);
        assert!(one.is_same(&other));
        assert_eq!(interner.len(), (4, 1));
    }

    #[test]
    fn what_nobody_holds_is_forgotten_and_the_rest_is_kept() {
        let mut interner = Interner::default();
        let kept = interner.labels([("env", "prod")]);
        drop(interner.labels([("app", "web")]));
        interner.sweep();
        assert_eq!(interner.len(), (2, 1));
        assert!(interner.labels([("env", "prod")]).is_same(&kept));
        drop(kept);
        interner.sweep();
        assert!(interner.is_empty());
    }
}
