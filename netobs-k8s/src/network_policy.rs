//! `networking.k8s.io/v1` NetworkPolicy as a policy of the model.
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use netobs_core::{
    labels::{Interner, Selector, Symbol},
    policy::{Action, Namespaces, Policy, PolicyId, Rule, RuleSet, Subject, Tier},
};

use crate::{problems::Problems, selector};

mod peer;
mod port;
pub(crate) mod write;

pub use self::write::write;

pub const KIND: &str = "NetworkPolicy";

/// After the administrators' tiers and before what holds where nothing else does.
pub const TIER: Tier = Tier(1_000);

/// The policy as far as it can be understood, and what is wrong with it. What is invalid in it admits nothing.
pub fn convert(policy: &NetworkPolicy, interner: &mut Interner) -> (Policy, Problems) {
    let mut problems = Problems::default();
    if policy.metadata.namespace.is_none() {
        problems.note(
            "metadata.namespace",
            "it names no namespace, and is taken to be of default, as kubectl takes it unless -n or the context name another",
        );
    }
    let namespace = interner.symbol(policy.metadata.namespace.as_deref().unwrap_or("default"));
    let name = interner.symbol(policy.metadata.name.as_deref().unwrap_or_default());
    if name.is_empty() {
        problems.error("metadata.name", "a NetworkPolicy needs a name");
    }
    let empty = NetworkPolicySpec::default();
    let spec = policy.spec.as_ref().unwrap_or(&empty);
    let (for_ingress, for_egress) = directions(spec, &mut problems);
    let pods = spec.pod_selector.as_ref().map_or_else(Selector::everything, |pods| {
        selector::convert(pods, "spec.podSelector", &mut problems, interner)
    });
    let mut reader = Reader {
        namespace: &namespace,
        problems: &mut problems,
        interner,
    };
    let ingress = reader.ingress(spec);
    let egress = reader.egress(spec);
    let policy = Policy {
        id: PolicyId {
            kind: KIND,
            namespace: Some(namespace.clone()),
            name,
        },
        tier: TIER,
        order: 0,
        subject: Subject {
            namespaces: Namespaces::Named(namespace),
            pods,
        },
        ingress: for_ingress.then_some(RuleSet {
            isolates: true,
            rules: ingress,
        }),
        egress: for_egress.then_some(RuleSet {
            isolates: true,
            rules: egress,
        }),
    };
    (policy, problems)
}

/// Without `policyTypes` a policy is for ingress, and for egress too if it has egress rules.
fn directions(spec: &NetworkPolicySpec, problems: &mut Problems) -> (bool, bool) {
    let has = |count: Option<usize>| count.is_some_and(|count| count > 0);
    let has_ingress = has(spec.ingress.as_ref().map(Vec::len));
    let has_egress = has(spec.egress.as_ref().map(Vec::len));
    let types = spec.policy_types.as_deref().unwrap_or_default();
    if types.is_empty() {
        return (true, has_egress);
    }
    for (index, found) in types
        .iter()
        .enumerate()
        .filter(|(_, found)| *found != "Ingress" && *found != "Egress")
    {
        problems.error(
            format!("spec.policyTypes[{index}]"),
            format!("{found:?} is no policy type; there are Ingress and Egress"),
        );
    }
    let named = |wanted: &str| types.iter().any(|one| one == wanted);
    for (direction, field, unused) in [
        ("Ingress", "spec.ingress", has_ingress && !named("Ingress")),
        ("Egress", "spec.egress", has_egress && !named("Egress")),
    ] {
        if unused {
            problems.note(
                field,
                format!("these rules have no effect: spec.policyTypes does not name {direction}"),
            );
        }
    }
    (named("Ingress"), named("Egress"))
}

/// Reads rules that stand in a policy of this namespace.
struct Reader<'a> {
    namespace: &'a Symbol,
    problems: &'a mut Problems,
    interner: &'a mut Interner,
}

impl Reader<'_> {
    fn ingress(&mut self, spec: &NetworkPolicySpec) -> Vec<Rule> {
        let rules = spec.ingress.iter().flatten().enumerate();
        rules
            .map(|(index, rule)| {
                let field = format!("spec.ingress[{index}]");
                let peers = self.peers(rule.from.as_deref(), &format!("{field}.from"));
                Rule {
                    action: Action::Allow,
                    peers,
                    ports: self.ports(rule.ports.as_deref(), &field),
                }
            })
            .collect()
    }

    fn egress(&mut self, spec: &NetworkPolicySpec) -> Vec<Rule> {
        let rules = spec.egress.iter().flatten().enumerate();
        rules
            .map(|(index, rule)| {
                let field = format!("spec.egress[{index}]");
                let peers = self.peers(rule.to.as_deref(), &format!("{field}.to"));
                Rule {
                    action: Action::Allow,
                    peers,
                    ports: self.ports(rule.ports.as_deref(), &field),
                }
            })
            .collect()
    }
}
