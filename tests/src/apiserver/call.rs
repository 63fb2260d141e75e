//! What a request asks for, read from its method, path and query.

use super::kind::{Kind, KindId, Kinds};
use super::object::Key;
use super::refusal::Refusal;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use hyper::{Method, Request};
use std::sync::Arc;

/// What is to be done, in the words of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
}

/// A request, as far as its head tells.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) path: String,
    pub(crate) user_agent: String,
    pub(crate) content_type: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Version,
    Health,
    CoreVersions,
    Groups,
    Group(String),
    Resources { group: String, version: String },
    Objects(Objects),
    NoSuchResource,
    Nowhere,
}

/// All objects of a kind, those of a namespace, or a single one.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    pub(crate) id: KindId,
    pub(crate) kind: Arc<Kind>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) part: Option<String>,
}

impl Objects {
    /// Of an object with that name, where these are.
    pub(crate) fn key(&self, name: &str) -> Key {
        Key::new(self.namespace.as_deref().unwrap_or_default(), name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) text: String,
    pairs: Vec<(String, String)>,
}

impl Call {
    pub(crate) fn read(request: &Request<Incoming>, kinds: &Kinds) -> Self {
        let header = |name: HeaderName| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let query = Query::read(request.uri().query().unwrap_or_default());
        let target = Target::of(request.uri().path(), kinds);
        Self {
            verb: verb(request.method(), &target, &query),
            target,
            query,
            path: request.uri().path().to_owned(),
            user_agent: header(USER_AGENT),
            content_type: header(CONTENT_TYPE),
        }
    }

    pub(crate) fn objects(&self) -> Option<&Objects> {
        match &self.target {
            Target::Objects(objects) => Some(objects),
            Target::Version
            | Target::Health
            | Target::CoreVersions
            | Target::Groups
            | Target::Group(_)
            | Target::Resources { .. }
            | Target::NoSuchResource
            | Target::Nowhere => None,
        }
    }

    /// As RBAC refuses it.
    pub(crate) fn forbidden(&self, user: &str) -> Refusal {
        let verb = format!("{:?}", self.verb).to_lowercase();
        let Some(objects) = self.objects() else {
            let message = format!("forbidden: User {user:?} cannot {verb} path {:?}", self.path);
            return Refusal::new(403, "Forbidden", message).with(serde_json::json!({}));
        };
        let (plural, group) = (&objects.kind.plural, &objects.kind.group);
        let place = match objects.namespace.as_ref().or(objects.itself()) {
            Some(namespace) => format!("in the namespace {namespace:?}"),
            None => "at the cluster scope".to_owned(),
        };
        let name = objects
            .name
            .as_ref()
            .map(|name| format!(" {name:?}"))
            .unwrap_or_default();
        let message = format!(
            "{}{name} is forbidden: User {user:?} cannot {verb} resource {plural:?} in API group {group:?} {place}",
            objects.kind.qualified()
        );
        let mut details = serde_json::json!({"kind": plural});
        if !group.is_empty() {
            details["group"] = group.as_str().into();
        }
        if let Some(name) = &objects.name {
            details["name"] = name.as_str().into();
        }
        Refusal::new(403, "Forbidden", message).with(details)
    }
}

impl Objects {
    /// A namespace is in itself.
    fn itself(&self) -> Option<&String> {
        self.name.as_ref().filter(|_| self.kind.qualified() == "namespaces")
    }
}

impl Target {
    fn of(path: &str, kinds: &Kinds) -> Self {
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        match steps.as_slice() {
            ["version"] => Self::Version,
            ["healthz" | "livez" | "readyz", ..] => Self::Health,
            ["api"] => Self::CoreVersions,
            ["apis"] => Self::Groups,
            ["apis", group] if is_group(kinds, group) => Self::Group((*group).to_owned()),
            ["api", version, rest @ ..] => Self::inside(kinds, "", version, rest),
            ["apis", group, version, rest @ ..] => Self::inside(kinds, group, version, rest),
            _ => Self::Nowhere,
        }
    }

    fn inside(kinds: &Kinds, group: &str, version: &str, rest: &[&str]) -> Self {
        let served = |kind: &Arc<Kind>| (&*kind.group, &*kind.version) == (group, version);
        if !kinds.all().iter().any(served) {
            return Self::Nowhere;
        }
        let (namespace, rest) = match rest {
            ["namespaces", _, "status" | "finalize"] => (None, rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            _ => (None, rest),
        };
        let [plural, rest @ ..] = rest else {
            let (group, version) = (group.to_owned(), version.to_owned());
            return Self::Resources { group, version };
        };
        let Some(id) = kinds.served_at(group, version, plural) else {
            return Self::NoSuchResource;
        };
        let kind = Arc::clone(kinds.get(id));
        if rest.len() > 2 || namespace.is_some() && !kind.namespaced {
            return Self::NoSuchResource;
        }
        let step = |at: usize| rest.get(at).map(|step| (*step).to_owned());
        Self::Objects(Objects {
            id,
            kind,
            namespace,
            name: step(0),
            part: step(1),
        })
    }
}

impl Query {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        let pairs = self.pairs.iter().filter(|(known, _)| known == key);
        pairs.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn is_set(&self, key: &str) -> bool {
        matches!(self.get(key), Some("true" | "1"))
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, Refusal> {
        let read = |text: &str| {
            let bad = |_| Refusal::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
            text.parse().map_err(bad)
        };
        self.get(key).map(read).transpose()
    }

    pub(crate) fn read(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pairs: form_urlencoded::parse(text.as_bytes()).into_owned().collect(),
        }
    }
}

fn verb(method: &Method, target: &Target, query: &Query) -> Verb {
    let is_single = matches!(target, Target::Objects(Objects { name: Some(_), .. }));
    let is_plain = !matches!(target, Target::Objects(_));
    match method.as_str() {
        "POST" => Verb::Create,
        "PUT" => Verb::Update,
        "PATCH" => Verb::Patch,
        "DELETE" => Verb::Delete,
        _ if query.is_set("watch") => Verb::Watch,
        _ if is_single || is_plain => Verb::Get,
        _ => Verb::List,
    }
}

fn is_group(kinds: &Kinds, group: &str) -> bool {
    kinds.all().iter().any(|kind| kind.group == group)
}
