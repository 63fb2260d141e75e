//! Explanations agree with decisions.
use std::sync::Arc;

use proptest::{collection::vec, prelude::*};

use super::{DNS_PORT, compare};
use crate::policy::{
    Connection, End, Endpoint, Outcome, PortClasses,
    arbitrary::{case, peer, ports},
    matching::{self, Match},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn mismatches_are_empty_exactly_when_a_rule_matches(
        (cluster, _, from, to, protocol, port) in case(), peer in peer(), ports in ports(),
    ) {
        let pod = |index| cluster.pods.values().nth(index).unwrap();
        let connection = Connection::between(Endpoint::Pod(pod(from)), Endpoint::Pod(pod(to)), protocol, port);
        for end in [End::Source, End::Destination] {
            let matches = matching::peer(&peer, &connection, end) == Match::Yes;
            let mut differs = false;
            compare::peer(&peer, &connection, end, &mut |_| differs = true);
            prop_assert_eq!(!differs, matches);
        }
        prop_assert_eq!(compare::ports(&ports, &connection).is_none(), matching::ports(&ports, &connection) == Match::Yes);
    }

    #[test]
    fn an_explanation_says_what_the_decision_says((cluster, policies, from, to, protocol, port) in case()) {
        let pod = |index| cluster.pods.values().nth(index).unwrap();
        let connection = Connection::between(Endpoint::Pod(pod(from)), Endpoint::Pod(pod(to)), protocol, port);
        let evaluation = policies.evaluate(&connection);
        let explanation = policies.explain(&connection, &cluster);
        prop_assert_eq!(explanation.outcome(), evaluation.outcome());
        for one in [&explanation.ingress, &explanation.egress] {
            prop_assert_eq!(one.outcome(), evaluation.of(one.direction).outcome());
            let came_near = matches!(one.outcome(), Outcome::DoesNotAdmit | Outcome::Undecidable);
            prop_assert_eq!(one.attempts.is_empty(), !came_near);
            prop_assert!(one.attempts.iter().all(|attempt| !attempt.mismatches.is_empty()));
            if one.outcome() == Outcome::DoesNotAdmit {
                prop_assert!(!one.policies.is_empty());
            }
        }
    }

    #[test]
    fn the_order_in_which_policies_are_learnt_does_not_matter((cluster, policies, from, to, protocol, port) in case()) {
        let pod = |index| cluster.pods.values().nth(index).unwrap();
        let connection = Connection::between(Endpoint::Pod(pod(from)), Endpoint::Pod(pod(to)), protocol, port);
        let all: Vec<_> = policies.iter().cloned().collect();
        let mut backwards = all.iter().rev().cloned().collect::<crate::policy::PolicySet>();
        for policy in &all {
            backwards.remove(&policy.id);
            backwards.insert(policy.clone());
        }
        prop_assert_eq!(policies.explain(&connection, &cluster), backwards.explain(&connection, &cluster));
    }
    #[test]
    fn what_is_said_of_a_port_holds_for_those_that_no_policy_tells_apart(
        (cluster, policies, from, to, protocol, port) in case(), others in vec(prop_oneof![75..95_u16, 50..56_u16, any::<u16>()], 1..20),
    ) {
        let pod = |index| cluster.pods.values().nth(index).unwrap();
        let at = |port| Connection::between(Endpoint::Pod(pod(from)), Endpoint::Pod(pod(to)), protocol, port);
        let classes = PortClasses::of(&policies, DNS_PORT);
        let class = |port| classes.class(Some(port), &pod(to).ports);
        let explanation = Arc::new(policies.explain(&at(port), &cluster));
        for other in others.into_iter().filter(|other| class(*other) == class(port)) {
            prop_assert_eq!(policies.evaluate(&at(other)).outcome(), explanation.outcome());
            prop_assert_eq!(&policies.explain(&at(other), &cluster), &*explanation.at_port(Some(other)));
        }
    }
}
