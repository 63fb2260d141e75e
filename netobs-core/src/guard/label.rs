//! Decides for one label what to ask of namespaces, from what policies ask and what namespaces have.
use std::collections::BTreeMap;

use super::{AllowedValue, GuardedLabel, Refused, Wishes, demand::Demand};
use crate::{
    explain::NamespaceFacts,
    labels::{Labels, Symbol},
    spelling,
};

/// A label that fewer than one in so many namespaces carry marks a few of them: it is not asked of the others.
const RARE: usize = 4;

pub(super) fn of(
    key: Symbol,
    demand: &Demand,
    namespaces: &BTreeMap<&Symbol, &NamespaceFacts>,
    wishes: &Wishes,
) -> GuardedLabel {
    let carried = |wanted: &Symbol| {
        let carrying = namespaces.values().filter(|one| one.labels.get(&key) == Some(wanted));
        carrying.count()
    };
    let meant = namespaces
        .values()
        .filter(|one| has_or_means(&key, demand, one))
        .count();
    let required = wishes.require.contains(&key)
        || demand.is_for_presence()
            && !wishes.optional.contains(&key)
            && (namespaces.is_empty() || meant * RARE >= namespaces.len());
    let more = wishes.values.get(&key).into_iter().flatten();
    let in_use = namespaces.values().filter_map(|one| one.labels.get(&key));
    let in_use = in_use.filter(|value| !is_slip(demand, value));
    let mut values: Vec<_> = demand.named.iter().chain(more).chain(in_use).cloned().collect();
    values.sort();
    values.dedup();
    if demand.any || !required || demand.named.is_empty() && !wishes.values.contains_key(&key) {
        values.clear();
    }
    GuardedLabel {
        required,
        values: values
            .into_iter()
            .map(|value| AllowedValue {
                selected: demand.wanted.contains(&value),
                carried: carried(&value),
                value,
            })
            .collect(),
        fixed: !demand.named.is_empty(),
        policies: demand.policies.iter().cloned().collect(),
        carried: namespaces.values().filter(|one| one.labels.get(&key).is_some()).count(),
        namespaces: namespaces.len(),
        key,
    }
}

impl GuardedLabel {
    pub(super) fn refused(&self, namespace: &Symbol, facts: &NamespaceFacts) -> Option<Refused> {
        let found = facts.labels.get(&self.key);
        self.objections(None, found).next()?;
        Some(Refused {
            namespace: namespace.clone(),
            key: self.key.clone(),
            found: found.cloned(),
            meant: self.meant(found, facts),
        })
    }

    fn meant(&self, found: Option<&Symbol>, facts: &NamespaceFacts) -> Option<Symbol> {
        let near = |found: &Symbol| {
            let allowed = self.values.iter().map(|allowed| &allowed.value);
            let mut near = allowed.filter(|value| *value == found || spelling::values_are_near(value, found));
            near.next().cloned()
        };
        match found {
            Some(found) => near(found),
            None => elsewhere(&self.key, facts, |value| near(value).is_some())
                .map(|value| near(value).unwrap_or_else(|| value.clone())),
        }
    }
}

/// A value of the key under another spelling of it, or as an annotation.
fn elsewhere<'a>(key: &str, facts: &'a NamespaceFacts, fits: impl Fn(&Symbol) -> bool) -> Option<&'a Symbol> {
    let near_key = |labels: &'a Labels| {
        let mut near = labels
            .iter()
            .filter(|(found, value)| spelling::keys_are_near(key, found, fits(value)));
        near.next().map(|(_, value)| value)
    };
    facts.annotations.get(key).or_else(|| near_key(&facts.labels))
}

fn has_or_means(key: &str, demand: &Demand, facts: &NamespaceFacts) -> bool {
    let fits = |value: &Symbol| demand.named.contains(value) || is_slip(demand, value);
    facts.labels.get(key).is_some() || elsewhere(key, facts, fits).is_some()
}

/// What no policy names and is much like what one does: not a value of its own.
fn is_slip(demand: &Demand, value: &Symbol) -> bool {
    !demand.named.contains(value) && demand.named.iter().any(|named| spelling::values_are_near(named, value))
}
