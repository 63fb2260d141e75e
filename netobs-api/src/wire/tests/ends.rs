//! Ends that are no pods, and parties of causes.
use netobs_core::{
    cause::{Affected, Cause, Found, Labelled, Mend, Party, State, Want},
    directory::{Doubt, Owner},
    explain::LabelHint,
    labels::Requirement,
};

use super::*;
use crate::fixtures::{ip, pod, service};

#[test]
fn an_end_that_is_no_pod_says_what_it_is_and_what_is_not_known() {
    let former = Doubt::Former(Arc::new(pod("shop/web-0", "10.244.0.5", "app=web")));
    let owners = [
        Owner::Service(Arc::new(service("shop/web", "10.96.0.9"))),
        Owner::Node {
            name: "node-1".into(),
            node: None,
        },
        Owner::World { service: None },
        Owner::Unknown(Doubt::Several),
        Owner::Unknown(former),
        Owner::Unknown(Doubt::Unheard),
        Owner::Unknown(Doubt::Unlisted),
    ];
    let told = owners.map(|owner| serde_json::to_string(&endpoint(&owner, ip("fd00::9"))).unwrap());
    expect![[r#"
        {"address":"fd00::9","kind":"ENDPOINT_KIND_SERVICE","namespace":"shop","name":"web"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_NODE","name":"node-1"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_WORLD"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_UNKNOWN","doubt":"several pods may have had this address"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_UNKNOWN","doubt":"pod shop/web-0 had this address before, and of a later one nothing was heard"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_UNKNOWN","doubt":"it is a pod's address, and of that pod nothing was heard yet"}
        {"address":"fd00::9","kind":"ENDPOINT_KIND_UNKNOWN","doubt":"the cluster's pods are not all known yet"}"#]].assert_eq(&told.join("\n"));
}

#[test]
fn a_pod_whose_namespace_is_not_known_says_so() {
    let of_pod = |namespace| Owner::Pod {
        pod: Arc::new(pod("shop/web-0", "10.244.0.5", "")),
        namespace,
    };
    let told = endpoint(&of_pod(None), ip("10.244.0.5"));
    assert!(!told.namespace_known && told.namespace_labels.is_empty() && told.labels.is_empty());
    let namespace = Arc::new(crate::fixtures::namespace("shop", ""));
    assert!(endpoint(&of_pod(Some(namespace)), ip("10.244.0.5")).namespace_known);
}

fn changed(change: impl FnOnce(&mut Cause)) -> v1::Cause {
    let mut cause = Cause::clone(&missing_label().cause);
    change(&mut cause);
    super::cause(&cause, &[])
}

#[test]
fn each_party_has_its_word_and_those_not_told_apart_have_none() {
    let Party::Workload { workload, .. } = Party::workload(&pod("shop/web-0", "10.244.0.5", "")) else {
        panic!("a pod is of a workload");
    };
    let address = Some(ip("192.0.2.1"));
    let told = changed(|cause| {
        cause.sources = Affected::default();
        let workload = Party::Workload {
            namespace: "shop".into(),
            workload,
        };
        cause.sources.add(workload, 1);
        cause.sources.add(Party::Namespace("shop".into()), 2);
        cause.sources.add(Party::Node("node-1".into()), 3);
        cause
            .sources
            .add(Party::Service(service("shop/web", "10.96.0.9").name), 4);
        cause.sources.add(Party::World(address), 5);
        cause.sources.add(Party::World(None), 6);
        cause.sources.add(Party::Unknown(address), 7);
        cause.sources.add(Party::Unknown(None), 8);
        for number in 0..1_000_u16 {
            cause.ports.add((Protocol::Udp, Some(number)), 1);
            let [high, low] = number.to_be_bytes();
            cause.destinations.add(Party::World(Some([10, 1, high, low].into())), 1);
        }
    });
    let lines: Vec<_> = told
        .sources
        .iter()
        .map(|affected| serde_json::to_string(&affected.party).unwrap())
        .collect();
    expect![[r#"
        {"kind":"PARTY_KIND_WORKLOAD","namespace":"shop","name":"web","workloadKind":"StatefulSet","text":"StatefulSet shop/web"}
        {"kind":"PARTY_KIND_NAMESPACE","namespace":"shop","text":"namespace shop"}
        {"kind":"PARTY_KIND_NODE","name":"node-1","text":"node node-1"}
        {"kind":"PARTY_KIND_SERVICE","namespace":"shop","name":"web","text":"service shop/web"}
        {"kind":"PARTY_KIND_WORLD","text":"outside the cluster"}
        {"kind":"PARTY_KIND_WORLD","address":"192.0.2.1","text":"192.0.2.1"}
        {"kind":"PARTY_KIND_UNKNOWN","text":"unknown addresses"}
        {"kind":"PARTY_KIND_UNKNOWN","address":"192.0.2.1","text":"192.0.2.1"}"#]].assert_eq(&lines.join("\n"));
    let others = told.destinations.last().unwrap();
    assert_eq!((&others.party, others.count > 900), (&None, true));
    let others = told.ports.last().unwrap();
    assert_eq!(
        (others.protocol(), others.port, others.count > 900),
        (v1::Protocol::Unspecified, None, true)
    );
}

#[test]
fn a_state_tells_since_when_it_is() {
    let at = Timestamp::from_secs(7);
    for (state, word, since) in [
        (State::Active, v1::CauseState::Active, None),
        (State::Drifted { at }, v1::CauseState::Drifted, Some(7_000_000_000)),
        (State::Mended { at }, v1::CauseState::Mended, Some(7_000_000_000)),
    ] {
        let told = changed(|cause| cause.state = state);
        assert_eq!((told.state(), told.state_since_unix_nanos), (word, since));
    }
}

#[test]
fn a_label_of_pods_is_told_for_their_workload_and_hints_that_say_more_stand_out() {
    let told = changed(|cause| {
        let Party::Workload { namespace, workload } = Party::workload(&pod("shop/web-0", "10.244.0.5", "")) else {
            panic!("a pod is of a workload");
        };
        let want = Want {
            object: Labelled::Workload { namespace, workload },
            requirement: Requirement::is("env".into(), "prod".into()),
        };
        cause.key.mend = Mend::Labels(vec![want]);
        let was_there = LabelHint::WasThere {
            value: "prod".into(),
            until: Timestamp::from_secs(7),
        };
        cause.found = vec![Found {
            value: None,
            hints: vec![was_there, LabelHint::KeyMissing],
        }];
    });
    let object = told.labels[0].object.as_ref().unwrap();
    assert_eq!(
        (&*object.kind, &*object.namespace, &*object.name),
        ("StatefulSet", "shop", "web")
    );
    assert_eq!(told.labels[0].hints.len(), 2);
    expect![[r#"[{"kind":"HINT_KIND_WAS_THERE","key":"env","value":"prod","untilUnixNanos":"7000000000","text":"\"prod\" was there until 1970-01-01T00:00:07Z"}]"#]].assert_eq(&serde_json::to_string(&told.hints).unwrap());
}
