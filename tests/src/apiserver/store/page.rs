//! One page of a list, of now or of the past.

use super::super::object::{Key, Object};
use super::super::selector::Selector;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// What part of a list is wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// The version it is to be consistent with; now if none is named.
    pub(crate) at: Option<u64>,
    /// Only what comes after this.
    pub(crate) after: Option<Key>,
    pub(crate) limit: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) version: u64,
    pub(crate) objects: Vec<Arc<Object>>,
    /// The last key of this page, if there is another.
    pub(crate) next: Option<Key>,
    /// How many there are behind this page, where that is cheap to know.
    pub(crate) left: Option<usize>,
}

type Past = BTreeMap<Key, Option<Arc<Object>>>;

pub(crate) fn take(
    now: &BTreeMap<Key, Arc<Object>>,
    past: &Past,
    selector: &Selector,
    wanted: &Wanted,
    version: u64,
) -> Page {
    let mut taken = at(now, past, start(selector, wanted))
        .take_while(|object| is_in_reach(selector, object))
        .filter(|object| selector.takes(object));
    let limit = wanted.limit.unwrap_or(usize::MAX);
    let objects: Vec<_> = taken.by_ref().take(limit).cloned().collect();
    let left = if objects.len() == limit { taken.count() } else { 0 };
    let last = objects.last().filter(|_| left > 0);
    Page {
        version,
        next: last.map(|object| object.key.clone()),
        left: (left > 0 && !selector.is_narrow()).then_some(left),
        objects,
    }
}

fn start(selector: &Selector, wanted: &Wanted) -> Bound<Key> {
    match (&wanted.after, &selector.namespace) {
        (Some(key), _) => Bound::Excluded(key.clone()),
        (None, Some(namespace)) => Bound::Included(Key::new(namespace, "")),
        (None, None) => Bound::Unbounded,
    }
}

/// Keys are in order of namespaces.
fn is_in_reach(selector: &Selector, object: &Object) -> bool {
    selector
        .namespace
        .as_ref()
        .is_none_or(|wanted| object.key.namespace == *wanted)
}

/// What is now, unless it was different then, and what was then, both in order.
fn at<'a>(
    now: &'a BTreeMap<Key, Arc<Object>>,
    past: &'a Past,
    start: Bound<Key>,
) -> impl Iterator<Item = &'a Arc<Object>> {
    let reach = (start, Bound::Unbounded);
    let mut now = now
        .range(reach.clone())
        .filter(|(key, _)| !past.contains_key(key))
        .peekable();
    let mut past = past
        .range(reach)
        .filter_map(|(key, object)| Some((key, object.as_ref()?)))
        .peekable();
    std::iter::from_fn(move || {
        let is_past_first = match (now.peek(), past.peek()) {
            (Some((now, _)), Some((past, _))) => past < now,
            (now, _) => now.is_none(),
        };
        let next = if is_past_first { past.next() } else { now.next() };
        next.map(|(_, object)| object)
    })
}
