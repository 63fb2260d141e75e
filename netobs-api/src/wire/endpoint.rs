//! One end of a flow.
use std::{collections::BTreeMap, net::IpAddr};

use netobs_core::{
    change::{Namespace, Pod},
    directory::Owner,
    filter::EndKind,
    labels::Labels,
    render,
    workload::Workload,
};

use super::text;
use crate::v1;

/// All but the interface, which is the flow's to know.
pub(crate) fn endpoint(owner: &Owner, address: IpAddr) -> v1::Endpoint {
    let known = match owner {
        Owner::Pod { pod, namespace } => of_pod(pod, namespace.as_deref()),
        Owner::Node { name, .. } => v1::Endpoint {
            name: text(name),
            ..v1::Endpoint::default()
        },
        Owner::Service(service) => v1::Endpoint {
            namespace: text(&service.name.namespace),
            name: text(&service.name.name),
            ..v1::Endpoint::default()
        },
        Owner::World { .. } => v1::Endpoint::default(),
        Owner::Unknown(doubt) => v1::Endpoint {
            doubt: render::doubt(doubt),
            ..v1::Endpoint::default()
        },
    };
    v1::Endpoint {
        address: address.to_string(),
        kind: v1::EndpointKind::from(EndKind::of(owner)).into(),
        ..known
    }
}

fn of_pod(pod: &Pod, namespace: Option<&Namespace>) -> v1::Endpoint {
    v1::Endpoint {
        namespace: text(&pod.namespace),
        name: text(&pod.name),
        labels: labels(&pod.labels),
        namespace_labels: namespace.map_or_else(BTreeMap::new, |namespace| labels(&namespace.labels)),
        namespace_known: namespace.is_some(),
        workload: Some(workload(&pod.workload)),
        node_name: pod.node.as_ref().map(text).unwrap_or_default(),
        ..v1::Endpoint::default()
    }
}

pub(super) fn labels(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| (text(key), text(value))).collect()
}

fn workload(workload: &Workload) -> v1::Workload {
    v1::Workload {
        kind: workload.kind.as_str().to_owned(),
        name: text(&workload.name),
    }
}
