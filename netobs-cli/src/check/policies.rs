//! What is found about the policies that are there, and the labels they select on.
use std::collections::BTreeSet;

use netobs_core::{
    audit::{self, Finding as Audited},
    explain::ObjectRef,
    labels::Symbol,
    policy::{Direction, Namespaces, Peers, Policy, Ports, RuleSet},
};
use netobs_k8s::manifests::Manifests;

use super::{
    facts::{Cluster, Dialect, Facts},
    finding::{Finding, Topic},
    network::list,
};
use crate::show::plural;

const AUDIT: &str = "`netobs audit` names each, with the command that mends it";

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Cluster::Known(cluster) = &facts.cluster else {
        return Vec::new();
    };
    let mut findings: Vec<_> = cluster.dialects.iter().map(dialect).collect();
    if let Some(objects) = &cluster.objects {
        findings.push(default_deny(objects));
        findings.extend(audited(objects));
    }
    findings
}

fn dialect(dialect: &Dialect) -> Finding {
    let Dialect { kind, group, objects } = dialect;
    let one = format!("{kind} of {group}");
    match objects {
        Some(0) => Finding::note(Topic::OtherPolicies, format!("{one} is served, and there is none")),
        Some(count) => Finding::note(
            Topic::OtherPolicies,
            format!("there is {one} ({count}), which netobs does not evaluate"),
        )
        .with("what it refuses is told as dropped though admitted (`netobs causes --kind dropped-though-admitted`)"),
        None => Finding::note(
            Topic::OtherPolicies,
            format!("{one} is served, and this user may not list it; netobs does not evaluate it"),
        ),
    }
}

fn default_deny(objects: &Manifests) -> Finding {
    let denied = |direction| -> BTreeSet<String> {
        let closed = objects
            .snapshot
            .namespaces
            .keys()
            .filter(|name| is_closed(objects, name, direction));
        closed.map(ToString::to_string).collect()
    };
    let (ingress, egress) = (denied(Direction::Ingress), denied(Direction::Egress));
    let all = plural(objects.snapshot.namespaces.len() as u64, "namespace");
    if ingress.is_empty() && egress.is_empty() {
        return Finding::note(Topic::DefaultDeny, format!("none of {all} denies by default"))
            .with("`netobs generate -n NAMESPACE` writes policies for one, from what was seen of it; docs/rollout.md goes on from there");
    }
    let told = |names: &BTreeSet<String>| match names.len() {
        0 => "0".to_owned(),
        count => format!("{count} ({})", list(names)),
    };
    Finding::note(
        Topic::DefaultDeny,
        format!(
            "of {all}, ingress is denied by default in {}, egress in {}",
            told(&ingress),
            told(&egress)
        ),
    )
}

/// All its pods are isolated, and nothing admits everything again.
fn is_closed(objects: &Manifests, namespace: &Symbol, direction: Direction) -> bool {
    let for_all = |policy: &&Policy| {
        policy.subject.pods.is_everything()
            && matches!(&policy.subject.namespaces, Namespaces::Named(name) if name == namespace)
    };
    let mut rules = objects
        .policies
        .iter()
        .filter(for_all)
        .filter_map(|policy| policy.rules(direction))
        .peekable();
    rules.peek().is_some() && rules.all(|rules| rules.isolates && !admits_everything(rules))
}

fn admits_everything(rules: &RuleSet) -> bool {
    let mut rules = rules.rules.iter();
    rules.any(|rule| rule.peers == Peers::Any && rule.ports == Ports::All)
}

/// What an audit finds, by what it is about.
#[derive(Default)]
struct Audit {
    keys: BTreeSet<String>,
    namespaces: BTreeSet<String>,
    /// Nobody is there to be refused.
    empty_namespaces: BTreeSet<String>,
    pods: BTreeSet<String>,
    without_dns: BTreeSet<String>,
    selecting_nothing: u64,
}

impl Audit {
    fn of(objects: &Manifests) -> Self {
        let used: BTreeSet<_> = objects.snapshot.pods.keys().map(|(namespace, _)| namespace).collect();
        let mut audit = Self::default();
        for finding in audit::audit(&objects.policies, &objects.snapshot) {
            match finding {
                Audited::LabelLacking(lacking) => match lacking.object {
                    ObjectRef::Namespace(name) if !used.contains(&name) => {
                        audit.empty_namespaces.insert(name.to_string());
                    }
                    ObjectRef::Namespace(name) => {
                        audit.keys.insert(lacking.key.to_string());
                        audit.namespaces.insert(name.to_string());
                    }
                    pod @ ObjectRef::Pod { .. } => {
                        audit.keys.insert(lacking.key.to_string());
                        audit.pods.insert(pod.to_string());
                    }
                },
                Audited::NoDns { namespace, .. } => {
                    audit.without_dns.insert(namespace.to_string());
                }
                Audited::NoSubject { .. } | Audited::NoPeer { .. } => audit.selecting_nothing += 1,
            }
        }
        audit
    }

    fn labels(&self) -> Finding {
        if self.keys.is_empty() {
            let says = "every namespace with pods, and every pod, has the labels that policies select on";
            return Finding::good(Topic::Labels, says);
        }
        let lacking = [("namespace", &self.namespaces), ("pod", &self.pods)];
        let lacking = lacking.into_iter().filter(|(_, names)| !names.is_empty());
        let lacking: Vec<_> = lacking
            .map(|(one, names)| format!("{} ({})", plural(names.len() as u64, one), list(names)))
            .collect();
        let says = format!(
            "labels that policies select on ({}) are lacking on {}",
            list(&self.keys),
            lacking.join(" and ")
        );
        Finding::mend(Topic::Labels, says, AUDIT)
    }
}

fn audited(objects: &Manifests) -> Vec<Finding> {
    let audit = Audit::of(objects);
    let mut findings = vec![audit.labels()];
    if !audit.empty_namespaces.is_empty() {
        let says = format!(
            "labels that policies select on are lacking on {} without pods: {}",
            plural(audit.empty_namespaces.len() as u64, "namespace"),
            list(&audit.empty_namespaces)
        );
        findings.push(Finding::note(Topic::Labels, says).with(AUDIT));
    }
    if audit.selecting_nothing > 0 {
        let says = format!("selectors of policies that select nothing: {}", audit.selecting_nothing);
        findings.push(Finding::note(Topic::Labels, says).with(AUDIT));
    }
    if !audit.without_dns.is_empty() {
        let says = format!(
            "pods may send only what policies admit, and not ask DNS, in {}",
            list(&audit.without_dns)
        );
        let remedy = "`netobs generate -n NAMESPACE` writes allow-dns, which admits it; not that of --phase dns, which opens all of egress";
        findings.push(Finding::mend(Topic::Dns, says, remedy));
    }
    findings
}
