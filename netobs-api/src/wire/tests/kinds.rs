//! Every kind of thing an explanation is made of has its word, and a text for a reader.
use netobs_core::{
    explain::{
        Attempt, ConnectionHint, DirectionExplanation, Explanation, Ground, LabelHint, LabelMismatch, Mismatch, NoPod,
        ObjectRef, RuleHint, RuleId,
    },
    labels::{Operator, Requirement, Selector},
    policy::{Connection, Direction, End, Endpoint, Missing, PolicyId, PortMatch, PortRange},
};

use super::*;
use crate::fixtures::ip;

fn connection() -> Connection<'static> {
    let world = Endpoint::World(ip("192.0.2.1"));
    Connection::between(world, Endpoint::Unknown(ip("10.0.0.1")), Protocol::Tcp, 80)
}

fn policy() -> PolicyId {
    PolicyId {
        kind: "NetworkPolicy",
        namespace: Some("shop".into()),
        name: "web".into(),
    }
}

fn told(ground: Ground, attempts: Vec<Attempt>, hints: Vec<ConnectionHint>) -> v1::Explanation {
    let explain = |direction, ground, attempts| DirectionExplanation {
        direction,
        ground,
        policies: vec![policy()],
        attempts,
        attempts_left_out: 2,
    };
    let explanation = Explanation {
        ingress: explain(Direction::Ingress, ground, attempts),
        egress: explain(Direction::Egress, Ground::NothingIsolates, Vec::new()),
        hints,
    };
    super::explanation(&explanation, &connection())
}

fn attempt(mismatches: Vec<Mismatch>, hints: Vec<RuleHint>) -> Attempt {
    Attempt {
        policy: policy(),
        rule: Some(1),
        peer: None,
        mismatches,
        hints,
    }
}

fn label(operator: Operator, hints: Vec<LabelHint>) -> LabelMismatch {
    LabelMismatch {
        object: ObjectRef::Pod {
            namespace: "shop".into(),
            name: "web-0".into(),
        },
        requirement: Requirement {
            key: "env".into(),
            operator,
            values: Vec::new(),
        },
        found: Some("test".into()),
        hints,
    }
}

fn only_attempt(told: v1::Explanation) -> v1::Attempt {
    let mut attempts = told.ingress.unwrap().attempts;
    assert_eq!(attempts.len(), 1);
    attempts.remove(0)
}

#[test]
fn each_ground_has_its_word_and_names_its_rule_or_what_is_missing() {
    let rule = RuleId {
        policy: policy(),
        index: 3,
    };
    let missing = Missing::Owner(End::Destination);
    for (ground, word, outcome) in [
        (
            Ground::NothingIsolates,
            v1::Ground::NothingIsolates,
            v1::Outcome::NotApplicable,
        ),
        (Ground::Rule(rule.clone()), v1::Ground::Rule, v1::Outcome::Admits),
        (Ground::OwnNode, v1::Ground::OwnNode, v1::Outcome::Admits),
        (Ground::Itself, v1::Ground::Itself, v1::Outcome::Admits),
        (
            Ground::NoRuleAdmits,
            v1::Ground::NoRuleAdmits,
            v1::Outcome::DoesNotAdmit,
        ),
        (Ground::Denied(rule), v1::Ground::Denied, v1::Outcome::DoesNotAdmit),
        (
            Ground::Missing(missing),
            v1::Ground::FactMissing,
            v1::Outcome::Undecidable,
        ),
    ] {
        let told = told(ground, Vec::new(), Vec::new());
        let ingress = told.ingress.unwrap();
        assert_eq!((ingress.ground(), ingress.outcome()), (word, outcome));
        assert_eq!(told.outcome, i32::from(outcome));
        let rule = ingress.rule.map(|rule| (rule.rule, rule.peer));
        let names_rule = matches!(word, v1::Ground::Rule | v1::Ground::Denied);
        assert_eq!(rule, names_rule.then_some((Some(3), None)));
        let is_missing = word == v1::Ground::FactMissing;
        assert_eq!(ingress.missing.is_empty(), !is_missing, "{}", ingress.missing);
        assert_eq!(ingress.attempts_left_out, 2);
    }
}

#[test]
fn each_mismatch_has_its_word_and_a_text() {
    let ports = || {
        vec![PortMatch {
            protocol: Protocol::Udp,
            range: PortRange::All,
        }]
    };
    let block = IpBlock {
        cidr: "10.0.0.0/8".parse().unwrap(),
        except: Vec::new(),
    };
    let mismatches = vec![
        Mismatch::NamespaceLabel(label(Operator::Exists, Vec::new())),
        Mismatch::PodLabel(label(Operator::In, Vec::new())),
        Mismatch::Namespace {
            wanted: "shop".into(),
            found: "data".into(),
        },
        Mismatch::NoPod(NoPod::World),
        Mismatch::IpBlock {
            wanted: block,
            found: vec![ip("192.0.2.1")],
            excepted: None,
        },
        Mismatch::Port {
            wanted: ports(),
            found: Some(80),
            protocol: Protocol::Tcp,
            hints: Vec::new(),
        },
        Mismatch::Protocol {
            wanted: ports(),
            found: Protocol::Tcp,
        },
        Mismatch::NoRule,
        Mismatch::Never,
        Mismatch::Unknown(Missing::Port),
    ];
    let told = only_attempt(told(
        Ground::NoRuleAdmits,
        vec![attempt(mismatches, Vec::new())],
        Vec::new(),
    ));
    assert_eq!(told.rule.map(|rule| (rule.rule, rule.peer)), Some((Some(1), None)));
    let numbers: Vec<_> = told.mismatches.iter().map(|mismatch| mismatch.kind).collect();
    assert_eq!(
        numbers,
        Vec::from_iter(1..=10),
        "all but the one that says nothing, in their order"
    );
    assert!(told.mismatches.iter().all(|mismatch| !mismatch.text.is_empty()));
    let labels = told.mismatches.iter().filter(|mismatch| mismatch.label.is_some());
    assert_eq!(labels.count(), 2);
}

#[test]
fn each_operator_has_its_word() {
    let operators = [Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist];
    let mismatches = operators.map(|operator| Mismatch::PodLabel(label(operator, Vec::new())));
    let told = only_attempt(told(
        Ground::NoRuleAdmits,
        vec![attempt(mismatches.into(), Vec::new())],
        Vec::new(),
    ));
    let labels = told
        .mismatches
        .into_iter()
        .filter_map(|mismatch| mismatch.label?.wanted);
    assert_eq!(labels.map(|wanted| wanted.operator).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn hints_about_a_label_say_which_key_and_value_and_until_when() {
    let until = Timestamp::from_secs(5);
    let text = |text: &str| Symbol::from(text);
    let hints = vec![
        LabelHint::WasThere {
            value: text("prod"),
            until,
        },
        LabelHint::Annotation { value: text("prod") },
        LabelHint::NearKey {
            key: text("enviroment"),
            value: text("prod"),
        },
        LabelHint::NearValue { wanted: text("prod") },
        LabelHint::ValueDiffers,
        LabelHint::KeyMissing,
        LabelHint::Unwanted,
    ];
    let mismatch = Mismatch::PodLabel(label(Operator::In, hints));
    let told = only_attempt(told(
        Ground::NoRuleAdmits,
        vec![attempt(vec![mismatch], Vec::new())],
        Vec::new(),
    ));
    let hints = told.mismatches[0].label.clone().unwrap().hints;
    let lines: Vec<_> = hints
        .iter()
        .map(|hint| format!("{} {} {} {:?}", hint.kind, hint.key, hint.value, hint.until_unix_nanos))
        .collect();
    expect![[r#"
        1 env prod Some(5000000000)
        2 env prod None
        3 enviroment prod None
        4 env prod None
        5 env  None
        6 env  None
        7 env  None"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn hints_about_rules_and_connections_have_their_words_and_texts() {
    let rules = vec![
        RuleHint::BothMustMatch {
            namespace_matches: true,
        },
        RuleHint::PodSelectorIsLocal {
            beside_namespace_selector: false,
        },
        RuleHint::NoSuchNamespace {
            selector: Selector::everything(),
        },
        RuleHint::NoSuchPod {
            selector: Selector::everything(),
        },
    ];
    let connections = vec![
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Ingress,
        },
        ConnectionHint::OneDirectionOnly {
            admitted: Direction::Egress,
        },
        ConnectionHint::DnsNotAdmitted,
        ConnectionHint::ThisIsDns,
        ConnectionHint::EitherIsEnough {
            policy: policy(),
            rule: 0,
        },
    ];
    let attempts = vec![attempt(vec![Mismatch::NoRule], rules)];
    let told = told(Ground::NoRuleAdmits, attempts, connections);
    let hints = [only_attempt(told.clone()).hints, told.hints].concat();
    let numbers: Vec<_> = hints.iter().map(|hint| hint.kind).collect();
    assert_eq!(numbers, Vec::from_iter(8..=16), "those after the ones about labels");
    assert!(hints.iter().all(|hint| !hint.text.is_empty()));
}
