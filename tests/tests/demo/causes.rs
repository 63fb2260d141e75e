//! Each scenario yields its cause, all of it and no other; doing what is suggested mends it.

use super::play::{Pair, Play, dropped, suggestion};
use anyhow::{Context as _, Result, bail};
use netobs_api::v1::{self, CauseKind, CauseState, HintKind, LabelOperator, PartyKind, PolicyDirection, Protocol};
use netobs_tests::demo::{Role, Scenario};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const A_WHILE: Duration = Duration::from_millis(1500);
const BACKUP_TO_API: Pair = (Role::Backup, Role::Api);

/// What all causes have in common that are for want of env=prod on namespace ops-utils.
fn is_for_want_of_a_label(play: &Play) -> Result<v1::Cause> {
    let refused = play.refused(BACKUP_TO_API)?;
    assert!(refused > 0, "the enforcer refuses calls");
    let cause = play.cause(|cause| dropped(cause) == refused)?;
    assert_eq!(cause.kind(), CauseKind::Label, "{cause:#?}");
    assert_eq!(cause.direction(), PolicyDirection::Ingress);
    let [label] = cause.labels.as_slice() else {
        bail!("not one label: {cause:#?}");
    };
    let object = v1::LabelledRef {
        kind: "Namespace".to_owned(),
        namespace: String::new(),
        name: "ops-utils".to_owned(),
    };
    assert_eq!(label.object.as_ref(), Some(&object));
    let wanted = label.wanted.as_ref().context("what is wanted")?;
    assert_eq!((wanted.key.as_str(), wanted.operator()), ("env", LabelOperator::In));
    assert_eq!(
        (wanted.values.as_slice(), wanted.text.as_str()),
        (["prod".to_owned()].as_slice(), "env=prod")
    );
    assert_eq!(label.found, None);
    assert_eq!(policies(&cause), ["NetworkPolicy prod-a/allow-prod"]);
    assert_eq!(parties(&cause.sources), ["Deployment ops-utils/backup"]);
    assert_eq!(parties(&cause.destinations), ["Deployment prod-a/api"]);
    let ports: Vec<_> = cause.ports.iter().map(|one| (one.protocol(), one.port)).collect();
    assert_eq!(ports, [(Protocol::Tcp, Some(8080))]);
    assert_eq!((cause.unanswered, cause.passed), (0, 0));
    assert_eq!(
        suggestion(&cause)?.commands,
        ["kubectl label namespace ops-utils env=prod"]
    );
    Ok(cause)
}

fn policies(cause: &v1::Cause) -> Vec<String> {
    let name = |one: &v1::PolicyRef| format!("{} {}/{}", one.kind, one.namespace, one.name);
    cause.policies.iter().map(name).collect()
}

fn parties(parties: &[v1::AffectedParty]) -> Vec<String> {
    let parties = parties.iter().filter_map(|one| one.party.as_ref());
    parties
        .map(|party| format!("{} {}/{}", party.workload_kind, party.namespace, party.name))
        .collect()
}

/// All that is odd about the cause, and about its label.
fn hints(cause: &v1::Cause) -> Vec<v1::Hint> {
    let of_labels = cause.labels.iter().flat_map(|label| label.hints.clone());
    cause.hints.iter().cloned().chain(of_labels).collect()
}

fn hint(cause: &v1::Cause, kind: HintKind) -> Result<v1::Hint> {
    let found = hints(cause).into_iter().find(|hint| hint.kind() == kind);
    found.with_context(|| format!("no hint {kind:?}: {cause:#?}"))
}

#[test]
fn a_namespace_without_the_label_is_named_and_labelling_it_mends_that() -> Result<()> {
    let mut play = Play::of(Scenario::MissingLabel)?;
    play.calls_for(A_WHILE);
    let cause = is_for_want_of_a_label(&play)?;
    assert_eq!(cause.state(), CauseState::Active);
    play.is_mended_by(&suggestion(&cause)?, BACKUP_TO_API)
}

#[test]
fn a_label_that_was_lost_while_traffic_flowed_is_named_with_the_time() -> Result<()> {
    let mut play = Play::of(Scenario::Drift)?;
    play.calls_for(A_WHILE);
    assert_eq!(play.refused(BACKUP_TO_API)?, 0);
    assert_eq!(play.stage.asker().causes()?, []);
    play.stage.begin_traffic();
    let before = now()?;
    play.stage.kubectl("kubectl label namespace ops-utils env-")?;
    let after = now()?;
    thread::sleep(A_WHILE);
    play.stage.end_traffic();
    let cause = is_for_want_of_a_label(&play)?;
    assert_eq!(cause.state(), CauseState::Drifted);
    let hint = hint(&cause, HintKind::WasThere)?;
    assert_eq!(hint.value, "prod");
    // The agent hears of it a moment later.
    let heard = before..after + i64::try_from(Duration::from_secs(1).as_nanos())?;
    for until in [hint.until_unix_nanos, cause.state_since_unix_nanos] {
        assert!(
            until.is_some_and(|until| heard.contains(&until)),
            "{until:?} is not in {heard:?}"
        );
    }
    play.is_mended_by(&suggestion(&cause)?, BACKUP_TO_API)
}

fn now() -> Result<i64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos().try_into()?)
}

#[test]
fn a_misspelt_label_is_found() -> Result<()> {
    let mut play = Play::of(Scenario::Typo)?;
    play.calls_for(A_WHILE);
    let cause = is_for_want_of_a_label(&play)?;
    assert_eq!(cause.state(), CauseState::Active);
    let hint = hint(&cause, HintKind::NearKey)?;
    assert_eq!((hint.key.as_str(), hint.value.as_str()), ("enviroment", "prod"));
    play.is_mended_by(&suggestion(&cause)?, BACKUP_TO_API)
}

#[test]
fn an_annotation_that_should_be_a_label_is_found() -> Result<()> {
    let mut play = Play::of(Scenario::Annotation)?;
    play.calls_for(A_WHILE);
    let cause = is_for_want_of_a_label(&play)?;
    assert_eq!(cause.state(), CauseState::Active);
    assert_eq!(hint(&cause, HintKind::Annotation)?.value, "prod");
    play.is_mended_by(&suggestion(&cause)?, BACKUP_TO_API)
}

#[test]
fn isolated_egress_without_a_rule_for_dns_is_said_to_be_that() -> Result<()> {
    const WEB_TO_DNS: Pair = (Role::Web, Role::Dns);
    let mut play = Play::of(Scenario::NoDns)?;
    play.calls_for(A_WHILE);
    let refused = play.refused(WEB_TO_DNS)?;
    assert!(refused > 0);
    let cause = play.cause(|cause| dropped(cause) == refused)?;
    assert_eq!(cause.kind(), CauseKind::Dns, "{cause:#?}");
    assert_eq!(cause.direction(), PolicyDirection::Egress);
    assert_eq!(cause.state(), CauseState::Active);
    assert!(cause.labels.is_empty(), "{cause:#?}");
    let traffic = cause.traffic.clone().context("the traffic that would need a rule")?;
    assert_eq!((traffic.protocol(), traffic.port), (Protocol::Udp, Some(53)));
    let source = traffic.source.context("its source")?;
    assert_eq!(
        (source.kind(), source.namespace.as_str()),
        (PartyKind::Namespace, "prod-b")
    );
    assert_eq!(
        policies(&cause),
        ["NetworkPolicy prod-b/allow-api", "NetworkPolicy prod-b/default-deny"]
    );
    assert_eq!(parties(&cause.sources), ["Deployment prod-b/web"]);
    assert_eq!(parties(&cause.destinations), ["Deployment kube-system/coredns"]);
    play.is_mended_by(&suggestion(&cause)?, WEB_TO_DNS)
}

#[test]
fn policies_that_nobody_enforces_are_found_out_and_nothing_is_suggested() -> Result<()> {
    /// Who enforces may take that long to follow a change; connections before are not held against it.
    const LAG: Duration = Duration::from_millis(1100);
    let mut play = Play::of(Scenario::NotEnforced)?;
    thread::sleep(LAG);
    play.calls_for(A_WHILE);
    assert_eq!(play.refused(BACKUP_TO_API)?, 0);
    let passed = play.begun(BACKUP_TO_API)?;
    assert!(passed > 0);
    let cause = play.cause(|cause| cause.passed == passed)?;
    assert_eq!(cause.kind(), CauseKind::NotEnforced, "{cause:#?}");
    assert_eq!(cause.direction(), PolicyDirection::Ingress);
    assert_eq!((dropped(&cause), cause.unanswered), (0, 0));
    assert_eq!(parties(&cause.sources), ["Deployment ops-utils/backup"]);
    assert_eq!(parties(&cause.destinations), ["Deployment prod-a/api"]);
    assert_eq!(
        policies(&cause),
        ["NetworkPolicy prod-a/allow-prod", "NetworkPolicy prod-a/default-deny"]
    );
    assert_eq!(cause.suggestions, []);
    Ok(())
}
