//! What an explanation may ask of the rest of the cluster and of its past.
use std::{collections::BTreeMap, ops::ControlFlow};

use super::ObjectRef;
use crate::{
    labels::{Labels, Selector, Symbol},
    policy::{Namespaces, PodFacts},
    time::Timestamp,
};

/// A label an object had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostLabel {
    pub value: Symbol,
    pub until: Timestamp,
}

pub trait Surroundings {
    fn annotations(&self, object: &ObjectRef) -> Option<&Labels>;

    /// The last value of a label that the object no longer has, or no longer has with that value.
    fn lost_label(&self, object: &ObjectRef, key: &str) -> Option<LostLabel>;

    /// Calls `visit` for every namespace until it breaks.
    fn each_namespace(&self, visit: &mut dyn FnMut(&Symbol, &Labels) -> ControlFlow<()>);

    /// Calls `visit` for every pod (of one namespace, if one is named) until it breaks.
    fn each_pod(&self, namespace: Option<&str>, visit: &mut dyn FnMut(&PodFacts) -> ControlFlow<()>);

    /// Whether there is such a pod, other than on the network of its host; `None` if no pod is known at all.
    fn any_pod(&self, namespaces: &Namespaces, pods: &Selector) -> Option<bool> {
        let mut any = None;
        let namespace = match namespaces {
            Namespaces::Named(name) => Some(name.as_str()),
            Namespaces::Matching(_) => None,
        };
        self.each_pod(namespace, &mut |pod| {
            let in_namespace = match (namespaces, &pod.namespace_labels) {
                (Namespaces::Named(name), _) => *name == pod.namespace,
                (Namespaces::Matching(selector), Some(labels)) => selector.matches(labels),
                (Namespaces::Matching(_), None) => true,
            };
            any = Some(in_namespace && !pod.host_network && pods.matches(&pod.labels));
            if any == Some(true) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        any.or_else(|| {
            let mut known = None;
            self.each_pod(None, &mut |_| {
                known = Some(false);
                ControlFlow::Break(())
            });
            known
        })
    }
}

/// Nothing is known: no hints that need the rest of the cluster.
impl Surroundings for () {
    fn annotations(&self, _: &ObjectRef) -> Option<&Labels> {
        None
    }

    fn lost_label(&self, _: &ObjectRef, _: &str) -> Option<LostLabel> {
        None
    }

    fn each_namespace(&self, _: &mut dyn FnMut(&Symbol, &Labels) -> ControlFlow<()>) {}

    fn each_pod(&self, _: Option<&str>, _: &mut dyn FnMut(&PodFacts) -> ControlFlow<()>) {}
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceFacts {
    pub labels: Labels,
    pub annotations: Labels,
}

/// A cluster as it is at one moment, such as a folder of manifests describes.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub namespaces: BTreeMap<Symbol, NamespaceFacts>,
    /// By namespace and name.
    pub pods: BTreeMap<(Symbol, Symbol), PodFacts>,
    pub pod_annotations: BTreeMap<(Symbol, Symbol), Labels>,
    pub lost_labels: BTreeMap<(ObjectRef, Symbol), LostLabel>,
}

impl Snapshot {
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&PodFacts> {
        self.pods.get(&(namespace.into(), name.into()))
    }
}

impl Surroundings for Snapshot {
    fn annotations(&self, object: &ObjectRef) -> Option<&Labels> {
        match object {
            ObjectRef::Namespace(name) => self.namespaces.get(name).map(|namespace| &namespace.annotations),
            ObjectRef::Pod { namespace, name } => self.pod_annotations.get(&(namespace.clone(), name.clone())),
        }
    }

    fn lost_label(&self, object: &ObjectRef, key: &str) -> Option<LostLabel> {
        self.lost_labels.get(&(object.clone(), key.into())).cloned()
    }

    fn each_namespace(&self, visit: &mut dyn FnMut(&Symbol, &Labels) -> ControlFlow<()>) {
        for (name, namespace) in &self.namespaces {
            if visit(name, &namespace.labels).is_break() {
                return;
            }
        }
    }

    fn each_pod(&self, namespace: Option<&str>, visit: &mut dyn FnMut(&PodFacts) -> ControlFlow<()>) {
        let first = namespace.map_or_else(|| (Symbol::from(""), Symbol::from("")), |one| (one.into(), "".into()));
        for ((found, _), pod) in self.pods.range(first..) {
            if namespace.is_some_and(|wanted| *found != *wanted) || visit(pod).is_break() {
                return;
            }
        }
    }
}
