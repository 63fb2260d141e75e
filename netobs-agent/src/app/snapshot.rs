//! What the agent knows of itself at one time.
use std::{collections::BTreeMap, fs};

use netobs_core::{
    cause::{Cause, State},
    engine::Engine,
    time::Timestamp,
    unwatched::Unwatched,
};

use super::capture::Capture;
use crate::{
    cluster::{NotUnderstood, Standing, Watch},
    serve::{Ability, CauseCount, ClusterSnapshot, MalformedSnapshot, Snapshot, WatchSnapshot},
};

/// Without these kinds nothing can be said of policies.
const NEEDED: [&str; 3] = ["namespaces", "pods", "networkpolicies"];

/// What does not change while the agent runs.
pub(super) struct Identity {
    pub(super) node_name: String,
    pub(super) kernel_release: String,
    pub(super) started: Timestamp,
    /// When nobody watched before.
    pub(super) unwatched: Option<Unwatched>,
}

impl Identity {
    /// Kubernetes names a node after its host unless told otherwise.
    pub(super) fn new(node_name: Option<&str>, started: Timestamp) -> Self {
        let host = || proc_line("/proc/sys/kernel/hostname");
        Self {
            node_name: node_name.map_or_else(host, ToOwned::to_owned),
            kernel_release: proc_line("/proc/sys/kernel/osrelease"),
            started,
            unwatched: None,
        }
    }
}

fn proc_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

pub(super) fn take(
    identity: &Identity,
    now: Timestamp,
    engine: &Engine,
    capture: &Capture,
    cluster: Option<Standing>,
) -> Snapshot {
    let totals = capture.totals();
    Snapshot {
        node_name: identity.node_name.clone(),
        kernel_release: identity.kernel_release.clone(),
        started: identity.started,
        now,
        unwatched: identity.unwatched,
        not_ready: not_ready(engine, cluster.as_ref()),
        attach_by: capture.kernel().attach_by().name(),
        interfaces: u32::try_from(capture.kernel().attached()).unwrap_or(u32::MAX),
        abilities: abilities(capture),
        losses: totals
            .losses
            .iter()
            .map(|(place, packets)| (*place, *packets))
            .collect(),
        skipped: totals.skipped.iter().map(|(what, packets)| (*what, *packets)).collect(),
        cluster: cluster.map(cluster_snapshot),
        flows_kept: engine.flows() as u64,
        foreign: engine.inventory().foreign(),
        drops: engine.drops().clone(),
        causes: count_causes(engine.causes().iter()),
        causes_merged: engine.causes().merged().weight(),
        causes_not_kept: engine.causes().overflow().weight(),
    }
}

fn abilities(capture: &Capture) -> Vec<Ability> {
    let kernel = capture.kernel();
    let drops_missing = kernel.drops_missing();
    let ability = |name, there, remedy: &str| Ability {
        name,
        there,
        remedy: if there { String::new() } else { remedy.to_owned() },
    };
    vec![
        ability("taps", true, ""),
        ability("drops", drops_missing.is_none(), drops_missing.unwrap_or_default()),
        ability(
            "tcx",
            kernel.attach_by().is_tcx(),
            "taps are clsact filters, which other programs on the same hook can cut short; Linux 6.6 and later have tcx",
        ),
        ability(
            "conntrack",
            capture.asks_conntrack(),
            "who began a connection that was there before the agent is guessed from its ports; load nf_conntrack_netlink",
        ),
    ]
}

fn not_ready(engine: &Engine, cluster: Option<&Standing>) -> Vec<String> {
    let Some(standing) = cluster.filter(|_| !engine.is_ready()) else {
        return Vec::new();
    };
    let unlisted = standing.watches.iter().filter(|watch| !watch.listed);
    let needed = unlisted.filter(|watch| NEEDED.contains(&watch.kind));
    let reasons: Vec<_> = needed
        .map(|watch| match &watch.error {
            Some(error) => format!("{} are not listed: {error}", watch.kind),
            None => format!("{} are not listed yet", watch.kind),
        })
        .collect();
    if reasons.is_empty() {
        return vec!["what was listed has not all been taken in".to_owned()];
    }
    reasons
}

fn malformed(one: NotUnderstood) -> MalformedSnapshot {
    MalformedSnapshot {
        object: one.object,
        field: one.field,
        problem: one.problem,
        more: one.more,
    }
}

fn cluster_snapshot(standing: Standing) -> ClusterSnapshot {
    let watch = |watch: Watch| WatchSnapshot {
        kind: watch.kind,
        listed: watch.listed,
        objects: watch.objects,
        heard: watch.heard,
        error: watch.error,
        malformed: watch.not_understood.map(malformed),
        forbidden: watch.forbidden,
    };
    ClusterSnapshot {
        server: standing.server,
        watches: standing.watches.into_iter().map(watch).collect(),
    }
}

fn count_causes<'a>(causes: impl Iterator<Item = &'a Cause>) -> Vec<CauseCount> {
    let mut counts = BTreeMap::<_, u64>::new();
    for cause in causes {
        *counts.entry((cause.key.kind, state_word(cause.state))).or_default() += 1;
    }
    let counted = counts.into_iter();
    counted
        .map(|((kind, state), causes)| CauseCount { kind, state, causes })
        .collect()
}

const fn state_word(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Drifted { .. } => "drifted",
        State::Mended { .. } => "mended",
    }
}
