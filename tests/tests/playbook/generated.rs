//! The policies that are generated of the shop's inventory, namespace by namespace.

use super::seen;
use super::sets::Set;
use super::told::{netobs, shown};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::shop::Shop;
use serde_json::Value;
use std::fs;

/// Innermost first: what is called is closed before who calls it.
pub(super) const TIERS: [&str; 5] = ["data", "shop", "web", "monitoring", "kube-system"];

/// The folder, in the shop's.
pub(super) const FOLDER: &str = "policies";

/// Writes a file for each namespace, and gives back the same policies as objects.
pub(super) fn write(shop: &Shop) -> Result<Vec<Value>> {
    fs::create_dir(shop.folder().join(FOLDER))?;
    let mut all = Vec::new();
    for tier in TIERS {
        let asked = format!("generate -n {tier} --inventory {}", seen::FILE);
        let told = shown(shop, &asked)?;
        fs::write(shop.folder().join(FOLDER).join(format!("{tier}.yaml")), &told.text)?;
        let list = netobs(shop, &format!("{asked} -o json"))?.json()?;
        let policies = list["items"].as_array().context("a list of policies")?;
        ensure!(!policies.is_empty(), "there is nothing for {tier}");
        all.extend(policies.iter().cloned());
    }
    Ok(all)
}

/// Every set that lacks one rule of these, and what rule it is.
pub(super) fn each_without_a_rule(policies: &[Value]) -> Vec<Set> {
    let mut all = Vec::new();
    for (place, policy) in policies.iter().enumerate() {
        for direction in ["ingress", "egress"] {
            let rules = policy["spec"][direction].as_array().map_or(0, Vec::len);
            for rule in 0..rules {
                let mut fewer = policies.to_vec();
                if let Some(rules) = fewer[place]["spec"][direction].as_array_mut() {
                    rules.remove(rule);
                }
                let (namespace, name) = (&policy["metadata"]["namespace"], &policy["metadata"]["name"]);
                all.push(Set {
                    name: format!("{namespace}/{name} without its {direction} rule {rule}"),
                    policies: fewer,
                });
            }
        }
    }
    all
}
