//! The pods that workloads would make, for manifests that have not been applied yet.
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use netobs_core::{
    change::Phase,
    workload::{Workload, WorkloadKind},
};
use serde::Deserialize;
use serde_json::Value;

use super::Reader;
use crate::{finding::Place, object};

impl Reader {
    /// One pod by the workload's own name. What does not parse is the business of whoever applies it.
    pub(super) fn template(&mut self, place: &Place, value: &Value, kind: &str) {
        let path = if kind == "CronJob" {
            "/spec/jobTemplate/spec/template"
        } else {
            "/spec/template"
        };
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let (Some(name), Some(template)) = (text("/metadata/name"), value.pointer(path)) else {
            return;
        };
        let owned = value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        if owned.is_some_and(|owners| !owners.is_empty()) {
            return;
        }
        let Ok(template) = PodTemplateSpec::deserialize(template) else {
            return;
        };
        if let Some(spec) = &template.spec {
            self.check_container_ports(place, &format!("{}.spec", path[1..].replace('/', ".")), spec);
        }
        let mut metadata = template.metadata.unwrap_or_default();
        metadata.namespace = text("/metadata/namespace");
        metadata.name = Some(name);
        let mut pod = object::pod(
            &Pod {
                metadata,
                spec: template.spec,
                status: None,
            },
            &mut self.interner,
        );
        pod.phase = Phase::Pending;
        pod.workload = Workload {
            kind: workload_kind(kind),
            name: pod.name.clone(),
        };
        self.templates.insert((pod.namespace.clone(), pod.name.clone()), pod);
    }
}

fn workload_kind(kind: &str) -> WorkloadKind {
    match kind {
        "CronJob" => WorkloadKind::CronJob,
        "DaemonSet" => WorkloadKind::DaemonSet,
        "Deployment" => WorkloadKind::Deployment,
        "Job" => WorkloadKind::Job,
        "ReplicaSet" => WorkloadKind::ReplicaSet,
        "ReplicationController" => WorkloadKind::ReplicationController,
        "StatefulSet" => WorkloadKind::StatefulSet,
        other => WorkloadKind::Other(other.into()),
    }
}
