//! What the cluster told us: objects cut to what netobs uses, as they came, went or were listed anew.
//!
//! Names and labels are expected to be interned by whoever fills these in, so that equal ones share their memory.
use std::sync::Arc;

pub use self::objects::{
    Backend, EndpointSlice, Namespace, Node, Phase, Pod, PodUid, Scoped, Service, ServiceKind, ServicePort, SlicePort,
};
use crate::{
    labels::Symbol,
    policy::{Policy, PolicyId},
};

mod objects;

/// The kinds of objects whose lists can be begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Namespace,
    Pod,
    Node,
    Service,
    EndpointSlice,
    /// Policies of one dialect, by the name of their kind.
    Policy(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Namespace(Arc<Namespace>),
    Pod(Arc<Pod>),
    Node(Arc<Node>),
    Service(Arc<Service>),
    EndpointSlice(Arc<EndpointSlice>),
    Policy(Arc<Policy>),
}

/// What an object is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Namespace(Symbol),
    Pod(PodUid),
    Node(Symbol),
    Service(Scoped),
    EndpointSlice(Scoped),
    Policy(PolicyId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is now so, whether it was there before or not.
    Applied(Object),
    Deleted(Key),
    /// A list of all objects of a kind begins; what is not applied until it ends is gone.
    RelistBegins(Kind),
    RelistEnds(Kind),
}
