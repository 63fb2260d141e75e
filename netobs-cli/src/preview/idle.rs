//! What a preview cannot say: given policies that are for nothing that was seen.
use netobs_core::{
    labels::Symbol,
    policy::PolicySet,
    preview::{Idle, Why, idle},
    scene::Stage,
};

/// How many policies are named.
const MOST: usize = 20;

/// `namespaces`: of no others anything was asked, if there are any.
pub(super) fn notes(policies: &PolicySet, stage: &Stage, namespaces: &[Symbol]) -> Vec<String> {
    let is_asked = |one: &Idle<'_>| {
        let own = one.policy.namespace.as_ref();
        namespaces.is_empty() || own.is_some_and(|own| namespaces.contains(own))
    };
    let idle: Vec<_> = idle(policies, stage).into_iter().filter(is_asked).collect();
    let mut notes: Vec<_> = idle.iter().take(MOST).map(text).collect();
    if idle.len() > MOST {
        notes.push(format!(
            "and {} more policies select nothing that was seen",
            idle.len() - MOST
        ));
    }
    notes
}

fn text(idle: &Idle<'_>) -> String {
    let policy = idle.policy;
    let why = match (&idle.why, &policy.namespace) {
        (Why::NoSuchNamespace(Some(near)), Some(own)) => {
            format!("nothing was seen of namespace {own}; perhaps {near} is meant")
        }
        (Why::NoSuchNamespace(None), Some(own)) => format!("nothing was seen of namespace {own}"),
        (Why::NoSuchNamespace(_) | Why::NoSuchPod, _) => "it selects no pod that was seen".to_owned(),
    };
    format!("of {policy} nothing can be said: {why}")
}
