//! Who lost or gained which label when, for as long as a drop may still be a consequence of it.
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    change::Pod,
    directory::Turn,
    explain::{LostLabel, ObjectRef},
    labels::{Labels, Symbol},
    time::Timestamp,
    workload::Workload,
};

/// Labels that differ from pod to pod, or from rollout to rollout, of one workload by design.
const OF_ONE_POD: [&str; 8] = [
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelChange {
    pub at: Timestamp,
    pub object: ObjectRef,
    pub key: Symbol,
    pub before: Option<Symbol>,
    pub after: Option<Symbol>,
}

/// How much of the past is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub changes: usize,
    pub age: Duration,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            changes: 16_384,
            age: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

#[derive(Debug)]
pub struct LabelHistory {
    extent: Extent,
    /// The oldest first.
    by_object: HashMap<ObjectRef, VecDeque<LabelChange>>,
    /// Whose change is the next to be forgotten.
    order: VecDeque<(Timestamp, ObjectRef)>,
    forgotten: u64,
    by_workload: HashMap<(Symbol, Workload), Template>,
}

/// The labels that pods of a workload are made with, by the latest of them.
#[derive(Debug)]
struct Template {
    labels: Labels,
    heard: Timestamp,
}

impl LabelHistory {
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            by_object: HashMap::new(),
            order: VecDeque::new(),
            forgotten: 0,
            by_workload: HashMap::new(),
        }
    }

    pub fn hear(&mut self, turn: &Turn, at: Timestamp) {
        match turn {
            Turn::Namespace {
                before: Some(before),
                after,
            } => {
                let after = after.as_ref().map(|after| after.labels.clone()).unwrap_or_default();
                self.compare(&ObjectRef::Namespace(before.name.clone()), &before.labels, &after, at);
            }
            Turn::Pod {
                before: Some(before),
                after: Some(after),
            } => self.compare(&object(after), &before.labels, &after.labels, at),
            Turn::Pod {
                before: None,
                after: Some(pod),
            } => self.hear_new_pod(pod, at),
            Turn::Namespace { before: None, .. } | Turn::Pod { after: None, .. } => {}
        }
    }

    /// What this object lost, gained or changed, the oldest first.
    pub fn of(&self, object: &ObjectRef) -> impl DoubleEndedIterator<Item = &LabelChange> {
        self.by_object.get(object).into_iter().flatten()
    }

    /// The last value of a label that the object no longer has, or no longer has with that value.
    pub fn lost(&self, object: &ObjectRef, key: &str) -> Option<LostLabel> {
        let mut changes = self.of(object).rev().filter(|change| change.key == *key);
        changes.find_map(|change| {
            Some(LostLabel {
                value: change.before.clone()?,
                until: change.at,
            })
        })
    }

    /// When it last lost, gained or changed a label.
    pub fn last_change(&self, object: &ObjectRef) -> Option<Timestamp> {
        self.of(object).next_back().map(|change| change.at)
    }

    pub fn expire(&mut self, now: Timestamp) {
        let before = now.minus(self.extent.age);
        while self.order.front().is_some_and(|(at, _)| *at < before) {
            self.forget_first();
        }
    }

    /// How many changes were forgotten before their age, because there were too many.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A pod that was made after its workload's labels were known shows how they changed since.
    fn hear_new_pod(&mut self, pod: &Pod, at: Timestamp) {
        let workload = (pod.namespace.clone(), pod.workload.clone());
        let made_since = |known: &Template| pod.started.is_some_and(|started| started > known.heard);
        let labels = match self.by_workload.get(&workload) {
            Some(known) if !made_since(known) => return,
            Some(known) => Some(known.labels.clone()),
            None => None,
        };
        if let Some(labels) = labels.filter(|labels| *labels != pod.labels) {
            self.compare(&object(pod), &labels, &pod.labels, at);
        }
        if self.by_workload.len() >= self.extent.changes {
            self.by_workload.clear();
        }
        let template = Template {
            labels: pod.labels.clone(),
            heard: at,
        };
        self.by_workload.insert(workload, template);
    }

    fn compare(&mut self, object: &ObjectRef, before: &Labels, after: &Labels, at: Timestamp) {
        let lost_or_changed = before
            .iter()
            .filter(|(key, value)| after.get(key) != Some(value))
            .map(|(key, value)| (key, Some(value), after.get(key)));
        let gained = after
            .iter()
            .filter(|(key, _)| before.get(key).is_none())
            .map(|(key, value)| (key, None, Some(value)));
        for (key, before, after) in lost_or_changed.chain(gained) {
            if !OF_ONE_POD.contains(&key.as_str()) {
                self.push(LabelChange {
                    at,
                    object: object.clone(),
                    key: key.clone(),
                    before: before.cloned(),
                    after: after.cloned(),
                });
            }
        }
    }

    fn push(&mut self, change: LabelChange) {
        self.order.push_back((change.at, change.object.clone()));
        self.by_object
            .entry(change.object.clone())
            .or_default()
            .push_back(change);
        if self.order.len() > self.extent.changes {
            self.forgotten += 1;
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, object)) = self.order.pop_front() else {
            return;
        };
        if let Some(changes) = self.by_object.get_mut(&object) {
            changes.pop_front();
            if changes.is_empty() {
                self.by_object.remove(&object);
            }
        }
    }
}

fn object(pod: &Pod) -> ObjectRef {
    ObjectRef::Pod {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
    }
}

#[cfg(test)]
mod tests;
