//! What an object is known by, which can be read even where the rest of it cannot.
use std::fmt::{self, Display, Formatter};

use netobs_core::{
    change::{Key, Kind, PodUid, Scoped},
    labels::Interner,
    policy::PolicyId,
};
use serde::Deserialize;

use super::raw::field;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Name {
    pub namespace: Option<String>,
    pub name: String,
    pub uid: Option<String>,
}

impl Display for Name {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{namespace}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

pub fn name(text: &[u8]) -> Option<Name> {
    let metadata = field(text, "metadata")?;
    let part = |name| field(metadata, name).and_then(|text| serde_json::from_slice(text).ok());
    Some(Name {
        namespace: part("namespace"),
        name: part("name").unwrap_or_default(),
        uid: part("uid"),
    })
}

/// From where a watch can go on after this object.
pub fn version(text: &[u8]) -> Option<String> {
    let version = field(field(text, "metadata")?, "resourceVersion")?;
    serde_json::from_slice(version).ok()
}

/// `None` if the object has no name.
pub fn key(kind: Kind, text: &[u8], interner: &mut Interner) -> Option<Key> {
    let Name { namespace, name, uid } = name(text).filter(|name| !name.name.is_empty())?;
    let namespace = namespace.as_deref().unwrap_or("default");
    let mut scoped = || Scoped {
        namespace: interner.symbol(namespace),
        name: interner.symbol(&name),
    };
    Some(match kind {
        Kind::Namespace => Key::Namespace(interner.symbol(&name)),
        Kind::Node => Key::Node(interner.symbol(&name)),
        Kind::Pod => Key::Pod(PodUid(match uid {
            Some(uid) => uid.as_str().into(),
            None => format!("{namespace}/{name}").as_str().into(),
        })),
        Kind::Service => Key::Service(scoped()),
        Kind::EndpointSlice => Key::EndpointSlice(scoped()),
        Kind::Policy(kind) => {
            let Scoped { namespace, name } = scoped();
            Key::Policy(PolicyId {
                kind,
                namespace: Some(namespace),
                name,
            })
        }
    })
}
