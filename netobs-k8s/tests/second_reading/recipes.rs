//! Policies as people write them, each with what it must do to a fixed cluster.
use serde_json::Value;

use crate::{ask_yaml, oracle::Word};

mod egress;
mod ingress;

/// Three namespaces `x`, `y` and `z`, each labelled `ns` with its name, each with pods `a`, `b` and `c`, labelled `pod`
/// with theirs, that listen on 80 and 81 in TCP, UDP and SCTP under names such as `serve-80-tcp`.
fn cluster() -> Vec<Value> {
    let mut objects = vec![serde_json::json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "status": {"addresses": [{"type": "InternalIP", "address": "172.18.0.1"}]},
    })];
    for (number, namespace) in ["x", "y", "z"].into_iter().enumerate() {
        objects.push(serde_json::json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"ns": namespace}},
        }));
        for (last, pod) in ["a", "b", "c"].into_iter().enumerate() {
            let containers: Vec<_> = [80, 81].iter().flat_map(|port| ["TCP", "UDP", "SCTP"].map(|protocol| {
                let name = format!("serve-{port}-{}", protocol.to_lowercase());
                serde_json::json!({"name": name, "ports": [{"containerPort": port, "protocol": protocol, "name": name}]})
            })).collect();
            objects.push(serde_json::json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"namespace": namespace, "name": pod, "labels": {"pod": pod}},
                "spec": {"nodeName": format!("n{}", last + 1), "containers": containers},
                "status": {"phase": "Running", "podIP": format!("10.0.{number}.{last}")},
            }));
        }
    }
    objects
}

/// `from > to port protocol` and whether it passes.
type Probe = (&'static str, bool);

/// A name, the policies' specs (all in namespace `x`), and what must pass and what not.
struct Recipe {
    name: &'static str,
    specs: &'static [&'static str],
    probes: &'static [Probe],
}

const fn recipe(name: &'static str, specs: &'static [&'static str], probes: &'static [Probe]) -> Recipe {
    Recipe { name, specs, probes }
}

#[test]
fn policies_as_people_write_them_do_what_they_mean() {
    let mut cases = 0;
    for recipe in ingress::RECIPES.iter().chain(egress::RECIPES) {
        for (probe, passes) in recipe.probes {
            let words = ask_yaml(&cluster(), recipe.specs, probe);
            let passed = words
                .iter()
                .all(|word| matches!(word, Word::Admits | Word::NotApplicable));
            assert_eq!(passed, *passes, "{}: {probe}: {words:?}", recipe.name);
            cases += 1;
        }
    }
    assert!(cases >= 100, "{cases}");
}
