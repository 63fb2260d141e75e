//! Filters that ask for what is hidden.
use super::*;
use crate::filter::{EndFilter, Filters, FlowFilter, NamePattern, ScopedPattern, WorkloadPattern};

#[test]
fn whoever_asks_for_what_is_hidden_is_refused_and_pseudonyms_may_be_asked_for() {
    let hidden = hidden(true, true, &["owner"]);
    let asks = |end: EndFilter| {
        let filter = FlowFilter {
            either: vec![end],
            ..FlowFilter::default()
        };
        let filters = Filters {
            include: Vec::new(),
            exclude: vec![filter],
        };
        hidden.probe(&filters).map(|probe| probe.to_string())
    };
    let pods = |name: NamePattern| EndFilter {
        pods: vec![ScopedPattern { namespace: None, name }],
        ..EndFilter::default()
    };
    let addresses = |text: &str| EndFilter {
        addresses: vec![text.parse().unwrap()],
        ..EndFilter::default()
    };
    let selected = |text: &str| EndFilter {
        namespace_labels: text.parse().unwrap(),
        ..EndFilter::default()
    };
    let workload = |kind: Option<&str>| EndFilter {
        workloads: vec![WorkloadPattern {
            kind: kind.map(Into::into),
            name: "hermit".into(),
        }],
        ..EndFilter::default()
    };
    let refused = [
        pods(NamePattern::Whole("yak-0".into())),
        pods(NamePattern::Beginning("yak".into())),
        addresses("10.77.3.9/32"),
        addresses("10.0.0.0/8"),
        selected("owner=anna"),
        selected("team,owner notin (cleo,anna)"),
        workload(Some("pod")),
    ];
    for end in refused {
        let error = asks(end.clone()).unwrap_or_else(|| panic!("{end:?} is not refused"));
        assert!(
            error.contains("redacted here") && error.contains("unix socket"),
            "{error}"
        );
    }
    let stand_in = redactor(hidden.clone()).address(ip("10.77.3.9"));
    for end in [
        pods(NamePattern::Whole("redacted:00f".into())),
        pods(NamePattern::Beginning("".into())),
        addresses(&format!("{stand_in}/32")),
        addresses("0.0.0.0/0"),
        selected("owner,team=ops"),
        selected("!owner"),
        workload(Some("Deployment")),
        workload(None),
    ] {
        assert_eq!(asks(end), None);
    }
}
