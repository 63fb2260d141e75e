//! Agents on nodes that join while somebody follows.
use std::{collections::BTreeSet, time::Duration};

use tokio::time::sleep;

use super::{Agent, Place, pods::Pods};

/// How often it is looked for them, in a small cluster,
const EVERY: Duration = Duration::from_secs(5);
/// and how much less often for each agent there is.
const AN_AGENT: Duration = Duration::from_millis(20);

pub(crate) struct Newcomers {
    pods: Pods,
    known: BTreeSet<String>,
    patience: Duration,
}

impl Newcomers {
    /// `None` where agents were named, and not found as pods.
    pub(crate) fn beside(agents: &[Agent]) -> Option<Self> {
        let mut known = BTreeSet::new();
        let mut found = None;
        for agent in agents {
            if let Place::Node { name, pods } = &agent.place {
                known.insert(name.to_string());
                found = Some((pods, agent.patience));
            }
        }
        found.map(|(pods, patience)| Self {
            pods: Pods::clone(pods),
            known,
            patience,
        })
    }

    /// Waits until there are some.
    pub(crate) async fn next(&mut self) -> Vec<Agent> {
        loop {
            let agents = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
            sleep(EVERY.max(AN_AGENT.saturating_mul(agents))).await;
            // Whether the API server is away shows who loses an agent; who has them all does not miss it.
            let running = self.pods.running(self.patience).await.unwrap_or_default();
            let new: Vec<_> = running
                .into_iter()
                .filter(|node| self.known.insert(node.clone()))
                .collect();
            if !new.is_empty() {
                return new
                    .iter()
                    .map(|node| Agent::on(node, &self.pods, self.patience))
                    .collect();
            }
        }
    }
}
