//! What a selector asks of an object's labels.
use std::fmt::{self, Display, Formatter};

use super::{Labels, Symbol};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    In,
    /// Satisfied too by an object that does not have the key.
    NotIn,
    Exists,
    DoesNotExist,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    pub key: Symbol,
    pub operator: Operator,
    /// Empty for `Exists` and `DoesNotExist`. `In` without values is satisfied by nothing.
    pub values: Vec<Symbol>,
}

impl Requirement {
    pub fn is(key: Symbol, value: Symbol) -> Self {
        Self {
            key,
            operator: Operator::In,
            values: vec![value],
        }
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.admits(labels.get(&self.key))
    }

    /// Whether it is satisfied by this value of its key, or by the key's absence.
    pub fn admits(&self, value: Option<&Symbol>) -> bool {
        let listed = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

/// Requirements that must all be satisfied; without any, everything is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    pub requirements: Vec<Requirement>,
}

impl Selector {
    pub fn new(requirements: Vec<Requirement>) -> Self {
        Self { requirements }
    }

    pub fn everything() -> Self {
        Self::default()
    }

    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// The requirements that these labels do not satisfy.
    pub fn unmet<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = &'a Requirement> {
        self.requirements
            .iter()
            .filter(|requirement| !requirement.matches(labels))
    }
}

impl Display for Requirement {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match (self.operator, self.values.as_slice()) {
            (Operator::Exists, _) => write!(out, "{key}"),
            (Operator::DoesNotExist, _) => write!(out, "!{key}"),
            (Operator::In, [value]) => write!(out, "{key}={value}"),
            (Operator::NotIn, [value]) => write!(out, "{key}!={value}"),
            (Operator::In, values) => write!(out, "{key} in ({})", values.join(",")),
            (Operator::NotIn, values) => write!(out, "{key} notin ({})", values.join(",")),
        }
    }
}

/// As `kubectl -l` takes it; empty when everything is selected.
impl Display for Selector {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, labels: &[(&str, &str)]) -> bool {
        selector
            .parse::<Selector>()
            .unwrap()
            .matches(&Labels::of(labels.iter().copied()))
    }

    #[test]
    fn each_operator_looks_at_presence_and_value() {
        let prod = [("env", "prod")];
        assert!(selects("env in (prod,test)", &prod) && !selects("env in (test)", &prod) && !selects("env=prod", &[]));
        assert!(selects("env notin (test)", &prod) && !selects("env!=prod", &prod));
        assert!(selects("env", &prod) && !selects("env", &[]));
        assert!(selects("!env", &[]) && !selects("!env", &prod));
    }

    #[test]
    fn not_in_is_satisfied_by_a_missing_key() {
        assert!(selects("env notin (prod)", &[("app", "web")]));
    }

    #[test]
    fn requirements_are_joined_by_and_and_an_empty_selector_selects_everything() {
        assert!(!selects("env=prod,app=db", &[("env", "prod"), ("app", "web")]));
        assert!(selects("", &[]) && selects("", &[("env", "prod")]));
    }

    #[test]
    fn in_without_values_selects_nothing() {
        let nothing = Requirement {
            key: "env".into(),
            operator: Operator::In,
            values: vec![],
        };
        assert!(!nothing.matches(&Labels::of([("env", "")])) && !nothing.matches(&Labels::default()));
    }
}
