//! However big a policy is, an explanation is small, and little is asked for it.
use std::cell::Cell;

use super::*;
use crate::{
    event::Protocol,
    fixtures::at,
    labels::{Labels, Operator, Requirement, Selector, Symbol},
    policy::{
        Action, Cidr, Endpoint, IpBlock, Namespaces, Peer, Peers, PodFacts, Policy, PortMatch, PortRange, Ports, Rule,
        RuleSet, Subject, Tier,
    },
};

const MANY: u16 = 20_000;

/// Counts what is asked of it; `env` was `prod-7` once, and is no more.
#[derive(Default)]
struct Counting {
    asked: Cell<usize>,
}

impl Surroundings for Counting {
    fn annotations(&self, _: &ObjectRef) -> Option<&Labels> {
        None
    }

    fn lost_label(&self, _: &ObjectRef, key: &str) -> Option<LostLabel> {
        self.asked.set(self.asked.get() + 1);
        (key == "env").then(|| LostLabel {
            value: "prod-7".into(),
            until: at(1),
        })
    }

    fn each_namespace(&self, _: &mut dyn FnMut(&Symbol, &Labels) -> std::ops::ControlFlow<()>) {}

    fn each_pod(&self, _: Option<&str>, _: &mut dyn FnMut(&PodFacts) -> std::ops::ControlFlow<()>) {}
}

fn symbol(prefix: &str, number: u16) -> Symbol {
    Symbol::from(&*format!("{prefix}-{number}"))
}

fn env(number: u16) -> Requirement {
    Requirement::is("env".into(), symbol("prod", number))
}

fn peer(requirements: Vec<Requirement>) -> Peer {
    Peer::Pods {
        namespaces: Namespaces::Matching(Selector::everything()),
        pods: Selector::new(requirements),
    }
}

fn rule(peers: Vec<Peer>, ports: Ports) -> Rule {
    Rule {
        action: Action::Allow,
        peers: Peers::Of(peers),
        ports,
    }
}

/// What a policy of these rules says of a connection that it does not admit.
fn explained(rules: Vec<Rule>, surroundings: &Counting) -> DirectionExplanation {
    let pod = |name: &str| PodFacts {
        namespace: "shop".into(),
        name: name.into(),
        labels: Labels::of([("tier", "web")]),
        namespace_labels: Some(Labels::default()),
        addresses: ["10.0.0.1".parse().unwrap()].into(),
        host_network: false,
        node: None,
        ports: [].into(),
    };
    let policy = Policy {
        id: PolicyId {
            kind: "NetworkPolicy",
            namespace: Some("shop".into()),
            name: "big".into(),
        },
        tier: Tier(1_000),
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named("shop".into()),
            pods: Selector::everything(),
        },
        ingress: Some(RuleSet { isolates: true, rules }),
        egress: None,
    };
    let (from, to) = (pod("from"), pod("to"));
    let connection = Connection::between(Endpoint::Pod(&from), Endpoint::Pod(&to), Protocol::Tcp, 8080);
    [policy]
        .into_iter()
        .collect::<PolicySet>()
        .explain(&connection, surroundings)
        .ingress
}

#[test]
fn of_many_peers_a_few_are_kept_and_looked_into() {
    let surroundings = Counting::default();
    let peers = (0..MANY).map(|number| peer(vec![env(number), Requirement::is("app".into(), "api".into())]));
    let explained = explained(vec![rule(peers.collect(), Ports::All)], &surroundings);
    assert_eq!(explained.attempts.len(), 16);
    assert_eq!(explained.attempts_left_out, usize::from(MANY) - 16);
    assert_eq!(explained.attempts.capacity(), 16);
    assert!(
        explained
            .attempts
            .iter()
            .all(|attempt| attempt.mismatches.capacity() == 2)
    );
    assert!(surroundings.asked.get() <= 130, "{}", surroundings.asked.get());
}

#[test]
fn hints_decide_among_those_that_are_looked_into() {
    let surroundings = Counting::default();
    let peers = (0..60).map(|number| peer(vec![env(59 - number)]));
    let explained = explained(vec![rule(peers.collect(), Ports::All)], &surroundings);
    let places: Vec<_> = explained.attempts.iter().filter_map(|attempt| attempt.peer).collect();
    assert_eq!(
        places[..4],
        [52, 0, 1, 2],
        "the one that was there first, then as they are written"
    );
    assert_eq!(explained.attempts_left_out, 44);
}

#[test]
fn of_two_that_lack_as_much_the_rule_for_the_port_is_nearer() {
    let port = |port| {
        let range = PortRange::Between {
            first: port,
            last: port,
        };
        let protocol = Protocol::Tcp;
        Ports::Of(vec![PortMatch { protocol, range }])
    };
    let peers = |from: u16| (from..from + 100).map(|number| peer(vec![env(number)])).collect();
    let rules = vec![
        rule(peers(1_000), port(80)),
        rule(peers(2_000), port(8080)),
        rule(vec![], port(8080)),
    ];
    let explained = explained(rules, &Counting::default());
    let nearest: Vec<_> = explained
        .attempts
        .iter()
        .map(|attempt| (attempt.rule, attempt.peer))
        .collect();
    let expected: Vec<_> = (0..16).map(|place| (Some(1), Some(place))).collect();
    assert_eq!(nearest, expected);
    assert_eq!(explained.attempts_left_out, 201 - 16);
}

#[test]
fn long_lists_of_one_peer_are_not_kept_to_their_ends() {
    let one_each = Requirement {
        key: "tier".into(),
        operator: Operator::NotIn,
        values: (0..MANY)
            .map(|number| symbol("v", number))
            .chain(["web".into()])
            .collect(),
    };
    let lost = Requirement {
        key: "env".into(),
        operator: Operator::In,
        values: (100..MANY)
            .map(|number| symbol("prod", number))
            .chain(["prod-7".into()])
            .collect(),
    };
    let keys = (0..MANY).map(|number| Requirement::is(symbol("key", number), "v".into()));
    let cidr: Cidr = "192.0.2.0/24".parse().unwrap();
    let block = Peer::Block(IpBlock {
        cidr,
        except: vec![cidr; MANY.into()],
    });
    let ports = (10_000..10_000 + MANY).map(|port| PortMatch {
        protocol: Protocol::Tcp,
        range: PortRange::Between {
            first: port,
            last: port,
        },
    });
    let peers = vec![peer(keys.collect()), peer(vec![one_each, lost]), block];
    let surroundings = Counting::default();
    let explained = explained(vec![rule(peers, Ports::Of(ports.collect()))], &surroundings);
    assert!(surroundings.asked.get() <= 32, "{}", surroundings.asked.get());
    let text = format!("{explained:?}");
    assert!(text.len() < 40_000, "{} bytes", text.len());
    let told: Vec<_> = explained.attempts[0]
        .mismatches
        .iter()
        .filter_map(Mismatch::label)
        .collect();
    assert!(told[0].requirement.values[0] == "web" && told[1].requirement.values[0] == "prod-7");
    assert!(matches!(told[1].hints[0], LabelHint::WasThere { .. }));
    let last = explained
        .attempts
        .iter()
        .map(|attempt| attempt.mismatches.last().unwrap());
    assert!(
        last.clone().all(|last| matches!(last, Mismatch::Port { .. })),
        "that the port differs stays told"
    );
}
