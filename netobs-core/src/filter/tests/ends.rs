//! One end, or either.
use super::*;
use crate::labels::Selector;

fn web() -> EndFilter {
    EndFilter {
        namespaces: vec!["shop".into()],
        ..EndFilter::default()
    }
}

fn whole(name: &str) -> NamePattern {
    NamePattern::Whole(name.into())
}

fn anywhere(name: NamePattern) -> ScopedPattern {
    ScopedPattern { namespace: None, name }
}

/// Whether the source passes.
fn source(filter: EndFilter, flow: &ExplainedFlow) -> bool {
    let filter = FlowFilter {
        source: vec![filter],
        ..FlowFilter::default()
    };
    passes(filter, flow)
}

fn destination(filter: EndFilter, flow: &ExplainedFlow) -> bool {
    let filter = FlowFilter {
        destination: vec![filter],
        ..FlowFilter::default()
    };
    passes(filter, flow)
}

#[test]
fn source_and_destination_are_themselves_and_either_is_any_of_the_two() {
    assert!(source(web(), &refused()) && !destination(web(), &refused()));
    let either = |namespaces: &[&str]| {
        let filters = namespaces.iter().map(|name| EndFilter {
            namespaces: vec![(*name).into()],
            ..EndFilter::default()
        });
        let filter = FlowFilter {
            either: filters.collect(),
            ..FlowFilter::default()
        };
        passes(filter, &refused())
    };
    assert!(either(&["shop"]) && either(&["data"]) && either(&["other", "data"]));
    assert!(!either(&["other"]));
}

#[test]
fn one_end_must_pass_all_fields_by_itself() {
    let filter = EndFilter {
        labels: "app=db".parse().unwrap(),
        ..web()
    };
    let either = FlowFilter {
        either: vec![filter],
        ..FlowFilter::default()
    };
    assert!(!passes(either, &refused()), "shop is one end's, app=db the other's");
}

#[test]
fn a_pod_is_known_by_its_name_or_the_beginning_of_it_and_its_namespace() {
    let pods = |pattern| EndFilter {
        pods: vec![pattern],
        ..EndFilter::default()
    };
    let named = |name| source(pods(anywhere(name)), &refused());
    assert!(named(whole("web-0")) && named(NamePattern::Beginning("web-".into())));
    assert!(!named(whole("web")) && !named(NamePattern::Beginning("db".into())));
    let scoped = |namespace: &str| {
        let namespace = Some(namespace.into());
        let name = NamePattern::Beginning("".into());
        source(pods(ScopedPattern { namespace, name }), &refused())
    };
    assert!(scoped("shop") && !scoped("data"));
}

#[test]
fn a_workload_is_known_by_its_name_and_its_kind_in_letters_of_any_case() {
    let workload = |kind: Option<&str>, name: &str| {
        let pattern = WorkloadPattern {
            kind: kind.map(Into::into),
            name: name.into(),
        };
        let filter = EndFilter {
            workloads: vec![pattern],
            ..EndFilter::default()
        };
        source(filter, &refused())
    };
    assert!(workload(None, "web") && workload(Some("statefulset"), "web"));
    assert!(!workload(Some("Deployment"), "web") && !workload(None, "db"));
}

#[test]
fn labels_of_the_pod_and_of_its_namespace_are_selected() {
    let selected = |own: &str, namespace: &str, flow: &ExplainedFlow| {
        let filter = EndFilter {
            labels: own.parse().unwrap(),
            namespace_labels: namespace.parse().unwrap(),
            ..EndFilter::default()
        };
        source(filter, flow)
    };
    assert!(selected("app in (web,db)", "", &refused()) && selected("", "env=prod", &refused()));
    assert!(!selected("app!=web", "", &refused()) && !selected("app=web", "env=test", &refused()));
    let mut flow = refused();
    flow.enriched.source = Owner::World { service: None };
    assert!(!selected("!app", "", &flow), "only pods have labels");
    let unseen = Arc::new(pod("shop/web-0", "10.244.0.5", "app=web"));
    flow.enriched.source = Owner::Pod {
        pod: unseen,
        namespace: None,
    };
    assert!(selected("app=web", "", &flow));
    assert!(
        !selected("", "!env", &flow),
        "of a namespace that was not seen nothing is known"
    );
}

#[test]
fn addresses_are_those_of_blocks() {
    let addresses = |block: &str| {
        let filter = EndFilter {
            addresses: vec![block.parse().unwrap()],
            ..EndFilter::default()
        };
        (source(filter.clone(), &refused()), destination(filter, &refused()))
    };
    assert_eq!(addresses("10.244.0.5/32"), (true, false));
    assert_eq!(addresses("10.244.0.0/16"), (true, true));
    assert_eq!(addresses("fd00::/8"), (false, false));
}

#[test]
fn a_kind_of_end_is_what_the_address_is() {
    let owners = [
        (of_pod("shop/web-0", "", ""), EndKind::Pod),
        (service_owner("shop/web"), EndKind::Service),
        (
            Owner::Node {
                name: "node-1".into(),
                node: None,
            },
            EndKind::Node,
        ),
        (Owner::World { service: None }, EndKind::World),
        (Owner::Unknown(Doubt::Several), EndKind::Unknown),
    ];
    for (owner, own) in &owners {
        let mut flow = refused();
        flow.enriched.source = owner.clone();
        for (_, kind) in &owners {
            let filter = EndFilter {
                kinds: vec![*kind],
                ..EndFilter::default()
            };
            assert_eq!(source(filter, &flow), kind == own, "{owner:?} {kind:?}");
        }
    }
}

#[test]
fn a_service_is_the_one_that_was_asked_whatever_the_address() {
    let services = |namespace: Option<&str>, name: &str| EndFilter {
        services: vec![ScopedPattern {
            namespace: namespace.map(Into::into),
            name: whole(name),
        }],
        ..EndFilter::default()
    };
    let mut flow = refused();
    assert!(!destination(services(None, "db"), &flow));
    flow.enriched.service = Some(Arc::new(service("data/db", "10.96.0.9", 5432)));
    assert!(destination(services(None, "db"), &flow) && destination(services(Some("data"), "db"), &flow));
    assert!(!destination(services(Some("shop"), "db"), &flow) && !source(services(None, "db"), &flow));
    flow.enriched.service = None;
    flow.enriched.destination = service_owner("data/db");
    assert!(destination(services(None, "db"), &flow));
}

#[test]
fn a_services_namespace_is_its_own() {
    let mut flow = refused();
    flow.enriched.source = service_owner("shop/front");
    assert!(source(web(), &flow));
    let labelled = EndFilter {
        namespace_labels: Selector::everything(),
        ..web()
    };
    assert!(source(labelled, &flow), "an empty selector asks for nothing");
}
