//! The living cluster and its past, as explanations ask for them.
use std::ops::ControlFlow;

use crate::{
    change::Pod,
    directory::{Directory, facts},
    explain::{LostLabel, ObjectRef, Surroundings},
    history::LabelHistory,
    labels::{Labels, Symbol},
    policy::PodFacts,
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'a> {
    pub(super) directory: &'a Directory,
    pub(super) history: &'a LabelHistory,
}

impl Surroundings for Live<'_> {
    fn annotations(&self, object: &ObjectRef) -> Option<&Labels> {
        match object {
            ObjectRef::Namespace(name) => Some(&self.directory.namespace(name)?.annotations),
            ObjectRef::Pod { namespace, name } => Some(&self.directory.pod_named(namespace, name)?.annotations),
        }
    }

    fn lost_label(&self, object: &ObjectRef, key: &str) -> Option<LostLabel> {
        self.history.lost(object, key)
    }

    fn each_namespace(&self, visit: &mut dyn FnMut(&Symbol, &Labels) -> ControlFlow<()>) {
        for namespace in self.directory.namespaces() {
            if visit(&namespace.name, &namespace.labels).is_break() {
                return;
            }
        }
    }

    fn each_pod(&self, namespace: Option<&str>, visit: &mut dyn FnMut(&PodFacts) -> ControlFlow<()>) {
        let mut visit = |pod: &Pod| {
            let namespace = self.directory.namespace(&pod.namespace);
            visit(&facts(pod, namespace.map(|namespace| &**namespace)))
        };
        let _: ControlFlow<()> = match namespace {
            Some(namespace) => self.directory.pods_in(namespace).try_for_each(|pod| visit(pod)),
            None => self.directory.pods().try_for_each(|pod| visit(pod)),
        };
    }
}
