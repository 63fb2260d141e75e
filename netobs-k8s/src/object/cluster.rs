//! Namespaces and nodes.
use k8s_openapi::api::core::v1;
use netobs_core::{
    change::{Namespace, Node},
    labels::{Interner, Symbol},
    policy::Cidr,
};

use super::{annotations, labels};

pub fn namespace(namespace: &v1::Namespace, interner: &mut Interner) -> Namespace {
    let name = interner.symbol(namespace.metadata.name.as_deref().unwrap_or_default());
    let given = labels(namespace.metadata.labels.as_ref(), interner);
    // The API server sees to it that every namespace has it; manifests are written without.
    let with_name = given.with(interner.symbol("kubernetes.io/metadata.name"), name.clone());
    let labels = interner.labels(with_name.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    Namespace {
        name,
        labels,
        annotations: annotations(namespace.metadata.annotations.as_ref(), interner),
    }
}

pub fn node(node: &v1::Node, interner: &mut Interner) -> Node {
    let spec = node.spec.as_ref();
    let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
    let blocks = spec.and_then(|spec| spec.pod_cidrs.as_deref()).unwrap_or_default();
    let first = spec
        .and_then(|spec| spec.pod_cidr.as_ref())
        .filter(|_| blocks.is_empty());
    Node {
        name: interner.symbol(node.metadata.name.as_deref().unwrap_or_default()),
        addresses: addresses
            .filter(|address| is_of_node(address))
            .filter_map(|address| address.address.parse().ok())
            .collect(),
        pod_blocks: blocks
            .iter()
            .chain(first)
            .filter_map(|block| block.parse::<Cidr>().ok())
            .collect(),
        labels: labels(node.metadata.labels.as_ref(), interner),
    }
}

/// Not a name, which stands among the addresses as well.
pub fn is_of_node(address: &v1::NodeAddress) -> bool {
    ["InternalIP", "ExternalIP"].contains(&address.type_.as_str())
}

pub(super) fn namespace_of(namespace: Option<&str>, interner: &mut Interner) -> Symbol {
    interner.symbol(namespace.unwrap_or("default"))
}
