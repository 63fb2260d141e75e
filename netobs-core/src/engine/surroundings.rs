//! The living cluster and its past, as explanations ask for them.
use std::{cell::RefCell, collections::HashMap, ops::ControlFlow, sync::Arc};

use crate::{
    change::{Namespace, Pod},
    directory::{Directory, facts},
    explain::{LostLabel, ObjectRef, Surroundings},
    history::LabelHistory,
    labels::{Labels, Selector, Symbol},
    policy::{Namespaces, PodFacts},
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'a> {
    pub(super) directory: &'a Directory,
    pub(super) history: &'a LabelHistory,
    pub(super) selected: &'a Selected,
}

/// Whether selectors select any pod, for as long as that is not worth looking again.
#[derive(Debug, Default)]
pub(super) struct Selected {
    any: RefCell<HashMap<(Namespaces, Selector), Option<bool>>>,
}

impl Selected {
    pub(super) fn forget(&mut self) {
        self.any.get_mut().clear();
    }
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

    /// With many pods, looking through all of them for each explanation would take longer than the explanation.
    fn any_pod(&self, namespaces: &Namespaces, pods: &Selector) -> Option<bool> {
        let asked = (namespaces.clone(), pods.clone());
        if let Some(known) = self.selected.any.borrow().get(&asked) {
            return *known;
        }
        let any = self.scan_pods(namespaces, pods);
        self.selected.any.borrow_mut().insert(asked, any);
        any
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

impl Live<'_> {
    fn scan_pods(&self, namespaces: &Namespaces, pods: &Selector) -> Option<bool> {
        let selects = |pod: &Pod| !pod.host_network && pods.matches(&pod.labels);
        let any = match namespaces {
            Namespaces::Named(name) => self.directory.pods_in(name).any(|pod| selects(pod)),
            Namespaces::Matching(selector) => {
                let chosen = |namespace: &&Arc<Namespace>| selector.matches(&namespace.labels);
                let mut chosen = self.directory.namespaces().filter(chosen);
                chosen.any(|namespace| self.directory.pods_in(&namespace.name).any(|pod| selects(pod)))
            }
        };
        (self.directory.pod_count() > 0).then_some(any)
    }
}
