//! A guard as a ClusterPolicy of Kyverno, which looks at namespaces that are there already, too.
use netobs_core::guard::Guard;

use super::{Mode, NAME, cel, exempt, head};
use crate::writer::{Map, Yaml, document};

pub fn kyverno(guard: &Guard, mode: Mode) -> String {
    let first = "Keeps the labels of namespaces that network policies select on. Kyverno 1.13 or newer.";
    document(&head(guard, mode, first), &policy(guard, mode))
}

fn policy(guard: &Guard, mode: Mode) -> Map {
    let annotations = Map::default()
        .with(
            "policies.kyverno.io/title",
            "Labels of namespaces that network policies select on",
        )
        .with("policies.kyverno.io/category", "Network")
        .with("policies.kyverno.io/subject", "Namespace");
    Map::default()
        .with("apiVersion", "kyverno.io/v1")
        .with("kind", "ClusterPolicy")
        .with(
            "metadata",
            Map::default().with("name", NAME).with("annotations", annotations),
        )
        .with(
            "spec",
            Map::default()
                .with("background", true)
                .with("rules", vec![rule(guard, mode).into()]),
        )
}

fn rule(guard: &Guard, mode: Mode) -> Map {
    let any = |resources: Map| {
        let resources = Map::default().with("resources", resources);
        Map::default().with("any", vec![resources.into()])
    };
    let words = |words: &[&str]| Yaml::Words(words.iter().map(|word| (*word).to_owned()).collect());
    let namespaces = Map::default()
        .with("kinds", words(&["Namespace"]))
        .with("operations", words(&["CREATE", "UPDATE"]));
    let cel = Map::default()
        .with("variables", cel::variables())
        .with("expressions", cel::validations(guard));
    let action = match mode {
        Mode::Audit => "Audit",
        Mode::Enforce => "Enforce",
    };
    let validate = Map::default()
        .with("failureAction", action)
        // What was amiss before is judged by the expressions themselves.
        .with("allowExistingViolations", false)
        .with("cel", cel);
    Map::default()
        .with("name", "labels")
        .with("match", any(namespaces))
        .with("exclude", any(Map::default().with("names", exempt(guard))))
        .with("celPreconditions", cel::conditions(guard))
        .with("validate", validate)
}
