//! The shop while everything may talk, as the agent sees it.

use super::told::netobs;
use super::{edges, generated};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::shop::{Route, Shop};
use serde_json::Value;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// What the inventory is written to, in the shop's folder.
pub(super) const FILE: &str = "seen.json";

const ROUNDS: u64 = 3;

/// Has every call made several times, and writes the inventory once all of it is there.
pub(super) fn observe(shop: &Shop) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(30);
    for _ in 0..ROUNDS {
        ensure!(
            shop.unanswered()?.is_empty(),
            "with no policy at all, every call is answered"
        );
    }
    // The kernel tells of drops on the whole machine, in other labs too.
    let asked = format!(
        "inventory -n {} -o json --output-file {FILE}",
        generated::TIERS.join(",")
    );
    let deadline = Instant::now() + PATIENCE;
    let wanted: BTreeMap<_, _> = Route::ALL.iter().map(|route| (route.to_string(), ROUNDS)).collect();
    loop {
        let told = netobs(shop, &asked)?;
        ensure!(told.code == Some(0), "{}", told.text);
        let written = std::fs::read_to_string(shop.folder().join(FILE))?;
        let connections = connections(shop, &written)?;
        if connections == wanted {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "after {PATIENCE:?} there is {connections:#?}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

/// Of each edge.
fn connections(shop: &Shop, inventory: &str) -> Result<BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    for line in inventory.lines() {
        let entry: Value = serde_json::from_str(line)?;
        if let Some(edge) = entry.get("edge") {
            let connections = &edge["connections"];
            let number = connections
                .as_u64()
                .or_else(|| connections.as_str()?.parse().ok())
                .with_context(|| format!("a number of connections in {edge}"))?;
            all.insert(edges::name(shop, edge), number);
        }
    }
    Ok(all)
}
