//! Services and the slices of their endpoints.
use std::net::IpAddr;

use k8s_openapi::api::{core::v1, discovery::v1 as discovery};
use netobs_core::{
    change::{Backend, EndpointSlice, PodUid, Scoped, Service, ServiceKind, ServicePort, SlicePort},
    event::Protocol,
    labels::{Interner, Operator, Requirement, Selector},
};

use super::cluster::namespace_of;

pub fn service(service: &v1::Service, interner: &mut Interner) -> Service {
    let empty = v1::ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&empty);
    Service {
        name: scoped(
            service.metadata.namespace.as_deref(),
            service.metadata.name.as_deref(),
            interner,
        ),
        kind: match spec.type_.as_deref() {
            Some("NodePort") => ServiceKind::NodePort,
            Some("LoadBalancer") => ServiceKind::LoadBalancer,
            Some("ExternalName") => ServiceKind::ExternalName,
            Some(_) | None => ServiceKind::ClusterIp,
        },
        addresses: addresses(service, spec),
        ports: spec
            .ports
            .iter()
            .flatten()
            .filter_map(|port| service_port(port, interner))
            .collect(),
        selector: spec
            .selector
            .as_ref()
            .filter(|labels| !labels.is_empty())
            .map(|labels| {
                let requirement = |(key, value): (&String, &String)| Requirement {
                    key: interner.symbol(key),
                    operator: Operator::In,
                    values: vec![interner.symbol(value)],
                };
                Selector::new(labels.iter().map(requirement).collect())
            }),
    }
}

pub fn endpoint_slice(slice: &discovery::EndpointSlice, interner: &mut Interner) -> EndpointSlice {
    let labels = slice.metadata.labels.as_ref();
    let service = labels.and_then(|labels| labels.get("kubernetes.io/service-name"));
    EndpointSlice {
        name: scoped(
            slice.metadata.namespace.as_deref(),
            slice.metadata.name.as_deref(),
            interner,
        ),
        service: service.map(|name| interner.symbol(name)),
        ports: slice
            .ports
            .iter()
            .flatten()
            .filter_map(|port| slice_port(port, interner))
            .collect(),
        backends: slice.endpoints.iter().flatten().map(backend).collect(),
    }
}

fn scoped(namespace: Option<&str>, name: Option<&str>, interner: &mut Interner) -> Scoped {
    Scoped {
        namespace: namespace_of(namespace, interner),
        name: interner.symbol(name.unwrap_or_default()),
    }
}

/// Cluster, external and load balancer addresses. A headless service's `None` is no address.
fn addresses(service: &v1::Service, spec: &v1::ServiceSpec) -> Box<[IpAddr]> {
    let balancer = service.status.iter().flat_map(|status| status.load_balancer.iter());
    let balancer = balancer.flat_map(|balancer| balancer.ingress.iter().flatten());
    let texts = spec.cluster_ips.iter().flatten().map(String::as_str);
    let texts = texts
        .chain(spec.cluster_ip.as_deref())
        .chain(spec.external_ips.iter().flatten().map(String::as_str));
    let texts = texts.chain(balancer.filter_map(|ingress| ingress.ip.as_deref()));
    let mut addresses: Vec<IpAddr> = texts.filter_map(|text| text.parse().ok()).collect();
    addresses.sort();
    addresses.dedup();
    addresses.into()
}

fn service_port(port: &v1::ServicePort, interner: &mut Interner) -> Option<ServicePort> {
    Some(ServicePort {
        name: port.name.as_deref().map(|name| interner.symbol(name)),
        port: number(port.port)?,
        protocol: protocol(port.protocol.as_deref())?,
        node_port: port.node_port.and_then(number),
    })
}

fn slice_port(port: &discovery::EndpointPort, interner: &mut Interner) -> Option<SlicePort> {
    Some(SlicePort {
        name: port
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .map(|name| interner.symbol(name)),
        port: port.port.and_then(number),
        protocol: protocol(port.protocol.as_deref())?,
    })
}

fn backend(endpoint: &discovery::Endpoint) -> Backend {
    let target = endpoint
        .target_ref
        .as_ref()
        .filter(|target| target.kind.as_deref() == Some("Pod"));
    Backend {
        addresses: endpoint.addresses.iter().filter_map(|text| text.parse().ok()).collect(),
        pod: target
            .and_then(|target| target.uid.as_deref())
            .map(|uid| PodUid(uid.into())),
    }
}

fn protocol(text: Option<&str>) -> Option<Protocol> {
    match text {
        None | Some("TCP") => Some(Protocol::Tcp),
        Some("UDP") => Some(Protocol::Udp),
        Some("SCTP") => Some(Protocol::Sctp),
        Some(_) => None,
    }
}

/// 0 stands for no port.
fn number(port: i32) -> Option<u16> {
    u16::try_from(port).ok().filter(|port| *port > 0)
}
