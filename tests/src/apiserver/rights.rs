//! What users may do, as the roles that are bound to them say.

use super::asked::Asked;
use super::call::Verb;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// One verb on one resource: the least a role gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Everywhere, and on what is in no namespace, if none is named.
    pub namespace: Option<String>,
    /// Empty for the core group.
    pub group: String,
    /// With its part, such as `pods/portforward`.
    pub resource: String,
    pub verb: String,
}

/// All that somebody may do. What the server serves of itself, everybody may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeSet<Grant>);

/// Those who may not do everything.
#[derive(Debug, Default)]
pub(crate) struct Confined(Mutex<BTreeMap<String, Rights>>);

impl Rights {
    /// What roles and bindings among these objects give to a subject: `{"kind": …, "name": …, "namespace": …}`.
    pub fn of(subject: &Value, objects: &[Value]) -> Result<Self> {
        let mut grants = BTreeSet::new();
        for binding in objects.iter().filter(|object| binds(object, subject)) {
            let namespace = text(&binding["metadata"]["namespace"]);
            let role = objects.iter().find(|role| is_meant(role, binding));
            let role = role.with_context(|| format!("no role is {}", binding["roleRef"]))?;
            for rule in list(&role["rules"]) {
                grants.extend(expand(rule, namespace)?);
            }
        }
        Ok(Self(grants))
    }

    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    pub fn without(&self, grant: &Grant) -> Self {
        let others = self.0.iter().filter(|other| *other != grant);
        Self(others.cloned().collect())
    }

    /// With what others give, too.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    pub fn allow(&self, asked: &Asked) -> bool {
        asked.kind.is_empty() || needed(asked).iter().all(|verb| self.gives(asked, verb))
    }

    fn gives(&self, asked: &Asked, verb: &str) -> bool {
        self.0.iter().any(|grant| grant.gives(asked, verb))
    }
}

impl Grant {
    /// Whether that request takes this.
    pub fn is_for(&self, asked: &Asked) -> bool {
        needed(asked).iter().any(|verb| self.gives(asked, verb))
    }

    fn gives(&self, asked: &Asked, verb: &str) -> bool {
        let resource = match &asked.part {
            Some(part) => format!("{}/{part}", asked.kind),
            None => asked.kind.clone(),
        };
        let is_there = self.namespace.is_none() || self.namespace == asked.namespace;
        is_there && (&*self.group, &*self.resource, &*self.verb) == (&*asked.group, &*resource, verb)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            group,
            resource,
            verb,
        } = self;
        write!(f, "{verb} {resource}")?;
        if !group.is_empty() {
            write!(f, ".{group}")?;
        }
        namespace
            .as_ref()
            .map_or(Ok(()), |namespace| write!(f, " in {namespace}"))
    }
}

impl Confined {
    pub(crate) fn set(&self, user: &str, rights: Rights) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(user.to_owned(), rights);
    }

    pub(crate) fn allow(&self, asked: &Asked) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&asked.user).is_none_or(|rights| rights.allow(asked))
    }
}

/// Verbs that a request takes. A connection that becomes a stream is a GET; since 1.35 it takes the right to create as well.
fn needed(asked: &Asked) -> Vec<String> {
    let verb = format!("{:?}", asked.verb).to_lowercase();
    if asked.part.as_deref() == Some("portforward") && asked.verb == Verb::Get {
        vec![verb, "create".to_owned()]
    } else {
        vec![verb]
    }
}

fn binds(object: &Value, subject: &Value) -> bool {
    let is_binding = ["ClusterRoleBinding", "RoleBinding"]
        .map(Value::from)
        .contains(&object["kind"]);
    let is_subject = |one: &Value| ["kind", "name", "namespace"].iter().all(|key| one[key] == subject[key]);
    is_binding && list(&object["subjects"]).iter().any(is_subject)
}

fn is_meant(role: &Value, binding: &Value) -> bool {
    let wanted = &binding["roleRef"];
    let is_here =
        wanted["kind"] == json!("ClusterRole") || role["metadata"]["namespace"] == binding["metadata"]["namespace"];
    is_here && role["kind"] == wanted["kind"] && role["metadata"]["name"] == wanted["name"]
}

fn expand(rule: &Value, namespace: Option<&str>) -> Result<Vec<Grant>> {
    ensure!(
        rule["resourceNames"].is_null() && rule["nonResourceURLs"].is_null(),
        "rules for single objects and for paths are not understood here: {rule}"
    );
    let words = |key: &str| list(&rule[key]).iter().filter_map(text).collect::<Vec<_>>();
    let (groups, resources, verbs) = (words("apiGroups"), words("resources"), words("verbs"));
    let all = [&groups, &resources, &verbs];
    ensure!(
        all.iter().all(|words| !words.is_empty() && !words.contains(&"*")),
        "a rule names what it gives, and not everything: {rule}"
    );
    let mut grants = Vec::new();
    for group in groups {
        for resource in &resources {
            grants.extend(verbs.iter().map(|verb| Grant {
                namespace: namespace.map(ToOwned::to_owned),
                group: group.to_owned(),
                resource: (*resource).to_owned(),
                verb: (*verb).to_owned(),
            }));
        }
    }
    Ok(grants)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}
