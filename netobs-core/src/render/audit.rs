//! Findings of an audit as text.
use super::{hint::label_hint, policy_list, word};
use crate::{
    audit::{Finding, LabelLacking, SelectorPart},
    explain::ObjectRef,
    suggest::Change,
};

/// One sentence.
pub fn finding(finding: &Finding) -> String {
    match finding {
        Finding::LabelLacking(lacking) => label_lacking(lacking),
        Finding::NoSubject {
            policy,
            namespace_exists: false,
            ..
        } => {
            format!("{policy} is in a namespace that does not exist")
        }
        Finding::NoSubject { policy, selector, .. } => format!("{policy} is for no pod: none there has {selector}"),
        Finding::NoPeer {
            policy,
            direction,
            rule,
            peer,
            part,
            selector,
        } => {
            let (part, what) = match part {
                SelectorPart::Namespaces => ("namespaceSelector", "namespace"),
                SelectorPart::Pods => ("podSelector", "pod"),
            };
            let place = format!("{} rule {}, peer {}", word(*direction), rule + 1, peer + 1);
            format!("{policy}, {place}: {part} selects nothing: no {what} has {selector}")
        }
        Finding::NoDns {
            namespace,
            policies,
            pods,
            count,
        } => {
            let names: Vec<_> = pods.iter().map(ToString::to_string).collect();
            let more = if *count > pods.len() {
                format!(" and {} more", count - pods.len())
            } else {
                String::new()
            };
            let by = policy_list(policies);
            format!(
                "pods of {namespace} may not ask DNS (port 53/UDP): {}{more}; isolated by {by}",
                names.join(", ")
            )
        }
    }
}

/// The command that would mend it, where one would.
pub fn remedy(finding: &Finding) -> Option<String> {
    match finding {
        Finding::LabelLacking(lacking) => {
            let value = match (lacking.wanted.as_slice(), &lacking.object) {
                ([only], ObjectRef::Namespace(_) | ObjectRef::Pod { .. }) => only.clone(),
                _ => return None,
            };
            let (object, key) = (lacking.object.clone(), lacking.key.clone());
            Some(super::command(&Change::SetLabel {
                object,
                key,
                value,
                before: lacking.found.clone(),
            }))
        }
        Finding::NoSubject { .. } | Finding::NoPeer { .. } | Finding::NoDns { .. } => None,
    }
}

fn label_lacking(lacking: &LabelLacking) -> String {
    let LabelLacking {
        object,
        key,
        wanted,
        found,
        hints,
        policies,
    } = lacking;
    let found = match found {
        Some(value) => format!("{object} has {key}={value}"),
        None => format!("{object} has no label {key}"),
    };
    let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    let wanted = if wanted.is_empty() {
        String::new()
    } else {
        format!(" ({key}={})", wanted.join(" or "))
    };
    let hints: String = hints
        .iter()
        .filter_map(label_hint)
        .map(|hint| format!("; {hint}"))
        .collect();
    format!("{found}, which {} selects on{wanted}{hints}", policy_list(policies))
}
