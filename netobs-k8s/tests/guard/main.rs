//! Admission policies that are written mean in their own languages what the guard means, and are shaped as their engines ask.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod engines;
mod shapes;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use netobs_core::{
    explain::{NamespaceFacts, Snapshot},
    guard::{Guard, Wishes, guard},
    labels::Labels,
    policy::{Action, Namespaces, Peer, Peers, Policy, PolicyId, PolicySet, Ports, Rule, RuleSet, Subject, Tier},
};
use netobs_k8s::document;
use serde_json::Value;

/// Of policies whose rules are for the namespaces that these selectors select.
fn guarding(selectors: &[&str], cluster: &[(&str, &str)], wishes: &Wishes) -> Guard {
    let namespaces = cluster.iter().map(|(name, own)| {
        let facts = NamespaceFacts {
            labels: labels(own),
            ..NamespaceFacts::default()
        };
        ((*name).into(), facts)
    });
    let cluster = Snapshot {
        namespaces: namespaces.collect::<BTreeMap<_, _>>(),
        ..Snapshot::default()
    };
    guard(&policies(selectors), &cluster, wishes)
}

fn policies(selectors: &[&str]) -> PolicySet {
    selectors
        .iter()
        .enumerate()
        .map(|(index, selector)| Policy {
            id: PolicyId {
                kind: "NetworkPolicy",
                namespace: Some("shop".into()),
                name: format!("p{index}").as_str().into(),
            },
            tier: Tier::default(),
            order: 0,
            subject: Subject {
                namespaces: Namespaces::Named("shop".into()),
                pods: "".parse().unwrap(),
            },
            ingress: Some(RuleSet {
                isolates: true,
                rules: vec![Rule {
                    action: Action::Allow,
                    peers: Peers::Of(vec![Peer::Pods {
                        namespaces: Namespaces::Matching(selector.parse().unwrap()),
                        pods: "".parse().unwrap(),
                    }]),
                    ports: Ports::All,
                }],
            }),
            egress: None,
        })
        .collect()
}

fn labels(text: &str) -> Labels {
    Labels::of(text.split(',').filter_map(|pair| pair.split_once('=')))
}

fn documents(text: &str) -> Vec<Value> {
    let (documents, findings) = document::split("guard.yaml", text.as_bytes());
    assert_eq!(findings, [], "{text}");
    documents.into_iter().map(|document| document.value).collect()
}

fn exempt(names: &[&str]) -> Wishes {
    Wishes {
        exempt: names.iter().map(|name| (*name).into()).collect::<BTreeSet<_>>(),
        ..Wishes::default()
    }
}
