//! What is written, run by interpreters of those languages, objects to what the guard objects to.
use cel::{Context, Program};
use netobs_core::{
    guard::{Guard, Objection, Wishes},
    labels::Labels,
};
use netobs_k8s::guard::{Mode, gatekeeper, kyverno, vap};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::{documents, exempt, guarding};

const SELECTORS: [&str; 7] = [
    "env=prod",
    "env in (prod,test)",
    "env!=old",
    "team",
    "!team",
    "example.com/tier=gold",
    "open=",
];

proptest! {
    #[test]
    fn every_engine_objects_to_what_the_guard_objects_to(
        selectors in vec(select(SELECTORS.to_vec()), 1..4),
        seen in own(),
        name in select(vec!["shop", "kube-system", "tools"]),
        before in proptest::option::of(own()),
        now in own(),
        by_hand in select(vec!["env", "owner", "team"]),
        allowed in proptest::option::of(select(vec!["a", "prod"])),
    ) {
        let seen = super::labels(&seen);
        let seen = seen.to_string();
        let wishes = Wishes {
            require: [by_hand.into()].into(),
            values: allowed.map(|value| (by_hand.into(), [value.into()].into())).into_iter().collect(),
            ..exempt(&["tools"])
        };
        let guard = guarding(&selectors, &[("a", &seen), ("b", "env=dev"), ("c", ""), ("d", ""), ("e", "")], &wishes);
        let (before, now) = (before.map(|text| super::labels(&text)), super::labels(&now));
        let request = Request { name, before, now };
        let expected = request.expected(&guard);
        prop_assert_eq!(by_api_server(&guard, &request), &*expected);
        prop_assert_eq!(by_kyverno(&guard, &request), &*expected);
        prop_assert_eq!(by_gatekeeper(&guard, &request), &*expected);
    }
}

#[test]
fn a_namespace_that_is_being_deleted_is_let_go() {
    let guard = guarding(&["env=prod"], &[], &exempt(&[]));
    let request = Request {
        name: "shop",
        before: Some(super::labels("env=prod")),
        now: Labels::default(),
    };
    assert_eq!(request.expected(&guard).len(), 2);
    let mut review = request.review();
    review["object"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let policy = &documents(&vap(&guard, Mode::Enforce))[0]["spec"];
    assert_eq!(
        in_cel(
            &policy["matchConditions"],
            &policy["variables"],
            &policy["validations"],
            &review
        ),
        [""; 0]
    );
    assert_eq!(in_rego(&guard, &review), [""; 0]);
}

#[test]
fn gatekeeper_lets_deletions_go_and_tells_of_namespaces_that_are_there() {
    let guard = guarding(&["env=prod"], &[], &exempt(&[]));
    let mut review = Request {
        name: "shop",
        before: None,
        now: Labels::default(),
    }
    .review();
    let lacking = netobs_core::render::guard::lacking(&guard.labels[0]);
    // Gatekeeper's own audit is no operation.
    review["operation"] = Value::Null;
    assert_eq!(in_rego(&guard, &review), [lacking.as_str()]);
    review.as_object_mut().unwrap().remove("operation");
    assert_eq!(in_rego(&guard, &review), [lacking]);
    review["operation"] = "DELETE".into();
    review["oldObject"] = review["object"].clone();
    assert_eq!(in_rego(&guard, &review), [""; 0]);
}

struct Request {
    name: &'static str,
    before: Option<Labels>,
    now: Labels,
}

impl Request {
    fn expected(&self, guard: &Guard) -> Vec<String> {
        let objections = guard.objections(self.name, self.before.as_ref(), &self.now);
        let mut texts: Vec<_> = objections
            .into_iter()
            .map(|(key, objection)| {
                let label = guard.labels.iter().find(|label| label.key == *key).unwrap();
                match objection {
                    Objection::Lacks => netobs_core::render::guard::lacking(label),
                    Objection::Changes => netobs_core::render::guard::changing(label),
                }
            })
            .collect();
        texts.sort();
        texts
    }

    fn review(&self) -> Value {
        let object = |labels: &Labels| {
            let labels: Map<_, _> = labels
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string().into()))
                .collect();
            // The API server leaves an empty map out.
            if labels.is_empty() {
                json!({"metadata": {"name": self.name}})
            } else {
                json!({"metadata": {"name": self.name, "labels": labels}})
            }
        };
        json!({
            "operation": if self.before.is_some() { "UPDATE" } else { "CREATE" },
            "object": object(&self.now),
            "oldObject": self.before.as_ref().map(object),
        })
    }
}

fn own() -> impl Strategy<Value = String> {
    let label = select(vec![
        "env=prod",
        "env=test",
        "env=old",
        "env=odd",
        "team=a",
        "team=b",
        "owner=a",
        "owner=z",
        "example.com/tier=gold",
        "example.com/tier=iron",
        "open=",
        "open=yes",
    ]);
    vec(label, 0..4).prop_map(|labels| labels.join(","))
}

fn by_api_server(guard: &Guard, request: &Request) -> Vec<String> {
    let spec = &documents(&vap(guard, Mode::Enforce))[0]["spec"];
    in_cel(
        &spec["matchConditions"],
        &spec["variables"],
        &spec["validations"],
        &request.review(),
    )
}

fn by_kyverno(guard: &Guard, request: &Request) -> Vec<String> {
    let rule = &documents(&kyverno(guard, Mode::Enforce))[0]["spec"]["rules"][0];
    let cel = &rule["validate"]["cel"];
    in_cel(
        &rule["celPreconditions"],
        &cel["variables"],
        &cel["expressions"],
        &request.review(),
    )
}

fn by_gatekeeper(guard: &Guard, request: &Request) -> Vec<String> {
    let documents = documents(&gatekeeper(guard, Mode::Enforce));
    let excluded = documents[1]["spec"]["match"]["excludedNamespaces"].as_array().unwrap();
    if excluded.contains(&request.name.into()) {
        return Vec::new();
    }
    in_rego(guard, &request.review())
}

fn in_cel(conditions: &Value, variables: &Value, validations: &Value, review: &Value) -> Vec<String> {
    let mut context = Context::default();
    let add = |context: &mut Context<'_, '_>, name: &str, value: &Value| {
        context.add_variable_from_value(name, cel::to_value(value).unwrap());
    };
    add(&mut context, "object", &review["object"]);
    add(&mut context, "oldObject", &review["oldObject"]);
    add(&mut context, "request", &json!({"operation": review["operation"]}));
    let is_true = |context: &Context<'_, '_>, one: &Value| {
        let value = run(context, one);
        value.as_bool().unwrap()
    };
    if !conditions.as_array().unwrap().iter().all(|one| is_true(&context, one)) {
        return Vec::new();
    }
    let mut found = Map::new();
    for variable in variables.as_array().unwrap() {
        found.insert(variable["name"].as_str().unwrap().to_owned(), run(&context, variable));
    }
    add(&mut context, "variables", &found.into());
    let objecting = validations
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| !is_true(&context, one));
    let mut messages: Vec<_> = objecting
        .map(|one| one["message"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    messages
}

fn run(context: &Context<'_, '_>, one: &Value) -> Value {
    let expression = one["expression"].as_str().unwrap();
    let program = Program::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let value = program
        .execute(context)
        .unwrap_or_else(|error| panic!("{expression}: {error}"));
    value.json().unwrap()
}

fn in_rego(guard: &Guard, review: &Value) -> Vec<String> {
    let documents = documents(&gatekeeper(guard, Mode::Enforce));
    let rego = documents[0]["spec"]["targets"][0]["rego"].as_str().unwrap().to_owned();
    let mut engine = regorus::Engine::new();
    engine.set_rego_v0(true);
    engine.add_policy("labels.rego".to_owned(), rego).unwrap();
    let input = json!({"review": review, "parameters": documents[1]["spec"]["parameters"]});
    engine.set_input_json(&input.to_string()).unwrap();
    let found = engine
        .eval_rule("data.netobsnamespacelabels.violation".to_owned())
        .unwrap();
    let found: Value = serde_json::from_str(&found.to_json_str().unwrap()).unwrap();
    let mut messages: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["msg"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    messages
}
