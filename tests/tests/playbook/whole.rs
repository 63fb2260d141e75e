//! The whole way: everything talks, is seen, is admitted by generated policies, and misses the one rule that is lost.

use super::agreement::foretold;
use super::told::{shown, was_run};
use super::{generated, seen};
use anyhow::{Context as _, Result, bail, ensure};
use netobs_api::v1::{self, CauseState};
use netobs_tests::node::Family;
use netobs_tests::rules::Hook;
use netobs_tests::shop::{End, Part, Route, Shop};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
/// The one whose rule is lost.
const LOST: Route = Route {
    from: End::Part(Part::Api),
    to: End::Outside,
    port: 443,
    family: Family::V4,
};

/// Policies add up, so this one opens its namespace whatever others say.
const BREAK_GLASS: &str = r#"{
  "apiVersion": "networking.k8s.io/v1",
  "kind": "NetworkPolicy",
  "metadata": {"name": "break-glass", "namespace": "shop"},
  "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
}
"#;

#[test]
fn what_was_generated_admits_all_and_the_one_rule_that_is_lost_is_missed_alone() -> Result<()> {
    let shop = Shop::open()?;
    shown(&shop, "check")?;
    seen::observe(&shop)?;
    shown(&shop, &format!("inventory --inventory {}", seen::FILE))?;
    let policies = generated::write(&shop)?;
    count(&shop)?;
    is_admitted_tier_by_tier(&shop, &policies)?;
    let fewer = lose_a_rule(&policies)?;
    let cause = is_missed(&shop, &fewer)?;
    is_mended_behind_broken_glass(&shop, &fewer, &cause)?;
    was_what_the_page_says();
    shop.close()
}

/// The page shows no command but those that were run here.
fn was_what_the_page_says() {
    const PAGE: &str = include_str!("../../../docs/rollout.md");
    let shown = PAGE.lines().filter_map(|line| line.strip_prefix("$ netobs "));
    let not_run: Vec<&str> = shown.filter(|line| !was_run(line)).collect();
    assert_eq!(not_run, Vec::<&str>::new());
}

/// What the preview says of all, and what happens when one namespace after the other is closed.
fn is_admitted_tier_by_tier(shop: &Shop, policies: &[Value]) -> Result<()> {
    let told = shown(
        shop,
        &format!("preview -f {} --inventory {}", generated::FOLDER, seen::FILE),
    )?;
    assert_eq!(told.code, Some(0), "{}", told.text);
    let expected = format!("edges: {}; would break: 0, undecidable: 0,", Route::ALL.len());
    assert!(told.text.contains(&expected), "{}", told.text);
    for closed in 1..=generated::TIERS.len() {
        let closed = &generated::TIERS[..closed];
        let in_force: Vec<_> = policies
            .iter()
            .filter(|policy| closed.iter().any(|tier| policy["metadata"]["namespace"] == *tier))
            .cloned()
            .collect();
        shop.enforce(&in_force)?;
        for _ in 0..2 {
            assert_eq!(shop.unanswered()?, [], "{closed:?} are closed");
        }
    }
    assert_eq!(refused(shop)?, BTreeMap::new());
    assert_eq!(shop.asker().causes()?, []);
    Ok(())
}

/// All policies, but the rule by which the API calls the outside.
fn lose_a_rule(policies: &[Value]) -> Result<Vec<Value>> {
    let mut fewer = policies.to_vec();
    let policy = fewer
        .iter_mut()
        .find(|policy| policy["metadata"]["namespace"] == "shop" && policy["metadata"]["name"] == "allow-api")
        .context("there is shop/allow-api")?;
    let rules = policy["spec"]["egress"].as_array_mut().context("its egress rules")?;
    let before = rules.len();
    rules.retain(|rule| !rule.to_string().contains("ipBlock"));
    ensure!(rules.len() + 1 == before, "one rule is for the outside: {rules:?}");
    Ok(fewer)
}

/// The preview, the packets and the causes name the same edge.
fn is_missed(shop: &Shop, fewer: &[Value]) -> Result<v1::Cause> {
    assert_eq!(foretold(shop, fewer)?, [LOST.to_string()].into());
    let edited = json!({"apiVersion": "v1", "kind": "List", "items": fewer});
    fs::write(shop.folder().join("edited.json"), edited.to_string())?;
    let told = shown(shop, &format!("preview -f edited.json --inventory {}", seen::FILE))?;
    assert_eq!(told.code, Some(1), "{}", told.text);
    assert!(told.text.contains("BREAKS shop/api to "), "{}", told.text);
    let difference = format!(
        "generate -n shop --inventory {} --diff --current edited.json",
        seen::FILE
    );
    assert_eq!(shown(shop, &difference)?.code, Some(1));
    shop.enforce(fewer)?;
    for _ in 0..3 {
        assert_eq!(shop.unanswered()?, [LOST]);
    }
    let refused = refused(shop)?;
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&LOST.to_string()]);
    let cause = only_cause(shop, |cause| dropped(cause) == refused[&LOST.to_string()])?;
    assert_eq!(parties(&cause.sources), ["Deployment shop/api"]);
    assert!(
        cause
            .policies
            .iter()
            .any(|one| (one.namespace.as_str(), one.name.as_str()) == ("shop", "allow-api")),
        "{cause:#?}"
    );
    let told = shown(shop, "causes")?;
    assert_eq!(told.code, Some(1), "{}", told.text);
    let outside = shop.address(End::Outside, Family::V4).to_string();
    for part in ["shop/api", &outside, "443"] {
        assert!(told.text.contains(part), "{part} is not in {}", told.text);
    }
    Ok(cause)
}

/// Opened at once for the whole namespace, mended as the cause suggests, and closed again.
fn is_mended_behind_broken_glass(shop: &Shop, fewer: &[Value], cause: &v1::Cause) -> Result<()> {
    let glass: Value = serde_json::from_str(BREAK_GLASS)?;
    fs::write(shop.folder().join("break-glass.json"), BREAK_GLASS)?;
    let asked = format!(
        "preview -f break-glass.json --current edited.json --inventory {}",
        seen::FILE
    );
    let told = shown(shop, &format!("{asked} -o table"))?;
    assert_eq!(told.code, Some(0), "{}", told.text);
    assert!(told.text.contains("ADMITTED"), "{}", told.text);
    shop.enforce(&[fewer, &[glass]].concat())?;
    assert_eq!(shop.unanswered()?, []);
    let suggestion = cause.suggestions.first().context("a suggestion")?;
    for command in &suggestion.commands {
        shop.kubectl(command)?;
    }
    let mut mended = shop.policies();
    mended.retain(|policy| policy["metadata"]["name"] != "break-glass");
    assert_eq!(mended.len(), fewer.len());
    shop.enforce(&mended)?;
    let before = refused(shop)?;
    let deadline = Instant::now() + PATIENCE;
    while only_cause(shop, |_| true)?.state() != CauseState::Mended {
        ensure!(Instant::now() < deadline, "the cause is never mended");
        assert_eq!(shop.unanswered()?, []);
    }
    assert_eq!(shop.unanswered()?, []);
    shown(shop, "causes --all")?;
    shown(shop, "check")?;
    assert_eq!(refused(shop)?, before);
    Ok(())
}

/// The only cause there is, once it is as it should be.
fn only_cause(shop: &Shop, is_as_it_should_be: impl Fn(&v1::Cause) -> bool) -> Result<v1::Cause> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut causes = shop.asker().causes()?;
        ensure!(causes.len() < 2, "more than one cause: {causes:#?}");
        match causes.pop() {
            Some(cause) if is_as_it_should_be(&cause) => return Ok(cause),
            other if Instant::now() > deadline => bail!("within {PATIENCE:?} there is only {other:#?}"),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn dropped(cause: &v1::Cause) -> u64 {
    cause.dropped.as_ref().map_or(0, |count| count.packets)
}

fn parties(parties: &[v1::AffectedParty]) -> Vec<String> {
    let parties = parties.iter().filter_map(|one| one.party.as_ref());
    parties
        .map(|party| format!("{} {}/{}", party.workload_kind, party.namespace, party.name))
        .collect()
}

/// What is forwarded of each route is counted before and behind whoever enforces.
fn count(shop: &Shop) -> Result<()> {
    for route in forwarded() {
        let protocol = if route.is_dns() { "udp" } else { "tcp" };
        let (from, to) = (
            shop.address(route.from, route.family),
            shop.address(route.to, route.family),
        );
        let (ip, port) = (route.family.nft(), route.port);
        let matches = format!("{ip} saddr {from} {ip} daddr {to} {protocol} dport {port}");
        shop.node().count(&format!("{route} before"), Hook::Forward, &matches)?;
        shop.node()
            .count(&format!("{route} behind"), Hook::Postrouting, &matches)?;
    }
    Ok(())
}

/// Packets that came to whoever enforces and did not come out behind, by route.
fn refused(shop: &Shop) -> Result<BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    for route in forwarded() {
        let counted = |what| shop.node().counted(&format!("{route} {what}"));
        // What is behind was before; in the other order a packet between the two would seem lost.
        let behind = counted("behind")?.packets;
        let before = counted("before")?.packets;
        if before > behind {
            all.insert(route.to_string(), before - behind);
        }
    }
    Ok(all)
}

fn forwarded() -> impl Iterator<Item = Route> {
    Route::ALL.into_iter().filter(|route| route.from != End::Node)
}
