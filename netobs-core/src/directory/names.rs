//! The pods of each namespace by their names.
use std::collections::{BTreeMap, HashMap};

use crate::{
    change::{Pod, PodUid},
    labels::Symbol,
};

#[derive(Debug, Default)]
pub(super) struct PodNames {
    by_namespace: HashMap<Symbol, BTreeMap<Symbol, PodUid>>,
}

impl PodNames {
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&PodUid> {
        self.by_namespace.get(namespace)?.get(name)
    }

    pub(super) fn of(&self, namespace: &str) -> impl Iterator<Item = &PodUid> {
        self.by_namespace.get(namespace).into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn hear(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        match (before, after) {
            (None, Some(pod)) => {
                let names = self.by_namespace.entry(pod.namespace.clone()).or_default();
                names.insert(pod.name.clone(), pod.uid.clone());
            }
            (Some(pod), None) => self.forget(pod),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// A later pod may have taken the name, and keeps it.
    fn forget(&mut self, pod: &Pod) {
        let Some(names) = self.by_namespace.get_mut(&pod.namespace) else {
            return;
        };
        if names.get(&pod.name) == Some(&pod.uid) {
            names.remove(&pod.name);
        }
        if names.is_empty() {
            self.by_namespace.remove(&pod.namespace);
        }
    }
}
