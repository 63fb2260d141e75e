//! A guard as a ConstraintTemplate of Gatekeeper and the Constraint that fills it in.
use netobs_core::{guard::Guard, render};

use super::{Mode, NAME, exempt, head, values};
use crate::writer::{Item, Map, Yaml, document};

const KIND: &str = "NetobsNamespaceLabels";
/// Gatekeeper asks that a template be named after the kind it makes.
const TEMPLATE: &str = "netobsnamespacelabels";
const REGO: &str = include_str!("gatekeeper/labels.rego");

/// The template has to be there for a moment before its constraint is accepted.
pub fn gatekeeper(guard: &Guard, mode: Mode) -> String {
    let first = "Keeps the labels of namespaces that network policies select on. Gatekeeper 3.14 or newer.";
    let constraint_note = "The API server knows this kind a few seconds after it was given the template above.";
    format!(
        "{}---\n{}",
        document(&head(guard, mode, first), &template()),
        document(&[constraint_note.to_owned()], &constraint(guard, mode))
    )
}

fn template() -> Map {
    let crd = Map::default()
        .with("names", Map::default().with("kind", KIND))
        .with("validation", Map::default().with("openAPIV3Schema", schema()));
    let target = Map::default()
        .with("target", "admission.k8s.gatekeeper.sh")
        .with("rego", Yaml::Block(REGO.trim_end().to_owned()));
    let spec = Map::default()
        .with("crd", Map::default().with("spec", crd))
        .with("targets", vec![target.into()]);
    Map::default()
        .with("apiVersion", "templates.gatekeeper.sh/v1")
        .with("kind", "ConstraintTemplate")
        .with("metadata", Map::default().with("name", TEMPLATE))
        .with("spec", spec)
}

fn schema() -> Map {
    let of = |kind: &str| Map::default().with("type", kind);
    let label = Map::default()
        .with("key", of("string"))
        .with("required", of("boolean"))
        .with("fixed", of("boolean"))
        .with("values", of("array").with("items", of("string")))
        .with("lacking", of("string"))
        .with("changing", of("string"));
    let labels = of("array").with("items", of("object").with("properties", label));
    of("object").with("properties", Map::default().with("labels", labels))
}

fn constraint(guard: &Guard, mode: Mode) -> Map {
    let action = match mode {
        Mode::Audit => "warn",
        Mode::Enforce => "deny",
    };
    let words = |word: &str| Yaml::Words(vec![word.to_owned()]);
    let namespaces = Map::default()
        .with("apiGroups", words(""))
        .with("kinds", words("Namespace"));
    let wanted = Map::default()
        .with("kinds", vec![namespaces.into()])
        .with("excludedNamespaces", exempt(guard));
    let labels: Vec<Item> = guard
        .labels
        .iter()
        .map(|label| {
            Map::default()
                .with("key", &*label.key)
                .with("required", label.required)
                .with("fixed", label.fixed)
                .with("values", Yaml::Words(values(label)))
                .with("lacking", render::guard::lacking(label))
                .with("changing", render::guard::changing(label))
                .into()
        })
        .collect();
    let spec = Map::default()
        .with("enforcementAction", action)
        .with("match", wanted)
        .with("parameters", Map::default().with("labels", labels));
    Map::default()
        .with("apiVersion", "constraints.gatekeeper.sh/v1beta1")
        .with("kind", KIND)
        .with("metadata", Map::default().with("name", NAME))
        .with("spec", spec)
}
