//! What is foretold of a set of policies is what then happens.

use super::sets::{self, Set};
use super::told::netobs;
use super::{edges, generated, seen};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::shop::{End, Route, Shop};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;

/// The namespaces of which nothing asks a name server; they have those that others ask.
const WITHOUT_QUESTIONS: [&str; 3] = ["data", "monitoring", "kube-system"];

/// What the preview says would break.
pub(super) fn foretold(shop: &Shop, policies: &[Value]) -> Result<BTreeSet<String>> {
    const GIVEN: &str = "given.json";
    let list = json!({"apiVersion": "v1", "kind": "List", "items": policies});
    fs::write(shop.folder().join(GIVEN), list.to_string())?;
    let told = netobs(shop, &format!("preview -f {GIVEN} --inventory {} -o json", seen::FILE))?;
    let answer = told.json()?;
    ensure!(
        answer["edges"] == Route::ALL.len() && answer["undecidable"] == json!([]),
        "everything can be decided: {answer:#}"
    );
    let broken = answer["breaks"].as_array().context("what breaks")?;
    ensure!(
        told.code == Some(i32::from(!broken.is_empty())),
        "exit {:?}: {answer:#}",
        told.code
    );
    Ok(broken.iter().map(|effect| edges::name(shop, &effect["edge"])).collect())
}

/// What breaks once they are in force.
fn happens(shop: &Shop, policies: &[Value]) -> Result<BTreeSet<String>> {
    shop.enforce(policies)?;
    Ok(shop.unanswered()?.iter().map(ToString::to_string).collect())
}

/// What each set breaks, which is what was foretold of it.
fn broken_by(shop: &Shop, sets: &[Set]) -> Result<Vec<BTreeSet<String>>> {
    let (mut all, mut disagreements) = (Vec::new(), Vec::new());
    for set in sets {
        let foretold = foretold(shop, &set.policies).with_context(|| set.name.clone())?;
        let happened = happens(shop, &set.policies).with_context(|| set.name.clone())?;
        if foretold != happened {
            disagreements.push(format!("{}: foretold {foretold:#?}, happened {happened:#?}", set.name));
        }
        all.push(happened);
    }
    ensure!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    Ok(all)
}

#[test]
fn a_preview_says_of_many_sets_of_policies_what_they_then_do() -> Result<()> {
    let shop = Shop::open()?;
    seen::observe(&shop)?;
    let sets = sets::all(&shop);
    let begun = Instant::now();
    let broken = broken_by(&shop, &sets)?;
    println!("{} sets in {:?}", sets.len(), begun.elapsed());
    assert!(sets.len() >= 20, "{} sets", sets.len());
    for route in Route::ALL.map(|route| route.to_string()) {
        assert!(
            broken.iter().any(|broken| !broken.contains(&route)),
            "{route} is admitted by some set"
        );
        let is_of_the_node = route.starts_with(&End::Node.to_string());
        assert_eq!(
            broken.iter().any(|broken| broken.contains(&route)),
            !is_of_the_node,
            "{route} is refused by some set, unless it is a node's to its own pod"
        );
    }
    shop.close()
}

#[test]
fn a_preview_says_what_each_generated_rule_is_for() -> Result<()> {
    let shop = Shop::open()?;
    seen::observe(&shop)?;
    let sets = generated::each_without_a_rule(&generated::write(&shop)?);
    let begun = Instant::now();
    let broken = broken_by(&shop, &sets)?;
    println!("{} rules in {:?}", sets.len(), begun.elapsed());
    for (set, broken) in sets.iter().zip(broken) {
        let is_for_others = WITHOUT_QUESTIONS
            .iter()
            .any(|namespace| set.name.starts_with(&format!("\"{namespace}\"/\"allow-dns\"")));
        assert_eq!(broken.is_empty(), is_for_others, "{} breaks {broken:?}", set.name);
    }
    shop.close()
}
