//! Any policy of the model is read back as it was.
use netobs_core::{
    event::Protocol,
    labels::{Operator, Requirement, Selector},
    policy::{
        Action, IpBlock, Namespaces, Peer, Peers, Policy, PolicyId, PortMatch, PortRange, Ports, Rule, RuleSet, Subject,
    },
};
use netobs_k8s::network_policy::{self, KIND, TIER};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{listed, read};

proptest! {
    #[test]
    fn a_policy_that_is_written_is_read_back_as_it_was(policy in policy()) {
        let text = network_policy::write(&policy);
        prop_assert_eq!(listed(&read(&text)), [policy], "{}", text);
    }
}

fn selector() -> impl Strategy<Value = Selector> {
    let operator = select(vec![
        Operator::In,
        Operator::NotIn,
        Operator::Exists,
        Operator::DoesNotExist,
    ]);
    let key = select(vec!["app", "on", "example.com/tier", "y"]);
    let values = vec(select(vec!["a", "true", "1", "", "8080", "1e3", "no"]), 1..3);
    let requirement = (key, operator, values).prop_map(|(key, operator, values)| {
        let mut values: Vec<_> = values.into_iter().map(Into::into).collect();
        values.sort();
        values.dedup();
        let has_values = matches!(operator, Operator::In | Operator::NotIn);
        Requirement {
            key: key.into(),
            operator,
            values: if has_values { values } else { Vec::new() },
        }
    });
    vec(requirement, 0..4).prop_map(|mut requirements| {
        // Labels come first when they are written, in the order of their keys; what is asked for twice is asked for once.
        requirements.sort_by_key(|one| (!is_label(one), is_label(one).then(|| one.key.clone())));
        requirements.dedup();
        let mut seen = Vec::new();
        requirements.retain(|one| {
            let is_new = !is_label(one) || !seen.contains(&one.key);
            seen.extend(is_label(one).then(|| one.key.clone()));
            is_new
        });
        Selector::new(requirements)
    })
}

fn is_label(one: &Requirement) -> bool {
    one.operator == Operator::In && one.values.len() == 1
}

fn peer() -> impl Strategy<Value = Peer> {
    let namespaces = prop_oneof![
        Just(Namespaces::Named("shop".into())),
        selector().prop_map(Namespaces::Matching),
    ];
    let block = |cidr: &str, except: &[&str]| IpBlock {
        cidr: cidr.parse().unwrap(),
        except: except.iter().map(|one| one.parse().unwrap()).collect(),
    };
    let blocks = select(vec![
        block("10.0.0.0/8", &["10.1.0.0/16", "10.2.0.0/16"]),
        block("2001:db8::/32", &[]),
        block("::/0", &["fd00::/8"]),
        block("0.0.0.0/0", &[]),
    ]);
    prop_oneof![
        (namespaces, selector()).prop_map(|(namespaces, pods)| Peer::Pods { namespaces, pods }),
        blocks.prop_map(Peer::Block),
    ]
}

fn port() -> impl Strategy<Value = PortMatch> {
    let range = select(vec![
        PortRange::All,
        PortRange::Between { first: 80, last: 80 },
        PortRange::Between { first: 80, last: 90 },
        PortRange::Named("http".into()),
        PortRange::Named("no".into()),
    ]);
    (select(vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp]), range)
        .prop_map(|(protocol, range)| PortMatch { protocol, range })
}

fn rules() -> impl Strategy<Value = RuleSet> {
    let peers = prop_oneof![Just(Peers::Any), vec(peer(), 1..3).prop_map(Peers::Of)];
    let ports = prop_oneof![Just(Ports::All), vec(port(), 1..3).prop_map(Ports::Of)];
    let rule = (peers, ports).prop_map(|(peers, ports)| Rule {
        action: Action::Allow,
        peers,
        ports,
    });
    vec(rule, 0..3).prop_map(|rules| RuleSet { isolates: true, rules })
}

fn policy() -> impl Strategy<Value = Policy> {
    let directions = (option::of(rules()), option::of(rules()));
    let directions = directions.prop_filter("it speaks of something", |(one, other)| {
        one.is_some() || other.is_some()
    });
    (selector(), directions).prop_map(|(pods, (ingress, egress))| Policy {
        id: PolicyId {
            kind: KIND,
            namespace: Some("shop".into()),
            name: "p".into(),
        },
        tier: TIER,
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named("shop".into()),
            pods,
        },
        ingress,
        egress,
    })
}
