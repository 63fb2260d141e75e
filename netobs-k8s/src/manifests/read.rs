//! Turns documents into objects, whatever they are wrapped in.
use std::{fmt::Display, sync::LazyLock};

use k8s_openapi::api::{core::v1, networking::v1::NetworkPolicy};
use netobs_core::{
    labels::{Labels, check_key, check_value},
    spelling,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Reader;
use crate::{
    document::Document,
    finding::{Finding, Place, Severity},
    network_policy, object, unknown_fields,
};

/// Kinds that say nothing about who may talk to whom: not worth a note.
static OF_NO_CONCERN: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "APIService Certificate ClusterRole ClusterRoleBinding ConfigMap ControllerRevision CSIDriver CSINode \
     CustomResourceDefinition Endpoints EndpointSlice Event HorizontalPodAutoscaler Ingress IngressClass Issuer Lease \
     LimitRange MutatingWebhookConfiguration PersistentVolume PersistentVolumeClaim PodDisruptionBudget PriorityClass \
     ResourceQuota Role RoleBinding RuntimeClass Secret ServiceAccount ServiceMonitor StorageClass \
     ValidatingWebhookConfiguration VolumeAttachment Kustomization"
        .split_whitespace()
        .collect()
});

const UNDERSTOOD: [&str; 5] = ["Namespace", "NetworkPolicy", "Node", "Pod", "Service"];

const WORKLOADS: [&str; 7] = [
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

impl Reader {
    pub(super) fn read(&mut self, document: Document) {
        let Document { place, value } = document;
        self.object(&place, value, None);
    }

    /// `kind_of_list`: what the list around it says its items are.
    fn object(&mut self, place: &Place, mut value: Value, kind_of_list: Option<(&str, &str)>) {
        let Some(fields) = value.as_object_mut() else {
            self.error(
                place,
                "",
                "this is no Kubernetes object; one has the fields apiVersion, kind and metadata",
            );
            return;
        };
        if let (Some((version, kind)), false) = (kind_of_list, fields.contains_key("kind")) {
            fields.insert("apiVersion".to_owned(), version.into());
            fields.insert("kind".to_owned(), kind.into());
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, kind) = (text("apiVersion"), text("kind"));
        for (name, found) in [("kind", &kind), ("apiVersion", &version)] {
            if found.is_empty() {
                self.error(place, name, "every Kubernetes object needs a text here");
                return;
            }
        }
        if kind.ends_with("List") {
            self.list(place, value, &version, kind.trim_end_matches("List"));
            return;
        }
        let metadata = |name: &str| value.pointer(&format!("/metadata/{name}")).and_then(Value::as_str);
        let name = match (metadata("namespace"), metadata("name")) {
            (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
            (None, Some(name)) => format!("{kind} {name}"),
            (_, None) => kind.clone(),
        };
        let place = Place {
            object: Some(name),
            ..place.clone()
        };
        self.known_or_not(&place, value, &version, &kind);
    }

    fn list(&mut self, place: &Place, mut value: Value, version: &str, kind: &str) {
        let of = (!kind.is_empty()).then_some((version, kind));
        match value.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => {
                for (index, item) in items.into_iter().enumerate() {
                    let mut place = place.clone();
                    place.items.push(index);
                    self.object(&place, item, of);
                }
            }
            Some(Value::Null) | None => {}
            Some(_) => self.error(place, "items", "a list's items must be a list"),
        }
    }

    fn known_or_not(&mut self, place: &Place, value: Value, version: &str, kind: &str) {
        match (version, kind) {
            ("v1", "Namespace") => self.namespace(place, value),
            ("v1", "Pod") => self.pod(place, value),
            ("v1", "Node") => self.node(place, value),
            ("v1", "Service") => self.service(place, value),
            ("networking.k8s.io/v1", "NetworkPolicy") => self.network_policy(place, value),
            ("extensions/v1beta1", "NetworkPolicy") => {
                self.error(
                    place,
                    "apiVersion",
                    "extensions/v1beta1 is not served any more; write networking.k8s.io/v1",
                );
            }
            (_, kind) if WORKLOADS.contains(&kind) => self.template(place, &value, kind),
            (version, kind) if !version.contains('/') && UNDERSTOOD.contains(&kind) => {
                self.error(place, "apiVersion", format!("{kind} is not served as {version}"));
            }
            (_, kind) if OF_NO_CONCERN.contains(&kind) => {}
            (_, kind) => match UNDERSTOOD.iter().find(|known| spelling::values_are_near(known, kind)) {
                Some(known) => self.error(
                    place,
                    "kind",
                    format!("{kind} is no kind that is known; {known}, perhaps?"),
                ),
                None => {
                    self.left_aside
                        .insert((place.file.clone(), format!("{kind} ({version})")));
                }
            },
        }
    }

    fn namespace(&mut self, place: &Place, value: Value) {
        if let Some(namespace) = self.typed::<v1::Namespace>(place, value) {
            let namespace = object::namespace(&namespace, &mut self.interner);
            self.check_labels(place, &namespace.labels);
            let before = self.namespaces.insert(namespace.name.clone(), namespace);
            self.note_if_repeated(place, before.is_some());
        }
    }

    fn node(&mut self, place: &Place, value: Value) {
        if let Some(node) = self.typed::<v1::Node>(place, value) {
            self.check_node(place, &node);
            let node = object::node(&node, &mut self.interner);
            self.nodes.insert(node.name.clone(), node);
        }
    }

    fn service(&mut self, place: &Place, value: Value) {
        if let Some(service) = self.typed::<v1::Service>(place, value) {
            self.check_service(place, &service);
            self.services.push(object::service(&service, &mut self.interner));
        }
    }

    fn pod(&mut self, place: &Place, value: Value) {
        if let Some(pod) = self.typed::<v1::Pod>(place, value) {
            self.check_pod(place, &pod);
            let host_addresses = object::host_addresses(&pod);
            let pod = object::pod(&pod, &mut self.interner);
            for (address, node) in host_addresses.into_iter().zip(pod.node.iter().cycle()) {
                self.host_addresses.insert(address, node.clone());
            }
            self.check_labels(place, &pod.labels);
            let before = self.pods.insert((pod.namespace.clone(), pod.name.clone()), pod);
            self.note_if_repeated(place, before.is_some());
        }
    }

    fn network_policy(&mut self, place: &Place, value: Value) {
        let given = value.clone();
        let Some(policy) = self.typed::<NetworkPolicy>(place, value) else {
            return;
        };
        if let Ok(understood) = serde_json::to_value(&policy) {
            let unknown = unknown_fields::find(&given, &understood).into_iter();
            // The server's own fields come and go with its version.
            for field in unknown.filter(|field| field != "status" && !field.starts_with("metadata.")) {
                let problem = "there is no such field; the API server would refuse it or leave it out";
                self.error(place, &field, problem);
            }
        }
        let (policy, problems) = network_policy::convert(&policy, &mut self.interner);
        for problem in problems.0 {
            let place = Place {
                field: Some(problem.field),
                ..place.clone()
            };
            self.findings.push(Finding {
                severity: problem.severity,
                place,
                problem: problem.problem,
            });
        }
        let repeated = self.policies.get(&policy.id).is_some();
        self.note_if_repeated(place, repeated);
        self.policy_places.insert(policy.id.clone(), place.clone());
        self.policies.insert(policy);
    }

    fn typed<T: DeserializeOwned>(&mut self, place: &Place, value: Value) -> Option<T> {
        if value
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            self.error(place, "metadata.name", "every object needs a name here");
            return None;
        }
        self.check_metadata(place, &value);
        match serde_path_to_error::deserialize(value) {
            Ok(object) => Some(object),
            Err(error) => {
                self.error(place, &error.path().to_string(), error.inner());
                None
            }
        }
    }

    /// A misspelt `labels` would be left out without a word, and with it every label.
    fn check_metadata(&mut self, place: &Place, value: &Value) {
        let metadata = value.get("metadata").and_then(Value::as_object);
        for key in metadata.into_iter().flat_map(|metadata| metadata.keys()) {
            let meant = ["labels", "annotations"];
            if let Some(meant) = meant.iter().find(|meant| spelling::values_are_near(meant, key)) {
                self.error(
                    place,
                    &format!("metadata.{key}"),
                    format!("there is no such field; {meant}, perhaps?"),
                );
            }
        }
    }

    fn check_labels(&mut self, place: &Place, labels: &Labels) {
        for (key, value) in labels.iter() {
            if let Err(reason) = check_key(key).and_then(|()| check_value(value)) {
                self.error(place, &format!("metadata.labels.{key}"), reason);
            }
        }
    }

    fn note_if_repeated(&mut self, place: &Place, repeated: bool) {
        if repeated {
            self.findings.push(Finding::note(
                place.clone(),
                "this object was given before; the last one counts",
            ));
        }
    }

    pub(super) fn error(&mut self, place: &Place, field: &str, problem: impl Display) {
        let field = (!field.is_empty()).then(|| field.to_owned());
        let place = Place { field, ..place.clone() };
        self.findings.push(Finding {
            severity: Severity::Error,
            place,
            problem: problem.to_string(),
        });
    }
}
