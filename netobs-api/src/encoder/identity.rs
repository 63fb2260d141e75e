//! What tells one end from all others, without looking into it.
use std::{net::IpAddr, sync::Arc};

use netobs_core::{
    directory::{Doubt, Owner},
    filter::EndKind,
};

/// By where its objects are stored: equal only as long as something keeps them there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    address: IpAddr,
    kind: EndKind,
    object: usize,
    beside: usize,
}

impl Identity {
    pub(super) fn of(owner: &Owner, address: IpAddr) -> Self {
        let (object, beside) = match owner {
            Owner::Pod { pod, namespace } => (stored_at(pod), namespace.as_ref().map_or(0, stored_at)),
            Owner::Node { name, .. } => (name.as_str().as_ptr().addr(), 0),
            Owner::Service(service) => (stored_at(service), 0),
            Owner::World { .. } => (0, 0),
            Owner::Unknown(Doubt::Former(pod)) => (stored_at(pod), 0),
            Owner::Unknown(Doubt::Several) => (0, 1),
            Owner::Unknown(Doubt::Unheard) => (0, 2),
            Owner::Unknown(Doubt::Unlisted) => (0, 3),
        };
        Self {
            address,
            kind: EndKind::of(owner),
            object,
            beside,
        }
    }
}

fn stored_at<T>(object: &Arc<T>) -> usize {
    Arc::as_ptr(object).addr()
}
