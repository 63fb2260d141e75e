//! What is found about the network and the policy engines, and whether policies are enforced.
use std::collections::BTreeSet;

use netobs_api::v1::{Cause, CauseKind};

use super::{
    engines::{self, Policies, Running},
    facts::{Cluster, Facts},
    finding::{Finding, Topic},
};
use crate::show::plural;

/// What agents saw of what policies do not admit.
#[derive(Default)]
struct Seen {
    /// Packets that were dropped.
    dropped: u64,
    dropped_on: BTreeSet<String>,
    /// Connections that passed.
    passed: u64,
    passed_on: BTreeSet<String>,
    passed_as: Option<String>,
    /// Connections that were never answered.
    unanswered: u64,
}

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let seen = Seen::by(facts);
    let mut findings = Vec::new();
    let mut running = Vec::new();
    if let Cluster::Known(cluster) = &facts.cluster
        && cluster.daemon_sets.is_some()
    {
        running = engines::running(cluster);
        findings.extend(networks(&running));
        findings.extend(policy_engines(&running, &seen));
    }
    if !facts.agents.is_empty() {
        let policies = policies(facts);
        findings.push(enforcement(&seen, policies, &running));
    }
    findings
}

fn networks(running: &[Running]) -> Vec<Finding> {
    let networks: Vec<_> = running.iter().filter(|one| one.makes_network).map(told).collect();
    let mut findings = vec![if networks.is_empty() {
        Finding::note(
            Topic::Cni,
            "who makes the pods' network was not recognised among the DaemonSets",
        )
    } else {
        Finding::good(
            Topic::Cni,
            format!("the pods' network is made by {}", networks.join(" and ")),
        )
    }];
    let short = running.iter().filter_map(|one| {
        let (ready, wanted) = one.ready.filter(|(ready, wanted)| ready < wanted)?;
        Some(Finding::mend(
            Topic::Cni,
            format!(
                "{} is ready on {ready} of {}: {}",
                one.name,
                plural(wanted, "node"),
                one.place
            ),
            format!("see why with `kubectl describe -n {}`", describe(&one.place)),
        ))
    });
    findings.extend(short);
    findings
}

fn policy_engines(running: &[Running], seen: &Seen) -> Vec<Finding> {
    let of = |wanted: fn(&Policies) -> bool| running.iter().filter(move |one| wanted(&one.policies));
    let enforcing: Vec<_> = of(|policies| *policies == Policies::Enforced).map(told).collect();
    if !enforcing.is_empty() {
        let says = format!("policies are there to be enforced by {}", enforcing.join(" and "));
        return vec![Finding::good(Topic::PolicyEngine, says)];
    }
    let perhaps = running.iter().find_map(|one| match one.policies {
        Policies::Perhaps(when) => Some(format!("{} may enforce policies: {when}", told(one))),
        Policies::Enforced | Policies::Off(_) | Policies::NotEnforced => None,
    });
    if let Some(says) = perhaps {
        return vec![Finding::note(Topic::PolicyEngine, says)];
    }
    let off = running.iter().find_map(|one| match &one.policies {
        Policies::Off(why) => Some((told(one), why)),
        Policies::Enforced | Policies::Perhaps(_) | Policies::NotEnforced => None,
    });
    let finding = match off {
        _ if seen.dropped > 0 || running.is_empty() => Finding::note(
            Topic::PolicyEngine,
            "no policy engine was recognised among the DaemonSets",
        ),
        Some((one, why)) => Finding::mend(
            Topic::PolicyEngine,
            format!("nothing here enforces NetworkPolicies: {one} could, and does not"),
            format!("turn it on: {why}"),
        ),
        None => Finding::mend(
            Topic::PolicyEngine,
            "nothing here enforces NetworkPolicies: they are accepted, and have no effect",
            "install a policy engine beside the network: Calico for policy only (Canal), kube-router with --run-firewall, \
             or kube-network-policies",
        ),
    };
    vec![finding]
}

fn enforcement(seen: &Seen, policies: Option<u64>, running: &[Running]) -> Finding {
    let dropped = plural(seen.dropped, "packet");
    let passed = plural(seen.passed, "connection");
    let engine = running.iter().find(|one| one.policies == Policies::Enforced);
    let remedy = match engine {
        Some(engine) => format!(
            "see that {} runs on these nodes and reports no errors (`kubectl logs -n {}`), and `netobs causes --kind not-enforced`",
            engine.name,
            describe(&engine.place)
        ),
        None => "install or turn on a policy engine, and see `netobs causes --kind not-enforced`".to_owned(),
    };
    let shown = seen
        .passed_as
        .as_ref()
        .map_or_else(String::new, |headline| format!("; the latest: {headline}"));
    match (seen.dropped, seen.passed) {
        (0, 0) => unknown(seen, policies),
        (_, 0) => Finding::good(
            Topic::Enforcement,
            format!("NetworkPolicy is enforced ({dropped} refused by policies were seen dropped)"),
        ),
        (0, _) => Finding::mend(
            Topic::Enforcement,
            format!(
                "NetworkPolicy is not enforced ({passed} passed that policies do not admit, on {}{shown})",
                list(&seen.passed_on)
            ),
            remedy,
        ),
        _ => Finding::mend(
            Topic::Enforcement,
            format!(
                "NetworkPolicy is enforced only in part ({dropped} refused by policies were seen dropped, on {}; \
                 {passed} passed that policies do not admit, on {}{shown})",
                list(&seen.dropped_on),
                list(&seen.passed_on)
            ),
            remedy,
        ),
    }
}

fn unknown(seen: &Seen, policies: Option<u64>) -> Finding {
    const UNKNOWN: &str = "whether NetworkPolicy is enforced is not known:";
    if policies == Some(0) {
        return Finding::note(Topic::Enforcement, format!("{UNKNOWN} there is no NetworkPolicy"));
    }
    let perhaps = match seen.unanswered {
        0 => String::new(),
        count => format!(
            " ({} that policies refuse got no answer, which may have other reasons)",
            plural(count, "connection")
        ),
    };
    Finding::note(
        Topic::Enforcement,
        format!("{UNKNOWN} nothing was seen yet that policies refuse{perhaps}"),
    )
    .with(
        "ask again after more traffic; netobs sends none by itself. A connection that no policy admits would tell: `netobs check --probe \
         NAMESPACE/POD=NAMESPACE/POD:PORT` makes one from a pod that you name, and one from a pod that is admitted shows that the port is \
         open",
    )
}

/// As agents count them, or the API server has them.
fn policies(facts: &Facts) -> Option<u64> {
    if let Cluster::Known(cluster) = &facts.cluster
        && let Some(objects) = &cluster.objects
    {
        return Some(objects.policies.len() as u64);
    }
    let watches = facts.agents.iter().filter_map(|agent| agent.status.cluster.as_ref());
    let watches = watches.flat_map(|cluster| &cluster.watches);
    let of_policies = watches.filter(|watch| watch.kind == "NetworkPolicy" && watch.listed);
    of_policies.map(|watch| watch.objects).max()
}

impl Seen {
    fn by(facts: &Facts) -> Self {
        let mut seen = Self::default();
        let mut latest = 0;
        for agent in &facts.agents {
            for cause in &agent.causes {
                seen.count(&agent.status.node_name, cause);
                if cause.kind() == CauseKind::NotEnforced && cause.last_unix_nanos >= latest {
                    latest = cause.last_unix_nanos;
                    seen.passed_as = Some(cause.headline.clone());
                }
            }
        }
        seen
    }

    fn count(&mut self, node: &str, cause: &Cause) {
        match cause.kind() {
            CauseKind::NotEnforced if cause.passed > 0 => {
                self.passed += cause.passed;
                self.passed_on.insert(node.to_owned());
            }
            CauseKind::NotEnforced | CauseKind::DroppedThoughAdmitted | CauseKind::Unspecified => {}
            CauseKind::Label
            | CauseKind::Dns
            | CauseKind::Port
            | CauseKind::Peer
            | CauseKind::NoRule
            | CauseKind::Denied => {
                self.unanswered += cause.unanswered;
                let packets = cause.dropped.map_or(0, |count| count.packets);
                if packets > 0 {
                    self.dropped += packets;
                    self.dropped_on.insert(node.to_owned());
                }
            }
        }
    }
}

fn told(running: &Running) -> String {
    format!("{} ({})", running.name, running.place)
}

/// `DaemonSet kube-system/calico-node` as `kubectl` takes it behind -n.
fn describe(place: &str) -> String {
    place.replacen("DaemonSet ", "", 1).replacen('/', " daemonset/", 1)
}

pub(super) fn list(names: &BTreeSet<String>) -> String {
    const MOST: usize = 5;
    let shown: Vec<_> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
