//! Chooses the labels by which workloads and namespaces are named: those that their owners keep, and as few as tell them apart.
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{
    inventory::{Portrait, PortraitKey},
    labels::{Labels, Requirement, Selector, Symbol},
    policy::{Namespaces, matching::NAME_LABEL},
    suggest::is_passing,
};

/// What names a workload, the best first; what else it has comes after these.
const BEST: [&str; 13] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/component",
    "component",
    "role",
    "tier",
    "app.kubernetes.io/instance",
    "instance",
    "release",
    "app.kubernetes.io/part-of",
    "run",
];

/// What changes with each release, or says who made it rather than what it is.
const UNSUITED: [&str; 9] = [
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "chart",
    "helm.sh/chart",
    "heritage",
    "security.istio.io/tlsMode",
    "service.istio.io/canonical-name",
    "service.istio.io/canonical-revision",
    "version",
];

/// Selects the workloads of an inventory.
#[derive(Debug)]
pub struct Choice<'l> {
    by_namespace: HashMap<&'l str, Vec<&'l Portrait>, RandomState>,
    by_key: HashMap<&'l PortraitKey, &'l Portrait, RandomState>,
    namespace_labels: &'l [Symbol],
}

impl<'l> Choice<'l> {
    pub fn new(portraits: &'l [Portrait], namespace_labels: &'l [Symbol]) -> Self {
        let mut by_namespace: HashMap<_, Vec<_>, _> = HashMap::default();
        for portrait in portraits {
            by_namespace
                .entry(portrait.key.namespace.as_str())
                .or_default()
                .push(portrait);
        }
        Self {
            by_namespace,
            by_key: portraits.iter().map(|portrait| (&portrait.key, portrait)).collect(),
            namespace_labels,
        }
    }

    pub fn portrait(&self, key: &PortraitKey) -> Option<&'l Portrait> {
        self.by_key.get(key).copied()
    }

    /// Selects this workload, and as few others of its namespace as labels allow.
    pub fn selector(&self, portrait: &Portrait) -> Selector {
        let mut rivals: Vec<_> = self
            .of_namespace(&portrait.key.namespace)
            .filter(|other| other.key != portrait.key && other.labels != portrait.labels)
            .collect();
        let mut requirements: Vec<Requirement> = Vec::new();
        for (key, value) in suited(&portrait.labels) {
            let requirement = Requirement::is(key.clone(), value.clone());
            let before = rivals.len();
            rivals.retain(|rival| requirement.matches(&rival.labels));
            if requirements.is_empty() || rivals.len() < before {
                requirements.push(requirement);
            }
            if rivals.is_empty() {
                break;
            }
        }
        Selector::new(requirements)
    }

    /// The workloads of a namespace that the selector selects.
    pub fn selected<'a>(&'a self, namespace: &str, selector: &'a Selector) -> impl Iterator<Item = &'l Portrait> + 'a {
        self.of_namespace(namespace)
            .filter(|portrait| selector.matches(&portrait.labels))
    }

    /// Selects the namespace of this name; that of the policy itself needs no selector.
    pub fn namespaces(&self, namespace: &Symbol, own: &Symbol) -> Namespaces {
        if namespace == own {
            return Namespaces::Named(own.clone());
        }
        let labels = self.labels_of(namespace);
        let wished = self.namespace_labels.iter().find_map(|key| {
            let value = labels?.get(key)?;
            Some(Requirement::is(key.clone(), value.clone()))
        });
        let requirement = wished.unwrap_or_else(|| Requirement::is(Symbol::from(NAME_LABEL), namespace.clone()));
        Namespaces::Matching(Selector::new(vec![requirement]))
    }

    /// The labels of a namespace of which a workload was seen.
    pub fn labels_of(&self, namespace: &str) -> Option<&'l Labels> {
        self.of_namespace(namespace)
            .find_map(|portrait| portrait.namespace_labels.as_ref())
    }

    fn of_namespace(&self, namespace: &str) -> impl Iterator<Item = &'l Portrait> + use<'l> {
        let portraits = self.by_namespace.get(namespace).cloned().unwrap_or_default();
        portraits.into_iter()
    }
}

/// The labels that stay with a workload, the ones that name it best first.
fn suited(labels: &Labels) -> Vec<(&Symbol, &Symbol)> {
    let mut suited: Vec<_> = labels
        .iter()
        .filter(|(key, _)| !is_passing(key) && !UNSUITED.contains(&key.as_str()))
        .collect();
    let place = |key: &str| BEST.iter().position(|best| *best == key).unwrap_or(BEST.len());
    suited.sort_by_key(|(key, _)| place(key));
    suited
}
