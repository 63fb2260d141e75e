//! What is found about the agents: where there is none, what they cannot do, and how old what they know is.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use netobs_api::v1::{GetStatusResponse, InventoryAbout};

use super::{
    facts::{Cluster, Facts},
    finding::{Finding, Topic},
    network::list,
};
use crate::show::{duration, plural};

/// What happens once a week is in an inventory that is a week old.
const A_WEEK: Duration = Duration::from_hours(7 * 24);

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let remedy = "`kubectl get pods -A -l app.kubernetes.io/name=netobs-agent -o wide` shows how the agents do";
    let silent = facts.silent.iter();
    findings.extend(silent.map(|why| Finding::mend(Topic::Agents, why.clone(), remedy)));
    findings.extend(cluster(facts));
    if facts.agents.is_empty() {
        return findings;
    }
    findings.extend(lacking_agents(facts));
    let amiss: Vec<_> = amiss(facts);
    if amiss.is_empty() {
        let agents = plural(facts.agents.len() as u64, "agent");
        let says = format!("{agents} answered, ready, with all abilities");
        findings.push(Finding::good(Topic::Agents, says));
    }
    findings.extend(amiss);
    findings.extend(inventory(facts));
    findings
}

fn cluster(facts: &Facts) -> Vec<Finding> {
    let unasked = "CNI, default deny, DNS, other policies and labels were not looked at";
    match &facts.cluster {
        Cluster::Known(cluster) => {
            let refused = cluster.refused.iter();
            let note = |why: &String| Finding::note(Topic::Cluster, why.clone());
            refused.map(note).collect()
        }
        Cluster::NotNamed => {
            vec![
                Finding::note(Topic::Cluster, format!("no cluster is named: {unasked}"))
                    .with("name it with --kubeconfig or KUBECONFIG"),
            ]
        }
        Cluster::Another { server } => vec![
            Finding::note(
                Topic::Cluster,
                format!(
                    "{server}, which the kubeconfig names, has no node of the agents: it is another cluster; {unasked}"
                ),
            )
            .with("name the agents' cluster with --kubeconfig or --context"),
        ],
        Cluster::Unreachable(why) => vec![Finding::mend(
            Topic::Cluster,
            format!("{why}; {unasked}"),
            "see whether `kubectl get nodes` works with this kubeconfig",
        )],
    }
}

fn lacking_agents(facts: &Facts) -> Option<Finding> {
    let Cluster::Known(cluster) = &facts.cluster else {
        return None;
    };
    let known: BTreeSet<_> = facts.agents.iter().map(|agent| &agent.status.node_name).collect();
    let nodes = cluster.nodes.iter().flatten();
    let without: BTreeSet<_> = nodes
        .map(|node| &node.name)
        .filter(|name| !known.contains(name))
        .cloned()
        .collect();
    (!without.is_empty()).then(|| {
        let says = format!(
            "no agent answered for {}: {}",
            plural(without.len() as u64, "node"),
            list(&without)
        );
        // One agent alone may have been asked for.
        Finding::note(Topic::Agents, says)
            .with("what happens there is not seen; without --server all agents of the cluster are asked")
    })
}

/// What is the same on several nodes is told once.
fn amiss(facts: &Facts) -> Vec<Finding> {
    let mut nodes_by_finding: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for agent in &facts.agents {
        for amiss in amiss_with(&agent.status) {
            let nodes = nodes_by_finding.entry(amiss).or_default();
            nodes.insert(agent.status.node_name.clone());
        }
    }
    let findings = nodes_by_finding
        .into_iter()
        .map(|((says, remedy), nodes)| Finding::mend(Topic::Agents, format!("{says}, on {}", list(&nodes)), remedy));
    findings.collect()
}

fn amiss_with(status: &GetStatusResponse) -> Vec<(String, String)> {
    let mut amiss = Vec::new();
    for why in &status.not_ready {
        amiss.push((
            format!("the agent is not ready: {why}"),
            "`netobs status` says more".to_owned(),
        ));
    }
    let abilities = status.kernel.iter().flat_map(|kernel| &kernel.abilities);
    for ability in abilities.filter(|ability| !ability.there) {
        amiss.push((format!("ability {} is missing", ability.name), ability.remedy.clone()));
    }
    let watches = status.cluster.iter().flat_map(|cluster| &cluster.watches);
    for watch in watches {
        if watch.forbidden {
            let says = format!("the agent may not list and watch {}s", watch.kind);
            amiss.push((
                says,
                "give its ServiceAccount that right; it goes on without them".to_owned(),
            ));
        } else if !watch.error.is_empty() {
            let says = format!("{}s are not up to date: {}", watch.kind, watch.error);
            amiss.push((says, "`netobs status` says since when".to_owned()));
        }
    }
    amiss
}

fn inventory(facts: &Facts) -> Vec<Finding> {
    let kept: Vec<_> = facts
        .agents
        .iter()
        .filter_map(|agent| agent.inventory.as_ref())
        .collect();
    // The one that watched for the shortest time says how much is known of everything.
    let Some(youngest) = kept.iter().min_by_key(|about| about.watched_nanos) else {
        return vec![
            Finding::note(Topic::Inventory, "no agent keeps an inventory")
                .with("upgrade the agents to this program's version"),
        ];
    };
    let edges = plural(kept.iter().map(|about| about.kept).sum(), "edge");
    let watched = nanos(youngest.watched_nanos);
    let node = match kept.len() {
        1 => String::new(),
        _ => format!(" on {}, where it is youngest", youngest.node_name),
    };
    let says = format!(
        "the inventory is {} old{node} ({} of it watched); {edges}",
        age(youngest),
        duration(watched)
    );
    let mut findings = vec![if watched < A_WEEK {
        Finding::note(Topic::Inventory, says).with(
            "what happens once a day or once a week may not be in it yet: wait for that before policies are made from it, \
             and start agents with --state-dir, so that a restart does not begin it anew",
        )
    } else {
        Finding::good(Topic::Inventory, says)
    }];
    let forgotten: u64 = kept.iter().map(|about| about.forgotten_for_room).sum();
    if forgotten > 0 {
        let says = format!(
            "{} were let go for want of room: the inventory is not whole",
            plural(forgotten, "edge")
        );
        findings.push(Finding::mend(
            Topic::Inventory,
            says,
            "start the agents with a larger --inventory-edges",
        ));
    }
    findings
}

fn age(about: &InventoryAbout) -> String {
    duration(nanos(
        about.at_unix_nanos.saturating_sub(about.watched_since_unix_nanos),
    ))
}

fn nanos(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
}
