//! Any bytes as a file of manifests: read, asked about and audited.
#![no_main]
use libfuzzer_sys::fuzz_target;
use netobs_core::{event::Protocol, render};
use netobs_k8s::manifests::Reader;

fuzz_target!(|content: &[u8]| {
    let mut reader = Reader::default();
    reader.add("fuzz.yaml", content);
    let manifests = reader.finish();
    let names = manifests.snapshot.pods.keys().take(2);
    let mut ends: Vec<_> = names.map(|(namespace, name)| format!("{namespace}/{name}")).collect();
    ends.push("203.0.113.9".to_owned());
    for (from, to) in ends.iter().zip(ends.iter().rev()) {
        let Ok(connection) = manifests.connection(from, to, Protocol::Tcp, 80) else {
            continue;
        };
        let explanation = manifests.policies.explain(&connection, &manifests.snapshot);
        let evaluation = manifests.policies.evaluate(&connection);
        assert_eq!(explanation.outcome(), evaluation.outcome());
        let suggestions = manifests
            .policies
            .suggest(&connection, &explanation, &manifests.snapshot);
        let _ = render::explanation(&connection, &explanation, &suggestions);
    }
});
