//! Objects as the API server sends them: each stands or falls alone, and is cut to the model's types at once.
use std::sync::Arc;

use k8s_openapi::api::{core::v1, discovery::v1 as discovery, networking::v1 as networking};
use netobs_core::{
    change::{Kind, Object},
    labels::Interner,
};
use serde::de::DeserializeOwned;

pub use self::{
    line::{Line, Page, Refusal, line, page, refusal},
    name::{Name, key, name, version},
};
use crate::{
    network_policy, object,
    problems::{Problem, Problems},
};

mod line;
mod name;
mod raw;

/// An object that cannot be read, or a part of one that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Such as `prod-a/allow-prod`.
    pub object: String,
    pub field: String,
    pub problem: String,
}

/// The object, and what of it could not be understood.
pub fn object(kind: Kind, text: &[u8], interner: &mut Interner) -> Result<(Object, Vec<Malformed>), Malformed> {
    let whole = |object| (object, Vec::new());
    Ok(match kind {
        Kind::Namespace => {
            let namespace: v1::Namespace = typed(text)?;
            whole(Object::Namespace(Arc::new(object::namespace(&namespace, interner))))
        }
        Kind::Pod => {
            let pod: v1::Pod = typed(text)?;
            whole(Object::Pod(Arc::new(object::pod(&pod, interner))))
        }
        Kind::Node => {
            let node: v1::Node = typed(text)?;
            whole(Object::Node(Arc::new(object::node(&node, interner))))
        }
        Kind::Service => {
            let service: v1::Service = typed(text)?;
            whole(Object::Service(Arc::new(object::service(&service, interner))))
        }
        Kind::EndpointSlice => {
            let slice: discovery::EndpointSlice = typed(text)?;
            whole(Object::EndpointSlice(Arc::new(object::endpoint_slice(
                &slice, interner,
            ))))
        }
        Kind::Policy(_) => {
            let policy: networking::NetworkPolicy = typed(text)?;
            let (policy, problems) = network_policy::convert(&policy, interner);
            (Object::Policy(Arc::new(policy)), found_in(text, problems))
        }
    })
}

/// Read without keeping track of where we are in it, which costs more, unless there is something wrong.
fn typed<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    let Some(name) = name(text).filter(|name| !name.name.is_empty()) else {
        return Err(Malformed {
            object: "an object".to_owned(),
            field: "metadata.name".to_owned(),
            problem: "every object has a name here".to_owned(),
        });
    };
    if let Ok(object) = serde_json::from_slice(text) {
        return Ok(object);
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(text)).map_err(|error| Malformed {
        object: name.to_string(),
        field: match error.path().to_string().as_str() {
            "." => "the object".to_owned(),
            field => field.to_owned(),
        },
        problem: without_place(&error.inner().to_string()).to_owned(),
    })
}

/// The field says where it is; a column says nothing, and is another one for every version of the object.
fn without_place(problem: &str) -> &str {
    problem.rsplit_once(" at line ").map_or(problem, |(problem, _)| problem)
}

fn found_in(text: &[u8], problems: Problems) -> Vec<Malformed> {
    let object = name(text).map(|name| name.to_string()).unwrap_or_default();
    let malformed = |Problem { field, problem, .. }| Malformed {
        object: object.clone(),
        field,
        problem,
    };
    problems.0.into_iter().map(malformed).collect()
}
