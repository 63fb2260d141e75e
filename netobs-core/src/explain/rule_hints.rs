//! Looks for rules that are written otherwise than they were meant, or for nobody.
use std::ops::ControlFlow;

use super::{Attempt, Mismatch, RuleHint, Surroundings};
use crate::{
    labels::Selector,
    policy::{Direction, Namespaces, Peer, Peers, PolicySet},
};

/// Only the nearest attempts are worth a look through the cluster.
const MOST_LOOKED_INTO: usize = 4;

/// Keys and values of a selector that is looked for.
const MOST_LOOKED_FOR: usize = 64;

pub(super) fn add(set: &PolicySet, attempts: &mut [Attempt], direction: Direction, surroundings: &dyn Surroundings) {
    for attempt in attempts.iter_mut().take(MOST_LOOKED_INTO) {
        let rules = set.get(&attempt.policy).and_then(|policy| policy.rules(direction));
        let rule = attempt.rule.and_then(|index| rules?.rules.get(index));
        if let (Some(Peers::Of(peers)), Some(place)) = (rule.map(|rule| &rule.peers), attempt.peer)
            && let Some(Peer::Pods { namespaces, pods }) = peers.get(place)
        {
            attempt
                .hints
                .extend(and_or(peers, namespaces, pods, &attempt.mismatches));
            attempt.hints.extend(for_nobody(namespaces, pods, surroundings));
        }
    }
}

fn and_or(peers: &[Peer], namespaces: &Namespaces, pods: &Selector, mismatches: &[Mismatch]) -> Option<RuleHint> {
    let about_namespace = |one: &Mismatch| matches!(one, Mismatch::NamespaceLabel(_) | Mismatch::Namespace { .. });
    let no_namespace = mismatches.iter().any(about_namespace);
    let no_pod = mismatches.iter().any(|one| matches!(one, Mismatch::PodLabel(_)));
    match namespaces {
        _ if pods.is_everything() => None,
        Namespaces::Named(_) if no_namespace && !no_pod => Some(RuleHint::PodSelectorIsLocal {
            beside_namespace_selector: peers.iter().any(is_namespace_selector),
        }),
        Namespaces::Matching(selector) if !selector.is_everything() && no_namespace != no_pod => {
            Some(RuleHint::BothMustMatch {
                namespace_matches: no_pod,
            })
        }
        Namespaces::Named(_) | Namespaces::Matching(_) => None,
    }
}

pub(super) fn is_namespace_selector(peer: &Peer) -> bool {
    matches!(peer, Peer::Pods { namespaces: Namespaces::Matching(_), pods } if pods.is_everything())
}

fn for_nobody(namespaces: &Namespaces, pods: &Selector, surroundings: &dyn Surroundings) -> Option<RuleHint> {
    if !is_short(pods) || matches!(namespaces, Namespaces::Matching(selector) if !is_short(selector)) {
        return None;
    }
    if let Namespaces::Matching(selector) = namespaces
        && !any_namespace(selector, surroundings)?
    {
        return Some(RuleHint::NoSuchNamespace {
            selector: selector.clone(),
        });
    }
    (!any_pod(namespaces, pods, surroundings)?).then(|| RuleHint::NoSuchPod { selector: pods.clone() })
}

/// A longer one takes long to look for, and room wherever the hint is kept.
fn is_short(selector: &Selector) -> bool {
    let values = selector.requirements.iter().map(|one| one.values.len());
    selector.requirements.len() + values.sum::<usize>() <= MOST_LOOKED_FOR
}

/// `None` if no namespace is known at all.
pub(crate) fn any_namespace(selector: &Selector, surroundings: &dyn Surroundings) -> Option<bool> {
    let mut any = None;
    surroundings.each_namespace(&mut |_, labels| {
        any = Some(selector.matches(labels));
        if any == Some(true) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    any
}

/// `None` if no pod is known at all.
pub(crate) fn any_pod(namespaces: &Namespaces, pods: &Selector, surroundings: &dyn Surroundings) -> Option<bool> {
    surroundings.any_pod(namespaces, pods)
}
