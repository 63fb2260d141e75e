//! Kubernetes' own schemas take every object, with no field they do not know.

use super::rendered::{everything, find, overlay};
use super::tools::{PYTHON, output_of, program};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

const SCRIPT: &str = include_str!("schema.py");
/// From the oldest that the chart admits and there is a schema of, to the newest.
const VERSIONS: [&str; 3] = ["1.25", "1.30", "1.37"];
/// Groups of definitions that are installed; `custom` looks at these.
pub(super) const CUSTOM: [&str; 3] = [
    "cert-manager.io/v1",
    "monitoring.coreos.com/v1",
    "security.openshift.io/v1",
];

#[test]
fn every_rendered_object_is_valid_in_old_and_new_versions_of_kubernetes() -> Result<()> {
    let mut objects = BTreeSet::new();
    for (from, rendered) in everything()? {
        assert!(rendered.len() >= 8, "{from}");
        let built_in = rendered.iter().filter(|object| !is_custom(object));
        objects.extend(built_in.map(Value::to_string));
    }
    assert!(objects.len() > 20, "{}", objects.len());
    assert_eq!(problems(objects)?, [""; 0]);
    Ok(())
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_found_wherever_it_is() -> Result<()> {
    let objects = overlay("default")?;
    let mut daemon_set = find(&objects, "DaemonSet", "netobs-agent")?.clone();
    daemon_set["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readonlyRootFilesystem"] = true.into();
    let mut namespace = find(&objects, "Namespace", "netobs")?.clone();
    namespace["metadata"]["labels"] = "none".into();
    let problems = problems([daemon_set.to_string(), namespace.to_string()])?;
    for version in VERSIONS {
        let of = |what: &str| {
            problems
                .iter()
                .any(|one| one.starts_with(version) && one.contains(what))
        };
        assert!(of("readonlyRootFilesystem") && of("metadata.labels"), "{problems:?}");
    }
    Ok(())
}

pub(super) fn is_custom(object: &Value) -> bool {
    CUSTOM.iter().any(|group| object["apiVersion"] == *group)
}

fn problems(objects: impl IntoIterator<Item = String>) -> Result<Vec<String>> {
    let lines: Vec<_> = objects.into_iter().collect();
    let mut python = Command::new(program(PYTHON)?);
    let printed = output_of(python.args(["-c", SCRIPT]).args(VERSIONS), &lines.join("\n"))?;
    let problems = printed.lines().map(serde_json::from_str);
    Ok(problems.collect::<Result<_, _>>()?)
}
