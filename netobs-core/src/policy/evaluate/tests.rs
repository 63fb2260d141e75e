//! Tiers, actions and missing facts, which NetworkPolicy alone does not exercise.
use std::net::IpAddr;

use crate::{
    event::Protocol,
    labels::{Labels, Selector},
    policy::{
        Action, Connection, Decision, Direction, End, Endpoint, IpBlock, Missing, Namespaces, Outcome, Peer, Peers,
        PodFacts, Policy, PolicyId, PolicySet, PortMatch, PortRange, Ports, Refusal, Rule, RuleSet, Subject, Tier,
    },
};

fn pod(name: &str, namespace_labels: Option<&[(&str, &str)]>) -> PodFacts {
    PodFacts {
        namespace: "shop".into(),
        name: name.into(),
        labels: Labels::of([("app", name)]),
        namespace_labels: namespace_labels.map(|labels| Labels::of(labels.iter().copied())),
        addresses: [].into(),
        host_network: false,
        node: None,
        ports: [].into(),
    }
}

fn peer(pods: &str) -> Peers {
    let namespaces = Namespaces::Matching(Selector::everything());
    Peers::Of(vec![Peer::Pods {
        namespaces,
        pods: pods.parse().unwrap(),
    }])
}

fn rule(action: Action, peers: Peers) -> Rule {
    Rule {
        action,
        peers,
        ports: Ports::All,
    }
}

fn policy(tier: u16, order: i32, subject: &str, isolates: bool, rules: Vec<Rule>) -> Policy {
    let name = format!("{tier}-{order}-{subject}");
    Policy {
        id: PolicyId {
            kind: "AnyPolicy",
            namespace: None,
            name: name.as_str().into(),
        },
        tier: Tier(tier),
        order,
        subject: Subject {
            namespaces: Namespaces::Matching(subject.parse().unwrap()),
            pods: Selector::everything(),
        },
        ingress: Some(RuleSet { isolates, rules }),
        egress: None,
    }
}

fn decide(policies: &[Policy]) -> Outcome {
    let (web, db) = (
        pod("web", Some(&[("env", "prod")])),
        pod("db", Some(&[("env", "prod")])),
    );
    let connection = Connection::between(Endpoint::Pod(&web), Endpoint::Pod(&db), Protocol::Tcp, 80);
    policies
        .iter()
        .cloned()
        .collect::<PolicySet>()
        .evaluate(&connection)
        .outcome()
}

#[test]
fn the_first_rule_of_a_tier_that_matches_decides() {
    let allow = rule(Action::Allow, peer("app=web"));
    let deny = rule(Action::Deny, peer("app=web"));
    let both = |first: &Rule, then: &Rule| decide(&[policy(1, 0, "", false, vec![first.clone(), then.clone()])]);
    assert_eq!(
        (both(&allow, &deny), both(&deny, &allow)),
        (Outcome::Admits, Outcome::DoesNotAdmit)
    );
    let by_order = [
        policy(1, 9, "", false, vec![allow]),
        policy(1, -3, "", false, vec![deny]),
    ];
    assert_eq!(decide(&by_order), Outcome::DoesNotAdmit);
}

#[test]
fn an_earlier_tier_outranks_a_later_one_and_may_pass() {
    let last = policy(9, 0, "", true, vec![rule(Action::Allow, peer("app=web"))]);
    let with = |action| decide(&[policy(1, 0, "", false, vec![rule(action, Peers::Any)]), last.clone()]);
    assert_eq!(with(Action::Deny), Outcome::DoesNotAdmit);
    assert_eq!(with(Action::Pass), Outcome::Admits);
    let closed = policy(9, 0, "", true, vec![]);
    assert_eq!(
        decide(&[policy(1, 0, "", false, vec![rule(Action::Allow, Peers::Any)]), closed]),
        Outcome::Admits
    );
}

#[test]
fn passing_skips_the_isolation_of_its_own_tier_only() {
    let pass = policy(1, 0, "", true, vec![rule(Action::Pass, peer("app=web"))]);
    assert_eq!(decide(std::slice::from_ref(&pass)), Outcome::NotApplicable);
    assert_eq!(decide(&[pass, policy(2, 0, "", true, vec![])]), Outcome::DoesNotAdmit);
    let pass_other = policy(1, 0, "", true, vec![rule(Action::Pass, peer("app=other"))]);
    assert_eq!(decide(&[pass_other]), Outcome::DoesNotAdmit);
}

#[test]
fn a_tier_that_does_not_isolate_leaves_the_decision_to_the_next() {
    let no_match = policy(1, 0, "", false, vec![rule(Action::Deny, peer("app=other"))]);
    assert_eq!(decide(std::slice::from_ref(&no_match)), Outcome::NotApplicable);
    assert_eq!(
        decide(&[no_match, policy(5, 0, "", true, vec![])]),
        Outcome::DoesNotAdmit
    );
}

#[test]
fn a_policy_for_other_namespaces_says_nothing() {
    assert_eq!(
        decide(&[policy(1, 0, "env=test", true, vec![])]),
        Outcome::NotApplicable
    );
    assert_eq!(decide(&[policy(1, 0, "env=prod", true, vec![])]), Outcome::DoesNotAdmit);
}

#[test]
fn a_missing_fact_matters_only_where_it_changes_what_happens() {
    let (web, db) = (pod("web", None), pod("db", None));
    let connection = Connection::between(Endpoint::Pod(&web), Endpoint::Pod(&db), Protocol::Tcp, 80);
    let decide = |policies: Vec<Policy>| {
        let set: PolicySet = policies.into_iter().collect();
        let decision = set.decide(&connection, Direction::Ingress);
        decision.missing().map_or(Ok(decision.outcome()), Err)
    };
    let unknown_subject = |rules| policy(1, 0, "env=prod", true, rules);
    let missing = Err(Missing::NamespaceLabels(End::Destination));
    assert_eq!(decide(vec![unknown_subject(vec![])]), missing);
    assert_eq!(
        decide(vec![unknown_subject(vec![rule(Action::Allow, Peers::Any)])]),
        Ok(Outcome::Admits)
    );
    let closed = policy(2, 0, "", true, vec![]);
    assert_eq!(
        decide(vec![unknown_subject(vec![]), closed.clone()]),
        Ok(Outcome::DoesNotAdmit)
    );
    let allow = unknown_subject(vec![rule(Action::Allow, Peers::Any)]);
    assert_eq!(decide(vec![allow, closed.clone()]), missing);
    let pass = policy(1, 0, "env=prod", false, vec![rule(Action::Pass, Peers::Any)]);
    assert_eq!(decide(vec![pass.clone(), closed]), Ok(Outcome::DoesNotAdmit));
    let deny = policy(1, 1, "", false, vec![rule(Action::Deny, Peers::Any)]);
    assert_eq!(decide(vec![pass, deny]), missing);
}

#[test]
fn whose_an_address_is_must_be_known_unless_there_are_no_policies() {
    let web = pod("web", Some(&[]));
    let address: IpAddr = "10.0.0.9".parse().unwrap();
    let connection = Connection::between(Endpoint::Unknown(address), Endpoint::Pod(&web), Protocol::Tcp, 80);
    assert_eq!(
        PolicySet::default().evaluate(&connection).outcome(),
        Outcome::NotApplicable
    );
    let set: PolicySet = [policy(1, 0, "", true, vec![rule(Action::Allow, peer("app=x"))])]
        .into_iter()
        .collect();
    assert_eq!(
        set.evaluate(&connection).ingress,
        Decision::Undecidable(Missing::Owner(End::Source))
    );
    assert_eq!(set.evaluate(&connection).egress, Decision::NotApplicable);
    let answer = Connection::between(Endpoint::Pod(&web), Endpoint::Unknown(address), Protocol::Tcp, 80);
    let owner = Decision::Undecidable(Missing::Owner(End::Destination));
    assert_eq!(set.evaluate(&answer).ingress, owner);
}

#[test]
fn an_unknown_port_is_undecidable_only_for_rules_about_ports() {
    let web = pod("web", Some(&[]));
    let ports = Ports::Of(vec![PortMatch {
        protocol: Protocol::Tcp,
        range: PortRange::Between { first: 1, last: 9 },
    }]);
    let rules = vec![Rule {
        action: Action::Allow,
        peers: Peers::Any,
        ports,
    }];
    let set: PolicySet = [policy(1, 0, "", true, rules)].into_iter().collect();
    let fragment = |protocol| Connection {
        port: None,
        ..Connection::between(
            Endpoint::World([203, 0, 113, 7].into()),
            Endpoint::Pod(&web),
            protocol,
            0,
        )
    };
    assert_eq!(
        set.evaluate(&fragment(Protocol::Tcp)).ingress,
        Decision::Undecidable(Missing::Port)
    );
    assert_eq!(
        set.evaluate(&fragment(Protocol::Udp)).ingress.outcome(),
        Outcome::DoesNotAdmit
    );
}

#[test]
fn a_refusal_names_every_policy_that_isolates_the_pod() {
    let (web, db) = (pod("web", Some(&[])), pod("db", Some(&[])));
    let connection = Connection::between(Endpoint::Pod(&web), Endpoint::Pod(&db), Protocol::Tcp, 80);
    let mut set: PolicySet = (0..3).map(|order| policy(1, order, "", order != 1, vec![])).collect();
    let named = |set: &PolicySet| match set.evaluate(&connection).ingress {
        Decision::DoesNotAdmit(Refusal::Isolated(policies)) => policies.len(),
        Decision::DoesNotAdmit(Refusal::Denied(_))
        | Decision::NotApplicable
        | Decision::Admits(_)
        | Decision::Undecidable(_) => 0,
    };
    assert_eq!(named(&set), 2);
    let first = set.iter().next().unwrap().id.clone();
    assert!(set.remove(&first).is_some() && set.remove(&first).is_none());
    assert_eq!(named(&set), 1);
}

#[test]
fn blocks_that_cover_every_address_of_a_pod_only_together_admit_it() {
    let addresses: [IpAddr; 2] = [[10, 0, 0, 1].into(), "fd00::1".parse().unwrap()];
    let with = |name| PodFacts {
        addresses: addresses.into(),
        ..pod(name, Some(&[]))
    };
    let (web, db) = (with("web"), with("db"));
    let block = |cidr: &str| {
        Peers::Of(vec![Peer::Block(IpBlock {
            cidr: cidr.parse().unwrap(),
            except: Vec::new(),
        })])
    };
    let decide = |blocks: &[&str]| {
        let rules = blocks.iter().map(|cidr| rule(Action::Allow, block(cidr))).collect();
        let set: PolicySet = [policy(1, 0, "", true, rules)].into_iter().collect();
        let connection = Connection::between(Endpoint::Pod(&web), Endpoint::Pod(&db), Protocol::Tcp, 80);
        set.evaluate(&connection).ingress.outcome()
    };
    assert_eq!(decide(&["10.0.0.0/8", "fd00::/64"]), Outcome::Admits);
    assert_eq!(decide(&["10.0.0.0/8"]), Outcome::Undecidable);
    assert_eq!(decide(&["10.1.0.0/16", "fd01::/64"]), Outcome::DoesNotAdmit);
}

#[test]
fn an_address_that_is_not_known_is_in_no_block_of_a_family_that_the_other_end_lacks() {
    let pending = pod("pending", Some(&[]));
    let web = PodFacts {
        addresses: [[10, 0, 0, 1].into()].into(),
        ..pod("web", Some(&[]))
    };
    let decide = |cidr: &str| {
        let block = Peer::Block(IpBlock {
            cidr: cidr.parse().unwrap(),
            except: Vec::new(),
        });
        let rules = vec![rule(Action::Allow, Peers::Of(vec![block]))];
        let set: PolicySet = [policy(1, 0, "", true, rules)].into_iter().collect();
        let connection = Connection::between(Endpoint::Pod(&pending), Endpoint::Pod(&web), Protocol::Tcp, 80);
        set.evaluate(&connection).ingress.outcome()
    };
    assert_eq!(decide("fd00::/64"), Outcome::DoesNotAdmit);
    assert_eq!(decide("10.0.0.0/8"), Outcome::Undecidable);
}
