//! The kinds a server knows: the built-in ones this project meets, and whatever else is applied.

use super::refusal::Refusal;
use serde_json::Value;
use std::sync::Arc;

/// A kind of object and under which names it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether `status` is written by itself, under `…/status`.
    pub has_status: bool,
}

/// All kinds of one server, each known by its place, which never changes.
#[derive(Clone, Debug)]
pub(crate) struct Kinds(Vec<Arc<Kind>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KindId(usize);

const NAMESPACED: bool = true;
const CLUSTER_WIDE: bool = false;
const STATUS: bool = true;
const NO_STATUS: bool = false;

const BUILT_IN: &[(&str, &str, &str, &str, bool, bool)] = &[
    ("", "v1", "Pod", "pods", NAMESPACED, STATUS),
    ("", "v1", "Namespace", "namespaces", CLUSTER_WIDE, STATUS),
    ("", "v1", "Node", "nodes", CLUSTER_WIDE, STATUS),
    ("", "v1", "Service", "services", NAMESPACED, STATUS),
    ("", "v1", "Event", "events", NAMESPACED, NO_STATUS),
    ("", "v1", "ConfigMap", "configmaps", NAMESPACED, NO_STATUS),
    ("", "v1", "ServiceAccount", "serviceaccounts", NAMESPACED, NO_STATUS),
    (
        "discovery.k8s.io",
        "v1",
        "EndpointSlice",
        "endpointslices",
        NAMESPACED,
        NO_STATUS,
    ),
    (
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
        NAMESPACED,
        NO_STATUS,
    ),
    ("events.k8s.io", "v1", "Event", "events", NAMESPACED, NO_STATUS),
    ("apps", "v1", "Deployment", "deployments", NAMESPACED, STATUS),
    ("apps", "v1", "ReplicaSet", "replicasets", NAMESPACED, STATUS),
    ("apps", "v1", "DaemonSet", "daemonsets", NAMESPACED, STATUS),
    ("apps", "v1", "StatefulSet", "statefulsets", NAMESPACED, STATUS),
    ("batch", "v1", "Job", "jobs", NAMESPACED, STATUS),
    ("batch", "v1", "CronJob", "cronjobs", NAMESPACED, STATUS),
    ("coordination.k8s.io", "v1", "Lease", "leases", NAMESPACED, NO_STATUS),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        CLUSTER_WIDE,
        STATUS,
    ),
];

impl Kind {
    /// `v1`, `networking.k8s.io/v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `pods`, `networkpolicies.networking.k8s.io`.
    pub fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// Fields by which this kind can be selected, beside its name and namespace.
    pub(crate) fn selectable(&self) -> &'static [&'static str] {
        match (self.group.as_str(), self.kind.as_str()) {
            ("", "Pod") => &[
                "spec.nodeName",
                "spec.serviceAccountName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.hostNetwork",
                "status.phase",
                "status.podIP",
                "status.nominatedNodeName",
            ],
            ("", "Event") => &[
                "involvedObject.kind",
                "involvedObject.namespace",
                "involvedObject.name",
                "involvedObject.uid",
                "involvedObject.fieldPath",
                "reason",
                "reportingComponent",
                "source",
                "type",
            ],
            ("events.k8s.io", "Event") => &[
                "regarding.kind",
                "regarding.namespace",
                "regarding.name",
                "reason",
                "type",
            ],
            ("", "Namespace") => &["status.phase"],
            ("", "Node") => &["spec.unschedulable"],
            _ => &[],
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.kind == name || self.plural == name || self.qualified() == name
    }
}

impl Kinds {
    pub(crate) fn built_in() -> Self {
        let kinds = BUILT_IN
            .iter()
            .map(|&(group, version, kind, plural, namespaced, has_status)| {
                Arc::new(Kind {
                    group: group.to_owned(),
                    version: version.to_owned(),
                    kind: kind.to_owned(),
                    plural: plural.to_owned(),
                    namespaced,
                    has_status,
                })
            });
        Self(kinds.collect())
    }

    pub(crate) fn get(&self, id: KindId) -> &Arc<Kind> {
        &self.0[id.0]
    }

    pub(crate) fn all(&self) -> &[Arc<Kind>] {
        &self.0
    }

    /// `Pod`, `pods`, `networkpolicies.networking.k8s.io`: the first that is called so.
    pub(crate) fn called(&self, name: &str) -> Option<KindId> {
        self.find(|kind| kind.is_called(name))
    }

    pub(crate) fn served_at(&self, group: &str, version: &str, plural: &str) -> Option<KindId> {
        self.find(|kind| (&*kind.group, &*kind.version, &*kind.plural) == (group, version, plural))
    }

    /// The kind of an object; an unknown one is taken in, as if its definition had been installed.
    pub(crate) fn of(&mut self, object: &Value) -> Result<KindId, Refusal> {
        let text = |field: &str| object[field].as_str().filter(|text| !text.is_empty());
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
            return Err(Refusal::bad_request("Object 'Kind' or 'apiVersion' is missing"));
        };
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let known = self.find(|known| (&*known.group, &*known.version, &*known.kind) == (group, version, kind));
        Ok(known.unwrap_or_else(|| {
            self.add(Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: kind.to_owned(),
                plural: plural(kind),
                namespaced: object["metadata"]["namespace"].is_string(),
                has_status: false,
            })
        }))
    }

    pub(crate) fn add(&mut self, kind: Kind) -> KindId {
        let known = self
            .find(|known| (&known.group, &known.version, &known.plural) == (&kind.group, &kind.version, &kind.plural));
        known.unwrap_or_else(|| {
            self.0.push(Arc::new(kind));
            KindId(self.0.len() - 1)
        })
    }

    fn find(&self, wanted: impl Fn(&Kind) -> bool) -> Option<KindId> {
        self.0.iter().position(|kind| wanted(kind)).map(KindId)
    }
}

/// As the plurals of the built-in kinds are made.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}
