//! Policies that are generated are written so that Kubernetes, and we ourselves, read in them what they are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod application;
mod round_trip;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use netobs_core::policy::PolicySet;
use netobs_k8s::{document, manifests::Reader};

/// As the cluster would read it, strictly.
fn read(text: &str) -> PolicySet {
    let (documents, findings) = document::split("generated.yaml", text.as_bytes());
    assert_eq!(findings, [], "{text}");
    for document in documents {
        let typed: NetworkPolicy = serde_json::from_value(document.value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), document.value, "{text}");
    }
    let mut reader = Reader::default();
    reader.add("generated.yaml", text.as_bytes());
    let manifests = reader.finish();
    assert_eq!(manifests.findings, [], "{text}");
    manifests.policies
}

fn listed(set: &PolicySet) -> Vec<netobs_core::policy::Policy> {
    set.iter().cloned().collect()
}
