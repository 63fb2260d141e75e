//! What passed and what did not, told with the pods at both ends.

use super::play::Play;
use anyhow::{Context as _, Result};
use netobs_api::v1::{self, EndpointKind, Judgement, Outcome, Verdict};
use netobs_tests::demo::{NODE, Role, Scenario};
use netobs_tests::node::Family;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// The last that was told of each flow between these pods.
fn flows(play: &Play, from: Role, to: Role) -> Result<Vec<v1::Flow>> {
    let address = |role| play.stage.pod(role).address(Family::V4).to_string();
    let is_at = |end: &Option<v1::Endpoint>, role| end.as_ref().is_some_and(|end| end.address == address(role));
    let all = play.stage.asker().flows()?.into_iter();
    let between = all.filter(|flow| is_at(&flow.source, from) && is_at(&flow.destination, to));
    let by_id: BTreeMap<u64, v1::Flow> = between.map(|flow| (flow.id, flow)).collect();
    Ok(by_id.into_values().collect())
}

fn is_told_as(end: Option<&v1::Endpoint>, role: Role, namespace_labels: &[(&str, &str)]) -> Result<()> {
    let end = end.context("a flow has two ends")?;
    let name = ("kubernetes.io/metadata.name", role.namespace());
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    assert_eq!(end.kind(), EndpointKind::Pod);
    assert_eq!((end.namespace.as_str(), &end.name), (role.namespace(), &role.pod()));
    let own = [("app", role.deployment()), ("pod-template-hash", role.template_hash())];
    assert_eq!(end.labels.clone().into_iter().collect::<BTreeMap<_, _>>(), map(&own));
    let of_namespace = end.namespace_labels.clone().into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!(of_namespace, map(&[namespace_labels, &[name]].concat()));
    assert!(end.namespace_known);
    let workload = end.workload.as_ref().context("a pod has a workload")?;
    assert_eq!(
        (workload.kind.as_str(), workload.name.as_str()),
        ("Deployment", role.deployment())
    );
    assert_eq!(end.node_name, NODE);
    Ok(())
}

#[test]
fn what_is_right_is_forwarded_and_what_is_not_is_dropped_each_with_both_pods() -> Result<()> {
    let mut play = Play::of(Scenario::MissingLabel)?;
    play.calls_for(Duration::from_millis(1500));
    // A flow that ended is told within the second.
    thread::sleep(Duration::from_millis(1500));
    let (right, wrong) = (
        flows(&play, Role::Web, Role::Api)?,
        flows(&play, Role::Backup, Role::Api)?,
    );
    assert_eq!(u64::try_from(right.len())?, play.begun((Role::Web, Role::Api))?);
    for flow in &right {
        assert_eq!(flow.verdict(), Verdict::Forwarded, "{flow:#?}");
        assert_eq!(
            (flow.outcome(), flow.judgement()),
            (Outcome::Admits, Judgement::Plain),
            "{flow:#?}"
        );
        is_told_as(flow.source.as_ref(), Role::Web, &[("env", "prod")])?;
        is_told_as(flow.destination.as_ref(), Role::Api, &[("env", "prod")])?;
    }
    assert_eq!(u64::try_from(wrong.len())?, play.refused((Role::Backup, Role::Api))?);
    for flow in &wrong {
        assert_eq!(flow.verdict(), Verdict::Dropped, "{flow:#?}");
        assert_eq!(
            (flow.outcome(), flow.judgement()),
            (Outcome::DoesNotAdmit, Judgement::Refused),
            "{flow:#?}"
        );
        let reasons: Vec<_> = flow.drops.iter().map(|drop| drop.reason.as_str()).collect();
        assert_eq!(reasons, ["NETFILTER_DROP"], "{flow:#?}");
        is_told_as(flow.source.as_ref(), Role::Backup, &[])?;
        is_told_as(flow.destination.as_ref(), Role::Api, &[("env", "prod")])?;
    }
    let asked = flows(&play, Role::Backup, Role::Dns)?;
    assert!(
        asked.iter().all(|flow| flow.verdict() == Verdict::Forwarded),
        "{asked:#?}"
    );
    assert!(!asked.is_empty());
    Ok(())
}
