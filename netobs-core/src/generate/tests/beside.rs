//! Which policies beside the generated ones are for nothing any more.
use super::{full, generate};
use crate::{
    event::Protocol,
    fixtures::{brought, namespaces, pods, policy},
    generate::{Phase, Request, beside},
    policy::{Policy, PolicySet, Rule},
    scene::seen::{Seen, dropped},
};

fn told(request: &Request, policies: Vec<Policy>) -> Vec<(String, bool)> {
    let listing = Seen::default()
        .workload("shop/web", "app=web", "")
        .workload("shop/api", "app=api", "")
        .workload("ops/shell", "app=shell", "")
        .edge("shop/web", "shop/api", 80, 9)
        .edge_with("ops/shell", "shop/api", Protocol::Tcp, 22, 9, dropped)
        .finish();
    let plan = generate(&listing, request);
    let current: PolicySet = plan.policies().chain(policies).collect();
    let beside = beside(&listing, request, &plan, &current);
    let told = beside.iter().map(|one| (one.policy.id.name.to_string(), one.is_spare));
    told.collect()
}

fn ingress(name: &str, rules: Vec<Rule>) -> Policy {
    brought(&policy(name, Some(rules), None))
}

#[test]
fn a_policy_is_spare_if_all_that_it_admits_of_what_was_seen_is_admitted_without_it() {
    let policies = || {
        vec![
            ingress("ops/elsewhere", vec![namespaces("")]),
            ingress("shop/again", vec![pods("shop", "app=web")]),
            ingress("shop/never-seen", vec![pods("shop", "app=cron")]),
            ingress("shop/closes", vec![]),
            ingress("shop/shell", vec![pods("ops", "")]),
        ]
    };
    let spare = |names: &[(&str, bool)]| {
        names
            .iter()
            .map(|(name, is)| ((*name).to_owned(), *is))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&full(), policies()),
        spare(&[
            ("again", true),
            ("closes", false),
            ("never-seen", true),
            ("shell", false)
        ])
    );
    let dns = Request {
        phase: Phase::Dns,
        ..full()
    };
    assert!(told(&dns, policies()).iter().all(|(_, is_spare)| !is_spare));
}
