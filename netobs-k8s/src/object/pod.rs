//! Pods.
use std::{net::IpAddr, sync::Arc};

use k8s_openapi::{
    api::core::v1::{Container, Pod as ApiPod, PodSpec, PodStatus},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time},
};
use netobs_core::{
    change::{Phase, Pod, PodUid},
    event::Protocol,
    labels::Interner,
    policy::NamedPort,
    time::Timestamp,
    workload::{Owned, Owner, Workload},
};

use super::{annotations, cluster::namespace_of, labels};

pub fn pod(pod: &ApiPod, interner: &mut Interner) -> Pod {
    let metadata = &pod.metadata;
    let (spec, status) = (pod.spec.as_ref(), pod.status.as_ref());
    let namespace = namespace_of(metadata.namespace.as_deref(), interner);
    let name = interner.symbol(metadata.name.as_deref().unwrap_or_default());
    let labels = labels(metadata.labels.as_ref(), interner);
    let owned = Owned {
        pod: &name,
        labels: &labels,
        owner: owner(metadata),
    };
    let workload = Workload::of(owned, interner);
    Pod {
        uid: PodUid(match &metadata.uid {
            Some(uid) => uid.as_str().into(),
            None => interner.symbol(&format!("{namespace}/{name}")),
        }),
        annotations: annotations(metadata.annotations.as_ref(), interner),
        addresses: status.map(addresses).unwrap_or_default(),
        node: spec
            .and_then(|spec| spec.node_name.as_deref())
            .map(|node| interner.symbol(node)),
        host_network: spec.and_then(|spec| spec.host_network).unwrap_or(false),
        phase: phase(status.and_then(|status| status.phase.as_deref())),
        terminating: metadata.deletion_timestamp.is_some(),
        started: status
            .and_then(|status| status.start_time.as_ref())
            .or(metadata.creation_timestamp.as_ref())
            .and_then(timestamp),
        ports: spec.map(|spec| ports(spec, interner)).unwrap_or_default(),
        workload,
        namespace,
        name,
        labels,
    }
}

/// The addresses of the node it is on.
pub fn host_addresses(pod: &ApiPod) -> Vec<IpAddr> {
    let Some(status) = &pod.status else { return Vec::new() };
    let on_host = pod.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true));
    let own = on_host
        .then(|| addresses(status))
        .into_iter()
        .flat_map(|own| own.to_vec());
    let several = status.host_ips.iter().flatten().map(|one| one.ip.as_str());
    several
        .chain(status.host_ip.as_deref())
        .filter_map(|ip| ip.parse().ok())
        .chain(own)
        .collect()
}

/// The reference that is marked as controller, or the only one there is.
fn owner(metadata: &ObjectMeta) -> Option<Owner<'_>> {
    let references = metadata.owner_references.as_deref().unwrap_or_default();
    let only = match references {
        [only] => Some(only),
        _ => None,
    };
    let marked = |reference: &&OwnerReference| reference.controller == Some(true);
    let reference = references.iter().find(marked).or(only)?;
    Some(Owner {
        kind: &reference.kind,
        name: &reference.name,
    })
}

fn addresses(status: &PodStatus) -> Arc<[IpAddr]> {
    let several = status.pod_ips.iter().flatten().map(|one| one.ip.as_str());
    let mut addresses: Vec<IpAddr> = several
        .chain(status.pod_ip.as_deref())
        .filter_map(|ip| ip.parse().ok())
        .collect();
    let mut seen = Vec::new();
    addresses.retain(|address| {
        let first = !seen.contains(address);
        seen.push(*address);
        first
    });
    addresses.into()
}

fn phase(phase: Option<&str>) -> Phase {
    match phase {
        Some("Pending") => Phase::Pending,
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        Some(_) | None => Phase::Unknown,
    }
}

fn timestamp(time: &Time) -> Option<Timestamp> {
    u64::try_from(time.0.as_nanosecond()).ok().map(Timestamp)
}

/// Of init containers only those that go on beside the others.
fn ports(spec: &PodSpec, interner: &mut Interner) -> Arc<[NamedPort]> {
    let stays = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
    let containers = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten().filter(stays));
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let protocol = match port.protocol.as_deref() {
                None | Some("TCP") => Protocol::Tcp,
                Some("UDP") => Protocol::Udp,
                Some("SCTP") => Protocol::Sctp,
                Some(_) => return None,
            };
            let number = u16::try_from(port.container_port).ok().filter(|number| *number > 0)?;
            Some(NamedPort {
                name: interner.symbol(port.name.as_deref()?),
                protocol,
                port: number,
            })
        })
        .collect()
}
