//! The kinds of objects that are watched, and how to ask for them.
use std::fmt::Write as _;

use netobs_core::change::Kind;
use netobs_k8s::network_policy;

/// Objects in one part of a list.
const PAGE: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    /// As in `kubectl get` and in a role.
    pub(super) name: &'static str,
    pub(super) group: &'static str,
    path: &'static str,
}

/// Namespaces come first: with them pods are understood at once.
pub(super) const ALL: [Resource; 6] = [
    Resource::core(Kind::Namespace, "namespaces", "/api/v1/namespaces"),
    Resource::core(Kind::Node, "nodes", "/api/v1/nodes"),
    Resource::core(Kind::Pod, "pods", "/api/v1/pods"),
    Resource {
        kind: Kind::Policy(network_policy::KIND),
        name: "networkpolicies",
        group: "networking.k8s.io",
        path: "/apis/networking.k8s.io/v1/networkpolicies",
    },
    Resource::core(Kind::Service, "services", "/api/v1/services"),
    Resource {
        kind: Kind::EndpointSlice,
        name: "endpointslices",
        group: "discovery.k8s.io",
        path: "/apis/discovery.k8s.io/v1/endpointslices",
    },
];

impl Resource {
    const fn core(kind: Kind, name: &'static str, path: &'static str) -> Self {
        Self {
            kind,
            name,
            group: "",
            path,
        }
    }

    /// A part of the list, or all of it at once.
    pub(super) fn list(&self, next: Option<&str>, whole: bool) -> String {
        let path = self.path;
        match next {
            _ if whole => path.to_owned(),
            Some(next) => format!("{path}?limit={PAGE}&continue={}", encoded(next)),
            None => format!("{path}?limit={PAGE}"),
        }
    }

    /// Changes since a version, or without one all there is and then the changes.
    pub(super) fn watch(&self, since: Option<&str>, seconds: u64) -> String {
        let from = match since {
            Some(version) => format!("resourceVersion={}", encoded(version)),
            None => "sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned(),
        };
        let path = self.path;
        format!("{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&{from}")
    }

    /// What to run so that we may read it.
    pub(super) fn permission(&self) -> String {
        let Self { name, group, .. } = self;
        let api = if group.is_empty() { "\"\"" } else { group };
        format!(
            "the agent's ClusterRole needs the verbs list and watch on {name} (apiGroup {api}); \
             `kubectl auth can-i list {name} --as=system:serviceaccount:NAMESPACE:ACCOUNT` tells when it is so"
        )
    }
}

/// For a query: versions and the like may hold anything.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_gave_us_is_given_back_unharmed() {
        let pods = ALL.iter().find(|resource| resource.name == "pods").unwrap();
        assert_eq!(pods.list(None, false), "/api/v1/pods?limit=500");
        assert_eq!(
            pods.list(Some("ab+/=&"), false),
            "/api/v1/pods?limit=500&continue=ab%2B%2F%3D%26"
        );
        assert_eq!(pods.list(Some("ab"), true), "/api/v1/pods");
    }

    #[test]
    fn a_watch_begins_with_everything_or_where_it_left_off() {
        let nodes = &ALL[1];
        let (all, rest) = (nodes.watch(None, 9), nodes.watch(Some("12"), 9));
        assert!(all.contains("sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
        assert!(all.contains("timeoutSeconds=9") && all.contains("allowWatchBookmarks=true"));
        assert!(rest.ends_with("&resourceVersion=12") && !rest.contains("sendInitialEvents"));
    }
}
