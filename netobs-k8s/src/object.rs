//! Kubernetes objects cut to what netobs uses, in the model's own types.
pub use self::{
    cluster::{is_of_node, namespace, node},
    pod::{host_addresses, pod},
    service::{endpoint_slice, service},
};

mod cluster;
mod pod;
mod service;

use std::collections::BTreeMap;

use netobs_core::labels::{Interner, Labels, check_key, check_value};

pub(crate) fn labels(map: Option<&BTreeMap<String, String>>, interner: &mut Interner) -> Labels {
    interner.labels(
        map.into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    )
}

/// Those annotations that could have been meant as labels.
pub(crate) fn annotations(map: Option<&BTreeMap<String, String>>, interner: &mut Interner) -> Labels {
    let pairs = map
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    interner.labels(pairs.filter(|(key, value)| check_key(key).is_ok() && check_value(value).is_ok()))
}
