//! Every field that is written is one that the engine's own definition has.
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use netobs_core::guard::Guard;
use netobs_k8s::guard::{Mode, gatekeeper, kyverno, vap};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{documents, exempt, guarding};

#[test]
fn the_api_servers_own_policy_is_read_back_without_loss() {
    for mode in [Mode::Audit, Mode::Enforce] {
        let [policy, binding] = two(&vap(&a_guard(), mode));
        unchanged::<ValidatingAdmissionPolicy>(&policy);
        unchanged::<ValidatingAdmissionPolicyBinding>(&binding);
        assert_eq!(binding["spec"]["policyName"], policy["metadata"]["name"]);
    }
}

#[test]
fn a_cluster_policy_has_only_fields_that_kyverno_knows() {
    for (mode, action) in [(Mode::Audit, "Audit"), (Mode::Enforce, "Enforce")] {
        let [policy] = documents(&kyverno(&a_guard(), mode)).try_into().unwrap();
        let policy = unchanged::<Object<ClusterPolicySpec>>(&policy);
        assert_eq!(policy.spec.rules[0].validate.failure_action, action);
    }
}

#[test]
fn a_template_and_its_constraint_have_only_fields_that_gatekeeper_knows() {
    for (mode, action) in [(Mode::Audit, "warn"), (Mode::Enforce, "deny")] {
        let [template, constraint] = two(&gatekeeper(&a_guard(), mode));
        let template = unchanged::<Object<TemplateSpec>>(&template);
        let constraint = unchanged::<Object<ConstraintSpec>>(&constraint);
        assert_eq!(constraint.kind, template.spec.crd.spec.names.kind);
        assert_eq!(template.metadata.name, constraint.kind.to_lowercase());
        assert_eq!(constraint.spec.enforcement_action, action);
    }
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Object<S> {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: S,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ClusterPolicySpec {
    background: bool,
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    name: String,
    r#match: Any,
    exclude: Any,
    cel_preconditions: Vec<Named>,
    validate: Validate,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Any {
    any: Vec<Filter>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    resources: Resources,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    operations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Validate {
    failure_action: String,
    allow_existing_violations: bool,
    cel: Cel,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Cel {
    variables: Vec<Named>,
    expressions: Vec<Expression>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    expression: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Expression {
    expression: String,
    message: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TemplateSpec {
    crd: Crd,
    targets: Vec<Target>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Crd {
    spec: CrdSpec,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CrdSpec {
    names: Names,
    validation: Validation,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Names {
    kind: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Validation {
    #[serde(rename = "openAPIV3Schema")]
    schema: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Target {
    target: String,
    rego: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConstraintSpec {
    enforcement_action: String,
    r#match: ConstraintMatch,
    parameters: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConstraintMatch {
    kinds: Vec<Kinds>,
    excluded_namespaces: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kinds {
    api_groups: Vec<String>,
    kinds: Vec<String>,
}

fn a_guard() -> Guard {
    let seen = [("shop", "env=prod"), ("pay", "env=it's"), ("new", "")];
    guarding(&["env=prod", "team", "stage!=old"], &seen, &exempt(&["tools"]))
}

fn two(text: &str) -> [Value; 2] {
    documents(text).try_into().unwrap()
}

/// What the type does not know it would leave out.
fn unchanged<T: DeserializeOwned + Serialize>(value: &Value) -> T {
    let typed: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), *value);
    typed
}
