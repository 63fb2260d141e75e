//! A guard as the API server's own ValidatingAdmissionPolicy, from Kubernetes 1.30 on.
use netobs_core::guard::Guard;

use super::{Mode, NAME, cel, head};
use crate::writer::{Map, Yaml, document};

const VERSION: &str = "admissionregistration.k8s.io/v1";

/// The policy and its binding.
pub fn vap(guard: &Guard, mode: Mode) -> String {
    let notes = head(
        guard,
        mode,
        "Keeps the labels of namespaces that network policies select on. Kubernetes 1.30 or newer.",
    );
    format!(
        "{}---\n{}",
        document(&notes, &policy(guard)),
        document(&[], &binding(mode))
    )
}

fn policy(guard: &Guard) -> Map {
    let words = |words: &[&str]| Yaml::Words(words.iter().map(|word| (*word).to_owned()).collect());
    let namespaces = Map::default()
        .with("apiGroups", words(&[""]))
        .with("apiVersions", words(&["v1"]))
        .with("operations", words(&["CREATE", "UPDATE"]))
        .with("resources", words(&["namespaces"]));
    let spec = Map::default()
        .with("failurePolicy", "Fail")
        .with(
            "matchConstraints",
            Map::default().with("resourceRules", vec![namespaces.into()]),
        )
        .with("matchConditions", cel::conditions(guard))
        .with("variables", cel::variables())
        .with("validations", cel::validations(guard));
    object("ValidatingAdmissionPolicy", spec)
}

fn binding(mode: Mode) -> Map {
    let actions = match mode {
        Mode::Audit => ["Warn", "Audit"],
        Mode::Enforce => ["Deny", "Audit"],
    };
    let spec = Map::default()
        .with("policyName", NAME)
        .with("validationActions", Yaml::Words(actions.map(str::to_owned).to_vec()));
    object("ValidatingAdmissionPolicyBinding", spec)
}

fn object(kind: &str, spec: Map) -> Map {
    Map::default()
        .with("apiVersion", VERSION)
        .with("kind", kind)
        .with("metadata", Map::default().with("name", NAME))
        .with("spec", spec)
}
