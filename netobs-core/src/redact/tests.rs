//! What is hidden is nowhere in what is told: not in a field, not in a sentence, not in a command.
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    cause::Cause,
    change::{Change, Kind, Namespace, Object, Pod, PodUid},
    engine::{Engine, Limits, Output, with_connection},
    event::{Count, DropReading, Event, Ifindex, Place, Protocol, ReasonId},
    fixtures::{applied, at, ip, labels, namespace, namespaces, pod, pods, policy},
    inventory::{Edge, Listing},
    policy::{Action, IpBlock, Peer, Peers, Ports, Rule},
    render,
    suggest::Suggestion,
};

mod probes;

const NETFILTER: ReasonId = ReasonId(12);
const ADDRESSES: [&str; 5] = ["10.77.3.9", "10.77.3.7", "10.77.3.8", "203.0.113.77", "198.51.100.0"];
const PODS: [&str; 3] = ["zebra-0", "yak-0", "hermit"];
/// Of a pod in its StatefulSet.
const INDEX: [&str; 1] = ["900719925474"];
/// Of labels with the keys `owner` and `example.com/desk`.
const VALUES: [&str; 5] = ["anna", "bert", "cleo", "annna", "desk-17"];

/// What an engine told, and what there is to mend it.
struct Told {
    engine: Engine,
    flows: Vec<Arc<ExplainedFlow>>,
    causes: Vec<(Arc<Cause>, Vec<Suggestion>)>,
}

fn hidden(addresses: bool, pod_names: bool, keys: &[&str]) -> Hidden {
    Hidden {
        addresses,
        pod_names,
        labels: keys.iter().map(|key| key.parse::<Keys>().unwrap()).collect(),
    }
}

fn redactor(hidden: Hidden) -> Redactor {
    Redactor::new(hidden, Key::of(b"a secret"))
}

fn known(pod: Pod, uid: &str) -> Change {
    applied(Pod {
        uid: PodUid(uid.into()),
        ..pod
    })
}

fn bare(mut pod: Pod) -> Pod {
    pod.workload = Workload {
        kind: WorkloadKind::Pod,
        name: pod.name.clone(),
    };
    pod
}

fn block(cidr: &str, except: &[&str]) -> Rule {
    Rule {
        action: Action::Allow,
        peers: Peers::Of(vec![Peer::Block(IpBlock {
            cidr: cidr.parse().unwrap(),
            except: except.iter().map(|one| one.parse().unwrap()).collect(),
        })]),
        ports: Ports::All,
    }
}

/// Every hint there is about labels, rules for blocks of addresses, and a pod that nothing owns.
fn cluster() -> Vec<Change> {
    let annotated = Namespace {
        name: "ops".into(),
        labels: labels("ownr=cleo,example.com/desk=desk-17,team=ops"),
        annotations: labels("owner=anna"),
    };
    vec![
        namespace("shop", "owner=anna"),
        Change::Applied(Object::Namespace(Arc::new(annotated))),
        known(pod("shop/zebra-0", "10.77.3.7", "app=zebra,owner=annna"), "u1"),
        known(
            pod(
                "ops/yak-0",
                "10.77.3.9",
                "app=yak,owner=bert,example.com/desk=desk-17,apps.kubernetes.io/pod-index=900719925474",
            ),
            "u2",
        ),
        known(bare(pod("ops/hermit", "10.77.3.8", "app=tool,owner=cleo")), "u3"),
        policy(
            "shop/allow-some",
            Some(vec![
                namespaces("owner=anna"),
                pods("shop", "owner in (anna,cleo)"),
                pods("ops", "example.com/desk!=desk-17"),
                pods("ops", "statefulset.kubernetes.io/pod-name=zebra-0"),
                block("198.51.100.0/24", &["198.51.100.0/28"]),
            ]),
            None,
        ),
    ]
}

fn told() -> Told {
    let reasons = [(NETFILTER, "NETFILTER_DROP".into())].into_iter().collect();
    let mut engine = Engine::new(Limits::default(), reasons);
    let listed = [Kind::Namespace, Kind::Pod, Kind::Policy("NetworkPolicy")].map(Change::RelistEnds);
    for change in cluster().into_iter().chain(listed) {
        engine.handle_change(&change, at(1_000));
    }
    for (port, source) in [(1, "10.77.3.9"), (2, "10.77.3.8"), (3, "203.0.113.77")] {
        engine.handle_event(&Event::Drop(dropped(source, port)));
    }
    engine.handle_timeout(at(1_130));
    let (mut flows, mut causes) = (Vec::new(), Vec::new());
    while let Some(output) = engine.poll_output() {
        match output {
            Output::Flow(flow) => flows.push(flow),
            Output::Cause(cause) => {
                let suggestions = engine.suggest(&cause);
                causes.push((cause, suggestions));
            }
            other => panic!("{other:?}"),
        }
    }
    Told { engine, flows, causes }
}

fn dropped(source: &str, port: u16) -> DropReading {
    DropReading {
        tuple: Tuple {
            source: ip(source),
            destination: ip("10.77.3.7"),
            source_port: 40_000 + port,
            destination_port: 8080,
            protocol: Protocol::Tcp,
            fragment: false,
        },
        reason: NETFILTER,
        place: Place::Node {
            interface: Some(Ifindex(5)),
        },
        arrived_by: None,
        count: Count { packets: 3, bytes: 180 },
        source_ports_merged: false,
        first: at(1_120),
        last: at(1_122),
    }
}

impl Told {
    /// All of it, as fields and as text.
    fn everything(&self, redactor: &mut Redactor) -> String {
        let mut all = String::new();
        for flow in &self.flows {
            let flow = redactor.flow(flow);
            all += &format!("{flow:?}\n");
            if let Some(explanation) = &flow.explanation {
                all += &with_connection(flow.ends(), |connection| {
                    render::explanation(connection, explanation, &[])
                });
            }
        }
        for (cause, suggestions) in &self.causes {
            let cause = redactor.cause(cause);
            let suggestions = redactor.suggestions(suggestions);
            all += &format!("{cause:?}\n{suggestions:?}\n{}", render::cause(&cause, &suggestions));
        }
        for edge in self.engine.inventory().edges() {
            let cause = edge
                .cause
                .as_ref()
                .and_then(|summary| self.engine.causes().get(summary.id?));
            let headline = cause.map(|cause| render::cause_headline(&redactor.cause(cause)));
            all += &format!("{:?}\n", redactor.edge(edge, |_| headline));
        }
        for portrait in self.engine.inventory().portraits() {
            all += &format!("{:?}\n", redactor.portrait(portrait));
        }
        all
    }
}

fn there<'a>(all: &str, words: &[&'a str]) -> Vec<&'a str> {
    words.iter().filter(|word| all.contains(**word)).copied().collect()
}

#[test]
fn what_is_told_without_redaction_has_all_of_it() {
    let all = told().everything(&mut redactor(Hidden::default()));
    assert_eq!(there(&all, &ADDRESSES), ADDRESSES);
    assert_eq!(there(&all, &PODS), PODS);
    assert_eq!(there(&all, &INDEX), INDEX);
    assert_eq!(there(&all, &VALUES), VALUES);
}

#[test]
fn what_is_hidden_is_nowhere_in_what_is_told() {
    let told = told();
    let all = told.everything(&mut redactor(hidden(true, true, &["owner", "ownr", "example.com/*"])));
    assert_eq!(there(&all, &ADDRESSES), [""; 0], "{all}");
    assert_eq!(there(&all, &PODS), [""; 0], "{all}");
    assert_eq!(there(&all, &INDEX), [""; 0], "{all}");
    assert_eq!(there(&all, &VALUES), [""; 0], "{all}");
    for kept in [
        "(\"app\", \"yak\")",
        "StatefulSet",
        "ops",
        "shop/allow-some",
        "no label owner",
        "team",
    ] {
        assert!(all.contains(kept), "{kept} is missing in {all}");
    }
}

#[test]
fn the_missing_key_is_named_and_the_command_is_one_that_cannot_be_run() {
    let told = told();
    let mut redactor = redactor(hidden(false, false, &["owner"]));
    let (cause, suggestions) = &told.causes[0];
    let headline = render::cause_headline(&redactor.cause(cause));
    assert!(
        headline.starts_with("namespace ops has no label owner; NetworkPolicy shop/allow-some wants owner=redacted:"),
        "{headline}"
    );
    let commands = render::commands(&redactor.suggestions(suggestions)[0]);
    assert!(
        commands[0].starts_with("kubectl label namespace ops owner=redacted:"),
        "{commands:?}"
    );
}

#[test]
fn a_command_that_would_be_taken_with_a_pseudonym_in_it_is_not_told() {
    let told = told();
    let for_address = |redactor: Redactor| {
        let all = told
            .causes
            .iter()
            .flat_map(|(_, suggestions)| redactor.suggestions(suggestions));
        let commands: Vec<_> = all.flat_map(|suggestion| render::commands(&suggestion)).collect();
        commands.iter().filter(|command| command.contains("ipBlock")).count()
    };
    assert_eq!(for_address(redactor(hidden(false, true, &["*"]))), 1);
    assert_eq!(for_address(redactor(hidden(true, false, &[]))), 0);
}

#[test]
fn a_hint_has_no_hidden_value_from_a_key_that_is_not_hidden() {
    let all = told().everything(&mut redactor(hidden(false, false, &["owner"])));
    let hint = all.lines().find(|line| line.contains("perhaps misspelt")).unwrap();
    assert!(hint.contains("it has ownr=redacted:"), "{hint}");
}

#[test]
fn what_is_the_same_stays_the_same_in_flows_causes_and_the_inventory() {
    let told = told();
    let mut redactor = redactor(hidden(true, true, &["owner"]));
    let flow = redactor.flow(&told.flows[0]);
    let cause = redactor.cause(&told.causes[0].0);
    let edges: Vec<Edge> = told
        .engine
        .inventory()
        .edges()
        .map(|edge| redactor.edge(edge, |_| None))
        .collect();
    let source = &flow.enriched.source.pod().unwrap().name;
    let address = flow.enriched.flow.tuple.source;
    assert!(is_pseudonym(source) && address != ip("10.77.3.9"));
    assert_eq!(&cause.example.source.pod().unwrap().name, source);
    let examples: Vec<_> = edges.iter().flat_map(|edge| edge.examples.iter()).collect();
    let same = |name: &Option<Symbol>| name.as_ref() == Some(source);
    assert!(
        examples
            .iter()
            .any(|one| same(&one.source.name) && one.source.address == address)
    );
}

#[test]
fn of_an_inventory_it_can_be_told_whether_something_of_it_is_redacted() {
    let told = told();
    let inventory = told.engine.inventory();
    let redacts = |hidden: Hidden| {
        let redactor = redactor(hidden);
        is_redacted(&Listing {
            edges: inventory.edges().map(|edge| redactor.edge(edge, |_| None)).collect(),
            portraits: inventory.portraits().map(|one| redactor.portrait(one)).collect(),
            ..Listing::default()
        })
    };
    assert!(!redacts(Hidden::default()) && !redacts(hidden(false, false, &["absent"])));
    for hidden in [
        hidden(true, false, &[]),
        hidden(false, true, &[]),
        hidden(false, false, &["owner"]),
    ] {
        assert!(redacts(hidden.clone()), "{hidden:?}");
    }
}

#[test]
fn an_object_is_redacted_once_for_as_long_as_it_is_the_same() {
    let told = told();
    let mut redactor = redactor(hidden(true, false, &[]));
    let (one, other) = (redactor.flow(&told.flows[0]), redactor.flow(&told.flows[0]));
    let pods = [&one, &other].map(|flow| flow.enriched.source.pod().unwrap());
    assert!(Arc::ptr_eq(pods[0], pods[1]));
    let explanations = [&one, &other].map(|flow| flow.explanation.as_ref().unwrap());
    assert!(Arc::ptr_eq(explanations[0], explanations[1]));
}

#[test]
fn addresses_in_foreign_texts_are_redacted_too() {
    let redactor = redactor(hidden(true, false, &[]));
    let told = |address: &str| redactor.address(ip(address)).to_string();
    let (four, six) = (told("10.96.0.1"), told("fd00::"));
    assert_eq!(
        redactor.text("https://10.96.0.1:443/api: refused"),
        format!("https://{four}:443/api: refused")
    );
    assert_eq!(redactor.text("no route to 10.96.0.1."), format!("no route to {four}."));
    assert_eq!(
        redactor.text("[fd00::]:6443, fd00::/8"),
        format!("[{six}]:6443, {six}/8")
    );
    for plain in ["at 10:01:58, bead is 1.2.3: deadbeef", "", "127.0.0.1:4250", "::"] {
        assert_eq!(redactor.text(plain), plain);
    }
}

#[test]
fn which_index_is_the_first_cannot_be_told() {
    let redactor = redactor(hidden(false, true, &["*"]));
    let told = |index: &str| redactor.label_value(POD_INDEX_LABEL, &index.into());
    assert!(is_pseudonym(&told("0")));
    assert_eq!(told("0"), told("1"));
}

proptest! {
    #[test]
    fn exactly_what_is_hidden_is_missing(addresses: bool, pod_names: bool, keys: bool, secret: [u8; 16]) {
        let keys: &[_] = if keys { &["*"] } else { &[] };
        let mut redactor = Redactor::new(hidden(addresses, pod_names, keys), Key::new(secret));
        let all = told().everything(&mut redactor);
        let some = |hidden: bool, words: &[&'static str]| if hidden { Vec::new() } else { words.to_vec() };
        prop_assert_eq!(there(&all, &ADDRESSES), some(addresses, &ADDRESSES));
        prop_assert_eq!(there(&all, &PODS), some(pod_names, &PODS));
        prop_assert_eq!(there(&all, &INDEX), some(pod_names || !keys.is_empty(), &INDEX));
        prop_assert_eq!(there(&all, &VALUES), some(!keys.is_empty(), &VALUES));
    }
}
